/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Cases about sockets that the process holds already, inherited or passed in: every
 * way by which one could reach a new peer. A table of attempts, crossed with a table
 * of kinds of sockets. Each pair has a socket of its own, since an attempt may undo it.
 */
#include "netprobe.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/ipv6.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT 30
#endif
#ifndef IP_UNICAST_IF
#define IP_UNICAST_IF 50
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN 0x20000000
#endif

enum { MPTCP = 262, SCTP = 132, UPPER = 7 };

/* In the order of their numbers in netprobe.h. */
const struct holder holders[HOLDERS] = {
	[TCP4] = { "tcp4", "tcp", AF_INET, SOCK_STREAM, IPPROTO_TCP, CONNECTED },
	[TCP4_FREE] = { "tcp4-unconnected", "tcp", AF_INET, SOCK_STREAM, IPPROTO_TCP, UNCONNECTED },
	[TCP6] = { "tcp6", "tcp", AF_INET6, SOCK_STREAM, IPPROTO_TCP, CONNECTED },
	[LISTENER4] = { "listener4", "listener", AF_INET, SOCK_STREAM, IPPROTO_TCP, LISTENING },
	[MPTCP4] = { "mptcp4", "mptcp", AF_INET, SOCK_STREAM, MPTCP, CONNECTED },
	[MPTCP4_FREE] = { "mptcp4-unconnected", "mptcp", AF_INET, SOCK_STREAM, MPTCP, UNCONNECTED },
	[VSOCK] = { "vsock", "vsock", FAMILY_VSOCK, SOCK_STREAM, 0, UNCONNECTED },
	[UDP4] = { "udp4", "udp", AF_INET, SOCK_DGRAM, IPPROTO_UDP, CONNECTED },
	[UDP4_FREE] = { "udp4-unconnected", "udp", AF_INET, SOCK_DGRAM, IPPROTO_UDP, UNCONNECTED },
	[UDP6] = { "udp6", "udp", AF_INET6, SOCK_DGRAM, IPPROTO_UDP, CONNECTED },
	[SCTP4] = { "sctp4", "sctp", AF_INET, SOCK_STREAM, SCTP, UNCONNECTED },
	[PASSED_TCP4] = { "passed-tcp4", NULL, AF_INET, SOCK_STREAM, IPPROTO_TCP, CONNECTED },
	[PASSED_TCP4_FREE] = { "passed-tcp4-unconnected", NULL, AF_INET, SOCK_STREAM, IPPROTO_TCP, UNCONNECTED },
	[PASSED_TCP6] = { "passed-tcp6", NULL, AF_INET6, SOCK_STREAM, IPPROTO_TCP, CONNECTED },
	[PASSED_MPTCP4] = { "passed-mptcp4", NULL, AF_INET, SOCK_STREAM, MPTCP, CONNECTED },
	[PASSED_UDP4] = { "passed-udp4", NULL, AF_INET, SOCK_DGRAM, IPPROTO_UDP, CONNECTED },
	[PASSED_UDP4_FREE] = { "passed-udp4-unconnected", NULL, AF_INET, SOCK_DGRAM, IPPROTO_UDP, UNCONNECTED },
	[PASSED_UDP6] = { "passed-udp6", NULL, AF_INET6, SOCK_DGRAM, IPPROTO_UDP, CONNECTED },
};

/* An attempt is made with a descriptor; it returns the verdict. */
typedef struct result attempt_function(const struct probe *probe, int fd);

static bool is_v6(const struct probe *probe) { return holders[probe->holder].domain == AF_INET6; }
static bool is_stream(const struct probe *probe) { return holders[probe->holder].type == SOCK_STREAM; }

static const union address *new_peer(const struct probe *probe)
{
	if (holders[probe->holder].domain == FAMILY_VSOCK)
		return &shared->new_vsock;
	if (is_stream(probe))
		return is_v6(probe) ? &shared->new6 : &shared->new4;
	return is_v6(probe) ? &shared->new_udp6 : &shared->new_udp4;
}

static socklen_t size_of(const union address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof address->in6 : sizeof address->in; /* vsock's is of that size too */
}

/* Undoes a connection, or a listener; the means of other attempts, never refused on its own account. */
static bool unconnect(int fd)
{
	const struct sockaddr unspecified = { .sa_family = AF_UNSPEC };

	return connect(fd, &unspecified, sizeof unspecified) == 0;
}

static struct result send_and_prove(const struct probe *probe, int fd)
{
	if (send(fd, token(probe), strlen(token(probe)), MSG_NOSIGNAL) < 0)
		return refused("send");
	return prove("new", probe);
}

static struct result attempt_connect(const struct probe *probe, int fd)
{
	const union address *peer = new_peer(probe);

	if (connect(fd, &peer->any, size_of(peer)) != 0)
		return refused("connect");
	return send_and_prove(probe, fd);
}

static struct result attempt_unspec_connect(const struct probe *probe, int fd)
{
	if (!unconnect(fd) && errno != ENOTCONN)
		return refused("connect AF_UNSPEC");
	return attempt_connect(probe, fd);
}

static struct result attempt_duplicate(const struct probe *probe, int fd)
{
	const int copy = dup(fd);

	if (copy < 0)
		return refused("dup");
	return attempt_unspec_connect(probe, copy);
}

/* The proof of a listener is that the outside gets in. */
static struct result prove_listener(const struct probe *probe, int fd)
{
	union address own;
	socklen_t size = sizeof own;
	char request[RECORD], line[RECORD] = "";

	if (getsockname(fd, &own.any, &size) != 0)
		return refused("getsockname");
	snprintf(request, sizeof request, "dial %d %s", ntohs(own.in.sin_port), token(probe));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = 2 }, sizeof(struct timeval));
	ask_accomplice(request);
	const int caller = accept(fd, NULL, NULL);
	if (caller < 0 || read(caller, line, sizeof line - 1) <= 0 || strcmp(line, token(probe)) != 0)
		return refused("accept on the new listener");
	return result(ESCAPED, "the outside came in by port %d", ntohs(own.in.sin_port));
}

