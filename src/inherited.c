/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See inherited.h. It closes what it is told to and prints nothing.
 */
#include "inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/magic.h>
#include <linux/vhost.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_io_uring_enter
#define SYS_io_uring_enter 426
#endif

enum {
	CLOSE_RANGE_MARK = 1 << 2,  /* CLOSE_RANGE_CLOEXEC of <linux/close_range.h>, Linux 5.11 */
	LOOKS = 3,                  /* at what seems loose */
	TRIED_WITHOUT_PROC = 65536, /* so many descriptors are looked at one by one */
	MAJOR_MEM = 1,              /* device numbers of Documentation/admin-guide/devices.txt */
	MAJOR_TTY = 4,
	MAJOR_TTYAUX = 5,
	MAJOR_PTS_FIRST = 136,
	MAJOR_PTS_LAST = 143
};

static const char io_uring_link[] = "anon_inode:[io_uring]";

/* False when the socket does not say (a sandbox around us, say). */
static bool ask_socket(int socket, int option, int *value)
{
	socklen_t size = sizeof *value;

	*value = 0; /* no family, no type, no listener: for an answer that writes nothing */
	return getsockopt(socket, SOL_SOCKET, option, value, &size) == 0;
}

static const char *name_loose_socket(int domain, int type, int protocol)
{
	switch (domain) {
	case AF_INET:
	case AF_INET6:
		if (type == SOCK_RAW)
			return "a raw socket";
		switch (protocol) {
		case IPPROTO_UDP:
			return "a UDP socket";
		case IPPROTO_SCTP:
			return "an SCTP socket";
		case IPPROTO_ICMP:
		case IPPROTO_ICMPV6:
			return "an ICMP socket";
		default:
			return "an Internet socket of another protocol than TCP";
		}
	case AF_NETLINK:
		return "a netlink socket";
	case AF_PACKET:
		return "a packet socket";
	case AF_VSOCK:
		return "a vsock socket other than a stream";
	default:
		return "a socket of another family than AF_UNIX";
	}
}

static const char *classify_socket(struct inherited *inherited, int socket)
{
	int domain, type, protocol, listens;

	if (!ask_socket(socket, SO_DOMAIN, &domain)) {
		if (errno == EBADF)
			return NULL; /* opened with O_PATH: a name, not a socket */
		return "a socket of unknown family";
	}
	if (domain == AF_UNIX)
		return NULL;
	if (!ask_socket(socket, SO_TYPE, &type) || !ask_socket(socket, SO_PROTOCOL, &protocol))
		return "a socket of unknown type";

	const bool internet = domain == AF_INET || domain == AF_INET6;
	const bool tcp = internet && type == SOCK_STREAM && protocol == IPPROTO_TCP;
	const bool mptcp = internet && type == SOCK_STREAM && protocol == IPPROTO_MPTCP;
	const bool vsock = domain == AF_VSOCK && type == SOCK_STREAM;
	if (!tcp && !mptcp && !vsock)
		return name_loose_socket(domain, type, protocol);

	inherited->tcp |= tcp;
	inherited->other_stream |= !tcp;
	inherited->listener |= ask_socket(socket, SO_ACCEPTCONN, &listens) && listens;
	return NULL;
}

/* A tap of either driver answers TUNGETFEATURES, a vhost of any kind
 * VHOST_GET_FEATURES; their device numbers are not all fixed. */
static const char *classify_character_device(int descriptor, dev_t device)
{
	const unsigned number = major(device);
	uint64_t features;

	if (number == MAJOR_MEM || number == MAJOR_TTY || number == MAJOR_TTYAUX ||
		(number >= MAJOR_PTS_FIRST && number <= MAJOR_PTS_LAST))
		return NULL;
	if (ioctl(descriptor, TUNGETFEATURES, &features) == 0)
		return "a tun or tap device";
	if (ioctl(descriptor, VHOST_GET_FEATURES, &features) == 0)
		return "a vhost device";
	return NULL;
}

