/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See inherited.h. It closes what it is told to and prints nothing.
 */
#include "inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
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
#include <sys/un.h>
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
#ifndef IPPROTO_UDPLITE
#define IPPROTO_UDPLITE 136
#endif

enum {
	CLOSE_RANGE_MARK = 1 << 2, /* CLOSE_RANGE_CLOEXEC of <linux/close_range.h>, Linux 5.11 */
	LOOKS = 32,                /* at what seems loose, where other threads open and close */
	TRIED_WITHOUT_PROC = 65536 /* so many descriptors are looked at one by one */
};

/* Character devices by their numbers (Documentation/admin-guide/devices.txt), the first row
 * that fits. NULL: harmless. Without a row only terminals are: a write to /dev/nvme-fabrics
 * connects, one to /dev/uhid plugs in a keyboard, and some such have no fixed number. */
static const struct device {
	unsigned short first_major, last_major;
	unsigned first_minor, last_minor;
	const char *kind;
} devices[] = {
	{ 1, 1, 3, 3, NULL },                        /* null */
	{ 1, 1, 5, 5, NULL },                        /* zero */
	{ 1, 1, 7, 9, NULL },                        /* full, random, urandom */
	{ 1, 1, 11, 11, NULL },                      /* kmsg: a unit's standard output may be that */
	{ 1, 1, 0, ~0U, "the machine's memory" },
	{ 4, 4, 0, ~0U, NULL },                      /* consoles, serial lines */
	{ 5, 5, 0, 1, NULL },                        /* tty, console */
	{ 5, 5, 2, 2, "the master of a terminal" },  /* what is written there is typed at the other end */
	{ 10, 10, 135, 135, NULL },                  /* rtc */
	{ 10, 10, 183, 183, NULL },                  /* hwrng */
	{ 10, 10, 200, 200, "a tun or tap device" },
	{ 10, 10, 229, 229, NULL },                  /* fuse: mount.fuse hands it to the file system */
	{ 10, 10, 232, 232, NULL },                  /* kvm */
	{ 10, 10, 238, 238, "a vhost device" },
	{ 10, 10, 241, 241, "a vhost device" },
	{ 14, 14, 0, ~0U, NULL },                    /* sound */
	{ 29, 29, 0, ~0U, NULL },                    /* frame buffers */
	{ 81, 81, 0, ~0U, NULL },                    /* video */
	{ 116, 116, 0, ~0U, NULL },                  /* sound */
	{ 136, 143, 0, ~0U, NULL },                  /* pseudo terminals */
	{ 195, 195, 0, ~0U, NULL },                  /* graphics of NVIDIA's own driver */
	{ 226, 226, 0, ~0U, NULL },                  /* graphics */
};

/* Anonymous inodes, as /proc shows them: all are loose but these, which carry readiness, counts
 * and signals. (What prog puts into an epoll set that is shared with a process outside, that one
 * may believe: programs that start others leave them open all the same.) */
static const char *const harmless_inodes[] = {
	"anon_inode:[eventfd]", "anon_inode:[eventpoll]", "anon_inode:[signalfd]", "anon_inode:[timerfd]",
	"anon_inode:inotify", "anon_inode:[pidfd]", "anon_inode:[landlock-ruleset]",
};

/* Some of the others have names in messages, by how they begin. */
static const struct inode_name {
	const char *link, *kind;
} inode_names[] = {
	{ "anon_inode:[io_uring]", "an io_uring" }, /* a kernel thread may serve it without any call of ours */
	{ "anon_inode:seccomp notify", "a seccomp listener" }, /* plants descriptors in whom it supervises */
	{ "anon_inode:[userfaultfd]", "a userfaultfd" },       /* fills the memory of its maker */
	{ "anon_inode:[fanotify]", "a fanotify group" },       /* hands out files, and delays others' calls */
	{ "anon_inode:bpf", "a BPF object" },
	{ "anon_inode:kvm", "a virtual machine" },
};

/* File systems (<linux/magic.h>, statfs(2)) whose files are ways to tell the kernel, or a helper
 * of its, what to do. */
static const uint32_t kernel_files[] = {
	PROC_SUPER_MAGIC, /* /proc/PID/mem */
	0x62656572, /* sysfs */ 0x27e0eb, /* cgroup */ 0x63677270, /* cgroup of version 2 */
	0x64626720, /* debugfs */ 0x74726163, /* tracefs */ 0x62656570, /* configfs */
	0x73636673, /* securityfs */ 0xf97cff8c, /* selinuxfs */ 0x43415d53, /* smackfs */
	0x42494e4d, /* binfmt_misc */ 0x67596969, /* rpc_pipefs */ 0xcafe4a11, /* bpffs */
	0x6e667364, /* nfsd: its portlist listens */ 0x65735543, /* fusectl */ 0x07655821, /* resctrl */
	0xde5e81e4, /* efivarfs */ 0x0a647361, /* functionfs */ 0xaee71ee7, /* gadgetfs */
	0xabba1974, /* xenfs */
};

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