static struct result attempt_unspec_listen(const struct probe *probe, int fd)
{
	unconnect(fd);
	if (listen(fd, 5) != 0)
		return refused("listen");
	return prove_listener(probe, fd);
}

static struct result attempt_listen_again(const struct probe *probe, int fd)
{
	shutdown(fd, SHUT_RDWR);
	if (listen(fd, 5) != 0)
		return refused("listen");
	return prove_listener(probe, fd);
}

static uint32_t own_port(int fd)
{
	union address own = { .vm = { .port = 0 } };
	socklen_t size = sizeof own;

	if (getsockname(fd, &own.any, &size) != 0)
		return 0;
	if (own.any.sa_family == FAMILY_VSOCK)
		return own.vm.port == UINT32_MAX ? 0 : own.vm.port;
	return ntohs(own.in.sin_port); /* sin6_port is in the same place */
}

static struct result attempt_bind(const struct probe *probe, int fd)
{
	union address wanted = *new_peer(probe);

	unconnect(fd);
	const uint32_t before = own_port(fd); /* TCP still names the one that it gave up */
	if (wanted.any.sa_family == FAMILY_VSOCK)
		wanted.vm.port = UINT32_MAX; /* any */
	else
		wanted.in.sin_port = 0;
	if (bind(fd, &wanted.any, size_of(&wanted)) != 0)
		return refused("bind");
	if (own_port(fd) == before)
		return result(BROKEN, "bind said yes and did not");
	return result(ESCAPED, "bound to port %u", (unsigned)own_port(fd));
}

/* --- Sending to an address. --- */

enum send_call { SENDTO, SENDMSG, SENDMMSG };

/* sendto, sendmsg, sendmmsg as plain system calls, with garbage above the flags' 32 bits if wanted. */
static long send_by(enum send_call call, int fd, const struct probe *probe, const union address *to, uint64_t flags, struct msghdr *with)
{
	struct iovec data = { .iov_base = (void *)(uintptr_t)token(probe), .iov_len = strlen(token(probe)) };
	struct mmsghdr message = { .msg_hdr = { .msg_name = (void *)(uintptr_t)to, .msg_namelen = to ? size_of(to) : 0,
		.msg_iov = &data, .msg_iovlen = 1 } };

	if (with) {
		message.msg_hdr.msg_control = with->msg_control;
		message.msg_hdr.msg_controllen = with->msg_controllen;
	}
	switch (call) {
	case SENDTO:
		return syscall(SYS_sendto, fd, data.iov_base, data.iov_len, (long)flags, to, (long)message.msg_hdr.msg_namelen);
	case SENDMSG: return syscall(SYS_sendmsg, fd, &message.msg_hdr, (long)flags);
	default: return syscall(SYS_sendmmsg, fd, &message, 1L, (long)flags);
	}
}

static const char *const send_names[] = { "sendto", "sendmsg", "sendmmsg" };

static struct result send_to(const struct probe *probe, int fd, enum send_call call, uint64_t flags, const union address *to)
{
	if (send_by(call, fd, probe, to, flags, NULL) < 0)
		return refused(send_names[call]);
	return prove("new", probe);
}

static struct result attempt_sendto(const struct probe *probe, int fd) { return send_to(probe, fd, SENDTO, 0, new_peer(probe)); }
static struct result attempt_sendmsg(const struct probe *probe, int fd) { return send_to(probe, fd, SENDMSG, 0, new_peer(probe)); }
static struct result attempt_sendmmsg(const struct probe *probe, int fd) { return send_to(probe, fd, SENDMMSG, 0, new_peer(probe)); }

/* UDP takes AF_UNSPEC for AF_INET, for the sake of old programs. */
static struct result attempt_sendto_unspec(const struct probe *probe, int fd)
{
	union address peer = *new_peer(probe);

	peer.any.sa_family = AF_UNSPEC;
	return send_to(probe, fd, SENDTO, 0, &peer);
}

static struct result attempt_fastopen(const struct probe *probe, int fd, enum send_call call, uint64_t garbage)
{
	unconnect(fd);
	return send_to(probe, fd, call, MSG_FASTOPEN | garbage << 32, new_peer(probe));
}

static struct result attempt_fastopen_sendto(const struct probe *probe, int fd) { return attempt_fastopen(probe, fd, SENDTO, 0); }
static struct result attempt_fastopen_sendmsg(const struct probe *probe, int fd) { return attempt_fastopen(probe, fd, SENDMSG, 0); }
static struct result attempt_fastopen_sendmmsg(const struct probe *probe, int fd) { return attempt_fastopen(probe, fd, SENDMMSG, 0); }
static struct result attempt_fastopen_garbage(const struct probe *probe, int fd)
{
	struct result got = { .verdict = BLOCKED };

	if (sizeof(long) == 4)
		return result(NOT_HERE, "registers have 32 bits");
	for (enum send_call call = SENDTO; call <= SENDMMSG && got.verdict == BLOCKED; call++)
		got = attempt_fastopen(probe, fd, call, UPPER);
	return got;
}

static struct result attempt_fastopen_connect(const struct probe *probe, int fd)
{
	const int on = 1;

	unconnect(fd);
	if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on) != 0)
		return refused("TCP_FASTOPEN_CONNECT");
	return attempt_connect(probe, fd);
}

/* --- i386 calls with the same descriptor: what they point to lies below 4 GiB. --- */

