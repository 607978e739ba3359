/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * How long a call of disablenetwork() takes, in the middle of CALLS, each in a process of its own:
 *
 *     off CALLS
 *
 * One line each: microseconds, and what 16 threads do meanwhile.
 */
#include "disablenetwork.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 16 };

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* A request and an answer at a time, as servers do. */
static void *echo(void *pair)
{
	const int end = *(const int *)pair;
	char byte;

	while (recv(end, &byte, 1, 0) == 1 && send(end, &byte, 1, 0) == 1)
		;
	return pair;
}

static void *count_up(void *unused)
{
	for (volatile unsigned long count = 0;; count++)
		;
	return unused;
}

static const struct {
	const char *name;
	void *(*body)(void *);
} loads[] = {
	{ "no other thread", NULL },
	{ "16 threads that wait", wait_for_ever },
	{ "16 threads that receive and send without pause", echo },
	{ "16 threads in user mode without end", count_up },
};

static long in_a_process(int load)
{
	static int ends[THREADS];
	struct timespec before, after;
	pthread_t thread;

	for (int i = 0; loads[load].body && i < THREADS; i += 2) {
		int pair[2];
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || send(pair[0], "x", 1, 0) != 1)
			return -1;
		for (int j = 0; j < 2; j++) {
			ends[i + j] = pair[j];
			if (pthread_create(&thread, NULL, loads[load].body, &ends[i + j]) != 0)
				return -1;
		}
	}
	nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	clock_gettime(CLOCK_MONOTONIC, &before);
	if (disablenetwork() != 0) {
		fprintf(stderr, "off: %s\n", disablenetwork_error());
		return -1;
	}
	clock_gettime(CLOCK_MONOTONIC, &after);
	return (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
}

static int compare(const void *one, const void *other)
{
	return (*(const long *)one > *(const long *)other) - (*(const long *)one < *(const long *)other);
}

int main(int argc, char **argv)
{
	const int calls = argc > 1 ? atoi(argv[1]) : 200;
	long *const times = mmap(NULL, (size_t)calls * sizeof *times, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (calls < 1 || times == MAP_FAILED)
		return 1;
	for (int load = 0; load < (int)(sizeof loads / sizeof loads[0]); load++) {
		for (int i = 0; i < calls; i++) {
			const pid_t child = fork();
			if (child == 0) {
				times[i] = in_a_process(load);
				_exit(times[i] < 0);
			}
			int status;
			if (waitpid(child, &status, 0) != child || status != 0)
				return 1;
		}
		qsort(times, (size_t)calls, sizeof *times, compare);
		printf("%7ld %s\n", times[calls / 2], loads[load].name);
		fflush(stdout);
	}
	return 0;
}
