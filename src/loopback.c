/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See loopback.h. It makes the namespace and tries it; which sockets may be made in it is
 * the policy's business, and keeping what was made outside of it the scan's.
 */
#include "loopback.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <linux/stat.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif
#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000 /* Linux 5.8 */
#endif

enum {
	LO = 1,             /* the index of lo, in every network namespace */
	MOST_ANSWERS = 100, /* of a list of interfaces, each with several of them */
	PATIENCE = 5        /* seconds, for what takes microseconds */
};

/* Where it can fail for reasons that are the machine's, not ours: causes has them. */
enum step { ENTERED = 0, ASK = 1 << 0, UNSHARE = 1 << 1, IDS = 1 << 2, MAP = 1 << 3, MAP_OF_ROOT = 1 << 4, RAISE = 1 << 5 };

/* --- Why it could not be had, and what helps. --- */

static bool reads(const char *file, char wanted)
{
	char first = 0;
	const int opened = open(file, O_RDONLY | O_CLOEXEC);
	const bool answered = opened >= 0 && read(opened, &first, 1) == 1;

	if (opened >= 0)
		close(opened);
	return answered && first == wanted;
}

static bool debian_forbids(void) { return reads("/proc/sys/kernel/unprivileged_userns_clone", '0'); }
static bool apparmor_forbids(void) { return reads("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'); }
static bool no_user_namespaces(void) { return reads("/proc/sys/user/max_user_namespaces", '0'); }
static bool no_network_namespaces(void) { return reads("/proc/sys/user/max_net_namespaces", '0'); }
static bool is_filtered(void) { return prctl(PR_GET_SECCOMP, 0L, 0L, 0L, 0L) == SECCOMP_MODE_FILTER; }

/* Of a chroot into a mount point the kernel does not tell. */
static bool in_chroot(void)
{
	struct statx root = { .stx_mask = 0 };

	return syscall(SYS_statx, AT_FDCWD, "/", 0L, 0L, &root) == 0 &&
		(root.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) && !(root.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

#define UNABLE "have a network of its own for -L: "
#define BY_ROOT "sudo disablenetwork -L -p users runuser -u \"$USER\" -- prog"
#define BY_APPARMOR UNABLE "AppArmor keeps users from it (its profile for disablenetwork lifts that: see the manual); " \
	"with root: " BY_ROOT

/* The first row that fits. Where it names an error, its words say it all. */
static const struct cause {
	unsigned steps;
	int error; /* 0: any */
	bool (*is_so)(void);
	const char *words;
} causes[] = {
	{ ASK, 0, is_filtered, UNABLE "a sandbox around this process refuses sockets, or another disablenetwork does: "
		"put -L to the outermost one" },
	{ ASK, 0, NULL, UNABLE "no socket can be made here" },
	{ UNSHARE, EPERM, debian_forbids, UNABLE "users may not make namespaces here (sysctl -w "
		"kernel.unprivileged_userns_clone=1 lets them); with root: " BY_ROOT },
	{ UNSHARE, ENOSPC, no_user_namespaces, UNABLE "there are no user namespaces here (sysctl -w "
		"user.max_user_namespaces=10000 gives some); with root: " BY_ROOT },
	{ UNSHARE, ENOSPC, no_network_namespaces, UNABLE "there are no network namespaces here (sysctl -w "
		"user.max_net_namespaces=10000 gives some)" },
	{ UNSHARE, ENOSPC, NULL, UNABLE "so many namespaces are in use, or nested, as may be (sysctl "
		"user.max_user_namespaces, user.max_net_namespaces; nested 32 deep)" },
	{ UNSHARE, EUSERS, NULL, UNABLE "32 user namespaces are nested already" },
	{ UNSHARE, EPERM, in_chroot, UNABLE "in a chroot only root can: disablenetwork -L -p sys_chroot chroot DIRECTORY prog" },
	{ UNSHARE | MAP | RAISE, EPERM, apparmor_forbids, BY_APPARMOR },
	{ UNSHARE | MAP | RAISE, EACCES, apparmor_forbids, BY_APPARMOR },
	{ UNSHARE, EACCES, NULL, UNABLE "SELinux (class user_namespace, permission create) or AppArmor (rule userns) keeps "
		"this process from it; with root: " BY_ROOT },
	{ UNSHARE, EPERM, is_filtered, UNABLE "a sandbox around this process refuses unshare (Docker: --security-opt "
		"seccomp=unconfined; podman's own profile allows it)" },
	{ UNSHARE, ENOSYS, NULL, UNABLE "a sandbox around this process hides unshare" },
	{ UNSHARE, EINVAL, NULL, UNABLE "this kernel has no network or user namespaces (CONFIG_NET_NS, CONFIG_USER_NS)" },
	{ IDS, 0, NULL, UNABLE "real, effective and saved ids differ: make them one first (setpriv --reuid=UID --regid=GID "
		"--clear-groups disablenetwork -L prog)" },
	{ MAP | MAP_OF_ROOT, ENOENT, NULL, UNABLE "there is no /proc of this process here: mount -t proc proc /proc" },
	{ MAP | MAP_OF_ROOT, EROFS, NULL, UNABLE "/proc is mounted read-only" },
	{ MAP_OF_ROOT, EPERM, NULL, UNABLE "uid 0 without CAP_SETFCAP cannot map itself: change the user first (setuidgid nobody "
		"disablenetwork -L prog), or leave CAP_SYS_ADMIN and CAP_NET_ADMIN to disablenetwork" },
	{ MAP | MAP_OF_ROOT, EACCES, NULL, UNABLE "/proc/self is not to be written: may this user read the file of disablenetwork?" },
	{ RAISE, 0, NULL, "bring up lo in a network of its own for -L" },
	{ MAP | MAP_OF_ROOT, 0, NULL, "keep this user and group in a user namespace for -L" },
	{ UNSHARE, 0, NULL, "have a network of its own for -L (by unshare; " BY_ROOT " may)" },
};

static const char *explain(enum step failed)
{
	const int error = errno;
	const struct cause *cause = causes;

	while (!(cause->steps & failed) || (cause->error && cause->error != error) || (cause->is_so && !cause->is_so()))
		cause++; /* each step has a row for everything else */
	errno = cause->error || failed == IDS ? 0 : error;
	return cause->words;
}

/* --- The way in. --- */

/* Closes, and leaves errno as it is. */
static void let_go(int descriptor)
{
	const int error = errno;

	close(descriptor);
	errno = error;
}

static bool write_file(const char *file, const char *text)
{
	const size_t size = strlen(text);
	const int opened = open(file, O_WRONLY | O_CLOEXEC);

	if (opened < 0)
		return false;
	const bool written = write(opened, text, size) == (ssize_t)size;
	let_go(opened);
	return written;
}

/* Which network we are in, by a number that no other has had since boot or, before Linux 5.14, by
 * one that no other has now. */
static bool identify_network(uint64_t *network)
{
	struct stat status = { 0 };
	socklen_t size = sizeof *network;
	const int asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*network = 0;
	if (asked < 0)
		return false;
	const bool answered = getsockopt(asked, SOL_SOCKET, SO_NETNS_COOKIE, network, &size) == 0;
	let_go(asked);
	if (answered || errno != ENOPROTOOPT)
		return answered;
	const bool found = stat("/proc/self/ns/net", &status) == 0;
	*network = status.st_ino;
	return found;
}

static enum step raise_lo(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	const int asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (asked < 0)
		return RAISE;
	const bool done = ioctl(asked, SIOCSIFFLAGS, &request) == 0;
	let_go(asked);
	return done ? ENTERED : RAISE;
}

/* No user namespace, so prog's files, groups and changes of user stay as they are. */
static enum step enter_as_root(void)
{
	return unshare(CLONE_NEWNET) == 0 ? raise_lo() : UNSHARE;
}

/* A map may be written without privilege when it has the writer's one id: prog keeps it. For
 * that of the group setgroups(2) has to be given up (user_namespaces(7)). */
static enum step enter_as_user(void)
{
	uid_t real, effective, saved;
	gid_t real_group, effective_group, saved_group;
	char users[32], groups[32];

	if (getresuid(&real, &effective, &saved) != 0 || getresgid(&real_group, &effective_group, &saved_group) != 0 ||
		real != effective || real != saved || real_group != effective_group || real_group != saved_group)
		return IDS;
	snprintf(users, sizeof users, "%u %u 1", real, real);
	snprintf(groups, sizeof groups, "%u %u 1", real_group, real_group);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return UNSHARE;
	if (!write_file("/proc/self/setgroups", "deny") || !write_file("/proc/self/uid_map", users) ||
		!write_file("/proc/self/gid_map", groups))
		return real == 0 ? MAP_OF_ROOT : MAP;
	if (getuid() != real || getgid() != real_group) {
		errno = EIO;
		return MAP;
	}
	return raise_lo();
}

/* --- What is claimed is tried. --- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static const struct family {
	int number;
	socklen_t size;              /* of an address */
	unsigned char own[16], outside[16];
	const char *unable_inside, *unable_outside;
} families[] = {
	{ AF_INET, sizeof(struct sockaddr_in), { 127, 0, 0, 1 }, { 198, 51, 100, 1 },
		"connect to itself by 127.0.0.1, with a network of its own",
		"find 198.51.100.1 out of reach, with a network of its own" },
	{ AF_INET6, sizeof(struct sockaddr_in6), { [15] = 1 }, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 },
		"connect to itself by ::1, with a network of its own",
		"find 2001:db8::1 out of reach, with a network of its own" },
};

static union address make_address(const struct family *family, const unsigned char *bytes, unsigned short port)
{
	union address address = { .any.sa_family = (sa_family_t)family->number };

	if (family->number == AF_INET) {
		address.v4.sin_port = htons(port);
		memcpy(&address.v4.sin_addr, bytes, sizeof address.v4.sin_addr);
	} else {
		address.v6.sin6_port = htons(port);
		memcpy(&address.v6.sin6_addr, bytes, sizeof address.v6.sin6_addr);
	}
	return address;
}

/* One socket is both ends of a TCP connection. It is reset, so that no port stays taken. */
static bool connect_to_itself(int made, const struct family *family)
{
	const struct linger reset = { 1, 0 };
	const struct timeval patience = { PATIENCE, 0 };
	union address own = make_address(family, family->own, 0);
	socklen_t size = family->size;

	return setsockopt(made, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0 &&
		setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
		bind(made, &own.any, size) == 0 && getsockname(made, &own.any, &size) == 0 &&
		connect(made, &own.any, size) == 0;
}

/* Connecting a datagram socket looks for a route, and sends nothing. */
static bool is_cut_off(const struct family *family)
{
	const union address outside = make_address(family, family->outside, 9);
	const int made = socket(family->number, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (made < 0)
		return false;
	const bool reached = connect(made, &outside.any, family->size) == 0;
	let_go(made);
	if (reached)
		errno = 0;
	return !reached && errno == ENETUNREACH;
}

/* A kernel without the family (ipv6.disable=1) reaches nobody by it. */
static const char *try_family(const struct family *family, bool *there)
{
	const int made = socket(family->number, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*there = made >= 0;
	if (made < 0)
		return family->number == AF_INET6 && errno == EAFNOSUPPORT ? NULL : family->unable_inside;
	*there = connect_to_itself(made, family);
	let_go(made);
	/* net.ipv6.conf.default.disable_ipv6 leaves the family, and takes the address. */
	if (!*there && !(family->number == AF_INET6 && errno == EADDRNOTAVAIL))
		return family->unable_inside;
	return is_cut_off(family) ? NULL : family->unable_outside;
}

struct question {
	struct nlmsghdr header;
	struct ifinfomsg body;
};

/* Looks through what one recv brought. True when the list has ended. */
static bool look_through(const struct nlmsghdr *message, size_t left, bool *lo_up, bool *other_up)
{
	for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
		const struct ifinfomsg *interface = NLMSG_DATA(message);
		if (message->nlmsg_type == NLMSG_DONE)
			return true;
		if (message->nlmsg_type != RTM_NEWLINK)
			*other_up = true; /* an error, say */
		else if (interface->ifi_flags & IFF_UP)
			*(interface->ifi_index == LO && (interface->ifi_flags & IFF_LOOPBACK) ? lo_up : other_up) = true;
	}
	return false;
}

/* Fallback tunnels (tunl0, sit0 and their kin) may be in every network namespace, down. */
static const char *find_only_lo_up(void)
{
	const struct question question = {
		{ sizeof question, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { .ifi_family = AF_UNSPEC }
	};
	_Alignas(struct nlmsghdr) char answer[8192];
	bool lo_up = false, other_up = false, ended = false;
	const int asked = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (asked < 0 || send(asked, &question, sizeof question, 0) != (ssize_t)sizeof question) {
		if (asked >= 0)
			let_go(asked);
		return "list the interfaces of a network of its own";
	}
	for (int i = 0; i < MOST_ANSWERS && !ended; i++) {
		const ssize_t size = recv(asked, answer, sizeof answer, MSG_TRUNC);
		if (size <= 0 || (size_t)size > sizeof answer)
			break;
		ended = look_through((const void *)answer, (size_t)size, &lo_up, &other_up);
	}
	close(asked);
	errno = 0;
	return ended && lo_up && !other_up ? NULL : "find lo, and no other interface, up in a network of its own";
}

static const char *try_all(struct loopback *loopback)
{
	bool ipv4;
	const char *words;

	if ((words = try_family(&families[0], &ipv4)) || (words = try_family(&families[1], &loopback->ipv6)))
		return words;
	return find_only_lo_up();
}

/* What the machine's administrator has a right to forbid, prog's own network need not. Where
 * /proc/sys cannot be written (containers), it is a price. In a user namespace there is one group; as root
 * prog may change to any. */
static void make_comfortable(struct loopback *loopback)
{
	char groups[32] = "0 2147483647";

	if (loopback->user_namespace)
		snprintf(groups, sizeof groups, "%u %u", getgid(), getgid());
	loopback->ping = write_file("/proc/sys/net/ipv4/ping_group_range", groups);
	loopback->low_ports = write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
}

const char *loopback_enter(struct loopback *loopback)
{
	uint64_t before, after;
	enum step failed;
	const char *words;

	*loopback = (struct loopback){ .held = false };
	if (!identify_network(&before))
		return explain(ASK);
	if (enter_as_root() != ENTERED) {
		loopback->user_namespace = true;
		if ((failed = enter_as_user()) != ENTERED)
			return explain(failed);
	}
	if (!identify_network(&after))
		return "tell a network of its own from the one before";
	errno = 0;
	if (before == after)
		return "find itself in another network than before";
	if ((words = try_all(loopback)))
		return words;
	make_comfortable(loopback);
	loopback->held = true;
	return NULL;
}