enum { I386_CONNECT = 362, I386_LISTEN = 363, I386_SETSOCKOPT = 366, I386_SENDTO = 369, I386_SENDMSG = 370, I386_SENDMMSG = 345,
	I386_SOCKETCALL = 102, CALL_CONNECT = 3, CALL_LISTEN = 4, CALL_SENDTO = 11, CALL_SETSOCKOPT = 14, CALL_SENDMSG = 16, CALL_SENDMMSG = 20 };

struct low {
	uint32_t arguments[8];
	union address peer;
	char text[RECORD];
	uint32_t vector[2];  /* struct compat_iovec */
	uint32_t message[8]; /* struct compat_mmsghdr */
	uint8_t option[64];
};

static struct low *prepare_low(const struct probe *probe)
{
	struct low *low = has_int80() ? low_memory() : NULL;

	if (!low)
		return NULL;
	low->peer = *new_peer(probe);
	snprintf(low->text, sizeof low->text, "%s", token(probe));
	low->vector[0] = (uint32_t)(uintptr_t)low->text;
	low->vector[1] = (uint32_t)strlen(low->text);
	low->message[0] = (uint32_t)(uintptr_t)&low->peer;
	low->message[1] = size_of(&low->peer);
	low->message[2] = (uint32_t)(uintptr_t)low->vector;
	low->message[3] = 1;
	return low;
}

