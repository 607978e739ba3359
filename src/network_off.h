/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * All the mechanisms in their order.
 */
#ifndef NETWORK_OFF_H
#define NETWORK_OFF_H

#include "capabilities.h"
#include "explain.h"
#include "inherited.h"
#include "landlock.h"
#include "loopback.h"
#include "options.h"

#include <stdbool.h>

/* What has been done, and so what holds once switch_network_off has returned NULL. */
struct network_off {
	enum {
		DONE_NOTHING,
		DONE_NO_NEW_PRIVS,
		DONE_KERNEL_OFF,
		DONE_INHERITED,
		DONE_LOOPBACK,
		DONE_LANDLOCK,
		DONE_CAPABILITIES,
		DONE_SECCOMP
	} steps_done;          /* how far it came */
	bool was_off;          /* a socket was refused before anything was done; --check only */
	bool kernel_off;       /* the kernel's own network-off is on */
	bool unshared;         /* directory and umask are prog's own */
	bool no_unix;          /* AF_UNIX sockets of others in the file system are refused, but for those allowed */
	struct inherited inherited;
	struct loopback loopback;
	struct landlock_domain landlock;
	struct capabilities_dropped capabilities;
	bool chown_left_out;   /* of a set of -p */
	bool has_children;     /* or tracees: prog is not to drive them */
	unsigned filters;      /* FILTER_* of seccomp.h */
	struct explanation explanation; /* with -x and --explain */
};

/* Switches the network off for this process and all that it starts, for good, as
 * OPTIONS say. It cannot be undone, half done neither; *off says how far it came.
 * Returns NULL when the promise is kept, or the words for what it was unable to do,
 * with errno set (or 0): then prog must not run. */
const char *switch_network_off(const struct options *options, struct network_off *off)
	__attribute__((warn_unused_result));

#endif