/* What the hooks of src/lsm/netoff.bpf.c know to send to its peer alone; they refuse it any other. */
static bool is_held_by_kernel(int domain, int type, int protocol)
{
	if (domain == AF_VSOCK)
		return type == SOCK_STREAM || type == SOCK_SEQPACKET;
	return (domain == AF_INET || domain == AF_INET6) && type != SOCK_RAW &&
		(protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP || protocol == IPPROTO_UDP ||
			protocol == IPPROTO_UDPLITE || protocol == IPPROTO_SCTP);
}

/* A stream that has a peer can have no other, and a listener none. A datagram socket sends to any name. */
static bool may_reach_names(int socket)
{
	int type, listens;
	struct sockaddr_un peer;
	socklen_t size = sizeof peer;

	if (!ask_socket(socket, SO_TYPE, &type) || type == SOCK_DGRAM)
		return true;
	return getpeername(socket, (struct sockaddr *)&peer, &size) != 0 &&
		!(ask_socket(socket, SO_ACCEPTCONN, &listens) && listens);
}

static const char *classify_socket(struct inherited *inherited, int socket, enum keeper keeper)
{
	int domain, type, protocol, listens;

	if (!ask_socket(socket, SO_DOMAIN, &domain))
		return "a socket of unknown family";
	if (domain == AF_UNIX && keeper == KEPT_BY_NOTHING_AT_ALL && may_reach_names(socket))
		return "an AF_UNIX socket that may reach abstract ones of the network that is left";
	if (domain == AF_UNIX || domain == AF_ALG) /* the latter is cryptography, and reaches nobody */
		return NULL;
	if (!ask_socket(socket, SO_TYPE, &type) || !ask_socket(socket, SO_PROTOCOL, &protocol))
		return "a socket of unknown type";

	const bool internet = domain == AF_INET || domain == AF_INET6;
	const bool tcp = internet && type == SOCK_STREAM && protocol == IPPROTO_TCP;
	const bool mptcp = internet && type == SOCK_STREAM && protocol == IPPROTO_MPTCP;
	const bool vsock = domain == AF_VSOCK && type == SOCK_STREAM;
	const bool stream = tcp || mptcp || vsock;
	const bool kept = keeper == KEPT_BY_FILTERS || keeper == KEPT_BY_KERNEL;
	if (stream && !kept)
		return tcp ? "a TCP socket" : mptcp ? "an MPTCP socket" : "a vsock stream";
	if (!stream && !(keeper == KEPT_BY_KERNEL && is_held_by_kernel(domain, type, protocol)))
		return name_loose_socket(domain, type, protocol);

	inherited->network = true;
	inherited->tcp |= tcp;
	inherited->other_stream |= stream && !tcp;
	inherited->listener |= ask_socket(socket, SO_ACCEPTCONN, &listens) && listens;
	return NULL;
}

/* A terminal tells its own number, whatever its driver. */
static bool is_terminal(int descriptor, dev_t number)
{
	unsigned told = 0; /* as stat(2) packs it: low minor, major, high minor */

	return ioctl(descriptor, TIOCGDEV, &told) == 0 &&
		makedev(told >> 8 & 0xfff, (told & 0xff) | (told >> 12 & 0xfff00)) == number;
}

