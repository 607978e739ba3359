/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * disablenetwork() while threads are at work in system calls: each of them must lose the
 * network, and go on with what it does. Also run by hand and in guests, so it needs no
 * peer, no file and no privilege.
 *
 *     threads [--this-thread | --busy | --flags NUMBER]
 *     threads --in-socketcall
 *
 * The latter has a thread that waits in socketcall(2), as i386 programs do and the libc of
 * s390x: it is in the way, or not, as the call is that it makes by it.
 *
 * Exit 0: all is as it must be (with --busy: it is refused by EBUSY); else 1, and a line says what.
 */
#include "disablenetwork.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 3, KINDS = 8, THREADS = ROUNDS * KINDS };

static struct worker {
	int number, network, pipe[2], pair[2];
	int unconnected, connection;
} workers[THREADS];
static struct sockaddr_in address;
static atomic_bool off;         /* disablenetwork has returned */
static atomic_int at_work, wrong;
static int alone;               /* the others keep their network */

static void complain(const struct worker *worker, const char *format, ...)
{
	va_list arguments;
	char text[200];

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	printf("thread %d (%d): %s\n", worker->number, worker->number % KINDS, text);
	atomic_fetch_add(&wrong, 1);
}

static void echo(const struct worker *worker)
{
	char byte = 0;

	if (send(worker->connection, "c", 1, MSG_NOSIGNAL) != 1 || recv(worker->connection, &byte, 1, 0) != 1 || byte != 'c')
		complain(worker, "its connection does not go on: %s", strerror(errno));
}

/* A thread that does nothing but calls at which something is born may not be found outside of them in time. */
static void breathe(void) { nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL); }

/* A system call at a time, of every kind: waiting, short ones, those that will be refused. */
static void work(struct worker *worker)
{
	struct pollfd poller = { .fd = worker->pipe[0], .events = POLLIN };
	char byte;

	switch (worker->number % KINDS) {
	case 0: /* waits until it is written to, after the call */
		if (read(worker->pipe[0], &byte, 1) != 1)
			complain(worker, "read: %s", strerror(errno));
		break;
	case 1:
		while (poll(&poller, 1, -1) != 1)
			;
		break;
	case 2:
		if (recv(worker->pair[0], &byte, 1, 0) != 1)
			complain(worker, "recv: %s", strerror(errno));
		break;
	case 3:
		while (!off)
			breathe();
		break;
	case 4:
		while (!off)
			echo(worker);
		break;
	case 5:
		while (!off) {
			const int made = socket(AF_UNIX, SOCK_STREAM, 0);
			if (made < 0)
				complain(worker, "socket of AF_UNIX: %s", strerror(errno));
			close(made);
			breathe();
		}
		break;
	case 6: /* TCP is not loose; it is refused at some time */
		while (!off) {
			const int made = socket(AF_INET, SOCK_STREAM, 0);
			if (made >= 0)
				close(made);
			breathe();
		}
		break;
	case 7:
		while (!off)
			(void)getppid();
		break;
	}
}

static void must_be_off(struct worker *worker)
{
	const int made = socket(AF_INET, SOCK_STREAM, 0), error = errno;

	if (made >= 0)
		complain(worker, "it can make a socket");
	else if (error != EPERM)
		complain(worker, "a socket fails with %s", strerror(error));
	if (made >= 0)
		close(made);
	if (socket(AF_NETLINK, SOCK_RAW, 0) >= 0)
		complain(worker, "it can make a netlink socket");
	/* Landlock's part, or the filter's in its place. */
	if (connect(worker->unconnected, (void *)&address, sizeof address) == 0 || (errno != EACCES && errno != EPERM))
		complain(worker, "a socket that it had connects: %s", strerror(errno));
	if (!disablenetwork_is_off())
		complain(worker, "is_off says no");
	echo(worker);
}

static void *run(void *data)
{
	struct worker *worker = data;

	atomic_fetch_add(&at_work, 1);
	work(worker);
	while (!off)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	if (!alone)
		must_be_off(worker);
	else if (disablenetwork_is_off())
		complain(worker, "is_off says yes");
	return NULL;
}

static void fail(const char *what)
{
	printf("unable to %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A process of its own echoes what comes by the connections. */
static pid_t serve(int listener)
{
	struct pollfd polled[THREADS + 1] = { { .fd = listener, .events = POLLIN } };
	nfds_t count = 1;
	const pid_t child = fork();

	if (child != 0)
		return child;
	alarm(120);
	for (;;) {
		poll(polled, count, -1);
		if (polled[0].revents && count <= THREADS)
			polled[count++] = (struct pollfd){ .fd = accept(listener, NULL, NULL), .events = POLLIN };
		for (nfds_t i = 1; i < count; i++) {
			char data[64];
			const ssize_t size = polled[i].revents ? recv(polled[i].fd, data, sizeof data, MSG_DONTWAIT) : 0;
			if (size > 0)
				(void)send(polled[i].fd, data, (size_t)size, MSG_NOSIGNAL);
			else if (size == 0 && polled[i].revents)
				polled[i].fd = -1;
		}
	}
}

/* --- A thread in socketcall(2). --- */

enum { ACCEPT = 5, RECVMSG = 17 }; /* of <linux/net.h> */

#if defined __x86_64__ /* its 32-bit sibling's, which ends the process where the kernel has none */
#define SOCKETCALL 102
typedef uint32_t word;
static void call_socketcall(int call, const word *arguments)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "0"(SOCKETCALL), "b"(call), "c"(arguments)
		: "memory", "r8", "r9", "r10", "r11");
}
#elif defined SYS_socketcall
#define SOCKETCALL SYS_socketcall
typedef unsigned long word;
static void call_socketcall(int call, const word *arguments) { syscall(SYS_socketcall, (long)call, arguments); }
#endif

