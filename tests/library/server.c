/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * A server that gives up the network once it listens: it serves whoever comes, and dials
 * nobody.
 *
 *     server open|off OTHER-PORT COUNT
 *
 * Prints its port; then, when it has echoed a line to COUNT clients, what became of a
 * connection to the other port, by a new socket and by one that it had.
 */
#include <disablenetwork.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *dial(int made, in_port_t port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };

	if (made >= 0 && connect(made, (const void *)&address, sizeof address) == 0)
		return "connected";
	return errno == EACCES || errno == EPERM ? "refused" : strerror(errno);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof address;
	char line[256];

	if (argc != 4)
		return 100;
	alarm(300); /* clients that do not come */
	const in_port_t other_port = (in_port_t)atoi(argv[2]);
	const int listener = socket(AF_INET, SOCK_STREAM, 0), spare = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (void *)&address, sizeof address) != 0 || listen(listener, 128) != 0 ||
		getsockname(listener, (void *)&address, &size) != 0)
		return 111;
	if (strcmp(argv[1], "off") == 0 && disablenetwork() != 0) {
		printf("%s\n", disablenetwork_error());
		return 111;
	}
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	for (int i = atoi(argv[3]); i > 0; i--) {
		const int peer = accept(listener, NULL, NULL);
		ssize_t length;
		if (peer < 0)
			return 111;
		while ((length = read(peer, line, sizeof line)) > 0)
			if (write(peer, line, (size_t)length) != length)
				return 111;
		close(peer);
	}
	printf("new: %s, ", dial(socket(AF_INET, SOCK_STREAM, 0), other_port));
	printf("had: %s\n", dial(spare, other_port));
	return 0;
}