/* One call, directly or through socketcall. */
static long call32(struct low *low, bool multiplexed, int direct, int through, const uint32_t arguments[6])
{
	long answer;

	memcpy(low->arguments, arguments, 6 * sizeof arguments[0]);
	if (multiplexed)
		answer = int80(I386_SOCKETCALL, through, (long)(uintptr_t)low->arguments, 0, 0, 0, 0);
	else
		answer = int80(direct, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
	if (answer < 0)
		errno = (int)-answer;
	return answer;
}

static struct result attempt32_connect(const struct probe *probe, int fd, bool multiplexed)
{
	struct low *low = prepare_low(probe);

	if (!low)
		return result(NOT_HERE, "no i386 calls here");
	unconnect(fd);
	if (call32(low, multiplexed, I386_CONNECT, CALL_CONNECT, (uint32_t[6]){ (uint32_t)fd, (uint32_t)(uintptr_t)&low->peer, size_of(&low->peer) }) < 0)
		return refused("i386 connect");
	return send_and_prove(probe, fd);
}

static struct result attempt32_fastopen(const struct probe *probe, int fd, bool multiplexed)
{
	struct low *low = prepare_low(probe);
	struct result last;
	const uint32_t message = low ? (uint32_t)(uintptr_t)low->message : 0;

	if (!low)
		return result(NOT_HERE, "no i386 calls here");
	unconnect(fd);
	if (call32(low, multiplexed, I386_SENDTO, CALL_SENDTO, (uint32_t[6]){ (uint32_t)fd, low->vector[0], low->vector[1],
			MSG_FASTOPEN, (uint32_t)(uintptr_t)&low->peer, size_of(&low->peer) }) >= 0)
		return prove("new", probe);
	last = refused("i386 sendto");
	if (call32(low, multiplexed, I386_SENDMSG, CALL_SENDMSG, (uint32_t[6]){ (uint32_t)fd, message, MSG_FASTOPEN }) >= 0 ||
		call32(low, multiplexed, I386_SENDMMSG, CALL_SENDMMSG, (uint32_t[6]){ (uint32_t)fd, message, 1, MSG_FASTOPEN }) >= 0)
		return prove("new", probe);
	return last;
}

static struct result attempt32_listen(const struct probe *probe, int fd, bool multiplexed)
{
	struct low *low = prepare_low(probe);

	if (!low)
		return result(NOT_HERE, "no i386 calls here");
	unconnect(fd);
	if (call32(low, multiplexed, I386_LISTEN, CALL_LISTEN, (uint32_t[6]){ (uint32_t)fd, 5 }) < 0)
		return refused("i386 listen");
	return prove_listener(probe, fd);
}

static struct result attempt_int80_connect(const struct probe *probe, int fd) { return attempt32_connect(probe, fd, false); }
static struct result attempt_socketcall_connect(const struct probe *probe, int fd) { return attempt32_connect(probe, fd, true); }
static struct result attempt_int80_fastopen(const struct probe *probe, int fd) { return attempt32_fastopen(probe, fd, false); }
static struct result attempt_socketcall_fastopen(const struct probe *probe, int fd) { return attempt32_fastopen(probe, fd, true); }
static struct result attempt_int80_listen(const struct probe *probe, int fd) { return attempt32_listen(probe, fd, false); }
static struct result attempt_socketcall_listen(const struct probe *probe, int fd) { return attempt32_listen(probe, fd, true); }

/* --- Source routing: what the wire (the driver's tun device) saw is the proof. --- */

/* An address that only this case in this run sends to. */
static int place(const struct probe *probe) { return (int)shared->run * 100 + probe->slot + (holders[probe->holder].set ? 10 : 60); }

static const char *place4(const struct probe *probe, uint8_t bytes[4])
{
	static char text[40];

	memcpy(bytes, (uint8_t[4]){ 10, 77, (uint8_t)(1 + probe->holder), (uint8_t)place(probe) }, 4);
	snprintf(text, sizeof text, "to 10.77.%d.%d", bytes[2], bytes[3]);
	return text;
}

static const char *place6(const struct probe *probe, uint8_t bytes[16])
{
	static char text[40];

	memcpy(bytes, (uint8_t[16]){ 0xfd, 0x77 }, 16);
	bytes[14] = (uint8_t)(1 + probe->holder);
	bytes[15] = (uint8_t)place(probe);
	snprintf(text, sizeof text, "to fd77::%d.%d", bytes[14], bytes[15]);
	return text;
}

static struct result send_and_prove_route(const struct probe *probe, int fd, const char *where)
{
	const int service = 0x10;

	/* A connection goes on by its cached route until something makes it look again. */
	setsockopt(fd, IPPROTO_IP, IP_TOS, &service, sizeof service);
	if (send(fd, token(probe), strlen(token(probe)), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return refused("send");
	if (outside_received("wire", where))
		return result(ESCAPED, "the wire saw a packet %s", where);
	return result(BROKEN, "not refused, and yet nothing on the wire");
}

static const char *fill_loose_route(const struct probe *probe, uint8_t option[8])
{
	memcpy(option, (uint8_t[8]){ IPOPT_LSRR, 7, 4, 0, 0, 0, 0, IPOPT_NOP }, 8);
	return place4(probe, option + 3);
}

static struct result attempt_ip_options(const struct probe *probe, int fd)
{
	uint8_t option[8];
	const char *where = fill_loose_route(probe, option);

	if (!shared->wire)
		return result(NOT_HERE, "no wire: the driver was not started by root");
	if (setsockopt(fd, IPPROTO_IP, IP_OPTIONS, option, sizeof option) != 0)
		return refused("IP_OPTIONS");
	return send_and_prove_route(probe, fd, where);
}

static struct result attempt_ip_options_garbage(const struct probe *probe, int fd)
{
	uint8_t option[8];
	const char *where = fill_loose_route(probe, option);

	if (!shared->wire)
		return result(NOT_HERE, "no wire: the driver was not started by root");
	if (sizeof(long) == 4)
		return result(NOT_HERE, "registers have 32 bits");
	if (syscall(SYS_setsockopt, fd, (long)((uint64_t)UPPER << 32 | IPPROTO_IP), (long)((uint64_t)UPPER << 32 | IP_OPTIONS), option, sizeof option) != 0)
		return refused("IP_OPTIONS");
	return send_and_prove_route(probe, fd, where);
}

static struct result attempt32_ip_options(const struct probe *probe, int fd, bool multiplexed)
{
	struct low *low = prepare_low(probe);

	if (!shared->wire)
		return result(NOT_HERE, "no wire: the driver was not started by root");
	if (!low)
		return result(NOT_HERE, "no i386 calls here");
	const char *where = fill_loose_route(probe, low->option);
	if (call32(low, multiplexed, I386_SETSOCKOPT, CALL_SETSOCKOPT, (uint32_t[6]){ (uint32_t)fd, IPPROTO_IP, IP_OPTIONS, (uint32_t)(uintptr_t)low->option, 8 }) != 0)
		return refused("i386 IP_OPTIONS");
	return send_and_prove_route(probe, fd, where);
}
static struct result attempt_int80_ip_options(const struct probe *probe, int fd) { return attempt32_ip_options(probe, fd, false); }
static struct result attempt_socketcall_ip_options(const struct probe *probe, int fd) { return attempt32_ip_options(probe, fd, true); }

/* Type 4, the segment routing header of RFC 8754: two segments, the second is where it goes first. */
struct routing_header { uint8_t next, length, type, left, last, flags, tag[2], segments[2][16]; };

static const char *fill_segment_route(const struct probe *probe, struct routing_header *header)
{
	*header = (struct routing_header){ .length = 4, .type = 4, .left = 1, .last = 1 };
	return place6(probe, header->segments[1]);
}

static struct result attempt_rthdr(const struct probe *probe, int fd)
{
	struct routing_header header;
	const char *where = fill_segment_route(probe, &header);

	if (!shared->wire)
		return result(NOT_HERE, "no wire: the driver was not started by root");
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_RTHDR, &header, sizeof header) != 0)
		return refused("IPV6_RTHDR");
	return send_and_prove_route(probe, fd, where);
}

/* sendmmsg asks security modules about the first message to an address only; where there is
 * no address, about each. */
static long send_second(int fd, const struct probe *probe, struct msghdr *with)
{
	struct iovec data = { .iov_base = (void *)(uintptr_t)token(probe), .iov_len = strlen(token(probe)) };
	struct mmsghdr messages[2] = { { .msg_len = 0 }, { .msg_hdr = *with } };

	messages[1].msg_hdr.msg_iov = &data;
	messages[1].msg_hdr.msg_iovlen = 1;
	const long sent = syscall(SYS_sendmmsg, fd, messages, 2L, 0L);
	return sent == 2 ? 2 : -1;
}

/* Type 2, of mobile IPv6: what the older interfaces and control messages take. */
static struct result send_with_type_2(const struct probe *probe, int fd, bool sticky, bool second, int level)
{
	struct { uint8_t next, length, type, left, reserved[4], home[16]; } header = { .length = 2, .type = 2, .left = 1 };
	union { struct cmsghdr header; char space[CMSG_SPACE(sizeof header)]; } control;
	const char *where = place6(probe, header.home);

	if (!shared->wire)
		return result(NOT_HERE, "no wire: the driver was not started by root");
	memset(&control, 0, sizeof control);
	control.header.cmsg_level = IPPROTO_IPV6;
	control.header.cmsg_type = level;
	control.header.cmsg_len = CMSG_LEN(sizeof header);
	memcpy(CMSG_DATA(&control.header), &header, sizeof header);
	if (sticky) {
		if (setsockopt(fd, IPPROTO_IPV6, 6 /* IPV6_2292PKTOPTIONS */, &control, sizeof control) != 0)
			return refused("IPV6_2292PKTOPTIONS");
		return send_and_prove_route(probe, fd, where);
	}
	struct msghdr with = { .msg_control = &control, .msg_controllen = sizeof control };
	if ((second ? send_second(fd, probe, &with) : send_by(SENDMSG, fd, probe, NULL, 0, &with)) < 0)
		return refused("sendmsg with IPV6_RTHDR");
	if (outside_received("wire", where))
		return result(ESCAPED, "the wire saw a packet %s", where);
	return result(BROKEN, "not refused, and yet nothing on the wire");
}

static struct result attempt_pktoptions(const struct probe *probe, int fd) { return send_with_type_2(probe, fd, true, false, 5 /* IPV6_2292RTHDR */); }
static struct result attempt_control_rthdr(const struct probe *probe, int fd) { return send_with_type_2(probe, fd, false, false, IPV6_RTHDR); }
static struct result attempt_second_rthdr(const struct probe *probe, int fd) { return send_with_type_2(probe, fd, false, true, IPV6_RTHDR); }

static struct result send_with_options(const struct probe *probe, int fd, bool second)
{
	uint8_t option[8];
	const char *where = fill_loose_route(probe, option);
	union { struct cmsghdr header; char space[CMSG_SPACE(sizeof option)]; } control;
	struct msghdr with = { .msg_control = &control, .msg_controllen = sizeof control };

	if (!shared->wire)
		return result(NOT_HERE, "no wire: the driver was not started by root");
	memset(&control, 0, sizeof control);
	control.header.cmsg_level = IPPROTO_IP;
	control.header.cmsg_type = IP_RETOPTS;
	control.header.cmsg_len = CMSG_LEN(sizeof option);
	memcpy(CMSG_DATA(&control.header), option, sizeof option);
	if ((second ? send_second(fd, probe, &with) : send_by(SENDMSG, fd, probe, NULL, 0, &with)) < 0)
		return refused("sendmsg with IP_RETOPTS");
	if (outside_received("wire", where))
		return result(ESCAPED, "the wire saw a packet %s", where);
	return result(BROKEN, "not refused, and yet nothing on the wire");
}
static struct result attempt_control_options(const struct probe *probe, int fd) { return send_with_options(probe, fd, false); }
static struct result attempt_second_options(const struct probe *probe, int fd) { return send_with_options(probe, fd, true); }

/* --- Another interface: the same address on another link is another peer. --- */

static struct result prove_device(const struct probe *probe, int fd)
{
	if (send(fd, token(probe), strlen(token(probe)), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return refused("send");
	return prove("wire1", probe);
}

static struct result attempt_bind_to_device(const struct probe *probe, int fd)
{
	if (!shared->wire)
		return result(NOT_HERE, "no wire: the driver was not started by root");
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "wire1", 6) != 0)
		return refused("SO_BINDTODEVICE");
	return prove_device(probe, fd);
}

static struct result attempt_bind_to_index(const struct probe *probe, int fd)
{
	const int index = shared->second_wire;

	if (!shared->wire)
		return result(NOT_HERE, "no wire: the driver was not started by root");
	if (setsockopt(fd, SOL_SOCKET, 62 /* SO_BINDTOIFINDEX */, &index, sizeof index) != 0)
		return refused("SO_BINDTOIFINDEX");
	return prove_device(probe, fd);
}

/* What datagrams mind only: an interface for all of them, or for one. */
static struct result attempt_unicast_interface(const struct probe *probe, int fd)
{
	const uint32_t index = htonl((uint32_t)shared->second_wire);
	const int service = 0x10;

	if (!shared->wire)
		return result(NOT_HERE, "no wire: the driver was not started by root");
	if (setsockopt(fd, IPPROTO_IP, IP_UNICAST_IF, &index, sizeof index) != 0)
		return refused("IP_UNICAST_IF");
	setsockopt(fd, IPPROTO_IP, IP_TOS, &service, sizeof service); /* to look for the route again */
	return prove_device(probe, fd);
}

static struct result attempt_control_info(const struct probe *probe, int fd)
{
	const struct in_pktinfo info = { .ipi_ifindex = shared->second_wire };
	const int service = 0x10;
	union { struct cmsghdr header; char space[CMSG_SPACE(sizeof info)]; } control = { .header = { .cmsg_level = IPPROTO_IP,
		.cmsg_type = IP_PKTINFO, .cmsg_len = CMSG_LEN(sizeof info) } };
	struct msghdr with = { .msg_control = &control, .msg_controllen = sizeof control };

	if (!shared->wire)
		return result(NOT_HERE, "no wire: the driver was not started by root");
	memcpy(CMSG_DATA(&control.header), &info, sizeof info);
	setsockopt(fd, IPPROTO_IP, IP_TOS, &service, sizeof service);
	if (send_by(SENDMSG, fd, probe, NULL, 0, &with) < 0)
		return refused("sendmsg with IP_PKTINFO");
	return prove("wire1", probe);
}

/* A routing rule of the wire sends what this user owns by the second wire. A socket belongs to who made it, or to
 * whom its maker gives it. */
static struct result attempt_owner(const struct probe *probe, int fd)
{
	const int service = 0x10;

	if (!shared->wire)
		return result(NOT_HERE, "no wire: the driver was not started by root");
	if (fchown(fd, ROUTED_USER, (gid_t)-1) != 0)
		return refused("fchown of the socket");
	setsockopt(fd, IPPROTO_IP, IP_TOS, &service, sizeof service); /* to look for the route again */
	return prove_device(probe, fd);
}

/* --- Multicast: joining a group makes the kernel send its address, which is data, to the link. --- */

struct group4_request { struct in_addr group, interface, source; };

static struct result judge_join(const char *option, const uint8_t *group, bool v6)
{
	char where[40];

	if (v6)
		snprintf(where, sizeof where, "joins ff15:77::%d.%d", group[14], group[15]);
	else
		snprintf(where, sizeof where, "joins 239.77.%d.%d", group[2], group[3]);
	if (outside_received("wire", where))
		return result(ESCAPED, "%s: the wire saw a report that %s", option, where);
	return result(BROKEN, "%s: not refused, and yet nothing on the wire", option);
}

static struct result attempt_join(const struct probe *probe, int fd)
{
	enum { ADD = 35, ADD_SOURCE = 39, JOIN_GROUP = 42, JOIN_SOURCE_GROUP = 46, ADD_V6 = 20 };
	static const struct { int option; const char *name; } joins[] = {
		{ ADD, "IP_ADD_MEMBERSHIP" }, { ADD_SOURCE, "IP_ADD_SOURCE_MEMBERSHIP" },
		{ JOIN_GROUP, "MCAST_JOIN_GROUP" }, { JOIN_SOURCE_GROUP, "MCAST_JOIN_SOURCE_GROUP" },
	};
	const bool v6 = is_v6(probe);
	struct { uint32_t interface; union { struct sockaddr_storage any; struct sockaddr_in in; struct sockaddr_in6 in6; } group, source; } request;
	struct group4_request old = { .source = { htonl(0x0a4d0009) } };
	struct ipv6_mreq old6 = { .ipv6mr_interface = (unsigned)shared->wire };
	uint8_t *bytes = v6 ? request.group.in6.sin6_addr.s6_addr : (uint8_t *)&request.group.in.sin_addr;
	const int i = (int)probe->number & 3;
	int failed;

	if (!shared->wire)
		return result(NOT_HERE, "no wire: the driver was not started by root");
	memset(&request, 0, sizeof request);
	request.interface = (uint32_t)shared->wire;
	request.group.any.ss_family = request.source.any.ss_family = (sa_family_t)(v6 ? AF_INET6 : AF_INET);
	if (v6) {
		place6(probe, bytes);
		bytes[0] = 0xff, bytes[1] = 0x15, bytes[3] = 0x77;
		memcpy(request.source.in6.sin6_addr.s6_addr, (uint8_t[16]){ 0xfd, 0x77, [15] = 9 }, 16);
	} else {
		place4(probe, bytes);
		bytes[0] = 239;
		request.source.in.sin_addr = old.source;
	}
	memcpy(&old.group, bytes, sizeof old.group);
	old.interface.s_addr = htonl(0x0a4d0001); /* 10.77.0.1 */
	memcpy(&old6.ipv6mr_multiaddr, bytes, v6 ? 16 : 0);
	const int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	if (joins[i].option == ADD)
		failed = v6 ? setsockopt(fd, level, ADD_V6, &old6, sizeof old6)
					: setsockopt(fd, level, ADD, &old, 2 * sizeof(struct in_addr));
	else if (joins[i].option == ADD_SOURCE)
		failed = setsockopt(fd, level, ADD_SOURCE, &old, sizeof old);
	else
		failed = setsockopt(fd, level, joins[i].option, &request, joins[i].option == JOIN_GROUP
			? offsetof(__typeof__(request), source) : sizeof request);
	if (failed != 0)
		return refused(joins[i].name);
	return judge_join(joins[i].name, bytes, v6);
}

static struct result attempt_join_as(const struct probe *probe, int fd, int which)
{
	struct probe as = *probe;

	as.number = which;
	return attempt_join(&as, fd);
}
static struct result attempt_join_0(const struct probe *probe, int fd) { return attempt_join_as(probe, fd, 0); }
static struct result attempt_join_1(const struct probe *probe, int fd) { return attempt_join_as(probe, fd, 1); }
static struct result attempt_join_2(const struct probe *probe, int fd) { return attempt_join_as(probe, fd, 2); }
static struct result attempt_join_3(const struct probe *probe, int fd) { return attempt_join_as(probe, fd, 3); }

/* --- Another protocol slipped under a connection, and SCTP's own connect. --- */

static struct result attempt_ulp_smc(const struct probe *probe, int fd)
{
	unconnect(fd);
	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "smc", 3) != 0)
		return refused("TCP_ULP smc");
	return attempt_connect(probe, fd);
}

