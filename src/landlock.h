/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Landlock, the kernel's stackable access control for unprivileged processes
 * (landlock(7), Documentation/userspace-api/landlock.rst). It is asked for what
 * it can keep; what it cannot is the business of the seccomp filters.
 */
#ifndef LANDLOCK_H
#define LANDLOCK_H

#include <stdbool.h>

struct landlock_domain {
	int abi;       /* the running kernel's; 0 when Landlock is absent */
	int absent;    /* the error number that said so; 0 when it is there */
	bool held;     /* a domain is on: outside processes cannot be traced */
	bool tcp;      /* it refuses TCP bind and connect */
	bool udp;      /* it refuses UDP bind, connect and sending to an address */
	bool abstract; /* it refuses abstract AF_UNIX sockets outside */
	bool no_unix;  /* it refuses AF_UNIX sockets outside that are in the file system, but for those allowed */
	bool file_system; /* it had to handle a file system right: no mounting */
	bool logged;   /* with LOG: its refusals are logged too */
};

struct landlock_wishes {
	bool allow_abstract; /* leave abstract AF_UNIX sockets outside reachable, unless */
	bool loopback;       /* it is in a network of its own: then no right on TCP or UDP is handled */
	bool no_unix;        /* refuse AF_UNIX sockets outside that are in the file system, where the kernel can, */
	const char *const *unix_paths; /* but for those at or beneath these */
	int unix_path_count;
	bool log;            /* an audit record of each refusal */
	bool all_threads;    /* the caller's other threads come along */
	bool no_exec;        /* descriptors are not left for exec to close */
};

/* Puts this process (of several threads the calling one alone, unless all_threads is
 * set) into a Landlock domain, for good, as far as the running kernel's ABI allows.
 * Needs no_new_privs and, while it works, one free descriptor.
 * Returns NULL, with *domain filled in (absent is no error), or the words for
 * what it was unable to do, with errno set. */
const char *landlock_restrict(struct landlock_domain *domain, const struct landlock_wishes *wishes)
	__attribute__((warn_unused_result));

/* Whether the running kernel can refuse abstract AF_UNIX sockets outside. Changes nothing. */
bool landlock_keeps_abstract(void);

/* Whether it can refuse those in the file system. Changes nothing. */
bool landlock_keeps_unix(void);

/* Whether all_threads can be had, or nothing at all of Landlock. Changes nothing. */
bool landlock_takes_threads(void);

/* Whether a domain is to be had. Changes nothing. */
bool landlock_is_there(void);

#endif
