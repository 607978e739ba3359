/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * What disablenetwork_state() says where it is started, for tests inside sandboxes of others:
 *
 *     state [off [FLAGS]]
 *
 * off: after a call. Prints on, off, half off, or why it cannot tell (exit 1).
 */
#include "disablenetwork.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	static const char *const names[] = { "on", "off", "half off" };
	const struct disablenetwork_options options = { .size = sizeof options,
		.flags = argc > 2 ? strtoul(argv[2], NULL, 0) : 0 };

	if (argc > 1 && disablenetwork_with(&options) != 0) {
		printf("%s\n", disablenetwork_error());
		return 1;
	}
	const int state = disablenetwork_state();
	printf("%s\n", state < 0 ? disablenetwork_error() : names[state]);
	return state < 0;
}