static struct result attempt_ulp_tls(const struct probe *probe, int fd)
{
	(void)probe;
	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 3) != 0)
		return refused("TCP_ULP tls");
	return result(ESCAPED, "the protocol lies over the connection");
}

static struct result attempt_connectx(const struct probe *probe, int fd)
{
	const union address *peer = new_peer(probe);

	if (setsockopt(fd, SCTP, 110 /* SCTP_SOCKOPT_CONNECTX */, peer, size_of(peer)) < 0)
		return refused("SCTP_SOCKOPT_CONNECTX");
	return send_and_prove(probe, fd);
}

/* --- The table of attempts, and with which sockets each makes sense. --- */

enum { STREAMS = 1, DATAGRAMS = 2, LISTENERS = 4, V4 = 8, V6 = 16, TCP_ONLY = 32, SCTP_ONLY = 64, CONNECTED_ONLY = 128,
	UNCONNECTED_ONLY = 256, INTERNET = 512 };

static const struct attempt {
	const char *name;
	attempt_function *run;
	unsigned with;
} attempts[] = {
	{ "connect", attempt_connect, STREAMS | DATAGRAMS | UNCONNECTED_ONLY },
	{ "unspec-connect", attempt_unspec_connect, STREAMS | DATAGRAMS | LISTENERS },
	{ "duplicate-connect", attempt_duplicate, STREAMS | DATAGRAMS },
	{ "unspec-listen", attempt_unspec_listen, STREAMS | INTERNET },
	{ "listen-again", attempt_listen_again, LISTENERS },
	{ "bind", attempt_bind, STREAMS | DATAGRAMS | LISTENERS },
	{ "sendto", attempt_sendto, DATAGRAMS },
	{ "sendto-af-unspec", attempt_sendto_unspec, DATAGRAMS | V4 },
	{ "sendmsg", attempt_sendmsg, DATAGRAMS },
	{ "sendmmsg", attempt_sendmmsg, DATAGRAMS },
	{ "fastopen-sendto", attempt_fastopen_sendto, STREAMS | LISTENERS | INTERNET },
	{ "fastopen-sendmsg", attempt_fastopen_sendmsg, STREAMS | INTERNET },
	{ "fastopen-sendmmsg", attempt_fastopen_sendmmsg, STREAMS | INTERNET },
	{ "fastopen-garbage-flags", attempt_fastopen_garbage, STREAMS | INTERNET },
	{ "fastopen-connect", attempt_fastopen_connect, STREAMS | INTERNET },
	{ "int80-connect", attempt_int80_connect, STREAMS | DATAGRAMS | INTERNET },
	{ "socketcall-connect", attempt_socketcall_connect, STREAMS | DATAGRAMS | INTERNET },
	{ "int80-fastopen", attempt_int80_fastopen, STREAMS | INTERNET },
	{ "socketcall-fastopen", attempt_socketcall_fastopen, STREAMS | INTERNET },
	{ "int80-listen", attempt_int80_listen, STREAMS | INTERNET },
	{ "socketcall-listen", attempt_socketcall_listen, STREAMS | INTERNET },
	{ "ip-options", attempt_ip_options, STREAMS | DATAGRAMS | V4 | CONNECTED_ONLY },
	{ "ip-options-garbage-level", attempt_ip_options_garbage, STREAMS | DATAGRAMS | V4 | CONNECTED_ONLY },
	{ "int80-ip-options", attempt_int80_ip_options, STREAMS | DATAGRAMS | V4 | CONNECTED_ONLY },
	{ "socketcall-ip-options", attempt_socketcall_ip_options, STREAMS | DATAGRAMS | V4 | CONNECTED_ONLY },
	{ "control-message-options", attempt_control_options, DATAGRAMS | V4 | CONNECTED_ONLY },
	{ "control-message-second-options", attempt_second_options, DATAGRAMS | V4 | CONNECTED_ONLY },
	{ "routing-header", attempt_rthdr, STREAMS | DATAGRAMS | V6 | CONNECTED_ONLY },
	{ "packet-options-2292", attempt_pktoptions, STREAMS | DATAGRAMS | V6 | CONNECTED_ONLY },
	{ "control-message-header", attempt_control_rthdr, DATAGRAMS | V6 | CONNECTED_ONLY },
	{ "control-message-second-header", attempt_second_rthdr, DATAGRAMS | V6 | CONNECTED_ONLY },
	{ "bind-to-device", attempt_bind_to_device, STREAMS | CONNECTED_ONLY },
	{ "bind-to-interface-index", attempt_bind_to_index, STREAMS | CONNECTED_ONLY },
	{ "unicast-interface", attempt_unicast_interface, DATAGRAMS | V4 | CONNECTED_ONLY },
	{ "control-message-info", attempt_control_info, DATAGRAMS | V4 | CONNECTED_ONLY },
	{ "owner", attempt_owner, STREAMS | V4 | TCP_ONLY | CONNECTED_ONLY },
	{ "join-membership", attempt_join_0, STREAMS | DATAGRAMS | LISTENERS | INTERNET },
	{ "join-source-membership", attempt_join_1, STREAMS | DATAGRAMS | V4 },
	{ "join-group", attempt_join_2, STREAMS | DATAGRAMS | INTERNET },
	{ "join-source-group", attempt_join_3, STREAMS | DATAGRAMS | INTERNET },
	{ "ulp-smc", attempt_ulp_smc, STREAMS | TCP_ONLY },
	{ "ulp-tls", attempt_ulp_tls, STREAMS | TCP_ONLY | CONNECTED_ONLY },
	{ "connectx", attempt_connectx, STREAMS | SCTP_ONLY },
	{ "sctp-sendmsg", attempt_sendmsg, STREAMS | SCTP_ONLY },
};
enum { ATTEMPTS = sizeof attempts / sizeof attempts[0] };
_Static_assert(ATTEMPTS <= SLOTS - 4, "the last four slots are for what must work");

