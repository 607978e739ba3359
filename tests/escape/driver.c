/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * The outside of netprobe: peers on loopback, an accomplice that passes descriptors
 * in, a process to borrow from, a wire (a tun device in a network namespace of its
 * own, when started by root), and the sockets that the probe inherits. Runs the probe
 * without the sandbox first, then behind it.
 */
#include "netprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/fib_rules.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/if_xdp.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { PEERS = 4096, FIRST_HELD = 100, BACKLOG = 512 };

static char scratch[] = "/tmp/netprobe.XXXXXX";
static char shared_file[64];
static const char *sets = "none";
static bool allow_abstract, no_unix, allow_unix, lower_limit, without_landlock, share_directory;
static int accomplice_end, accomplice_given; /* the two ends of a socket pair */
static int wire = -1, second_wire = -1, link_end = -1;
static int container_unix = -1, container_user = -1, container_net = -1, xdp_program = -1, supervisor = -1;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "netprobe: fatal: unable to %s: %s\n", what, strerror(errno));
	exit(111);
}

static bool in_sets(const char *set)
{
	char list[128], wanted[32];

	snprintf(list, sizeof list, ",%s,", sets);
	snprintf(wanted, sizeof wanted, ",%s,", set);
	return strcmp(sets, "all") == 0 || strstr(list, wanted);
}

/* --- The wire, by ioctl alone. Packets that leave for it come out of its descriptor. --- */

static bool raise_interface(const char *name, int probe_socket)
{
	struct ifreq request = { .ifr_flags = 0 };

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (ioctl(probe_socket, SIOCGIFFLAGS, &request) != 0)
		return false;
	request.ifr_flags |= IFF_UP | IFF_RUNNING;
	return ioctl(probe_socket, SIOCSIFFLAGS, &request) == 0;
}

/* Gives the interface the address fd77::LAST, and waits until it can be bound to. */
static void address_wire6(int interface, uint8_t last, unsigned prefix)
{
	/* struct in6_ifreq of <linux/ipv6.h>, which cannot be included beside <netinet/in.h> everywhere */
	struct { struct in6_addr address; uint32_t prefix; int32_t interface; } request = { .prefix = prefix, .interface = interface };
	union address own = { .in6 = { .sin6_family = AF_INET6 } };
	const int inet6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(request.address.s6_addr, (uint8_t[16]){ 0xfd, 0x77, [15] = last }, 16);
	if (ioctl(inet6, SIOCSIFADDR, &request) != 0)
		fprintf(stderr, "netprobe: no IPv6 on the wire: %s\n", strerror(errno));
	own.in6.sin6_addr = request.address;
	for (int i = 0; i < 100 && bind(inet6, &own.any, sizeof own.in6) != 0; i++)
		usleep(20000);
	close(inet6);
}

static bool address_wire(const char *name)
{
	struct ifreq request = { .ifr_flags = 0 };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(0x0a4d0001) } };
	const int inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	memcpy(&request.ifr_addr, &address, sizeof address);
	if (!raise_interface("lo", inet) || ioctl(inet, SIOCSIFADDR, &request) != 0)
		return false;
	address.sin_addr.s_addr = htonl(0xffff0000);
	memcpy(&request.ifr_netmask, &address, sizeof address);
	if (ioctl(inet, SIOCSIFNETMASK, &request) != 0 || !raise_interface(name, inet))
		return false;
	shared->wire = (int32_t)if_nametoindex(name);
	address_wire6(shared->wire, 1, 64);
	close(inet);
	return true;
}

/* A tap that USER owns and nobody is attached to. */
static bool make_tap(struct ifreq *request, uid_t user, bool attached)
{
	const int fd = open("/dev/net/tun", O_RDWR | (attached ? 0 : O_CLOEXEC));

	request->ifr_flags = IFF_TAP | IFF_NO_PI;
	if (fd < 0 || ioctl(fd, TUNSETIFF, request) != 0)
		return false;
	if (attached) {
		shared->tun = fd;
		return true;
	}
	const bool made = ioctl(fd, TUNSETOWNER, (unsigned long)user) == 0 && ioctl(fd, TUNSETPERSIST, 1UL) == 0;
	close(fd);
	return made;
}

/* Adds an attribute to a netlink message; it begins there. */
static struct rtattr *attribute(struct nlmsghdr *message, unsigned short type, const void *data, size_t size)
{
	struct rtattr *made = (void *)((char *)message + NLMSG_ALIGN(message->nlmsg_len));

	made->rta_type = type;
	made->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(made), data, size);
	message->nlmsg_len = (uint32_t)(NLMSG_ALIGN(message->nlmsg_len) + RTA_ALIGN(made->rta_len));
	return made;
}

/* A macvtap over a tap whose other end we hold. Its device is /dev/tapINDEX of the machine, so the index is one
 * that nobody else will have. */
static void make_macvtap(void)
{
	const int index = 1000000 + (int)getpid(), inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct ifreq request = { .ifr_name = "link0", .ifr_flags = IFF_TAP | IFF_NO_PI };
	struct { struct nlmsghdr header; struct ifinfomsg info; char attributes[256]; } message = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof message.info), .nlmsg_type = RTM_NEWLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK },
		.info = { .ifi_index = index },
	};
	struct { struct nlmsghdr header; struct nlmsgerr error; } answer = { .error.error = -1 };
	char device[32];
	struct stat node;

	link_end = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (link_end < 0 || ioctl(link_end, TUNSETIFF, &request) != 0 || !raise_interface("link0", inet))
		goto out;
	const unsigned lower = if_nametoindex("link0");
	attribute(&message.header, IFLA_IFNAME, "macvtap0", sizeof "macvtap0");
	attribute(&message.header, IFLA_LINK, &lower, sizeof lower);
	struct rtattr *kind = attribute(&message.header, IFLA_LINKINFO, NULL, 0);
	attribute(&message.header, IFLA_INFO_KIND, "macvtap", sizeof "macvtap");
	kind->rta_len = (unsigned short)((char *)&message + message.header.nlmsg_len - (char *)kind);
	if (send(route, &message, message.header.nlmsg_len, 0) < 0 || recv(route, &answer, sizeof answer, MSG_TRUNC) < 0 ||
		answer.error.error != 0 || !raise_interface("macvtap0", inet))
		goto out;
	snprintf(device, sizeof device, "/dev/tap%d", index); /* where /dev is a devtmpfs */
	snprintf(shared->macvtap_device, sizeof shared->macvtap_device, "%s/macvtap", scratch);
	if (stat(device, &node) != 0 || !S_ISCHR(node.st_mode) || mknod(shared->macvtap_device, S_IFCHR | 0666, node.st_rdev) != 0 ||
		chmod(shared->macvtap_device, 0666) != 0)
		shared->macvtap_device[0] = '\0';
	else if (in_sets("tun"))
		shared->macvtap = open(shared->macvtap_device, O_RDWR);
