/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * The descriptors that prog would inherit: those open without close-on-exec.
 * Sorted into harmless ones, network streams that the seccomp filters can keep, and
 * loose ones, which could reach new peers all the same. Of sockets, all are loose but
 * the kinds named; of other descriptors, those known to be a network: io_uring, tun and
 * tap, vhost.
 * Rests on proc(5), socket(7), close_range(2).
 */
#ifndef INHERITED_H
#define INHERITED_H

#include <stdbool.h>
#include <stddef.h>

enum { LOOSE_NAMED = 8 }; /* so many loose descriptors are named, the rest counted */

struct loose_descriptor {
	int number;
	const char *kind; /* "a UDP socket" */
};

struct inherited {
	bool tcp;          /* a TCP socket, in whatever state */
	bool other_stream; /* an MPTCP or vsock stream: outside Landlock's TCP rights */
	bool listener;     /* one of these listens */
	bool without_proc; /* /proc was of no use: descriptors above 65535 are marked close-on-exec */
	unsigned loose_count;
	struct loose_descriptor loose[LOOSE_NAMED];
	char refusal[700]; /* the words of inherited_refuse_loose */
};

/* What descriptor NUMBER is to prog: NULL when it is harmless or a stream that
 * is recorded in *inherited, else what makes it loose ("a UDP socket").
 * PROC_FD is /proc/self/fd, open, or -1 where there is none.
 * With SOCKETS_HELD (the kernel's own network-off is on) no socket is loose. */
const char *classify_descriptor(struct inherited *inherited, int number, int proc_fd,
	bool sockets_held) __attribute__((warn_unused_result));

struct scan {
	bool sockets_held; /* no socket is loose */
	bool close_loose;  /* loose ones are closed (0 to 2 become /dev/null) */
	bool no_exec;      /* the caller goes on itself: close-on-exec keeps nothing from it */
};

/* Looks at every descriptor that prog would inherit and fills in *inherited. Those
 * closed are named and counted all the same. Works with and without /proc, and needs the
 * soft RLIMIT_NOFILE to leave room for one more descriptor, or no /proc. With NO_EXEC it
 * needs /proc, and other threads may open and close descriptors meanwhile.
 * Returns NULL, or the words for what it was unable to do, with errno set. */
const char *inherited_scan(struct inherited *inherited, const struct scan *scan)
	__attribute__((warn_unused_result));

/* Writes "4 (a UDP socket), 7 (a raw socket)" into TEXT, of SIZE bytes. */
void inherited_name_loose(const struct inherited *inherited, char *text, size_t size);

/* NULL if nothing is loose, else the words for refusing to run, with errno 0. They
 * name the descriptors and stand in *inherited. */
const char *inherited_refuse_loose(struct inherited *inherited)
	__attribute__((warn_unused_result));

#endif