/* NUMBER in decimal, at the end of TEXT: snprintf costs a start one page fault or two. */
static const char *decimal(int number, char text[static 12])
{
	char *at = text + 11;

	*at = '\0';
	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	return at;
}

/* A kernel thread may serve a ring without any call of ours. Without /proc, the
 * kernel's own answer to an empty io_uring_enter tells: EOPNOTSUPP is said of
 * everything that is no ring. */
static const char *classify_other(int descriptor, mode_t mode, int proc_fd)
{
	if (proc_fd >= 0) {
		char text[12], link[sizeof io_uring_link + 1] = ""; /* longer links are cut */

		if (readlinkat(proc_fd, decimal(descriptor, text), link, sizeof link - 1) < 0)
			return errno == ENAMETOOLONG ? NULL : "a descriptor of unknown kind";
		if (strncmp(link, "socket:", strlen("socket:")) == 0)
			return "a descriptor of unknown kind"; /* fstat should have said so */
		return strcmp(link, io_uring_link) == 0 ? "an io_uring" : NULL;
	}
	if ((mode & S_IFMT) != 0)
		return NULL;
	if (syscall(SYS_io_uring_enter, descriptor, 0L, 0L, 0L, NULL, 0L) == -1 &&
		(errno == EOPNOTSUPP || errno == EBADF))
		return NULL;
	return "a descriptor that may be an io_uring (/proc would tell)";
}

const char *classify_descriptor(struct inherited *inherited, int number, int proc_fd,
	bool sockets_held)
{
	struct stat status = { 0 };

	if (fstat(number, &status) != 0)
		return "a descriptor of unknown kind";
	switch (status.st_mode & S_IFMT) {
	case S_IFSOCK: {
		const char *kind = classify_socket(inherited, number);
		return sockets_held ? NULL : kind;
	}
	case S_IFCHR:
		return classify_character_device(number, status.st_rdev);
	case S_IFIFO:
	case S_IFDIR:
	case S_IFBLK:
	case S_IFLNK:
		return NULL;
	default: /* S_IFREG, and anonymous inodes, which have no type */
		return classify_other(number, status.st_mode, proc_fd);
	}
}

static const char *close_descriptor(int number)
{
	if (number > STDERR_FILENO) {
		close(number);
		return NULL;
	}
	/* A closed 0, 1 or 2 would be taken by the next file that prog opens. */
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, number) < 0)
		return "put /dev/null in a closed descriptor's place";
	close(null);
	return NULL;
}

/* Only EBADF says that nothing is open there; no other failure may hide a descriptor. */
static bool is_inherited(int number, const struct scan *scan)
{
	const int flags = fcntl(number, F_GETFD);

	return flags >= 0 ? scan->no_exec || !(flags & FD_CLOEXEC) : errno != EBADF;
}

static const char *look_at(struct inherited *inherited, int number, int proc_fd,
	const struct scan *scan)
{
	const char *kind = NULL;

	/* Another thread may close it and open others in its place while we ask. What is loose
	 * is so each time. */
	for (int look = 0; look < LOOKS; look++) {
		kind = classify_descriptor(inherited, number, proc_fd, scan->sockets_held);
		if (!kind || !is_inherited(number, scan))
			return NULL;
	}
	if (inherited->loose_count < LOOSE_NAMED)
		inherited->loose[inherited->loose_count] =
			(struct loose_descriptor){ .number = number, .kind = kind };
	inherited->loose_count++;
	if (!scan->close_loose)
		return NULL;
	const char *words = close_descriptor(number);
	if (words || !is_inherited(number, scan))
		return words;
	errno = 0; /* see what stands there now */
	return classify_descriptor(inherited, number, proc_fd, scan->sockets_held)
		? "close a descriptor that could reach new peers" : NULL;
}

/* The record of getdents64(2), which has no header of its own. */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* Something mounted over /proc could show another process's descriptors, and that
 * one may well use our number too: follow it, and see whether it leads back here. */
static bool is_our_own(int directory)
{
	struct stat here, followed;
	char text[12];

	return fstat(directory, &here) == 0 &&
		fstatat(directory, decimal(directory, text), &followed, 0) == 0 &&
		here.st_dev == followed.st_dev && here.st_ino == followed.st_ino;
}

