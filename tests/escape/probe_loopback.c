/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Cases for sandboxes that claim to give a loopback of its own (--loopback): what must work
 * on it, and what no process may have for it. The control is a bare network namespace with lo up, made
 * by the case itself: what that cannot do is no defect.
 */
#include "netprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894C
#endif

enum { MPTCP = 262, LO = 1, TEXT = 5, LOW_PORT = 81 };

/* uid 0 without CAP_SETFCAP cannot map itself, and has all capabilities in there all the same. */
static void write_file(const char *name, const char *text)
{
	const int file = open(name, O_WRONLY | O_CLOEXEC);

	(void)!write(file, text, strlen(text));
	close(file);
}

/* With all capabilities in it; its only interface is down. */
static bool enter_namespaces(void)
{
	char users[40], groups[40];

	snprintf(users, sizeof users, "%u %u 1", (unsigned)geteuid(), (unsigned)geteuid());
	snprintf(groups, sizeof groups, "%u %u 1", (unsigned)getegid(), (unsigned)getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return false;
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", users);
	write_file("/proc/self/gid_map", groups);
	return true;
}

static bool raise_lo(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	const int asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const bool done = asked >= 0 && ioctl(asked, SIOCSIFFLAGS, &request) == 0;

	close(asked);
	return done;
}

/* The control's network. */
static bool enter_bare_network(void)
{
	char groups[40];

	if (shared->run != 0)
		return true;
	if (!(geteuid() == 0 && unshare(CLONE_NEWNET) == 0) && !enter_namespaces())
		return false;
	snprintf(groups, sizeof groups, "%u %u", (unsigned)getegid(), (unsigned)getegid());
	write_file("/proc/sys/net/ipv4/ping_group_range", groups);
	write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
	return raise_lo();
}

static union address own_address(int family)
{
	union address own = { .any.sa_family = (sa_family_t)family };

	if (family == AF_INET)
		own.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		own.in6.sin6_addr = in6addr_loopback;
	return own;
}
static socklen_t size_of(const union address *address)
{
	return address->any.sa_family == AF_INET ? sizeof address->in : sizeof address->in6;
}

/* Bound to ADDRESS, which then has the port. */
static int bind_socket(int type, int protocol, union address *address)
{
	const int made = socket(address->any.sa_family, type | SOCK_CLOEXEC, protocol);
	socklen_t size = size_of(address);

	if (made >= 0 && (bind(made, &address->any, size) != 0 || getsockname(made, &address->any, &size) != 0)) {
		close(made);
		return -1;
	}
	return made;
}

static struct result judge_text(int from, const char *what)
{
	char text[TEXT] = "";

	return recv(from, text, TEXT, 0) == TEXT && memcmp(text, "hello", TEXT) == 0 ? result(WORKS, "%s", what) : broken("recv");
}

/* A server that listens, and a client in a process of its own. */
static struct result serve_one(int listener, int family, int protocol, union address server, int flags)
{
	int status;
	const pid_t client = fork();

	if (client == 0) {
		const int made = socket(family, SOCK_STREAM | SOCK_CLOEXEC, protocol);
		if (flags)
			_exit(sendto(made, "hello", TEXT, flags, &server.any, size_of(&server)) != TEXT ? errno : 0);
		_exit(connect(made, &server.any, size_of(&server)) != 0 || send(made, "hello", TEXT, 0) != TEXT ? errno : 0);
	}
	if (waitpid(client, &status, 0) != client || !WIFEXITED(status))
		return broken("client");
	errno = WEXITSTATUS(status);
	if (errno)
		return broken("connect");
	const int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return connection < 0 ? broken("accept") : judge_text(connection, "a client in another process");
}

static struct result probe_stream(const struct probe *probe)
{
	static const struct { int family, protocol, flags; } ways[] = {
		{ AF_INET, 0, 0 }, { AF_INET6, 0, 0 }, { AF_INET, MPTCP, 0 }, { AF_INET6, MPTCP, 0 }, { AF_INET, 0, MSG_FASTOPEN } };
	union address own = own_address(ways[probe->number].family);
	const int queue = 5;

	if (!enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	const int listener = bind_socket(SOCK_STREAM, ways[probe->number].protocol, &own);
	if (listener < 0 || listen(listener, queue) != 0)
		return broken("listen");
	if (ways[probe->number].flags)
		(void)setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue);
	return serve_one(listener, ways[probe->number].family, ways[probe->number].protocol, own, ways[probe->number].flags);
}

static struct result probe_mapped(const struct probe *probe)
{
	union address own = { .in6 = { .sin6_family = AF_INET6 } }, mapped = own;

	(void)probe;
	if (!enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	const int listener = bind_socket(SOCK_STREAM, 0, &own);
	if (listener < 0 || listen(listener, 1) != 0)
		return broken("listen");
	memcpy(mapped.in6.sin6_addr.s6_addr, (uint8_t[16]){ [10] = 0xff, 0xff, 127, 0, 0, 1 }, 16);
	mapped.in6.sin6_port = own.in6.sin6_port;
	return serve_one(listener, AF_INET6, 0, mapped, 0);
}

/* Datagrams: plain, and between sockets that are connected to one another. */
static struct result probe_datagram(const struct probe *probe)
{
	union address one = own_address((int)probe->number), other = one;

	if (!enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	const int sender = bind_socket(SOCK_DGRAM, 0, &one), receiver = bind_socket(SOCK_DGRAM, 0, &other);
	if (sender < 0 || receiver < 0)
		return broken("bind");
	if (sendto(sender, "hello", TEXT, 0, &other.any, size_of(&other)) != TEXT)
		return broken("sendto");
	const struct result first = judge_text(receiver, "");
	if (first.verdict != WORKS)
		return first;
	if (connect(sender, &other.any, size_of(&other)) != 0 || connect(receiver, &one.any, size_of(&one)) != 0 ||
		send(receiver, "hello", TEXT, 0) != TEXT)
		return broken("connected");
	return judge_text(sender, "to an address, and connected");
}

static struct result probe_echo(const struct probe *probe)
{
	const int family = (int)probe->number;
	union address own = own_address(family);
	const uint8_t request[8] = { family == AF_INET ? 8 : 128 };
	uint8_t answer[8];

	if (!enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	const int made = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (made < 0 || sendto(made, request, sizeof request, 0, &own.any, size_of(&own)) < 0 || recv(made, answer, sizeof answer, 0) < 0)
		return broken("echo");
	return answer[0] == (family == AF_INET ? 0 : 129) ? result(WORKS, "answered") : result(BROKEN, "type %d", answer[0]);
}

static struct result probe_interfaces(const struct probe *probe)
{
	struct ifaddrs *list, *at;
	int own = 0, others = 0;

	(void)probe;
	if (!enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	if (getifaddrs(&list) != 0)
		return broken("getifaddrs");
	for (at = list; at; at = at->ifa_next)
		if (at->ifa_flags & IFF_UP)
			*(strcmp(at->ifa_name, "lo") == 0 ? &own : &others) += 1;
	freeifaddrs(list);
	if (others)
		return result(BROKEN, "interfaces other than lo are up");
	return own ? result(WORKS, "lo, %d entries", own) : result(BROKEN, "no lo");
}

static struct result probe_netlink(const struct probe *probe)
{
	const struct { struct nlmsghdr header; struct rtgenmsg body; } question = {
		{ sizeof question, (uint16_t)probe->number, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { AF_UNSPEC } };
	char answer[8192];

	if (!enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	const int made = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (made < 0 || send(made, &question, sizeof question, 0) < 0 || recv(made, answer, sizeof answer, 0) <= 0)
		return broken("dump");
	return result(WORKS, "dumped");
}

static struct result probe_uevents(const struct probe *probe)
{
	const struct sockaddr_nl group = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	(void)probe;
	if (!enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	const int made = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	return made < 0 || bind(made, (const struct sockaddr *)&group, sizeof group) != 0 ? broken("bind") : result(WORKS, "bound");
}

static struct result probe_multicast(const struct probe *probe)
{
	const int family = (int)probe->number;
	union address group = { .any.sa_family = (sa_family_t)family };
	const struct ip_mreqn member = { .imr_multiaddr.s_addr = htonl(0xef010203), .imr_ifindex = LO };
	const struct ipv6_mreq member6 = { .ipv6mr_multiaddr = { .s6_addr = { 0xff, 0x01, [15] = 0x77 } }, .ipv6mr_interface = LO };
	const int interface = LO;

	if (!enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	const int made = bind_socket(SOCK_DGRAM, 0, &group);
	const bool joined = family == AF_INET
		? setsockopt(made, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member) == 0 &&
			setsockopt(made, IPPROTO_IP, IP_MULTICAST_IF, &member, sizeof member) == 0
		: setsockopt(made, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &member6, sizeof member6) == 0 &&
			setsockopt(made, IPPROTO_IPV6, IPV6_MULTICAST_IF, &interface, sizeof interface) == 0;
	if (!joined)
		return broken("join");
	if (family == AF_INET)
		group.in.sin_addr = member.imr_multiaddr;
	else
		group.in6.sin6_addr = member6.ipv6mr_multiaddr;
	if (sendto(made, "hello", TEXT, 0, &group.any, size_of(&group)) != TEXT)
		return broken("sendto");
	return judge_text(made, "joined on lo, and heard");
}

static struct result probe_broadcast(const struct probe *probe)
{
	union address everybody = { .in = { .sin_family = AF_INET } };
	const int on = 1;

	(void)probe;
	if (!enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	const int made = bind_socket(SOCK_DGRAM, 0, &everybody);
	everybody.in.sin_addr.s_addr = htonl(0x7fffffff);
	if (setsockopt(made, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) != 0 ||
		sendto(made, "hello", TEXT, 0, &everybody.any, sizeof everybody.in) != TEXT)
		return broken("sendto");
	return judge_text(made, "127.255.255.255");
}

static struct result probe_option(const struct probe *probe)
{
	union address own = own_address(AF_INET);
	const int on = 1;

	if (!enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof own.in;
	if (probe->number == SO_BINDTODEVICE)
		return setsockopt(made, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0 && bind(made, &own.any, size) == 0
			? result(WORKS, "lo") : broken("setsockopt");
	if (setsockopt(made, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 || setsockopt(other, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
		bind(made, &own.any, size) != 0 || getsockname(made, &own.any, &size) != 0 || bind(other, &own.any, size) != 0)
		return broken("bind");
	return result(WORKS, "two at one port");
}

static struct result probe_low_port(const struct probe *probe)
{
	union address own = own_address(AF_INET);

	(void)probe;
	if (!enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	own.in.sin_port = htons(LOW_PORT);
	return bind_socket(SOCK_STREAM, 0, &own) < 0 ? broken("bind") : result(WORKS, "port %d", LOW_PORT);
}

/* --- What no process may have for it. --- */

/* TCP, MPTCP, UDP, ICMP echo; netlink for routes, socket diagnosis and uevents. */
static bool is_of_a_loopback(int family, int type, int protocol)
{
	if (family == AF_UNIX)
		return true;
	if (family == AF_NETLINK)
		return (type == SOCK_RAW || type == SOCK_DGRAM) && (protocol == 0 || protocol == 4 || protocol == 15);
	if (family != AF_INET && family != AF_INET6)
		return false;
	if (type == SOCK_STREAM)
		return protocol == 0 || protocol == IPPROTO_TCP || protocol == MPTCP;
	return type == SOCK_DGRAM && (protocol == 0 || protocol == IPPROTO_UDP ||
		protocol == (family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6));
}

static struct result try_triples(void)
{
	static const int protocols[] = { 0, 1, 2, 4, 6, 7, 9, 15, 16, 17, 33, 41, 47, 58, 89, 103, 115, 132, 136, 255, 256, 262, 0x300 };
	enum { FAMILIES = 47, TYPES = 12 };
	int refusals = 0;

	for (int family = 0; family < FAMILIES; family++)
		for (int type = 1; type < TYPES; type++)
			for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
				const long made = syscall(SYS_socket, (long)family, (long)type, (long)protocols[i]);
				if (made < 0) {
					refusals += !is_of_a_loopback(family, type, protocols[i]);
					continue;
				}
				close((int)made);
				if (!is_of_a_loopback(family, type, protocols[i]) && family != 38 /* AF_ALG: cryptography */)
					return result(ESCAPED, "socket(%d, %d, %d): there is a socket", family, type, protocols[i]);
			}
	return result(BLOCKED, "%d triples were refused", refusals);
}

static struct result probe_triples(const struct probe *probe) { (void)probe; return try_triples(); }
static struct result probe_nested_triples(const struct probe *probe)
{
	(void)probe;
	if (!enter_namespaces())
		return refused("unshare");
	return try_triples();
}

/* A descriptor of a network comes with any socket in it, for who has CAP_NET_ADMIN there. */
static struct result probe_namespace_of_socket(const struct probe *probe)
{
	char request[32];

	(void)probe;
	snprintf(request, sizeof request, "give %d", PASSED_TCP4_FREE);
	const int passed = ask_accomplice(request);
	if (passed < 0)
		return result(NOT_HERE, "nothing was passed in");
	const int namespace = ioctl(passed, SIOCGSKNS, 0);
	return namespace < 0 ? refused("SIOCGSKNS") : result(ESCAPED, "a descriptor of the network outside");
}

/* An AF_UNIX socket, too, belongs to the network where it was made. */
enum { LIST_INTERFACES, CHANGE_INTERFACE };
static struct result probe_passed_unix(const struct probe *probe)
{
	struct ifreq requests[64], request = { .ifr_name = "lo" };
	struct ifconf list = { .ifc_len = sizeof requests, .ifc_req = requests };
	char words[32];

	if (shared->run == 0 && probe->number == LIST_INTERFACES && !enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	snprintf(words, sizeof words, "make %d", SOCK_STREAM);
	const int passed = ask_accomplice(words);
	if (passed < 0)
		return result(NOT_HERE, "nothing was passed in");
	if (probe->number == CHANGE_INTERFACE) {
		if (ioctl(passed, SIOCGIFFLAGS, &request) != 0 || ioctl(passed, SIOCSIFFLAGS, &request) != 0)
			return refused("ioctl");
		return result(ESCAPED, "lo outside was set up as it is");
	}
	if (ioctl(passed, SIOCGIFCONF, &list) != 0)
		return refused("SIOCGIFCONF");
	for (size_t i = 0; i < (size_t)list.ifc_len / sizeof requests[0]; i++)
		if (strcmp(requests[i].ifr_name, "lo") != 0)
			return result(ESCAPED, "%s, which is outside, is shown", requests[i].ifr_name);
	return result(NOT_HERE, "outside there is nothing but lo");
}

static struct result probe_interface_move(const struct probe *probe)
{
	struct { struct nlmsghdr header; struct ifinfomsg info; struct rtattr attribute; uint32_t pid; } message = {
		{ sizeof message, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0 }, { .ifi_index = shared->wire },
		{ RTA_LENGTH(sizeof(uint32_t)), IFLA_NET_NS_PID }, (uint32_t)getpid() };
	struct { struct nlmsghdr header; struct nlmsgerr error; char rest[256]; } answer;
	struct ifreq request = { .ifr_name = "lo" };

	(void)probe;
	/* Down with lo: whoever may do that may also bring others up. */
	const int made = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (shared->run == 0 && !enter_bare_network())
		return result(NOT_HERE, "no bare namespace: %s", strerror(errno));
	if (shared->run == 0)
		return ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SIOCSIFFLAGS, &request) == 0 ? result(ESCAPED, "lo was changed") : refused("ioctl");
	if (ioctl(inet, SIOCSIFFLAGS, &request) == 0)
		return result(ESCAPED, "lo was changed");
	if (made < 0 || send(made, &message, sizeof message, 0) < 0 || recv(made, &answer, sizeof answer, 0) < 0)
		return refused("netlink");
	errno = -answer.error.error;
	return errno ? refused("RTM_NEWLINK") : result(ESCAPED, "an interface was moved");
}

void add_loopback_probes(void)
{
	static const struct { const char *name; struct result (*run)(const struct probe *); long number; bool must_fail; } cases[] = {
		{ "tcp4", probe_stream, 0, false }, { "tcp6", probe_stream, 1, false },
		{ "mptcp4", probe_stream, 2, false }, { "mptcp6", probe_stream, 3, false },
		{ "fast-open", probe_stream, 4, false }, { "v4-mapped", probe_mapped, 0, false },
		{ "udp4", probe_datagram, AF_INET, false }, { "udp6", probe_datagram, AF_INET6, false },
		{ "echo4", probe_echo, AF_INET, false }, { "echo6", probe_echo, AF_INET6, false },
		{ "getifaddrs", probe_interfaces, 0, false },
		{ "dump-links", probe_netlink, RTM_GETLINK, false }, { "dump-addresses", probe_netlink, RTM_GETADDR, false },
		{ "dump-routes", probe_netlink, RTM_GETROUTE, false }, { "uevents", probe_uevents, 0, false },
		{ "multicast4", probe_multicast, AF_INET, false }, { "multicast6", probe_multicast, AF_INET6, false },
		{ "broadcast", probe_broadcast, 0, false }, { "bind-to-device", probe_option, SO_BINDTODEVICE, false },
		{ "reuse-port", probe_option, SO_REUSEPORT, false }, { "low-port", probe_low_port, 0, false },
		{ "other-sockets", probe_triples, 0, true }, { "other-sockets-nested", probe_nested_triples, 0, true },
		{ "namespace-of-passed-socket", probe_namespace_of_socket, 0, true },
		{ "interface-list-by-passed-unix", probe_passed_unix, LIST_INTERFACES, true },
		{ "interface-change-by-passed-unix", probe_passed_unix, CHANGE_INTERFACE, true },
		{ "interface-move", probe_interface_move, 0, true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		add_probe(!cases[i].must_fail, cases[i].run, "loopback-%s", cases[i].name)->number = cases[i].number;
}
