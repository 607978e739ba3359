/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * The descriptors that prog would inherit: those open without close-on-exec.
 * Sorted into harmless ones, network streams that the seccomp filters can keep, and loose
 * ones, which could reach new peers all the same, or have others do so. Harmless are
 * - AF_UNIX sockets and AF_ALG ones (cryptography), pipes, directories, block devices, and what
 *   O_PATH opened, which is only a name;
 * - files, but for those of the kernel's own (/proc/PID/mem, sysfs, ...) that are open for writing;
 * - anonymous inodes that carry readiness, counts and signals: eventfd, eventpoll,
 *   signalfd, timerfd, inotify, pidfd, Landlock rulesets. (Others drive the process that made them,
 *   as a seccomp listener or a userfaultfd does, or are nothing that we know.)
 * - terminals but for their masters, and character devices known by number.
 * Without /proc anonymous inodes cannot be told from one another: then all are loose.
 * Rests on proc(5), socket(7), statfs(2), close_range(2), Documentation/admin-guide/devices.txt.
 */
#ifndef INHERITED_H
#define INHERITED_H

#include "capabilities.h"

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
	bool network;      /* any network socket that is not loose */
	bool without_proc; /* /proc was of no use: descriptors above 65535 are marked close-on-exec */
	unsigned loose_count;
	struct loose_descriptor loose[LOOSE_NAMED];
	char refusal[700]; /* the words of inherited_refuse_loose */
};

/* What keeps prog from new peers by the sockets that it would inherit. */
enum keeper {
	KEPT_BY_FILTERS,
	KEPT_BY_KERNEL, /* its own network-off is on, and holds the sockets that it knows */
	/* Nothing, since the caller is about to leave the network that they stay in (-L): all network
	 * sockets are loose and, where Landlock does not keep abstract names off, AF_UNIX ones that
	 * may yet connect to one there. */
	KEPT_BY_NOTHING,
	KEPT_BY_NOTHING_AT_ALL
};

/* What descriptor NUMBER is to prog: NULL when it is harmless or a stream that
 * is recorded in *inherited, else what makes it loose ("a UDP socket").
 * PROC_FD is /proc/self/fd, open, or -1 where there is none.
 */
const char *classify_descriptor(struct inherited *inherited, int number, int proc_fd,
	enum keeper keeper) __attribute__((warn_unused_result));

struct scan {
	enum keeper keeper;
	bool close_loose;  /* loose ones are closed (0 to 2 become /dev/null) */
	bool no_exec;      /* the caller goes on itself: close-on-exec keeps nothing from it */
	bool has_threads;  /* and is not the only one: each may have a table of its own */
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

/* NULL unless one of KEEP would make a way out of the sockets that are left (chown); else the
 * words, with errno 0. */
const char *inherited_refuse_capabilities(const struct inherited *inherited, capability_set keep)
	__attribute__((warn_unused_result));

#endif