static bool fits(const struct attempt *attempt, const struct holder *holder)
{
	const unsigned shape = holder->state == LISTENING ? LISTENERS : holder->type == SOCK_STREAM ? STREAMS : DATAGRAMS;

	return (attempt->with & shape) && (!(attempt->with & V4) || holder->domain == AF_INET) &&
		(!(attempt->with & V6) || holder->domain == AF_INET6) &&
		(!(attempt->with & TCP_ONLY) || holder->protocol == IPPROTO_TCP) &&
		(!(attempt->with & SCTP_ONLY) || holder->protocol == SCTP) &&
		(!(attempt->with & INTERNET) || holder->domain != FAMILY_VSOCK) &&
		(!(attempt->with & UNCONNECTED_ONLY) || holder->state == UNCONNECTED) &&
		(!(attempt->with & CONNECTED_ONLY) || holder->state == CONNECTED);
}

static struct result probe_attempt(const struct probe *probe)
{
	struct result nothing;
	struct rlimit limit;

	if (strncmp(probe->name, "int80", 5) == 0 || strncmp(probe->name, "socketcall", 10) == 0)
		if (!has_int80())
			return result(NOT_HERE, "no i386 calls here");
	if (holders[probe->holder].domain == FAMILY_VSOCK && shared->new_vsock.vm.family != FAMILY_VSOCK)
		return result(NOT_HERE, "no vsock loopback");
	const int fd = held_descriptor(probe, &nothing);
	if (fd < 0)
		return nothing;
	/* Behind a lowered limit the descriptor stays, but there is no room for others. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	return attempts[probe->number].run(probe, fd);
}

/* Descriptors of other kinds: each sends by itself. */
static struct result probe_other_held(const struct probe *probe)
{
	const int descriptors[] = { shared->netlink, shared->packet, shared->raw };
	const int fd = descriptors[probe->number];
	int domain;
	socklen_t size = sizeof domain;