out:
	close(inet);
	close(route);
}

static bool ask_route(struct nlmsghdr *message)
{
	const int route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct { struct nlmsghdr header; struct nlmsgerr error; } answer = { .error.error = -1 };

	message->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (send(route, message, message->nlmsg_len, 0) < 0 || recv(route, &answer, sizeof answer, MSG_TRUNC) < 0)
		answer.error.error = -1;
	close(route);
	return answer.error.error == 0;
}

struct rule_message { struct nlmsghdr header; struct fib_rule_hdr rule; char attributes[64]; };

static struct rule_message make_rule(uint16_t type, uint16_t flags, uint32_t priority, uint8_t table)
{
	struct rule_message message = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof message.rule), .nlmsg_type = type, .nlmsg_flags = flags },
		.rule = { .family = AF_INET, .action = FR_ACT_TO_TBL, .table = table },
	};

	attribute(&message.header, FRA_PRIORITY, &priority, sizeof priority);
	return message;
}

/* What ROUTED_USER owns goes by the second wire, before anybody asks whether it is local: the first rule,
 * of the local table, is put behind. */
static void route_by_owner(void)
{
	enum { TABLE = 77, OWNER = 5, LOCAL = 10 };
	const struct fib_rule_uid_range range = { ROUTED_USER, ROUTED_USER };
	const uint16_t make = NLM_F_CREATE | NLM_F_EXCL;
	struct { struct nlmsghdr header; struct rtmsg route; char attributes[64]; } way = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof way.route), .nlmsg_type = RTM_NEWROUTE, .nlmsg_flags = make },
		.route = { .rtm_family = AF_INET, .rtm_table = TABLE, .rtm_protocol = RTPROT_STATIC, .rtm_scope = RT_SCOPE_LINK,
			.rtm_type = RTN_UNICAST },
	};
	struct rule_message local = make_rule(RTM_NEWRULE, make, LOCAL, RT_TABLE_LOCAL);
	struct rule_message first = make_rule(RTM_DELRULE, 0, 0, RT_TABLE_LOCAL);
	struct rule_message owner = make_rule(RTM_NEWRULE, make, OWNER, TABLE);

	attribute(&way.header, RTA_OIF, &shared->second_wire, sizeof shared->second_wire);
	attribute(&owner.header, FRA_UID_RANGE, &range, sizeof range);
	if (!ask_route(&way.header) || !ask_route(&local.header) || !ask_route(&owner.header) || !ask_route(&first.header))
		fprintf(stderr, "netprobe: no routing by owner: %s\n", strerror(errno));
}

/* The text of a frame that came out of the macvtap. */
static void read_link(void)
{
	char frame[2048];
	ssize_t size;

	while ((size = read(link_end, frame, sizeof frame - 1)) > 0) {
		frame[size] = '\0';
		if (size > 14 && frame[12] == (char)0x88)
			record("link", frame + 14, (int)strlen(frame + 14));
	}
}

static void set_up_network(uid_t user)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	struct stat node;

	if (unshare(CLONE_NEWNET) != 0)
		return; /* not root: plain loopback, and no wire */
	wire = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	snprintf(request.ifr_name, sizeof request.ifr_name, "wire0");
	if (wire < 0 || ioctl(wire, TUNSETIFF, &request) != 0 || !address_wire("wire0")) {
		fprintf(stderr, "netprobe: no wire: %s\n", strerror(errno));
		const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		raise_interface("lo", any);
		close(any);
		shared->wire = 0;
		wire = -1;
	}
	/* A second one, with a route to the same IPv6 peer: nothing leaves by it unless it is told to. */
	snprintf(request.ifr_name, sizeof request.ifr_name, "wire1");
	second_wire = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	const int inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (second_wire >= 0 && (ioctl(second_wire, TUNSETIFF, &request) != 0 || !raise_interface("wire1", inet)))
		second_wire = -1;
	if (second_wire >= 0) {
		shared->second_wire = (int32_t)if_nametoindex("wire1");
		address_wire6(shared->second_wire, 2, 124);
		route_by_owner();
	}
	close(inet);
	snprintf(request.ifr_name, sizeof request.ifr_name, "tap0");
	/* Debian lets everybody open the device, others only root: a node of our own is like Debian's. */
	snprintf(shared->tun_device, sizeof shared->tun_device, "%s/tun", scratch);
	if (stat("/dev/net/tun", &node) != 0 || mknod(shared->tun_device, S_IFCHR | 0666, node.st_rdev) != 0 ||
		chmod(shared->tun_device, 0666) != 0)
		snprintf(shared->tun_device, sizeof shared->tun_device, "/dev/net/tun");
	if (make_tap(&request, user, false))
		snprintf(shared->tap, sizeof shared->tap, "%s", request.ifr_name);
	snprintf(request.ifr_name, sizeof request.ifr_name, "tap1");
	if (in_sets("tun"))
		make_tap(&request, user, true);
	make_macvtap();
}

