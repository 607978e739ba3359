/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * disablenetwork() in the middle of a storm: threads open sockets and rings, accept, connect,
 * receive and duplicate descriptors, fork and spawn without pause, at the borders where the
 * table of descriptors is made longer, which takes milliseconds. A process outside listens: once
 * the call has returned 0 it must hear nothing that was sent after that. Each round is a process
 * of its own.
 *
 *     storm ROUNDS [SEED]
 *
 * Prints what came of the calls. Exit 0: nothing was heard, and some calls returned 0; else 1.
 */
#include "disablenetwork.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 9 };

static struct sockaddr_in outside_udp, outside_tcp, inside;
static atomic_bool off, stop, begun;
static int inside_listener, pairs[2], null;

static void sleep_ns(long ns) { nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL); }

/* What the process outside must never hear. */
static void tell_outside(int descriptor)
{
	struct iovec data = { (char[]){ "untrue" }, 6 };
	const struct msghdr message = { .msg_name = &outside_udp, .msg_namelen = sizeof outside_udp, .msg_iov = &data, .msg_iovlen = 1 };

	(void)sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT); /* no filter sees its address */
}

/* Only the descriptor that a call brought is used: one that was made before the return is in the
 * list, and is refused or closed. */
static void *open_sockets(void *unused)
{
	begun = true;
	while (!stop) {
		const int made = socket(AF_INET, SOCK_DGRAM, 0);
		if (made < 0)
			continue;
		for (int i = 0; off && i < 5; i++)
			tell_outside(made), sleep_ns(1000000);
		close(made);
		sleep_ns(300000); /* else one is there at the first look, nearly always */
	}
	return unused;
}

static void *connect_and_leave(void *unused)
{
	while (!stop) {
		const int made = socket(AF_INET, SOCK_STREAM, 0);
		if (made < 0)
			continue;
		const bool after = off;
		if (connect(made, (void *)(after ? &outside_tcp : &inside), sizeof inside) == 0 && after)
			(void)send(made, "untrue", 6, MSG_NOSIGNAL);
		close(made);
	}
	return unused;
}

/* Each of those accepted must not be turned to another peer. */
static void *accept_all(void *unused)
{
	while (!stop) {
		const int peer = accept(inside_listener, NULL, NULL);
		if (peer < 0)
			continue;
		if (off) {
			connect(peer, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr));
			if (connect(peer, (void *)&outside_tcp, sizeof outside_tcp) == 0)
				(void)send(peer, "untrue", 6, MSG_NOSIGNAL);
		}
		close(peer);
	}
	return unused;
}

/* A thread of the kernel's serves it, so that a request needs no call of ours any more. */
static void *set_up_rings(void *unused)
{
	enum { OP_SOCKET = 45 }; /* IORING_OP_SOCKET, Linux 5.19 */

	while (!stop) {
		struct io_uring_params parameters = { .flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 1000 };
		const int ring = (int)syscall(SYS_io_uring_setup, 4096L, &parameters);
		if (ring < 0) {
			sched_yield();
			continue;
		}
		if (off) {
			char *queue = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
			struct io_uring_sqe *entries = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
			if (queue != MAP_FAILED && entries != MAP_FAILED) {
				entries[0] = (struct io_uring_sqe){ .opcode = OP_SOCKET, .fd = AF_INET, .off = SOCK_DGRAM };
				((unsigned *)(void *)(queue + parameters.sq_off.array))[0] = 0;
				atomic_store((_Atomic unsigned *)(void *)(queue + parameters.sq_off.tail), 1);
				sleep_ns(20000000);
				for (int number = 3; number < 2048; number++)
					tell_outside(number);
			}
		}
		close(ring);
	}
	return unused;
}

static void *fork_without_pause(void *unused)
{
	while (!stop) {
		const pid_t child = (pid_t)syscall(SYS_clone, (long)SIGCHLD, NULL, NULL, NULL, 0L);
		if (child == 0) { /* the filter comes along, whenever it began */
			if (off) {
				const int made = socket(AF_INET, SOCK_DGRAM, 0);
				if (made >= 0)
					tell_outside(made);
			}
			_exit(0);
		}
		if (child > 0)
			waitpid(child, NULL, 0);
	}
	return unused;
}

static void *spawn_without_pause(void *unused)
{
	char *const words[] = { (char *)(intptr_t)"/proc/self/exe", NULL };
	pid_t child;

	while (!stop)
		if (posix_spawn(&child, words[0], NULL, NULL, words, NULL) == 0)
			waitpid(child, NULL, 0);
	return unused;
}

static void *pass_descriptors(void *unused)
{
	char byte = 0, room[CMSG_SPACE(sizeof(int))] = "";
	struct iovec data = { &byte, 1 };

	while (!stop) {
		struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		*header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(header), &null, sizeof null);
		if (sendmsg(pairs[0], &message, MSG_DONTWAIT) != 1)
			continue;
		message.msg_controllen = sizeof room;
		int got = -1;
		if (recvmsg(pairs[1], &message, 0) == 1 && (header = CMSG_FIRSTHDR(&message)))
			memcpy(&got, CMSG_DATA(header), sizeof got);
		close(got);
	}
	return unused;
}

