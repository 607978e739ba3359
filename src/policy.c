/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See policy.h. What no rule names is allowed: connect, bind, listen, sendto and
 * getsockname among them, since refusing those breaks every AF_UNIX client.
 *
 * The kernel looks at 32 bits of a 32-bit argument, BPF compares the whole register,
 * of 64 bits on 64-bit machines, so garbage in its upper half must never turn a
 * refusal into an allowance: IS and HAS leave it out of the comparison, IS_NOT and
 * AT_LEAST refuse it.
 */
#include "policy.h"

#include <linux/if_tun.h>
#include <linux/kd.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/vhost.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define NAMED(constant) constant, #constant

/* socketcall(2) has its arguments in memory, where a filter cannot look, so only
 * calls that reach no new peer are left in it: accept, accept4, send, recv,
 * recvfrom, recvmsg, recvmmsg, getsockname, getpeername, getsockopt, shutdown.
 * AT_LEAST refuses garbage, so the others may be IS_WHOLE, which libseccomp sees to
 * cover what it adds to socketcall of its own accord (a third of the array). */
#define SOCKETCALL(number, why) \
	{ BASE, "socketcall", { { IS_WHOLE, 0, number, #number } }, REFUSE, I386 | PPC64LE | S390X, why }

/* On inherited sockets, of which there are none behind -L. */
#define SOCKET_OPTION(level, option, why) \
	{ NOT_LOOPBACK, "setsockopt", { { IS, 1, level, #level }, { IS, 2, option, #option } }, REFUSE, 0, why }
/* Of length 0 it takes away what was set and does nothing else: servers, ircd for one, do so
 * to every connection that they accept. IS_NOT refuses garbage, so no length passes for 0. */
#define SOCKET_OPTION_UNLESS_EMPTY(level, option, why) \
	{ NOT_LOOPBACK, "setsockopt", \
		{ { IS, 1, level, #level }, { IS, 2, option, #option }, { IS_NOT, 4, 0, NULL } }, REFUSE, 0, why }

const char *const policy_filter_names[POLICY_FILTERS] = {
	[BASE] = "base", [NO_CONNECT] = "no_connect", [NO_LISTEN] = "no_listen", [TRACE] = "trace",
	[LOOPBACK] = "loopback"
};

/* What may be made in a network of prog's own. The family alone would not do: SOCK_PACKET under AF_INET
 * is a packet socket, for who has capabilities in a user namespace of its own; protocol 256 is SMC; and generic
 * netlink configures what is not bounded by a namespace. Nor is AF_VSOCK, which reaches the host of a virtual machine. */
#define LISTED(constant) { constant, #constant }
const struct policy_sockets policy_sockets[] = {
	{ { LISTED(AF_UNIX) }, { { 0, NULL } }, { { 0, NULL } } },
	{ { LISTED(AF_INET), LISTED(AF_INET6) }, { LISTED(SOCK_STREAM) },
		{ LISTED(0), LISTED(IPPROTO_TCP), { 262, "262" /* IPPROTO_MPTCP */ } } },
	{ { LISTED(AF_INET) }, { LISTED(SOCK_DGRAM) }, { LISTED(0), LISTED(IPPROTO_UDP), LISTED(IPPROTO_ICMP) } },
	{ { LISTED(AF_INET6) }, { LISTED(SOCK_DGRAM) }, { LISTED(0), LISTED(IPPROTO_UDP), LISTED(IPPROTO_ICMPV6) } },
	{ { LISTED(AF_NETLINK) }, { LISTED(SOCK_RAW), LISTED(SOCK_DGRAM) },
		{ LISTED(NETLINK_ROUTE), LISTED(NETLINK_SOCK_DIAG), LISTED(NETLINK_KOBJECT_UEVENT) } },
};
const size_t policy_socket_rows = sizeof policy_sockets / sizeof policy_sockets[0];

const struct policy_rule policy[] = {
	/* No new sockets. */
	/* First of all, so that nothing that libseccomp adds to socketcall comes before. */
	SOCKETCALL(SYS_SOCKET, "cannot see the family"),
	SOCKETCALL(SYS_BIND, "no need on an inherited stream"),
	SOCKETCALL(SYS_CONNECT, "cannot see whether the kernel tests it"),
	SOCKETCALL(SYS_LISTEN, "turns a connection into a listener"),
	SOCKETCALL(SYS_SOCKETPAIR, "cannot see the family"),
	SOCKETCALL(SYS_SENDTO, "cannot see MSG_FASTOPEN"),
	SOCKETCALL(SYS_SETSOCKOPT, "cannot see the option"),
	SOCKETCALL(SYS_SENDMSG, "cannot see MSG_FASTOPEN"),
	SOCKETCALL(SYS_SENDMMSG, "cannot see MSG_FASTOPEN"),
	{ BASE, "socketcall", { { IS_WHOLE, 0, 0, NULL } }, REFUSE, I386 | PPC64LE | S390X, "no such call" },
	{ BASE, "socketcall", { { AT_LEAST, 0, SYS_SENDMMSG + 1, NULL } }, REFUSE, I386 | PPC64LE | S390X,
		"calls that future kernels may add" },
	{ NOT_LOOPBACK, "socket", { { IS_NOT, 0, NAMED(AF_UNIX) }, { IS_NOT, 2, NAMED(NETLINK_AUDIT) } }, REFUSE, 0,
		"sockets of any family but AF_UNIX" },
	{ LOOPBACK, "socket", { { UNLISTED } }, REFUSE, 0, "those of AF_UNIX, and of a network of prog's own" },
	/* As of a kernel without audit: after EPERM libaudit and PAM give up, and with them useradd, su,
	 * sshd and cron. Not only of AF_NETLINK, so that the two rules together are one without the
	 * protocol, whatever garbage is above it. */
	{ BASE, "socket", { { IS_NOT, 0, NAMED(AF_UNIX) }, { IS_WHOLE, 2, NAMED(NETLINK_AUDIT) } }, UNSUPPORTED, 0,
		"the same; programs ask whether the kernel has audit" },
	{ BASE, "socketpair", { { IS_NOT, 0, NAMED(AF_UNIX) } }, REFUSE, 0, "the same, in pairs (TIPC, SMC)" },
	{ BASE, "io_uring_setup", { { ALWAYS } }, MISSING, 0, "makes and connects sockets unseen by seccomp" },
	{ BASE, "io_uring_enter", { { ALWAYS } }, MISSING, 0, "the same, by a ring passed in" },
	{ BASE, "io_uring_register", { { ALWAYS } }, MISSING, 0, "the same" },

	/* No new peers for the sockets that prog has. */
	{ NOT_LOOPBACK, "sendto", { { HAS, 3, NAMED(MSG_FASTOPEN) } }, REFUSE, 0, "connects; before July 2026 past Landlock" },
	{ NOT_LOOPBACK, "sendmsg", { { HAS, 2, NAMED(MSG_FASTOPEN) } }, REFUSE, 0, "the same" },
	{ NOT_LOOPBACK, "sendmmsg", { { HAS, 3, NAMED(MSG_FASTOPEN) } }, REFUSE, 0, "the same" },
	SOCKET_OPTION(IPPROTO_TCP, TCP_FASTOPEN_CONNECT, "the same, at the next send"),
	{ BASE, "setsockopt", { { IS, 1, NAMED(IPPROTO_TCP) }, { IS, 2, NAMED(TCP_ULP) } }, REFUSE, 0,
		"puts another protocol under a connection (smc)" },
	SOCKET_OPTION_UNLESS_EMPTY(IPPROTO_IP, IP_OPTIONS, "source routing: data leaves for another address"),
	SOCKET_OPTION_UNLESS_EMPTY(IPPROTO_IPV6, IPV6_RTHDR, "the same"),
	SOCKET_OPTION_UNLESS_EMPTY(IPPROTO_IPV6, IPV6_2292PKTOPTIONS, "the same, as RFC 2292 had it"),
	/* The same address on another link is another peer. */
	SOCKET_OPTION(SOL_SOCKET, SO_BINDTODEVICE, "moves a connection to another interface"),
	SOCKET_OPTION(SOL_SOCKET, SO_BINDTOIFINDEX, "the same, by number"),
	SOCKET_OPTION(SOL_SOCKET, SO_DONTROUTE, "passes the gateway by: whoever on the link takes the address"),
	/* The kernel reports a membership to the link: 28 or more bits of prog's choice in
	 * each group address. Of these only IP_ADD_MEMBERSHIP minds that the socket is TCP. */
	SOCKET_OPTION(IPPROTO_IP, IP_ADD_MEMBERSHIP, "tells the link which multicast group is joined"),
	SOCKET_OPTION(IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, "the same"),
	SOCKET_OPTION(IPPROTO_IP, MCAST_JOIN_GROUP, "the same"),
	SOCKET_OPTION(IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, "the same"),
	SOCKET_OPTION(IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, "the same"),
	SOCKET_OPTION(IPPROTO_IPV6, MCAST_JOIN_GROUP, "the same"),
	SOCKET_OPTION(IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP, "the same"),
	/* So are the sources of a group that the socket is in already. */
	SOCKET_OPTION(IPPROTO_IP, IP_BLOCK_SOURCE, "tells the link a source of the group"),
	SOCKET_OPTION(IPPROTO_IP, IP_MSFILTER, "the same"),
	SOCKET_OPTION(IPPROTO_IP, MCAST_BLOCK_SOURCE, "the same"),
	SOCKET_OPTION(IPPROTO_IP, MCAST_MSFILTER, "the same"),
	SOCKET_OPTION(IPPROTO_IPV6, MCAST_BLOCK_SOURCE, "the same"),
	SOCKET_OPTION(IPPROTO_IPV6, MCAST_MSFILTER, "the same"),

	/* Nobody else's network. */
	{ BASE, "setns", { { ALWAYS } }, REFUSE, 0, "joins a network namespace that exists" },
	{ BASE, "request_key", { { IS_NOT, 2, 0, "NULL" } }, REFUSE, 0, "the kernel's helper asks the DNS" },
	/* Who holds a program's descriptor may run it on frames of its own, or put it on an interface,
	 * without a capability. All of bpf, since a later kernel takes flags beside the command. */
	{ BASE, "bpf", { { ALWAYS } }, MISSING, 0, "sends whole frames, by an XDP program passed in" },
	{ BASE, "ioctl", { { IS, 1, NAMED(TIOCSTI) } }, REFUSE, 0, "types into the terminal" },
	{ BASE, "ioctl", { { IS, 1, NAMED(TIOCLINUX) } }, REFUSE, 0, "pastes into the console" },
	{ BASE, "ioctl", { { IS, 1, NAMED(KDSKBDIACR) } }, REFUSE, 0, "chooses what a dead key types, on all consoles" },
	{ BASE, "ioctl", { { IS, 1, NAMED(KDSKBDIACRUC) } }, REFUSE, 0, "the same" },
	/* Which bits are set stands in memory. TIOCMBIC only clears them. */
	{ BASE, "ioctl", { { IS, 1, NAMED(TIOCMBIS) } }, REFUSE, 0,
		"sets the loopback bit of a serial line: what is written comes back as typed" },
	{ BASE, "ioctl", { { IS, 1, NAMED(TIOCMSET) } }, REFUSE, 0, "the same" },
	{ BASE, "ioctl", { { IS, 1, NAMED(TIOCSRS485) } }, REFUSE, 0, "the same, by SER_RS485_RX_DURING_TX" },
	{ BASE, "ioctl", { { IS, 1, 0xc0285443, "TIOCSISO7816" } }, REFUSE, 0, "the same, on the single wire of a card" },
	/* Any terminal will do, one of prog's own too. Bluetooth asks for no capability before Linux
	 * 5.16, GSM modems not before 6.6. */
	{ BASE, "ioctl", { { IS, 1, NAMED(TIOCSETD) } }, REFUSE, 0, "plays a device to the kernel by a line discipline" },
	/* Two ioctl numbers are composed otherwise on powerpc. compile_policy has the
	 * target's compiler check each of these values against its own headers. */
	{ BASE, "ioctl", { { IS, 1, 0x400454ca, "TUNSETIFF" } }, REFUSE, I386 | S390X | OTHERS, "attaches a tap" },
	{ BASE, "ioctl", { { IS, 1, 0x800454ca, "TUNSETIFF" } }, REFUSE, PPC64LE, "attaches a tap" },
	{ BASE, "ioctl", { { IS, 1, 0x0000af01, "VHOST_SET_OWNER" } }, REFUSE, I386 | S390X | OTHERS, "starts a vhost" },
	{ BASE, "ioctl", { { IS, 1, 0x2000af01, "VHOST_SET_OWNER" } }, REFUSE, PPC64LE, "starts a vhost" },

	/* Behind streams that Landlock does not cover; a filter cannot see the family. */
	{ NO_CONNECT, "connect", { { ALWAYS } }, REFUSE, 0, "a connection can be unconnected, then connected again" },
	{ NO_CONNECT, "bind", { { ALWAYS } }, REFUSE, 0, "the same, to another address of ours" },
	{ NO_CONNECT, "sendto", { { IS_NOT, 4, 0, "NULL" } }, REFUSE, 0, "sends to an address" },
	{ NO_LISTEN, "listen", { { ALWAYS } }, REFUSE, 0, "an unconnected stream becomes a listener" },

	/* Where no Landlock domain keeps us from outside processes. */
	{ TRACE, "ptrace", { { ALWAYS } }, REFUSE, 0, "drives a process that has its network" },
	{ TRACE, "process_vm_readv", { { ALWAYS } }, REFUSE, 0, "reads its secrets" },
	{ TRACE, "process_vm_writev", { { ALWAYS } }, REFUSE, 0, "writes its code" },
	{ TRACE, "pidfd_getfd", { { ALWAYS } }, REFUSE, 0, "takes its sockets" },
};

const size_t policy_rules = sizeof policy / sizeof policy[0];