/* What a packet on the wire says: where it goes, or which group it joins. */
static void read_wire(void)
{
	uint8_t packet[2048];
	char text[48];
	ssize_t size;

	while ((size = read(wire, packet, sizeof packet)) > 0) {
		const bool v6 = packet[0] >> 4 == 6;
		if (v6 && packet[24] == 0xfd && packet[25] == 0x77)
			snprintf(text, sizeof text, "to fd77::%d.%d", packet[38], packet[39]);
		else if (!v6 && packet[16] == 10 && packet[17] == 77)
			snprintf(text, sizeof text, "to 10.77.%d.%d", packet[18], packet[19]);
		else
			text[0] = '\0';
		if (text[0])
			record("wire", text, (int)strlen(text));
		const bool report = v6 ? packet[24] == 0xff : packet[9] == IPPROTO_IGMP;
		for (ssize_t i = v6 ? 40 : 20; report && i + (v6 ? 16 : 4) <= size; i++) {
			const uint8_t *at = packet + i;
			if (v6 && at[0] == 0xff && at[1] == 0x15 && at[3] == 0x77)
				snprintf(text, sizeof text, "joins ff15:77::%d.%d", at[14], at[15]);
			else if (!v6 && at[0] == 239 && at[1] == 77)
				snprintf(text, sizeof text, "joins 239.77.%d.%d", at[2], at[3]);
			else
				continue;
			record("wire", text, (int)strlen(text));
		}
	}
}

/* The text of a TCP segment or a datagram that left by the second wire. */
static void read_second_wire(void)
{
	uint8_t packet[2048];
	ssize_t size;

	while ((size = read(second_wire, packet, sizeof packet)) > 0) {
		const ssize_t segment = packet[0] >> 4 == 6 ? 40 : (packet[0] & 15) * 4;
		const bool datagram = packet[packet[0] >> 4 == 6 ? 6 : 9] == IPPROTO_UDP;
		const ssize_t text = datagram ? segment + 8 : segment + 13 < size ? segment + (packet[segment + 12] >> 4) * 4 : size;
		if (text < size)
			record("wire1", packet + text, (int)(size - text));
	}
}

/* --- The peers. --- */

enum role { OLD_LISTENER, NEW_LISTENER, UNIX_LISTENER, NSCD_LISTENER, NSCD, ECHO, SINK, ACCOMPLICE, WIRE, SECOND_WIRE, LINK };
static struct pollfd polled[PEERS];
static struct { enum role role; const char *prefix; } peers[PEERS];
static int peer_count;

static void watch(int fd, enum role role, const char *prefix)
{
	if (peer_count == PEERS || fd < 0)
		return;
	fcntl(fd, F_SETFL, O_NONBLOCK); /* a connection may be gone again before it is accepted */
	polled[peer_count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	peers[peer_count].role = role;
	peers[peer_count++].prefix = prefix;
}

static int serve_internet(int type, int protocol, union address *address, bool v6, bool wired)
{
	const socklen_t size = v6 ? sizeof address->in6 : sizeof address->in;
	socklen_t got = size;
	const int fd = socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, protocol);

	memset(address, 0, sizeof *address);
	if (v6) {
		address->in6.sin6_family = AF_INET6;
		address->in6.sin6_addr = in6addr_loopback;
		if (wired)
			memcpy(address->in6.sin6_addr.s6_addr, (uint8_t[16]){ 0xfd, 0x77, [15] = 1 }, 16);
	} else {
		address->in.sin_family = AF_INET;
		address->in.sin_addr.s_addr = htonl(wired ? 0x0a4d0001 : INADDR_LOOPBACK);
	}
	if (fd < 0 || bind(fd, &address->any, size) != 0 || getsockname(fd, &address->any, &got) != 0 ||
		(type == SOCK_STREAM && listen(fd, BACKLOG) != 0))
		return -1;
	return fd;
}

/* At the same address as the new TCP peer; -1 where there is no SCTP. */
static int serve_sctp(union address address)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 132);

	if (fd < 0 || bind(fd, &address.any, sizeof address.in) != 0 || listen(fd, BACKLOG) != 0)
		return -1;
	return fd;
}

/* Only on vsock's own loopback: CID 2 would be the machine outside a virtual one. */
static int serve_vsock(void)
{
	const int fd = socket(FAMILY_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof shared->new_vsock.vm;

	shared->new_vsock.vm.family = FAMILY_VSOCK;
	shared->new_vsock.vm.port = UINT32_MAX; /* any */
	shared->new_vsock.vm.cid = CID_LOCAL;
	if (fd < 0 || bind(fd, &shared->new_vsock.any, size) != 0 || listen(fd, BACKLOG) != 0 ||
		getsockname(fd, &shared->new_vsock.any, &size) != 0) {
		shared->new_vsock.vm.family = AF_UNSPEC;
		return -1;
	}
	return fd;
}

static int serve_unix(int type, const char *name, bool abstract)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path + abstract, sizeof address.sun_path - 1, "%s", name);
	if (bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1)) != 0 ||
		(type != SOCK_DGRAM && listen(fd, BACKLOG) != 0))
		fail("serve an AF_UNIX socket");
	return fd;
}

static const char *in_folder(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *in_folder(const char *format, ...)
{
	static char path[96];
	const int length = snprintf(path, sizeof path, "%s/", scratch);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path + length, sizeof path - (size_t)length, format, arguments);
	va_end(arguments);
	return path;
}

/* Those in the file system: of each type, in the folder and in the one that stays open; links to them; and some to
 * be moved, in each run. */
static void serve_files(void)
{
	static const struct { int type; const char *name; } types[] = {
		{ SOCK_STREAM, "stream" }, { SOCK_SEQPACKET, "seqpacket" }, { SOCK_DGRAM, "datagram" },
	};
	char folder[96];

	if (mkdir(in_folder("allowed"), 0755) != 0 || mkdir(in_folder("mount"), 0755) != 0)
		fail("make a directory");
	setenv("NETPROBE_UNIX", in_folder("allowed"), 1);
	snprintf(shared->folder, sizeof shared->folder, "%s", scratch);
	snprintf(shared->path_stream, sizeof shared->path_stream, "%s/stream", scratch);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		const enum role role = types[i].type == SOCK_DGRAM ? SINK : UNIX_LISTENER;
		watch(serve_unix(types[i].type, in_folder("%s", types[i].name), false), role, "unix");
		watch(serve_unix(types[i].type, in_folder("allowed/%s", types[i].name), false), role, "unix");
		snprintf(folder, sizeof folder, "%s", in_folder("%s", types[i].name));
		if (symlink(folder, in_folder("link-to-%s", types[i].name)) != 0)
			fail("make a link");
	}
	for (int run = 0; run < 2; run++) {
		watch(serve_unix(SOCK_STREAM, in_folder("rename-%d", run), false), UNIX_LISTENER, "unix");
		watch(serve_unix(SOCK_STREAM, in_folder("move-%d", run), false), UNIX_LISTENER, "unix");
	}
	watch(serve_unix(SOCK_STREAM, in_folder("nscd"), false), NSCD_LISTENER, "unix");
}

