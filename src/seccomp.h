/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Loads the filters that compile_policy made of the policy table at build time
 * (seccomp(2), Documentation/userspace-api/seccomp_filter.rst).
 */
#ifndef SECCOMP_H
#define SECCOMP_H

#include "refusal.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>

/* Which filters, as a set. What each refuses stands in policy.c. */
enum {
	FILTER_BASE = 1 << 0,       /* always, unless */
	FILTER_NO_CONNECT = 1 << 1, /* connect, bind, sendto with an address; AF_UNIX too */
	FILTER_NO_LISTEN = 1 << 2,  /* listen; AF_UNIX too */
	FILTER_TRACE = 1 << 3,      /* ptrace and its kin, one's own children too */
	FILTER_LOOPBACK = 1 << 4,   /* this stands in for base, in a network namespace of prog's own */
	FILTER_STRICTEST = FILTER_BASE | FILTER_NO_CONNECT | FILTER_NO_LISTEN | FILTER_TRACE
};

/* Loads FILTERS for this process, for good, and proves with a trial socket, and a trial
 * call for each filter beside base, that they are in force, unless the trial would kill
 * or was made before (untried). Of a process with several
 * threads the calling one alone has them, unless all_threads is set. Needs no_new_privs.
 * Returns NULL, or the words for what it was unable to do, with errno set. */
const char *seccomp_refuse(unsigned filters, const struct refusal *refusal)
	__attribute__((warn_unused_result));

/* Writes the program for FILTERS to JOINED, of SECCOMP_LONGEST instructions, with RESULT as what
 * refused calls return: SECCOMP_RET_USER_NOTIF of all of them, others only of those without an error of
 * their own. Returns how many instructions there are. */
enum { SECCOMP_LONGEST = 512 };
unsigned short seccomp_join(unsigned filters, unsigned result, struct sock_filter *joined);

/* What FILTER, of LENGTH instructions, would make of the call in DATA: the error. ORDINARY for anything but
 * one, and for a filter that is none of ours. */
int seccomp_run(const struct sock_filter *filter, unsigned length, const struct seccomp_data *data, int ordinary);

/* Whether FILTERS would refuse the call in DATA. */
bool seccomp_refuses(unsigned filters, const struct seccomp_data *data);

/* The version of the libseccomp that compiled the filters. */
extern const char seccomp_compiler[];

#endif
