/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * The program that does nothing, and the chain tool that does nothing:
 *
 *     noop                 exits
 *     noop hold            writes a byte to standard output, then waits for the end of
 *                          standard input
 *     noop PROG...         execs PROG; compiled with LOAD_FILTER, it loads our seccomp
 *                          filter first, which no disablenetwork can do without
 */
#include <string.h>
#include <unistd.h>

#ifdef LOAD_FILTER
#include "filters.h"
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static int prepare(void)
{
	const struct sock_fprog program = { sizeof base_filter / sizeof base_filter[0],
		(struct sock_filter *)base_filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0 &&
		syscall(SYS_seccomp, (long)SECCOMP_SET_MODE_FILTER, 0L, &program) == 0;
}
#else
static int prepare(void)
{
	return 1;
}
#endif

int main(int argc, char **argv)
{
	char byte = 0;

	if (argc < 2)
		return 0;
	if (strcmp(argv[1], "hold") == 0)
		return write(STDOUT_FILENO, &byte, 1) != 1 || read(STDIN_FILENO, &byte, 1) != 0;
	if (prepare())
		execvp(argv[1], argv + 1);
	return 111;
}