/* Beside a listener, for datagram sockets that are connected there: with nobody to receive
 * the first one the second would fail. */
static int serve_datagrams(const union address *listener)
{
	const int fd = socket(listener->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, &listener->any, sizeof *listener) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void serve(void)
{
	const bool wired = shared->wire != 0;
	const int new_mptcp = serve_internet(SOCK_STREAM, 262, &shared->new4, false, wired);

	/* An MPTCP listener talks to TCP as well; old kernels have none. */
	watch(new_mptcp >= 0 ? new_mptcp : serve_internet(SOCK_STREAM, 0, &shared->new4, false, wired), NEW_LISTENER, "new");
	watch(serve_internet(SOCK_STREAM, 0, &shared->new6, true, wired), NEW_LISTENER, "new");
	watch(serve_vsock(), NEW_LISTENER, "new");
	watch(serve_sctp(shared->new4), NEW_LISTENER, "new");
	const int old_mptcp = serve_internet(SOCK_STREAM, 262, &shared->old4, false, wired);
	watch(old_mptcp >= 0 ? old_mptcp : serve_internet(SOCK_STREAM, 0, &shared->old4, false, wired), OLD_LISTENER, "old");
	watch(serve_internet(SOCK_STREAM, 0, &shared->old6, true, wired), OLD_LISTENER, "old");
	watch(serve_datagrams(&shared->old4), SINK, "old");
	watch(serve_datagrams(&shared->old6), SINK, "old");
	watch(serve_internet(SOCK_DGRAM, 0, &shared->new_udp4, false, wired), SINK, "new");
	watch(serve_internet(SOCK_DGRAM, 0, &shared->new_udp6, true, wired), SINK, "new");
	serve_files();
	snprintf(shared->abstract_stream, sizeof shared->abstract_stream, "netprobe-%d-stream", (int)getpid());
	snprintf(shared->abstract_datagram, sizeof shared->abstract_datagram, "netprobe-%d-datagram", (int)getpid());
	watch(serve_unix(SOCK_STREAM, shared->abstract_stream, true), UNIX_LISTENER, "unix");
	watch(serve_unix(SOCK_DGRAM, shared->abstract_datagram, true), SINK, "unix");
	watch(accomplice_end, ACCOMPLICE, NULL);
	watch(wire, WIRE, NULL);
	watch(second_wire, SECOND_WIRE, NULL);
	watch(link_end, LINK, NULL);
}

/* A file or folder of ours, for who is given it; and a connection to one. */
static int lend_file(const char *what)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strcmp(what, "connection") != 0)
		return open(in_folder("%s", strcmp(what, "folder") == 0 ? "." : what), O_PATH | O_CLOEXEC);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(address.sun_path, shared->path_stream, sizeof shared->path_stream);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

/* As nscd(8) answers: a host of any name has the address 192.0.2.1. Whoever asks for more, its cache or another
 * kind of address, asks again. */
static void answer_name(int fd, const char *request, ssize_t size)
{
	struct { int32_t version, type, length; char name[RECORD]; } asked = { .type = -1 };
	struct { int32_t header[8]; char data[RECORD + 4]; } answer = { .header = { 2, 0 } };

	memcpy(&asked, request, size < (ssize_t)sizeof asked - 1 ? (size_t)size : sizeof asked - 1);
	const size_t length = strlen(asked.name) + 1;
	if (asked.type != 4 /* GETHOSTBYNAME */) {
		send(fd, &answer, sizeof answer.header, MSG_NOSIGNAL);
		return;
	}
	record("unix", asked.name, (int)length - 1);
	memcpy(answer.header, (const int32_t[]){ 2, 1, (int32_t)length, 0, AF_INET, 4, 1, 0 }, sizeof answer.header);
	memcpy(answer.data, asked.name, length);
	memcpy(answer.data + length, (const uint8_t[]){ 192, 0, 2, 1 }, 4);
	send(fd, &answer, sizeof answer.header + length + 4, MSG_NOSIGNAL);
}

/* "PID give KIND", "PID lend THING" and "PID make TYPE" (of an AF_UNIX socket) are answered with a
 * descriptor, "PID dial PORT TOKEN" when it was done. */
static void help(int fd)
{
	const struct { const char *name; int fd; } things[] = { { "user", container_user }, { "net", container_net }, { "unix", container_unix },
		{ "program", xdp_program } };
	char request[RECORD], text[RECORD];
	int number, held = -1;

	if (receive_descriptor(fd, request, sizeof request) == -2)
		return;
	if (sscanf(request, "%*d give %d", &number) == 1 && number >= 0 && number < HOLDERS) {
		held = make_held(number, shared);
	} else if (sscanf(request, "%*d lend %103s", text) == 1) {
		for (size_t i = 0; i < sizeof things / sizeof things[0]; i++)
			if (strcmp(text, things[i].name) == 0)
				held = dup(things[i].fd);
		if (held < 0)
			held = lend_file(text);
	} else if (sscanf(request, "%*d make %d", &number) == 1) {
		held = socket(AF_UNIX, number | SOCK_CLOEXEC, 0);
	} else if (sscanf(request, "%*d dial %d %103s", &number, text) == 2) {
		const int caller = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		const union address to = { .in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)number), .sin_addr = shared->new4.in.sin_addr } };
		if (connect(caller, &to.any, sizeof to.in) == 0 && send(caller, text, strlen(text), MSG_NOSIGNAL) > 0)
			watch(caller, SINK, "dialled");
		else
			close(caller);
	}
	send_descriptor(fd, held, request);
	if (held >= 0)
		close(held);
}