#ifdef SOCKETCALL
#ifndef MAP_32BIT
#define MAP_32BIT 0
#endif

static int made_in_socketcall;
static word *arguments;
static atomic_int waiting_thread;

static void *wait_in_socketcall(void *unused)
{
	waiting_thread = (int)syscall(SYS_gettid);
	call_socketcall(made_in_socketcall, arguments);
	return unused;
}

static void start_in_socketcall(int call, int descriptor)
{
	pthread_t thread;
	char text[16] = "";

	arguments = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (arguments == MAP_FAILED)
		fail("map");
	arguments[0] = (word)descriptor;
	if (call == RECVMSG)
		arguments[1] = (word)(uintptr_t)(arguments + 8); /* an empty message */
	made_in_socketcall = call;
	if (pthread_create(&thread, NULL, wait_in_socketcall, NULL) != 0)
		fail("start a thread");
	for (int i = 0; i < 30000 && strtol(text, NULL, 10) != SOCKETCALL; i++) { /* "running" is none */
		char path[64];
		snprintf(path, sizeof path, "/proc/self/task/%d/syscall", waiting_thread);
		FILE *file = fopen(path, "re");
		if (file) {
			if (!fgets(text, sizeof text, file))
				text[0] = '\0';
			fclose(file);
		}
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}

static int accept_is_in_the_way(void)
{
	const int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (listener < 0 || listen(listener, 1) != 0)
		fail("listen");
	start_in_socketcall(ACCEPT, listener);
	close(listener);
	return disablenetwork() == -1 && errno == EBUSY && strstr(disablenetwork_error(), "has left accept ");
}

static int recvmsg_is_not(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		fail("make a pair");
	start_in_socketcall(RECVMSG, pair[0]);
	return disablenetwork() == 0;
}

static int try_socketcall(void)
{
	int (*const tries[])(void) = { accept_is_in_the_way, recvmsg_is_not };

	for (int i = 0; i < 2; i++) {
		int status = -1;
		const pid_t child = fork();
		if (child == 0) {
			const int right = tries[i]();
			if (!right)
				printf("socketcall: %s: %s\n", i ? "recvmsg" : "accept", disablenetwork_error());
			fflush(stdout);
			_exit(!right);
		}
		if (waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) {
			printf("socketcall: none here\n");
			return 0;
		}
		if (status != 0)
			return 1;
	}
	printf("socketcall: as it must be\n");
	return 0;
}
#else
static int try_socketcall(void)
{
	printf("socketcall: none here\n");
	return 0;
}
#endif

int main(int argc, char **argv)
{
	struct disablenetwork_options options = { .size = sizeof options };
	pthread_t threads[THREADS];
	socklen_t size = sizeof address;
	bool busy = false, socketcall = false;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--this-thread") == 0) {
			options.flags |= DISABLENETWORK_THIS_THREAD;
			alone = 1;
		} else if (strcmp(argv[i], "--busy") == 0) {
			busy = true;
		} else if (strcmp(argv[i], "--in-socketcall") == 0) {
			socketcall = true;
		} else if (strcmp(argv[i], "--flags") == 0 && i + 1 < argc) {
			options.flags |= strtoul(argv[++i], NULL, 0);
		} else {
			return 100;
		}
	if (socketcall)
		return try_socketcall();
	alarm(120);
	const int listener = socket(AF_INET, SOCK_STREAM, 0);
	address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	if (listener < 0 || bind(listener, (void *)&address, size) != 0 || listen(listener, THREADS) != 0 ||
		getsockname(listener, (void *)&address, &size) != 0)
		fail("listen");
	const pid_t server = serve(listener);
	close(listener);
	for (int i = 0; i < THREADS; i++) {
		struct worker *worker = &workers[i];
		worker->number = i;
		worker->unconnected = socket(AF_INET, SOCK_STREAM, 0);
		worker->connection = socket(AF_INET, SOCK_STREAM, 0); /* the control: it connects */
		if (pipe(worker->pipe) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, worker->pair) != 0 ||
			connect(worker->connection, (void *)&address, sizeof address) != 0)
			fail("connect");
		if (pthread_create(&threads[i], NULL, run, worker) != 0)
			fail("start a thread");
	}
	while (at_work < THREADS)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL); /* into their system calls */

	const int answer = disablenetwork_with(&options), error = errno;
	if (busy) {
		if (answer != -1 || error != EBUSY)
			printf("not refused by EBUSY: %d, %s\n", answer, disablenetwork_error()), atomic_fetch_add(&wrong, 1);
		printf("%s\n", disablenetwork_error());
		fflush(stdout);
		const int status = wrong != 0; /* threads complain as soon as the server is gone */
		kill(server, SIGKILL);
		_exit(status);
	}
	if (answer != 0) {
		printf("%s\n", disablenetwork_error());
		kill(server, SIGKILL);
		fflush(stdout);
		_exit(1);
	}
	off = true;
	for (int i = 0; i < THREADS; i++)
		if (write(workers[i].pipe[1], "x", 1) != 1 || write(workers[i].pair[1], "x", 1) != 1)
			fail("wake a thread");
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	must_be_off(&workers[0]);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	if (wrong == 0)
		printf("%d threads %s\n", THREADS, alone ? "kept their network" : "lost their network");
	return wrong != 0;
}
