/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * For faults.py: the library in the tool's place. It calls disablenetwork_with(), speaks and exits as
 * the tool does if that fails, and else executes PROG.
 *
 *     call [-q] [-c | -k] [-t] PROG ARGUMENT...     -t: among threads, one in a call that must be waited for
 *     call [-q] -s PROG ARGUMENT...                 asks for the state alone, in a sandbox of another's
 */
#include "disablenetwork.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_bool in_flight;

static _Noreturn void fail(const char *words, const char *reason)
{
	fprintf(stderr, "disablenetwork: fatal: %s%s\n", words, reason);
	_exit(111);
}

/* Its child shares our memory, and has the descriptors and the rights of before. */
static void *start_slowly(void *unused)
{
	const pid_t child = vfork();

	if (child == 0) {
		in_flight = true;
		syscall(SYS_nanosleep, &(struct timespec){ .tv_nsec = 300000000 }, NULL);
		in_flight = false;
		_exit(0);
	}
	for (;;)
		pause();
	return unused;
}

static void *count_up(void *unused)
{
	for (volatile unsigned long count = 0;; count++)
		;
	return unused;
}

static void start_threads(void)
{
	void *(*const bodies[])(void *) = { start_slowly, count_up };
	pthread_t thread;

	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
		if (pthread_create(&thread, NULL, bodies[i], NULL) != 0)
			fail("unable to start a thread", "");
	while (!in_flight)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void enter_sandbox(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};
	const struct sock_fprog program = { .len = sizeof code / sizeof code[0], .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0L, 0L) != 0)
		fail("unable to enter a sandbox", "");
}

int main(int argc, char **argv)
{
	struct disablenetwork_options options = { .size = sizeof options };
	bool threads = false, state = false;

	for (int letter; (letter = getopt(argc, argv, "+qckts")) != -1;) {
		options.flags |= letter == 'c' ? DISABLENETWORK_CLOSE : letter == 'k' ? DISABLENETWORK_KILL : 0;
		threads |= letter == 't';
		state |= letter == 's';
	}
	if (state)
		enter_sandbox();
	if (threads)
		start_threads();
	(void)getppid(); /* for faults.py: from here on calls fail */
	const int answer = state ? disablenetwork_state() : disablenetwork_with(&options);
	if (answer < 0)
		fail(disablenetwork_error(), "");
	if (answer != 0) {
		printf("untrue: the state is %d\n", answer);
		return 1;
	}
	if (in_flight) {
		printf("untrue: a call that it began before is under way\n");
		return 1;
	}
	execv(argv[optind], argv + optind);
	fail("unable to run PROG: ", strerror(errno));
}