static _Noreturn void be_outside(void)
{
	char data[256];

	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		if (poll(polled, (nfds_t)peer_count, -1) < 0)
			continue;
		for (int i = 0, count = peer_count; i < count; i++) {
			if (polled[i].revents == 0)
				continue;
			if (peers[i].role == ACCOMPLICE) {
				help(polled[i].fd);
			} else if (peers[i].role == WIRE) {
				read_wire();
			} else if (peers[i].role == SECOND_WIRE) {
				read_second_wire();
			} else if (peers[i].role == LINK) {
				read_link();
			} else if (peers[i].role == OLD_LISTENER || peers[i].role == NEW_LISTENER || peers[i].role == UNIX_LISTENER) {
				watch(accept4(polled[i].fd, NULL, NULL, SOCK_CLOEXEC), peers[i].role == OLD_LISTENER ? ECHO : SINK, peers[i].prefix);
			} else if (peers[i].role == NSCD_LISTENER) {
				watch(accept4(polled[i].fd, NULL, NULL, SOCK_CLOEXEC), NSCD, peers[i].prefix);
			} else {
				const ssize_t size = read(polled[i].fd, data, sizeof data);
				if (size > 0 && peers[i].role == NSCD) {
					answer_name(polled[i].fd, data, size);
				} else if (size > 0) {
					record(peers[i].prefix, data, (int)size);
					if (peers[i].role == ECHO)
						send(polled[i].fd, data, (size_t)size, MSG_NOSIGNAL);
				} else if (size == 0 || errno != EAGAIN) {
					close(polled[i].fd);
					polled[i].fd = -1; /* poll leaves it alone */
				}
			}
		}
	}
}

/* --- The victim: a process of the same user, with a connection. --- */

static volatile int32_t victim_word;

static _Noreturn void be_victim(int pipe_end)
{
	const int connection = make_held(TCP4, shared);

	/* Where Yama lets parents trace only: it must be the sandbox that refuses. */
	prctl(0x59616d61 /* PR_SET_PTRACER */, -1L /* PR_SET_PTRACER_ANY */, 0L, 0L, 0L);
	shared->victim_socket = connection;
	shared->victim_pipe = pipe_end;
	shared->victim_word = (uintptr_t)&victim_word;
	shared->victim = getpid();
	for (;;) {
		char text[24];
		usleep(20000);
		if (victim_word == 0)
			continue;
		snprintf(text, sizeof text, "%d", (int)victim_word);
		record("victim", text, (int)strlen(text));
		victim_word = 0;
	}
}

static int positive(int fd) { return fd > 0 ? fd : 0; }

/* --- The container: a process in namespaces of the user's own, with a tap that it reads. --- */

static int own_channel[2]; /* with the container, then with the supervised */

static _Noreturn void be_container(void)
{
	struct ifreq request = { .ifr_name = "tap0", .ifr_flags = IFF_TAP | IFF_NO_PI };
	uint8_t frame[2048];
	char text[24];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		_exit(1);
	/* New capabilities have cleared these: nobody could read our /proc/PID, and we would outlive the driver. */
	prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	const int tap = open(shared->tun_device[0] ? shared->tun_device : "/dev/net/tun", O_RDWR | O_CLOEXEC);
	const bool tapped = tap >= 0 && ioctl(tap, TUNSETIFF, &request) == 0;
	send_descriptor(own_channel[1], socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "ready");
	for (;;) {
		if (!tapped)
			pause();
		if (read(tap, frame, sizeof frame) >= 14 && frame[6] == 2 && frame[7] == 'n' && frame[8] == 'p') {
			snprintf(text, sizeof text, "from %d.%d", frame[9], frame[10]);
			record("tap", text, (int)strlen(text));
		}
	}
}

static int open_namespace(int process, const char *kind, struct handle *handle)
{
	char file[40];
	int mount;

	snprintf(file, sizeof file, "/proc/%d/ns/%s", process, kind);
	const int fd = open(file, O_RDONLY | O_CLOEXEC);
	handle->size = sizeof handle->text; /* Linux 6.18 has handles of namespaces */
	if (fd < 0 || syscall(SYS_name_to_handle_at, fd, "", handle, &mount, (long)AT_EMPTY_PATH) != 0)
		handle->size = 0;
	return fd;
}

static pid_t start(void (*role)(void))
{
	const pid_t parent = getpid(), child = fork();

	if (child < 0)
		fail("fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		role();
	}
	return child;
}

/* 0 where user namespaces are not to be had. */
static pid_t start_container(void)
{
	char text[8];
	struct stat status;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, own_channel) != 0)
		fail("make a socket pair");
	const pid_t container = start(be_container);
	close(own_channel[1]);
	container_unix = receive_descriptor(own_channel[0], text, sizeof text);
	if (container_unix < 0)
		return container;
	fcntl(container_unix, F_SETFD, FD_CLOEXEC);
	container_user = open_namespace(container, "user", &shared->handle_user);
	container_net = open_namespace(container, "net", &shared->handle_net);
	if (container_user < 0 || container_net < 0 || fstat(container_user, &status) != 0)
		fail("open the namespaces of the container");
	shared->container_number = status.st_ino;
	shared->container = container;
	return container;
}

/* --- The supervised: whatever memfd_create is to give it, its supervisor says; it sends that on. --- */

static _Noreturn void be_supervised(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = 4, .filter = code };
	char text[RECORD];

	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	const int listener = (int)syscall(SYS_seccomp, (long)SECCOMP_SET_MODE_FILTER, (long)SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	send_descriptor(own_channel[1], listener, "ready");
	close(listener);
	for (;;) {
		const int file = (int)syscall(SYS_memfd_create, "mine", 0L);
		const ssize_t size = file < 0 ? -1 : pread(file, text, sizeof text, 0);
		if (size > 0)
			record("supervised", text, (int)size);
		else
			usleep(20000); /* there is no supervisor any more */
	}
}