static const char *classify_character_device(int descriptor, dev_t number)
{
	for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
		if (devices[i].first_major <= major(number) && major(number) <= devices[i].last_major &&
			devices[i].first_minor <= minor(number) && minor(number) <= devices[i].last_minor)
			return devices[i].kind;
	return is_terminal(descriptor, number) ? NULL : "a device of unknown kind";
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

static const char *classify_anonymous(const char *link)
{
	for (size_t i = 0; i < sizeof harmless_inodes / sizeof harmless_inodes[0]; i++)
		if (strcmp(link, harmless_inodes[i]) == 0)
			return NULL;
	for (size_t i = 0; i < sizeof inode_names / sizeof inode_names[0]; i++)
		if (strncmp(link, inode_names[i].link, strlen(inode_names[i].link)) == 0)
			return inode_names[i].kind;
	return "an anonymous inode of unknown kind";
}

/* As in <linux/magic.h>, or 0 when it cannot be told. */
static uint32_t ask_file_system(int descriptor)
{
	struct statfs answer = { .f_type = 0 };

	return fstatfs(descriptor, &answer) == 0 ? (uint32_t)answer.f_type : 0;
}

/* /proc shows it by the mode of the link. An answer that writes nothing says yes. */
static bool is_open_for_writing(int descriptor, int proc_fd)
{
	struct stat link = { .st_mode = S_IWUSR };
	char text[12];

	if (proc_fd >= 0)
		return fstatat(proc_fd, decimal(descriptor, text), &link, AT_SYMLINK_NOFOLLOW) != 0 || (link.st_mode & S_IWUSR);
	const int flags = fcntl(descriptor, F_GETFL);
	return flags < 0 || (flags & O_ACCMODE) != O_RDONLY;
}

static const char *classify_file(int descriptor, int proc_fd)
{
	if (!is_open_for_writing(descriptor, proc_fd))
		return NULL;
	const uint32_t file_system = ask_file_system(descriptor);
	if (!file_system)
		return "a file of unknown kind";
	for (size_t i = 0; i < sizeof kernel_files / sizeof kernel_files[0]; i++)
		if (kernel_files[i] == file_system)
			return "a file of the kernel's own, open for writing";
	return NULL;
}

/* Anonymous inodes have no type, and share a file system; pidfds have had one of their own since
 * Linux 6.9, and on some kernels a type. */
static const char *classify_by_file_system(int descriptor, mode_t mode, int proc_fd)
{
	enum { PIDFS_MAGIC = 0x50494446 };
	const uint32_t file_system = ask_file_system(descriptor);

	if (!S_ISREG(mode) || !file_system || file_system == ANON_INODE_FS_MAGIC || file_system == PIDFS_MAGIC)
		return "a descriptor whose kind /proc would tell";
	return file_system == NSFS_MAGIC ? "a namespace" : classify_file(descriptor, proc_fd);
}

/* /proc shows a file by its path, everything else by a name that has no slash in front. */
static const char *classify_by_link(int descriptor, mode_t mode, int proc_fd)
{
	static const char unknown[] = "a descriptor of unknown kind";
	char text[12], link[40]; /* longer links are cut, and equal none of ours */
	const ssize_t length = readlinkat(proc_fd, decimal(descriptor, text), link, sizeof link - 1);

	if (length < 0 && errno == ENAMETOOLONG) /* a path that is longer than a page */
		return classify_by_file_system(descriptor, mode, proc_fd);
	if (length <= 0)
		return unknown;
	link[length] = '\0';
	if (link[0] == '/')
		return S_ISREG(mode) ? classify_file(descriptor, proc_fd) : unknown;
	if (strncmp(link, "anon_inode:", strlen("anon_inode:")) == 0)
		return classify_anonymous(link);
	return ask_file_system(descriptor) == NSFS_MAGIC ? "a namespace" : unknown;
}

static const char *classify(struct inherited *inherited, int number, int proc_fd, enum keeper keeper)
{
	struct stat status = { 0 };

	if (fstat(number, &status) != 0)
		return "a descriptor of unknown kind";
	switch (status.st_mode & S_IFMT) {
	case S_IFSOCK:
		return classify_socket(inherited, number, keeper);
	case S_IFCHR:
		return classify_character_device(number, status.st_rdev);
	case S_IFIFO:
	case S_IFDIR:
	case S_IFBLK:
	case S_IFLNK:
		return NULL;
	default: /* S_IFREG, and anonymous inodes, which have no type */
		return proc_fd >= 0 ? classify_by_link(number, status.st_mode, proc_fd)
							: classify_by_file_system(number, status.st_mode, proc_fd);
	}
}

/* Opened with O_PATH: to be opened once more, with the rights that this takes. */
static bool is_only_a_name(int number)
{
	const int flags = fcntl(number, F_GETFL);

	return flags >= 0 && (flags & O_PATH);
}

const char *classify_descriptor(struct inherited *inherited, int number, int proc_fd, enum keeper keeper)
{
	const char *kind = classify(inherited, number, proc_fd, keeper);

	return kind && is_only_a_name(number) ? NULL : kind;
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

/* As classify_descriptor. Another thread may close it and open others in its place between our
 * questions, and half of the answers be one file's, half another's. What is loose is so each time. */
static const char *classify_settled(struct inherited *inherited, int number, int proc_fd, const struct scan *scan)
{
	const char *kind = NULL;

	for (int looks = scan->has_threads ? LOOKS : 1; looks > 0; looks--) {
		kind = classify_descriptor(inherited, number, proc_fd, scan->keeper);
		if (!kind || !is_inherited(number, scan))
			return NULL;
	}
	return kind;
}

static const char *look_at(struct inherited *inherited, int number, int proc_fd,
	const struct scan *scan)
{
	const char *kind = classify_settled(inherited, number, proc_fd, scan);

	if (!kind)
		return NULL;
	if (inherited->loose_count < LOOSE_NAMED)
		inherited->loose[inherited->loose_count] =
			(struct loose_descriptor){ .number = number, .kind = kind };
	inherited->loose_count++;
	if (!scan->close_loose)
		return NULL;
	const char *words = close_descriptor(number);
	if (words)
		return words;
	errno = 0; /* see what stands there now */
	return classify_settled(inherited, number, proc_fd, scan) ? "close a descriptor that could reach new peers" : NULL;
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
	/* /proc/self is the first thread, which may have ended. Where there is no other, it is
	 * the one that proot does not take for another process's. */
	const char *const name = scan->has_threads ? "/proc/thread-self/fd" : "/proc/self/fd";
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

const char *inherited_refuse_capabilities(const struct inherited *inherited, capability_set keep)
{
	if (!inherited->network || !(keep & UINT64_C(1) << CAP_CHOWN))
		return NULL;
	errno = 0;
	return "keep capability chown beside an inherited network socket, whose owner decides how it is routed "
		   "(fchown, ip rule uidrange): close the socket, or do without chown";
}
