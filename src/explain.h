/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * -x and --explain: which program was refused what, told as it happens by a supervisor, which
 * answers each refused call with the error that the filter would have returned (seccomp_unotify(2)).
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "options.h"

#include <stdbool.h>

struct explanation {
	/* For seccomp.h; NULL: nothing is explained. */
	bool (*hand_over)(int listener, unsigned filters, int error);
	const char *words; /* what it was unable to do, so that nothing is explained; NULL: nothing of the kind */
	int error;         /* its errno, or 0 */
};

/* Starts the supervisor as OPTIONS say, once for this process, which must have one thread, and
 * no_new_privs; in front of Landlock, whose domain would let prog trace it, and behind a user namespace,
 * which is for nobody who shares memory. It is nobody's child here,
 * holds no privilege, no descriptor but those that it writes to, and has proved that. Nor can it be traced,
 * from when it is handed the listener: until the next exec this process cannot, either. It
 * tells what comes after that exec, until this process has ended, and answers until the last one
 * with the filter has. Returns NULL, also where nothing can be explained, or the words, with errno, if
 * the file of --explain cannot be opened, or signals stay blocked: then prog must not run. */
const char *explain_begin(const struct options *options, struct explanation *explanation)
	__attribute__((warn_unused_result));

#endif