static pid_t start_supervised(void)
{
	char text[8];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, own_channel) != 0)
		fail("make a socket pair");
	const pid_t supervised = start(be_supervised);
	close(own_channel[1]);
	supervisor = receive_descriptor(own_channel[0], text, sizeof text);
	if (supervisor >= 0)
		fcntl(supervisor, F_SETFD, FD_CLOEXEC);
	return supervised;
}

static int victim_pipe_end;
static _Noreturn void start_victim(void) { be_victim(victim_pipe_end); }

/* --- What the probe inherits. --- */

static int make_ring(bool polled_by_kernel)
{
	struct io_uring_params params = { .flags = polled_by_kernel ? IORING_SETUP_SQPOLL : 0, .sq_thread_idle = 3000 };
	const long fd = syscall(425, 4L, &params); /* io_uring_setup: close-on-exec */

	if (fd < 0)
		return 0;
	memcpy(shared->ring_params[polled_by_kernel], &params, sizeof params);
	fcntl((int)fd, F_SETFD, 0);
	return (int)fd;
}

/* The kernel thread of a ring polls on for some seconds after it had something to do: nothing, here. */
static void keep_polling(void)
{
	struct io_uring_params params;
	const long page = sysconf(_SC_PAGESIZE);

	if (!shared->ring_polled)
		return;
	memcpy(&params, shared->ring_params[1], sizeof params);
	char *queue = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_SHARED, shared->ring_polled, IORING_OFF_SQ_RING);
	struct io_uring_sqe *entries = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_SHARED, shared->ring_polled, (off_t)IORING_OFF_SQES);
	if (queue == MAP_FAILED || (void *)entries == MAP_FAILED)
		return;
	uint32_t *tail = (void *)(queue + params.sq_off.tail), *array = (void *)(queue + params.sq_off.array);
	const uint32_t at = *tail & (params.sq_entries - 1);
	entries[at] = (struct io_uring_sqe){ .opcode = IORING_OP_NOP };
	array[at] = at;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	syscall(426, (long)shared->ring_polled, 0L, 0L, 2L /* IORING_ENTER_SQ_WAKEUP */, NULL, 0L);
	const uint32_t *completed = (void *)(queue + params.cq_off.tail);
	uint32_t *head = (void *)(queue + params.cq_off.head);
	for (int i = 0; i < 100 && __atomic_load_n(completed, __ATOMIC_ACQUIRE) == *head; i++)
		usleep(5000);
	*head = *completed;
	munmap(queue, (size_t)page);
	munmap(entries, (size_t)page);
}

/* The smallest XDP program there is: it lets pass what it sees. */
static void load_xdp(void)
{
	const struct bpf_insn code[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS }, { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr load;

	memset(&load, 0, sizeof load);
	load.prog_type = BPF_PROG_TYPE_XDP;
	load.insn_cnt = sizeof code / sizeof code[0];
	load.insns = (uintptr_t)code;
	load.license = (uintptr_t)"ISC";
	xdp_program = (int)syscall(SYS_bpf, (long)BPF_PROG_LOAD, &load, sizeof load); /* close-on-exec */
}

/* With a frame's room in memory that is inherited too, on the link whose other end we hold. */
static void make_xdp_socket(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const int fd = socket(AF_XDP, SOCK_RAW, 0), memory = (int)syscall(SYS_memfd_create, "frames", 0L), entries = XDP_RING;
	struct xdp_mmap_offsets offsets;
	socklen_t size = sizeof offsets;
	const struct sockaddr_xdp address = { .sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY, .sxdp_ifindex = if_nametoindex("link0") };

	if (fd < 0 || memory < 0 || ftruncate(memory, (off_t)page) != 0)
		return;
	void *frames = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	const struct xdp_umem_reg area = { .addr = (uintptr_t)frames, .len = page, .chunk_size = page > 4096 ? 4096 : (uint32_t)page };
	if (setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &area, sizeof area) != 0 ||
		setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &entries, sizeof entries) != 0 ||
		setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &entries, sizeof entries) != 0 ||
		setsockopt(fd, SOL_XDP, XDP_TX_RING, &entries, sizeof entries) != 0 ||
		getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size) != 0 ||
		bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
		fprintf(stderr, "netprobe: no AF_XDP socket: %s\n", strerror(errno));
		return;
	}
	shared->xdp_socket = fd;
	shared->xdp_memory = memory;
	shared->xdp_producer = offsets.tx.producer;
	shared->xdp_descriptors = offsets.tx.desc;
}

static void make_router(void)
{
	const int fd = socket(AF_INET, SOCK_RAW, IPPROTO_IGMP), on = 1;

	if (fd >= 0 && setsockopt(fd, IPPROTO_IP, 200 /* MRT_INIT */, &on, sizeof on) == 0)
		shared->router = fd;
}

/* Where disablenetwork-lsm is loaded: a bpffs with files and folders that its pins could be. */
static void make_pins(uid_t user)
{
	char file[160];

	if (user != 0 || access("/sys/fs/bpf/disablenetwork", F_OK) != 0)
		return;
	snprintf(file, sizeof file, "%s/bpf", scratch);
	if (mkdir(file, 0700) != 0 || mount("bpf", file, "bpf", 0, NULL) != 0)
		return;
	memcpy(shared->pins, file, sizeof shared->pins);
	for (int run = 0; run < 2; run++) {
		snprintf(file, sizeof file, "%s/%d", shared->pins, run);
		mkdir(file, 0700);
		for (int i = 0; i < 5; i++) {
			snprintf(file, sizeof file, i == 4 ? "%s/%d/pin-to-keep" : "%s/%d/pin-%d", shared->pins, run, i);
			union bpf_attr pin;
			memset(&pin, 0, sizeof pin);
			pin.pathname = (uintptr_t)file;
			pin.bpf_fd = (uint32_t)xdp_program;
			if (i == 3 ? mkdir(file, 0700) != 0 : syscall(SYS_bpf, (long)BPF_OBJ_PIN, &pin, sizeof pin) != 0)
				fail("pin a program");
		}
	}
}

