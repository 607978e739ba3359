/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * What a program pays after its start.
 *
 *     calls loops MILLISECONDS           system calls in a loop: "name nanoseconds" a line
 *     calls stream MILLISECONDS [TOOL...]  megabytes a second through a TCP connection on
 *                                        loopback that `TOOL... calls send` inherits
 */
#include <errno.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "calls: fatal: unable to %s: %s\n", what, strerror(errno));
	exit(111);
}

static double now(void) /* nanoseconds */
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* loops */

static int zero, null, pipe_end, pair[2];
static uint32_t futex_word;

static bool call_getppid(void) { return syscall(SYS_getppid) >= 0; }
static bool call_read(void) { char byte; return read(zero, &byte, 1) == 1; }
static bool call_write(void) { return write(null, "", 1) == 1; }
static bool call_futex(void) { return syscall(SYS_futex, &futex_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 0; }
static bool call_ioctl(void) { int size; return ioctl(pipe_end, FIONREAD, &size) == 0; }
static bool call_send(void)
{
	char byte;

	return send(pair[0], "", 1, 0) == 1 && read(pair[1], &byte, 1) == 1;
}
static bool call_socket(void) { return close(socket(AF_UNIX, SOCK_STREAM, 0)) == 0; }

/* Without the tool it is made. */
static bool call_refused(void)
{
	const int made = socket(AF_INET, SOCK_STREAM, 0);

	return made < 0 || close(made) == 0;
}

static const struct {
	const char *name;
	bool (*call)(void);
} loops[] = {
	{ "getppid", call_getppid },
	{ "read", call_read },
	{ "write", call_write },
	{ "futex", call_futex },
	{ "ioctl", call_ioctl },
	{ "send+read", call_send },
	{ "socket+close", call_socket },
	{ "refused", call_refused },
};

static int compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of many short batches: an interruption spoils one of them. */
static double time_loop(bool (*call)(void), double nanoseconds)
{
	enum { BATCHES = 10000, BATCH = 200 };
	static double batches[BATCHES];
	const double end = now() + nanoseconds;
	int count = 0;

	for (double before = now(), after; before < end && count < BATCHES; before = after) {
		for (int i = 0; i < BATCH; i++)
			if (!call())
				fail("make a call");
		after = now();
		batches[count++] = (after - before) / BATCH;
	}
	qsort(batches, (size_t)count, sizeof batches[0], compare_doubles);
	return batches[count / 2];
}

static int time_loops(double milliseconds)
{
	int ends[2];

	if ((zero = open("/dev/zero", O_RDONLY)) < 0 || (null = open("/dev/null", O_WRONLY)) < 0 ||
		pipe(ends) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		fail("open what the loops use");
	pipe_end = ends[0];
	for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++)
		printf("%s %.1f\n", loops[i].name, time_loop(loops[i].call, milliseconds * 1e6));
	return 0;
}

/* stream */

static const struct {
	const char *name;
	size_t size;
	bool by_send; /* send looks at its flags in the filter, write does not */
} messages[] = {
	{ "TCP-64kB-write", 65536, false },
	{ "TCP-64B-write", 64, false },
	{ "TCP-64B-send", 64, true },
};

static char buffer[1 << 18];

static int send_messages(int connection, double milliseconds)
{
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		const double before = now();
		double sent = 0, after = before;
		while (after - before < milliseconds * 1e6) {
			for (size_t size = 0; size < 1 << 18; size += messages[i].size) {
				const ssize_t went = messages[i].by_send
					? send(connection, buffer, messages[i].size, 0)
					: write(connection, buffer, messages[i].size);
				if (went < 0)
					fail("send");
				sent += (double)went;
			}
			after = now();
		}
		printf("%s %.2f\n", messages[i].name, sent * 1e3 / (after - before));
	}
	return 0;
}

/* Both ends on one processor: with two, where the scheduler puts them makes more of a
 * difference than what is to be measured. */
static void use_one_processor(void)
{
	cpu_set_t allowed, one;

	if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
		fail("read the processors");
	CPU_ZERO(&one);
	for (size_t number = 0; CPU_COUNT(&one) == 0 && number < CPU_SETSIZE; number++)
		if (CPU_ISSET(number, &allowed))
			CPU_SET(number, &one);
	if (sched_setaffinity(0, sizeof one, &one) != 0)
		fail("choose a processor");
}

static int stream(const char *self, const char *milliseconds, char **tool)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int connection = socket(AF_INET, SOCK_STREAM, 0);
	char *words[64], number[16];
	int count = 0;

	use_one_processor();
	if (listener < 0 || connection < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
		listen(listener, 1) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0 ||
		connect(connection, (struct sockaddr *)&address, size) != 0)
		fail("connect");
	const int other_end = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	const pid_t pid = fork();
	if (other_end < 0 || pid < 0)
		fail("accept");
	if (pid == 0) {
		close(connection);
		close(STDOUT_FILENO);
		while (read(other_end, buffer, sizeof buffer) > 0)
			;
		_exit(0);
	}
	snprintf(number, sizeof number, "%d", connection);
	while (*tool && count < 59)
		words[count++] = *tool++;
	words[count++] = (char *)self;
	words[count++] = (char *)"send";
	words[count++] = (char *)milliseconds;
	words[count++] = number;
	words[count] = NULL;
	execvp(words[0], words);
	fail(words[0]);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "loops") == 0)
		return time_loops(atof(argv[2]));
	if (argc >= 3 && strcmp(argv[1], "stream") == 0)
		return stream(argv[0], argv[2], argv + 3);
	if (argc == 4 && strcmp(argv[1], "send") == 0)
		return send_messages(atoi(argv[3]), atof(argv[2]));
	fprintf(stderr, "usage: calls loops MILLISECONDS | stream MILLISECONDS [TOOL...]\n");
	return 100;
}