/* Reads the names in the open directory /proc/self/fd. Descriptors above a
 * lowered RLIMIT_NOFILE are in it too. */
static const char *scan_proc(struct inherited *inherited, int directory, const struct scan *scan)
{
	_Alignas(struct directory_entry) char records[1024]; /* some 40 at a time: small, as above */
	bool seen_itself = false; /* the directory is open, so it is listed */
	long size;

	if (!is_our_own(directory)) {
		errno = 0;
		return "trust /proc/self/fd, which is not this process's";
	}

	while ((size = syscall(SYS_getdents64, directory, records, sizeof records)) > 0)
		for (long at = 0; at < size;) {
			const struct directory_entry *entry = (const void *)(records + at);
			at += entry->length;
			if (entry->name[0] < '0' || entry->name[0] > '9')
				continue; /* . and .. */

			const int number = atoi(entry->name);
			seen_itself |= number == directory;
			if (!is_inherited(number, scan))
				continue;
			const char *words = look_at(inherited, number, directory, scan);
			if (words)
				return words;
		}
	if (size < 0)
		return "read /proc/self/fd";
	errno = 0;
	return seen_itself ? NULL : "trust /proc/self/fd, which does not list every descriptor";
}

static const char *scan_without_proc(struct inherited *inherited, const struct scan *scan)
{
	inherited->without_proc = true;
	for (int number = 0; number < TRIED_WITHOUT_PROC; number++)
		if (is_inherited(number, scan)) {
			const char *words = look_at(inherited, number, -1, scan);
			if (words)
				return words;
		}
	if (syscall(SYS_close_range, (long)TRIED_WITHOUT_PROC, (long)~0U, (long)CLOSE_RANGE_MARK) != 0)
		return "find the descriptors that prog would inherit: there is no /proc, and close_range "
			   "(Linux 5.11) failed";
	return NULL;
}

const char *inherited_scan(struct inherited *inherited, const struct scan *scan)
{
	struct statfs file_system;
	const char *words;

	*inherited = (struct inherited){ 0 };
	/* A thread may have a table of its own, and /proc/self is the first thread. */
	const char *const name = scan->no_exec ? "/proc/thread-self/fd" : "/proc/self/fd";
	const int directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory >= 0 && fstatfs(directory, &file_system) == 0 &&
		file_system.f_type == PROC_SUPER_MAGIC)
		words = scan_proc(inherited, directory, scan);
	else if (scan->no_exec) { /* marking the rest close-on-exec, as below, would not keep us from it */
		words = "read /proc/self/fd";
		if (directory >= 0)
			errno = ENOENT; /* that is no procfs */
	} else
		words = scan_without_proc(inherited, scan);
	if (directory >= 0) {
		const int error = errno;
		close(directory);
		errno = error;
	}
	return words;
}

void inherited_name_loose(const struct inherited *inherited, char *text, size_t size)
{
	const unsigned named =
		inherited->loose_count < LOOSE_NAMED ? inherited->loose_count : LOOSE_NAMED;
	size_t length = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < named && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%d (%s)", i ? ", " : "",
			inherited->loose[i].number, inherited->loose[i].kind);
	if (inherited->loose_count > named && length < size)
		snprintf(text + length, size - length, " and %u more", inherited->loose_count - named);
}

const char *inherited_refuse_loose(struct inherited *inherited)
{
	char names[LOOSE_NAMED * 64];

	if (inherited->loose_count == 0)
		return NULL;
	inherited_name_loose(inherited, names, sizeof names);
	snprintf(inherited->refusal, sizeof inherited->refusal,
		"keep prog from reaching new peers through descriptor%s %s: close %s first (in sh: %d>&-) "
		"or use -c",
		inherited->loose_count > 1 ? "s" : "", names, inherited->loose_count > 1 ? "them" : "it",
		inherited->loose[0].number);
	errno = 0;
	return inherited->refusal;
}