/* What only root can make is made before the user is changed. */
static void make_others(uid_t user)
{
	load_xdp();
	make_pins(user);
	if (!in_sets("other"))
		return;
	make_xdp_socket();
	make_router();
	shared->netlink = positive(socket(AF_NETLINK, SOCK_RAW, 0));
	shared->packet = positive(socket(AF_PACKET, SOCK_RAW, htons(3)));
	shared->raw = positive(socket(AF_INET, SOCK_RAW, 253));
}

static void make_all_held(void)
{
	int next = FIRST_HELD;

	memset(shared->first, 0, sizeof shared->first);
	for (int kind = 0; kind < HOLDERS; kind++) {
		if (!holders[kind].set || !in_sets(holders[kind].set))
			continue;
		int made = 0;
		for (; made < SLOTS; made++) {
			const int fd = make_held(kind, shared);
			if (fd < 0)
				break;
			if (dup2(fd, next + made) < 0)
				fail("place a descriptor (raise RLIMIT_NOFILE)");
			close(fd);
		}
		if (made < SLOTS)
			continue;
		shared->first[kind] = next;
		next += SLOTS;
		shared->set_tcp |= holders[kind].protocol == IPPROTO_TCP;
		shared->set_stream |= holders[kind].type == SOCK_STREAM && holders[kind].protocol != IPPROTO_TCP;
		shared->set_listener |= holders[kind].state == LISTENING;
	}
}

/* --- Programs with more privilege, for an ordinary user to run. --- */

static void copy_self(const char *self, char *file, size_t size, const char *name, mode_t mode)
{
	char command[800];

	snprintf(file, size, "%s/%s", scratch, name);
	snprintf(command, sizeof command, "cp '%s' '%s'", self, file);
	if (system(command) != 0 || chmod(file, mode) != 0)
		file[0] = '\0';
}

static void make_helpers(const char *self)
{
	/* VFS_CAP_REVISION_2 with the effective flag, CAP_NET_RAW permitted; little-endian on disk */
	const uint8_t capabilities[20] = { 1, 0, 0, 2, 0, 1U << (CAP_NET_RAW - 8), 0, 0 };

	copy_self(self, shared->helper_setuid, sizeof shared->helper_setuid, "setuid", 04755);
	copy_self(self, shared->helper_setgid, sizeof shared->helper_setgid, "setgid", 02755);
	copy_self(self, shared->helper_capabilities, sizeof shared->helper_capabilities, "capabilities", 0755);
	if (shared->helper_capabilities[0])
		if (setxattr(shared->helper_capabilities, "security.capability", capabilities, sizeof capabilities, 0) != 0)
			shared->helper_capabilities[0] = '\0';
	/* CAP_NET_RAW is bit 13 of the first word: bits 8 to 15 are its second byte. */
	_Static_assert(CAP_NET_RAW == 13, "capability");
}

/* --- Running the probe. --- */

static void refuse_landlock(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 444, 0, 1), /* landlock_create_ruleset */
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = 4, .filter = code };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0L, 0L) != 0 &&
		(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0L, 0L) != 0))
		fail("hide Landlock");
}

/* Says where it is and what its umask is, until CHILD ends, with which it shares both; ends as that did. */
static _Noreturn void be_sharer(pid_t child)
{
	char directory[200], line[200], text[220], told[2][220] = { "", "" };
	int status;

	while (waitpid(child, &status, WNOHANG | __WALL) == 0) {
		FILE *const own = fopen("/proc/self/status", "re"); /* asking umask itself would change it */
		unsigned mask = 0;
		while (own && fgets(line, sizeof line, own))
			sscanf(line, "Umask: %o", &mask);
		if (own)
			fclose(own);
		snprintf(text, sizeof text, "umask %04o", mask);
		if (strcmp(text, told[0]) != 0)
			record("sharer", strcpy(told[0], text), (int)strlen(text));
		snprintf(text, sizeof text, "directory %s", getcwd(directory, sizeof directory) ? directory : "?");
		if (strcmp(text, told[1]) != 0)
			record("sharer", strcpy(told[1], text), (int)strlen(text));
		atomic_fetch_add(&shared->looks, 1);
		usleep(5000);
	}
	if (WIFSIGNALED(status))
		raise(WTERMSIG(status));
	_exit(WEXITSTATUS(status));
}

/* Goes on as a process that shares its directory and umask with one outside. */
static void share_with_outside(void)
{
	struct clone_args arguments = { .flags = CLONE_FS, .exit_signal = SIGCHLD };
	const long child = syscall(435 /* clone3 */, &arguments, sizeof arguments);

	if (child < 0)
		fail("share a directory");
	if (child > 0)
		be_sharer((pid_t)child);
}

/* What is no network socket; not in the driver itself, whose own children need none of it. */
static void hand_down_others(void)
{
	char file[40];

	if (in_sets("process")) {
		snprintf(file, sizeof file, "/proc/%d/mem", (int)shared->victim);
		shared->memory = positive(open(file, O_RDWR));
		if (shared->container) {
			shared->container_user = positive(dup(container_user));
			shared->container_net = positive(dup(container_net));
		}
		shared->listener = positive(dup(supervisor));
	}
	if (in_sets("other"))
		shared->xdp = positive(dup(xdp_program));
	if (in_sets("unix"))
		shared->abstract = positive(serve_unix(SOCK_STREAM, shared->abstract_inherited, true));
	if (shared->abstract)
		fcntl(shared->abstract, F_SETFD, 0);
}

