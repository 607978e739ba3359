/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * What the library is for: connects to a server, gives up the network, and only then
 * inflates what comes, with zlib, which may be attacked by it.
 *
 *     client HOW PORT OTHER-PORT
 *
 * HOW: open (the control: it keeps its network), plain, worker (a forked one inflates, its
 * parent keeps the network), pool (threads inflate a connection each, started after the
 * call) or running-pool (started before). It prints a line: how many bytes came and are as
 * they should be, what becomes of a connection to the other port, and in the case of
 * worker what becomes of the parent's.
 */
#include <disablenetwork.h>

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

enum { POOL = 8 };

static in_port_t port, other_port;
static int connections[POOL];
static long long counts[POOL];
static const char *elsewhere_of[POOL];
static pthread_barrier_t all_started, switched_off;

static _Noreturn void fail(const char *what)
{
	printf("unable to %s: %s\n", what, strerror(errno));
	exit(111);
}

static int dial(in_port_t where)
{
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(where), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int made = socket(AF_INET, SOCK_STREAM, 0);

	if (made < 0)
		return -1;
	if (connect(made, (const void *)&address, sizeof address) == 0)
		return made;
	close(made);
	return -1;
}

static const char *try_elsewhere(void)
{
	return dial(other_port) >= 0 ? "connected" : strerror(errno);
}

static void switch_off(void)
{
	if (disablenetwork() == 0)
		return;
	printf("%s\n", disablenetwork_error());
	exit(111);
}

/* The server sends lines of 64 bytes: a number, and the alphabet. */
static bool is_right(const unsigned char *data, size_t size, long long at)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";

	for (size_t i = 0, compared; i < size; i += compared) {
		char line[80];
		const size_t column = (size_t)((at + (long long)i) % 64);
		snprintf(line, sizeof line, "%011lld%.52s\n", (at + (long long)i) / 64, letters);
		compared = 64 - column < size - i ? 64 - column : size - i;
		if (memcmp(data + i, line + column, compared) != 0)
			return false;
	}
	return true;
}

static long long inflate_all(int connection)
{
	static _Thread_local unsigned char in[65536], out[262144];
	z_stream stream = { .zalloc = NULL };
	long long count = 0;
	ssize_t size;
	int state = Z_OK;

	if (inflateInit(&stream) != Z_OK)
		fail("start zlib");
	while (state == Z_OK && (size = read(connection, in, sizeof in)) > 0) {
		stream.next_in = in;
		stream.avail_in = (uInt)size;
		do {
			stream.next_out = out;
			stream.avail_out = sizeof out;
			state = inflate(&stream, Z_NO_FLUSH);
			const size_t made = sizeof out - stream.avail_out;
			if (!is_right(out, made, count))
				fail("find the right bytes");
			count += (long long)made;
		} while (state == Z_OK && stream.avail_out == 0);
	}
	inflateEnd(&stream);
	return state == Z_STREAM_END ? count : -1;
}

static void *inflate_one(void *at)
{
	const long i = (long)at;

	pthread_barrier_wait(&all_started);
	pthread_barrier_wait(&switched_off);
	elsewhere_of[i] = try_elsewhere();
	counts[i] = inflate_all(connections[i]);
	return NULL;
}

static void use_pool(bool running)
{
	pthread_t threads[POOL];
	long long sum = 0;

	pthread_barrier_init(&all_started, NULL, POOL + 1);
	pthread_barrier_init(&switched_off, NULL, POOL + 1);
	for (int i = 0; i < POOL; i++)
		if ((connections[i] = dial(port)) < 0)
			fail("connect");
	if (!running)
		switch_off();
	for (long i = 0; i < POOL; i++)
		if (pthread_create(&threads[i], NULL, inflate_one, (void *)i) != 0)
			fail("start a thread");
	pthread_barrier_wait(&all_started);
	if (running)
		switch_off();
	pthread_barrier_wait(&switched_off);
	for (int i = 0; i < POOL; i++) {
		pthread_join(threads[i], NULL);
		sum += counts[i];
		if (strcmp(elsewhere_of[i], elsewhere_of[0]) != 0)
			fail("have all threads refused alike");
	}
	printf("%lld bytes, elsewhere: %s\n", sum, elsewhere_of[0]);
}

static void use_worker(int connection)
{
	int status;
	const pid_t worker = fork();

	if (worker < 0)
		fail("fork");
	if (worker == 0) {
		switch_off();
		const char *elsewhere = try_elsewhere();
		printf("%lld bytes, elsewhere: %s", inflate_all(connection), elsewhere);
		exit(0);
	}
	if (waitpid(worker, &status, 0) != worker || status != 0)
		fail("see the worker end well");
	printf(", parent: %s\n", try_elsewhere());
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 100;
	port = (in_port_t)atoi(argv[2]);
	other_port = (in_port_t)atoi(argv[3]);
	if (strcmp(argv[1], "pool") == 0 || strcmp(argv[1], "running-pool") == 0) {
		use_pool(argv[1][0] == 'r');
		return 0;
	}
	const int connection = dial(port);
	if (connection < 0)
		fail("connect");
	if (strcmp(argv[1], "worker") == 0) {
		use_worker(connection);
		return 0;
	}
	if (strcmp(argv[1], "plain") == 0)
		switch_off();
	const char *elsewhere = try_elsewhere();
	printf("%lld bytes, elsewhere: %s\n", inflate_all(connection), elsewhere);
	return 0;
}
