/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Whether the base filter is on for the calling thread, asked of the filters themselves: in a
 * child, by calls that do nothing whatever the answer. For the library.
 */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>

struct filter_state {
	bool base;        /* ours is on: nothing else refuses just what it refuses, and lets pass the rest */
	bool trial_kills; /* a socket other than AF_UNIX kills who asks for it */
	bool ring_kills;  /* io_uring_enter does */
};

/* Costs two system calls where no filter is on, else a child or, if one is killed, several.
 * Returns NULL, or the words for what it was unable to do, with errno set. */
const char *ask_filters(struct filter_state *state) __attribute__((warn_unused_result));

#endif