/* Runs SANDBOX... PROBE OPTIONS...; returns its exit status. */
static int run_probe_behind(char **sandbox, const char *probe, char *const options[], bool mute)
{
	char *arguments[256], mute_option[] = "--mute";
	int count = 0, status;

	for (; *sandbox && count < 240; sandbox++)
		arguments[count++] = *sandbox;
	arguments[count++] = (char *)(uintptr_t)probe;
	for (; *options; options++)
		arguments[count++] = *options;
	if (mute)
		arguments[count++] = mute_option;
	arguments[count] = NULL;
	fflush(stdout);
	keep_polling();
	const pid_t child = fork();
	if (child == 0) {
		if (fcntl(shared->accomplice, F_SETFD, 0) != 0)
			fail("hand down the accomplice");
		make_all_held();
		hand_down_others();
		if (share_directory)
			share_with_outside();
		if (without_landlock)
			refuse_landlock();
		struct rlimit limit;
		if (lower_limit && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
			limit.rlim_cur = 20; /* all held descriptors lie above */
			setrlimit(RLIMIT_NOFILE, &limit);
		}
		execvp(arguments[0], arguments);
		fail(arguments[0]);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		fail("run the probe");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void become(uid_t user)
{
	if (user == getuid())
		return;
	if (setgroups(0, NULL) != 0 || setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0)
		fail("change the user");
}

int serve_names(const char *path)
{
	static struct shared unused;

	shared = &unused;
	unlink(path);
	watch(serve_unix(SOCK_STREAM, path, false), NSCD_LISTENER, "unix");
	if (chmod(path, 0666) != 0)
		fail("open a socket to everybody");
	be_outside();
}

static void clean_up(void)
{
	char command[100];

	if (shared->pins[0] && umount2(shared->pins, MNT_DETACH) != 0)
		fprintf(stderr, "netprobe: unable to unmount %s\n", shared->pins);
	snprintf(command, sizeof command, "rm -rf '%s'", scratch);
	if (system(command) != 0)
		fprintf(stderr, "netprobe: unable to remove %s\n", scratch);
}

static void share(uid_t owner)
{
	if (!mkdtemp(scratch) || chmod(scratch, 0755) != 0)
		fail("make a directory");
	snprintf(shared_file, sizeof shared_file, "%s/shared", scratch);
	const int fd = open(shared_file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof *shared) != 0)
		fail("make a file to share");
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED || fchown(fd, owner, (gid_t)-1) != 0 || chown(scratch, owner, (gid_t)-1) != 0)
		fail("share it");
	close(fd);
	setenv("NETPROBE_SHARED", shared_file, 1);
}


int drive(int argc, char **argv, char *const probe_options[], const char *self)
{
	enum { INHERIT = 'i', USER = 'u', LOWER = 'l', WITHOUT = 'w', ABSTRACT = 'a', PROBE = 'p', SHARE = 's', NO_UNIX = 'n', UNIX = 'x' };
	static const struct option options[] = { { "inherit", required_argument, NULL, INHERIT },
		{ "user", required_argument, NULL, USER }, { "lower-limit", no_argument, NULL, LOWER },
		{ "without-landlock", no_argument, NULL, WITHOUT }, { "allow-abstract", no_argument, NULL, ABSTRACT },
		{ "no-unix", no_argument, NULL, NO_UNIX }, { "unix", no_argument, NULL, UNIX },
		{ "share-directory", no_argument, NULL, SHARE }, { "probe", required_argument, NULL, PROBE }, { 0 } };
	const char *probe = NULL;
	uid_t user = getuid();
	char own_path[512], *no_sandbox[] = { NULL };
	struct rlimit limit;
	int accomplices[2], pipes[2];

	optind = 0; /* getopt starts afresh, after argv[0], which is --driver */
	for (int option; (option = getopt_long(argc + 1, argv - 1, "+", options, NULL)) != -1;)
		switch (option) {
		case INHERIT: sets = optarg; break;
		case USER: user = (uid_t)strtoul(optarg, NULL, 10); break;
		case LOWER: lower_limit = true; break;
		case WITHOUT: without_landlock = true; break;
		case ABSTRACT: allow_abstract = true; break;
		case NO_UNIX: no_unix = true; break;
		case UNIX: no_unix = allow_unix = true; break;
		case SHARE: share_directory = true; break;
		case PROBE: probe = optarg; break;
		default: return 100;
		}
	char **sandbox = argv - 1 + optind;
	const ssize_t length = readlink("/proc/self/exe", own_path, sizeof own_path - 1);
	if (length > 0)
		own_path[length] = '\0';
	else
		snprintf(own_path, sizeof own_path, "%s", self);

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	share(user);
	if (geteuid() == 0 && user != 0)
		make_helpers(own_path);
	set_up_network(user);
	make_others(user);
	become(user);
	prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L); /* changing the user cleared it: nobody could trace the victim */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, accomplices) != 0 || pipe2(pipes, O_CLOEXEC) != 0)
		fail("make a socket pair");
	accomplice_end = accomplices[0];
	shared->accomplice = accomplice_given = accomplices[1];
	victim_pipe_end = pipes[1];
	shared->abstract_allowed = allow_abstract;
	shared->unix_shut = no_unix;
	shared->unix_allowed = allow_unix;
	shared->shares_directory = share_directory;
	serve();
	watch(pipes[0], SINK, "pipe");
	snprintf(shared->abstract_inherited, sizeof shared->abstract_inherited, "netprobe-%d-inherited", (int)getpid());
	const pid_t container = start_container(), supervised = start_supervised();
	const pid_t outside = start(be_outside), victim = start(start_victim);
	const pid_t started[HELPERS] = { outside, victim, container, supervised };
	for (int i = 0; i < HELPERS; i++)
		shared->helpers[i] = started[i];
	shared->driver = getpid();
	while (shared->victim == 0)
		usleep(1000);
	if (in_sets("ring")) {
		shared->ring = make_ring(false);
		shared->ring_polled = make_ring(true);
	}

	int status = run_probe_behind(no_sandbox, own_path, probe_options, *sandbox != NULL);
	if (*sandbox) {
		shared->run = 1;
		shared->has_control = 1;
		prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L); /* so that a supervisor of the sandbox can be told */
		status = run_probe_behind(sandbox, probe ? probe : own_path, probe_options, false);
	}
	for (int i = 0; i < HELPERS; i++) {
		kill(started[i], SIGKILL);
		waitpid(started[i], NULL, 0);
	}
	clean_up();
	return status;
}
