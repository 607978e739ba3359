/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Giving up capabilities (capabilities(7)): permitted, effective, inheritable,
 * ambient and, with CAP_SETPCAP, the bounding set and securebits.
 */
#ifndef CAPABILITIES_H
#define CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A set of capabilities: bit N is capability N of <linux/capability.h>. */
typedef uint64_t capability_set;
#define SET_OF(number) (UINT64_C(1) << (number))

struct capabilities_dropped {
	int count;           /* how many of the permitted ones went */
	capability_set kept; /* those that prog has */
	bool bounding;       /* the bounding set and securebits went too */
};

/* Adds the capability of this name ("chown", "cap_chown", in any case) to *set.
 * False, and *set as it was, if it is not one that prog may keep. */
bool capability_add(capability_set *set, const char *name) __attribute__((warn_unused_result));

/* The same for a set by its name ("files", in any case): those that go together. */
bool capability_add_set(capability_set *set, const char *name) __attribute__((warn_unused_result));

/* The names of those that prog may keep, one by one from INDEX 0 on, then NULL; those of the
 * sets, with what is in each, likewise. */
const char *capability_name(int index);
const char *capability_set_name(int index, capability_set *set);

/* NULL if KEEP are such, and held by the calling thread; else the words, with errno
 * EINVAL or EPERM. Changes nothing. */
const char *capabilities_check(capability_set keep) __attribute__((warn_unused_result));

/* What THREAD of this process (0: the calling one) holds.
 * Returns NULL, or the words for what it was unable to do, with errno set. */
struct capability_sets {
	capability_set permitted, effective, inheritable;
};
const char *capabilities_read(pid_t thread, struct capability_sets *sets)
	__attribute__((warn_unused_result));

/* Drops all but KEEP, and what of IF_HELD the caller holds, for this process and all that
 * it execs, and reads back what is left. What is held is BEFORE, the state before a user namespace gave
 * all of them in it; NULL: what is held now. Kept ones are made ambient, so that they outlive
 * an exec, but not a change of uid from 0, unless prog asks for that by PR_SET_KEEPCAPS.
 * Nothing in no_new_privs or seccomp needs what goes.
 * Returns NULL, or the words for what it was unable to do, with errno set. */
const char *capabilities_drop(capability_set keep, capability_set if_held, const struct capability_sets *before,
	struct capabilities_dropped *dropped) __attribute__((warn_unused_result));

#endif