static void *duplicate_and_open(void *unused)
{
	while (!stop) {
		const int copy = dup(null), opened = open("/dev/null", O_RDONLY | O_CLOEXEC);
		close(copy);
		close(opened);
	}
	return unused;
}

static void *count_in_user_mode(void *unused)
{
	for (atomic_ulong count = 0; !stop;)
		count++;
	return unused;
}

static void *(*const bodies[WORKERS])(void *) = { open_sockets, connect_and_leave, accept_all, set_up_rings,
	fork_without_pause, spawn_without_pause, pass_descriptors, duplicate_and_open, count_in_user_mode };

static int listen_on(int type, struct sockaddr_in *address)
{
	const int made = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof *address;

	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	if (made < 0 || bind(made, (void *)address, size) != 0 || (type == SOCK_STREAM && listen(made, 4096) != 0) ||
		getsockname(made, (void *)address, &size) != 0) {
		perror("storm: listen");
		exit(1);
	}
	return made;
}

/* The next descriptors are those at which the table is made longer. */
static void fill_table(unsigned seed)
{
	static const int borders[] = { 64, 256, 1024 };
	const int border = borders[seed % 3] - 1 - (int)(seed / 3 % 3);

	while ((null = open("/dev/null", O_RDONLY)) >= 0 && null < border)
		;
}

/* In a process of its own: what the call returned, as an exit status; 0 for 0. */
static int weather(unsigned seed)
{
	const struct disablenetwork_options options = { .size = sizeof options,
		.flags = seed % 2 ? DISABLENETWORK_CLOSE : 0 };
	pthread_t thread;

	signal(SIGCHLD, SIG_DFL);
	inside_listener = listen_on(SOCK_STREAM, &inside);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pairs) != 0)
		return EIO;
	fill_table(seed);
	/* Up to three of the kinds, and always sockets: all at once would leave each but seldom in its call. */
	for (unsigned i = 1 + seed / 9 % 4; i-- > 0;)
		if (pthread_create(&thread, NULL, bodies[i == 0 ? 0 : (seed + i * (1 + seed / 36 % 4)) % WORKERS], NULL) != 0)
			return EAGAIN;
	while (!begun)
		sched_yield();
	sleep_ns(seed % 17 * 60000);
	for (int number = null - 1; number > null - 8; number--) /* else the call itself would wait for the longer table */
		close(number);
	const int answer = disablenetwork_with(&options), error = errno;
	if (answer != 0 && getenv("STORM_WORDS"))
		fprintf(stderr, "%s\n", disablenetwork_error());
	off = answer == 0;
	sleep_ns(answer == 0 ? 30000000 : 0);
	stop = true;
	return answer == 0 ? 0 : error;
}

static unsigned hear(int udp, int tcp)
{
	char text[16];
	unsigned heard = 0;
	int peer;

	while (recv(udp, text, sizeof text, MSG_DONTWAIT) > 0)
		heard++;
	while ((peer = accept4(tcp, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		heard++;
		close(peer);
	}
	return heard;
}

int main(int argc, char **argv)
{
	unsigned returned_0 = 0, loose = 0, busy = 0, others = 0, untrue = 0;

	if (argc < 2) /* what was spawned */
		return 0;
	const unsigned rounds = (unsigned)strtoul(argv[1], NULL, 0), seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 0;
	const struct rlimit limit = { 4096, 4096 };
	setrlimit(RLIMIT_NOFILE, &limit);
	const int udp = listen_on(SOCK_DGRAM, &outside_udp), tcp = listen_on(SOCK_STREAM, &outside_tcp);
	fcntl(tcp, F_SETFL, O_NONBLOCK);
	for (unsigned i = 0; i < rounds; i++) {
		int status;
		const pid_t child = fork();
		if (child == 0) {
			close(udp), close(tcp);
			alarm(60);
			_exit(weather(seed + i));
		}
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 1;
		const int error = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		const unsigned heard = hear(udp, tcp);
		if (heard) {
			printf("round %u: it returned %s, and %u were heard after that\n", seed + i, error ? strerror(error) : "0", heard);
			untrue++;
		}
		returned_0 += error == 0;
		loose += error == EBADFD;
		busy += error == EBUSY;
		others += error != 0 && error != EBADFD && error != EBUSY;
		if (error != 0 && error != EBADFD && error != EBUSY)
			printf("round %u: %s\n", seed + i, error < 0 ? strsignal(WTERMSIG(status)) : strerror(error));
	}
	printf("%u rounds: %u returned 0, %u loose, %u busy, %u others; %u untrue\n", rounds, returned_0, loose, busy, others, untrue);
	return untrue || !returned_0;
}