	if (fd == 0)
		return result(NOT_HERE, "not inherited");
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0)
		return result(BLOCKED, "the sandbox closed the descriptor");
	if (probe->number == 0) {
		struct { uint32_t length; uint16_t type, flags; uint32_t sequence, port; uint8_t family, pad[3]; } request = { 20, 18 /* RTM_GETLINK */, 0x301, 1, 0, 0, { 0 } };
		char answer[256];
		if (send(fd, &request, sizeof request, 0) < 0 || recv(fd, answer, sizeof answer, 0) <= 0)
			return refused("netlink");
		return result(ESCAPED, "the kernel answered");
	}
	if (probe->number == 1) {
		const struct sockaddr_ll loopback = { .sll_family = AF_PACKET, .sll_ifindex = 1, .sll_halen = 6 };
		const char frame[60] = "";
		if (sendto(fd, frame, sizeof frame, 0, (const struct sockaddr *)&loopback, sizeof loopback) < 0)
			return refused("sendto");
		return result(ESCAPED, "the packet socket sends");
	}
	if (sendto(fd, token(probe), strlen(token(probe)), 0, &shared->new4.any, sizeof shared->new4.in) < 0)
		return refused("sendto");
	return result(ESCAPED, "the raw socket sends");
}

/* Frames of our own into the link, by the shared memory of an inherited AF_XDP socket. */
static struct result probe_xdp_socket(const struct probe *probe)
{
	enum { ROOM = 2048 };
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), size = 14 + strlen(token(probe)) + 1;
	struct pollfd poller = { .fd = shared->xdp_socket, .events = POLLOUT };

	if (!shared->xdp_socket)
		return result(NOT_HERE, "not inherited, or this kernel has no AF_XDP");
	uint8_t *memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, shared->xdp_memory, 0);
	uint8_t *ring = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, shared->xdp_socket, XDP_PGOFF_TX_RING);
	if (memory == MAP_FAILED || ring == MAP_FAILED)
		return refused("mapping the ring of the AF_XDP socket");
	uint32_t *producer = (uint32_t *)(void *)(ring + shared->xdp_producer);
	struct xdp_desc *descriptors = (struct xdp_desc *)(void *)(ring + shared->xdp_descriptors);
	memset(memory, 0, ROOM);
	memset(memory, 0xff, 6); /* to everybody */
	memory[6] = 2, memory[12] = memory[13] = 0x88;
	memcpy(memory + 14, token(probe), size - 14);
	descriptors[*producer % XDP_RING] = (struct xdp_desc){ .addr = 0, .len = size < 60 ? 60 : (uint32_t)size };
	__atomic_store_n(producer, *producer + 1, __ATOMIC_RELEASE);
	if (probe->number && poll(&poller, 1, 100) < 0)
		return refused("poll");
	if (!probe->number && sendto(shared->xdp_socket, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0)
		return refused("sendto");
	return prove("link", probe);
}

