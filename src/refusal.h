/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * What becomes of a refused call, and what it may return.
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#include <stdbool.h>

/* Calls that programs only probe for (io_uring, bpf, x32) answer ENOSYS whatever stands here. */
struct refusal {
	int error; /* the errno that it returns, unless */
	bool kill; /* it kills the process by SIGSYS */
	bool log;  /* the kernel log hears of it */
	bool all_threads; /* the caller's other threads come along */
	bool untried;     /* no trial: an older filter would kill us for it, or log it */
	/* -x: takes over the LISTENER of FILTERS, and has each refused call answered with what it returns
	 * without -x. Closes it; false where nobody does. -1, with errno: it could not be had, or no call
	 * is answered. NULL: the filter answers itself. */
	bool (*hand_over)(int listener, unsigned filters, int error);
};

/* Refused calls may return these. */
enum { REFUSAL_ERRORS = 10 };
extern const struct refusal_error {
	const char *name;
	int error;
} refusal_errors[REFUSAL_ERRORS];

bool is_refusal_error(int error);

#endif
