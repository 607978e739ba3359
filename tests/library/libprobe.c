/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Linked with netprobe it makes a netprobe that is no program behind disablenetwork but one
 * that calls the library before it tries its cases: by LIBPROBE_FLAGS, the flags; and with
 * LIBPROBE_THREADS while so many other threads are waiting.
 */
#include "disablenetwork.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *wait_for_ever(void *unused)
{
	pause();
	return unused;
}

__attribute__((constructor)) static void switch_off(void)
{
	struct disablenetwork_options options = { .size = sizeof options };
	const char *flags = getenv("LIBPROBE_FLAGS"), *threads = getenv("LIBPROBE_THREADS");
	pthread_t thread;

	if (!flags)
		return;
	for (int i = threads ? atoi(threads) : 0; i > 0; i--)
		if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
			_exit(111);
	options.flags = strtoul(flags, NULL, 0);
	unsetenv("LIBPROBE_FLAGS"); /* what it execs is behind it already */
	if (disablenetwork_with(&options) == 0)
		return;
	fprintf(stderr, "libprobe: %s\n", disablenetwork_error());
	_exit(111);
}