/* Who holds the socket of a multicast router says what goes where: no capability is asked for again. */
static struct result probe_router(const struct probe *probe)
{
	enum { ADD_INTERFACE = 202, COUNT_INTERFACE = 0x89e0 /* SIOCGETVIFCNT */, BY_INDEX = 8 };
	struct { uint16_t number; uint8_t flags, threshold; uint32_t limit; int32_t interface; uint32_t remote; } link = {
		.number = (uint16_t)shared->run, .flags = BY_INDEX, .threshold = 1, .interface = shared->second_wire };
	struct { uint16_t number; unsigned long in, out, bytes_in, bytes_out; } count = { .number = (uint16_t)shared->run };

	(void)probe;
	if (!shared->router || !shared->second_wire)
		return result(NOT_HERE, "not inherited, or this kernel has no multicast routing");
	if (shared->run) /* the other run has given this link to its number already */
		setsockopt(shared->router, IPPROTO_IP, ADD_INTERFACE + 1, &(__typeof__(link)){ .number = 0 }, sizeof link);
	if (setsockopt(shared->router, IPPROTO_IP, ADD_INTERFACE, &link, sizeof link) != 0)
		return refused("MRT_ADD_VIF");
	if (ioctl(shared->router, COUNT_INTERFACE, &count) != 0)
		return broken("SIOCGETVIFCNT");
	return result(ESCAPED, "multicast is routed to another link");
}

void add_held_probes(void)
{
	for (int holder = 0; holder < HOLDERS; holder++)
		for (int i = 0; i < ATTEMPTS; i++)
			if (fits(&attempts[i], &holders[holder])) {
				struct probe *probe = add_probe(false, probe_attempt, "%s@%s", attempts[i].name, holders[holder].name);
				probe->holder = holder;
				probe->slot = probe->number = i;
			}
	add_probe(false, probe_other_held, "request@netlink")->number = 0;
	add_probe(false, probe_other_held, "held@packet")->number = 1;
	add_probe(false, probe_other_held, "sendto@raw")->number = 2;
	add_probe(false, probe_xdp_socket, "send@xdp")->number = 0;
	add_probe(false, probe_xdp_socket, "poll@xdp")->number = 1;
	add_probe(false, probe_router, "add-interface@multicast-router");
}

/* Makes one socket of a kind, connected to the old peer where it is to be connected; -1 if this kernel cannot.
 * For the driver and its accomplice. */
int make_held(int kind, const struct shared *world)
{
	const struct holder *holder = &holders[kind];
	const union address *peer = holder->domain == AF_INET6 ? &world->old6 : &world->old4;
	union address any = { .in = { .sin_family = AF_INET } };
	const int fd = socket(holder->domain, holder->type, holder->protocol);

	if (fd < 0)
		return -1;
	if ((holder->state == CONNECTED && connect(fd, &peer->any, size_of(peer)) != 0) ||
		(holder->state == LISTENING && (bind(fd, &any.any, sizeof any.in) != 0 || listen(fd, 5) != 0))) {
		close(fd);
		return -1;
	}
	return fd;
}
