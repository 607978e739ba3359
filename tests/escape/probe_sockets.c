/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Cases about new sockets: every family and protocol, by every call that makes one,
 * from every kind of process. The socket that exists is the proof.
 */
#include "netprobe.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#define SYS_io_uring_enter 426
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif

extern char **environ;

enum { FAMILIES = 47, UPPER = 7 /* garbage for bits 32 and up */ };
static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET };
enum { TYPES = sizeof types / sizeof types[0] };

/* A register with garbage above the 32 bits that the kernel looks at; on 32-bit machines there are no more. */
static long garbage(long value) { return (long)((uint64_t)value | (uint64_t)UPPER << 32); }

static bool is_socket(long descriptor)
{
	int type;
	socklen_t size = sizeof type;

	return descriptor >= 0 && getsockopt((int)descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

static struct result judge_socket(long descriptor, const char *what)
{
	if (is_socket(descriptor))
		return result(ESCAPED, "%s: there is a socket", what);
	return refused(what);
}

/* The most telling refusal of several is that of the first type. */
static struct result try_types(long (*make)(int family, int type), int family)
{
	struct result first = { 0 };

	for (int i = 0; i < TYPES; i++) {
		struct result got = judge_socket(make(family, types[i]), i == 0 ? "stream" : i == 1 ? "dgram" : i == 2 ? "raw" : "seqpacket");
		if (got.verdict == ESCAPED)
			return got;
		if (i == 0)
			first = got;
	}
	return first;
}

static int known_protocol; /* netlink, packet and the like want one */
static long make_plain(int family, int type) { return syscall(SYS_socket, (long)family, (long)type, (long)known_protocol); }
#ifdef SYS_socket
static long make_garbage(int family, int type) { return syscall(SYS_socket, garbage(family), garbage(type), garbage(known_protocol)); }
#endif
static long make_pair(int family, int type)
{
	int pair[2] = { -1, -1 };

	return syscall(SYS_socketpair, (long)family, (long)type, 0L, pair) == 0 ? pair[0] : -1;
}

static struct result probe_family(const struct probe *probe) { return try_types(make_plain, (int)probe->number); }
static struct result probe_family_garbage(const struct probe *probe)
{
	if (sizeof(long) == 4)
		return result(NOT_HERE, "registers have 32 bits");
	return try_types(make_garbage, (int)probe->number);
}
static struct result probe_pair(const struct probe *probe) { return try_types(make_pair, (int)probe->number); }

static const struct protocol { const char *name; int family, type, number; } protocols[] = {
	{ "tcp", AF_INET, SOCK_STREAM, IPPROTO_TCP }, { "tcp6", AF_INET6, SOCK_STREAM, IPPROTO_TCP },
	{ "udp", AF_INET, SOCK_DGRAM, IPPROTO_UDP }, { "mptcp", AF_INET, SOCK_STREAM, 262 },
	{ "mptcp6", AF_INET6, SOCK_STREAM, 262 }, { "sctp", AF_INET, SOCK_STREAM, 132 },
	{ "sctp-seqpacket", AF_INET, SOCK_SEQPACKET, 132 }, { "udplite", AF_INET, SOCK_DGRAM, 136 },
	{ "dccp", AF_INET, 6, 33 }, { "smc", AF_INET, SOCK_STREAM, 256 }, { "icmp", AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
	{ "icmp6", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6 }, { "raw-icmp", AF_INET, SOCK_RAW, IPPROTO_ICMP },
	{ "raw", AF_INET, SOCK_RAW, IPPROTO_RAW }, { "inet-packet", AF_INET, 10, 0x0300 },
	{ "packet-all", AF_PACKET, SOCK_RAW, 0x0300 }, { "netlink-diag", AF_NETLINK, SOCK_RAW, 4 },
	{ "netlink-generic", AF_NETLINK, SOCK_RAW, 16 }, { "nonblocking", AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0 },
};

static struct result probe_protocol(const struct probe *probe)
{
	const struct protocol *protocol = &protocols[probe->number];

	return judge_socket(syscall(SYS_socket, (long)protocol->family, (long)protocol->type, (long)protocol->number), protocol->name);
}

/* For sandboxes that let sockets be made, and keep what they send. */
static struct result probe_reach(const struct probe *probe)
{
	const union address *const peers[] = { &shared->new4, &shared->new6, &shared->new_udp4, &shared->new_udp6 };
	const union address *peer = peers[probe->number];
	const int fd = (int)syscall(SYS_socket, (long)peer->any.sa_family, (long)(probe->number < 2 ? SOCK_STREAM : SOCK_DGRAM), 0L);

	if (peer->any.sa_family == AF_UNSPEC)
		return result(NOT_HERE, "no driver outside");
	if (fd < 0)
		return refused("socket");
	if (connect(fd, &peer->any, peer->any.sa_family == AF_INET6 ? sizeof peer->in6 : sizeof peer->in) != 0)
		return refused("connect");
	if (send(fd, token(probe), strlen(token(probe)), MSG_NOSIGNAL) < 0)
		return refused("send");
	return prove("new", probe);
}

/* --- 32-bit calls and x32. --- */

enum { I386_SOCKET = 359, I386_SOCKETPAIR = 360, I386_SOCKETCALL = 102, CALL_SOCKET = 1, CALL_SOCKETPAIR = 8 };

static struct result judge_int80(long answer, const char *what)
{
	if (answer < 0)
		errno = (int)-answer;
	return judge_socket(answer, what);
}

static struct result probe_int80_socket(const struct probe *probe)
{
	if (!has_int80())
		return result(NOT_HERE, "no i386 calls here");
	return judge_int80(int80(I386_SOCKET, probe->number, SOCK_DGRAM, 0, 0, 0, 0), "int 0x80 socket");
}

static struct result probe_int80_socketcall(const struct probe *probe)
{
	uint32_t *arguments = low_memory();

	if (!has_int80() || !arguments)
		return result(NOT_HERE, "no i386 calls here");
	arguments[0] = (uint32_t)probe->number;
	arguments[1] = SOCK_DGRAM;
	return judge_int80(int80(I386_SOCKETCALL, CALL_SOCKET, (long)(uintptr_t)arguments, 0, 0, 0, 0), "int 0x80 socketcall");
}

/* The upper half of a register that an i386 call gets is not part of it. */
static struct result probe_int80_garbage(const struct probe *probe)
{
	uint32_t *arguments = low_memory();

	(void)probe;
	if (!has_int80() || !arguments || sizeof(long) == 4)
		return result(NOT_HERE, "no i386 calls here from 64-bit registers");
	arguments[0] = AF_INET;
	arguments[1] = SOCK_DGRAM;
	const long answer = int80(I386_SOCKET, garbage(AF_INET), garbage(SOCK_DGRAM), 0, 0, 0, 0);
	if (answer >= 0)
		return judge_int80(answer, "int 0x80 socket");
	return judge_int80(int80(I386_SOCKETCALL, garbage(CALL_SOCKET), (long)(uintptr_t)arguments, 0, 0, 0, 0), "int 0x80 socketcall");
}

static struct result probe_x32(const struct probe *probe)
{
	(void)probe;
#ifdef __x86_64__
	return judge_socket(syscall(0x40000000L | SYS_socket, (long)AF_INET, (long)SOCK_DGRAM, 0L), "x32 socket");
#else
	return result(NOT_HERE, "no x32 here");
#endif
}

/* --- io_uring, by hand. --- */

struct ring {
	int descriptor;
	struct io_uring_params params;
	char *queue; /* submission and completion rings in one mapping (5.4) */
	struct io_uring_sqe *entries;
};

static bool map_ring(struct ring *ring)
{
	ring->queue = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, ring->descriptor, IORING_OFF_SQ_RING);
	if (ring->queue == MAP_FAILED)
		ring->queue = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring->descriptor, IORING_OFF_SQ_RING);
	ring->entries = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring->descriptor, (off_t)IORING_OFF_SQES);
	return ring->queue != MAP_FAILED && (void *)ring->entries != MAP_FAILED;
}

static uint32_t *ring_word(const struct ring *ring, uint32_t offset) { return (uint32_t *)(void *)(ring->queue + offset); }

/* Who takes an operation up: the kernel when it is called, or a thread of its own, which may have
 * to be woken. */
enum taker { CALLED, POLLED, WOKEN };

/* One operation: its result, or -errno of the call. */
static long ring_operate(const struct ring *ring, const struct io_uring_sqe *operation, enum taker taker)
{
	uint32_t *const tail = ring_word(ring, ring->params.sq_off.tail);
	uint32_t *const head = ring_word(ring, ring->params.cq_off.head);
	uint32_t *const completed = ring_word(ring, ring->params.cq_off.tail);
	const uint32_t at = *tail & *ring_word(ring, ring->params.sq_off.ring_mask);

	ring->entries[at] = *operation;
	ring_word(ring, ring->params.sq_off.array)[at] = at;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (taker == WOKEN)
		syscall(SYS_io_uring_enter, ring->descriptor, 0L, 0L, 2L /* SQ_WAKEUP */, NULL, 0L);
	if (taker == CALLED && syscall(SYS_io_uring_enter, ring->descriptor, 1L, 1L, 1L /* GETEVENTS */, NULL, 0L) < 0)
		return -errno;
	for (int i = 0; i < 100 && __atomic_load_n(completed, __ATOMIC_ACQUIRE) == *head; i++)
		usleep(5000);
	if (__atomic_load_n(completed, __ATOMIC_ACQUIRE) == *head)
		return -ETIME;
	const struct io_uring_cqe *entry = (const void *)(ring->queue + ring->params.cq_off.cqes);
	const long answer = entry[*head & *ring_word(ring, ring->params.cq_off.ring_mask)].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return answer;
}

/* By the caller, a worker thread or the thread that polls the ring. */
static long ring_socket(const struct ring *ring, bool by_worker, enum taker taker)
{
	const struct io_uring_sqe operation = { .opcode = 45 /* IORING_OP_SOCKET, 5.19 */, .fd = AF_INET, .off = SOCK_STREAM,
		.flags = by_worker ? IOSQE_ASYNC : 0 };

	return ring_operate(ring, &operation, taker);
}

enum { RING_SOCKET, RING_CONNECT, RING_WORKER, RING_POLLED };

static struct result probe_ring(const struct probe *probe)
{
	const bool polled = probe->number == RING_POLLED;
	struct ring ring = { .params = { .flags = polled ? IORING_SETUP_SQPOLL : 0, .sq_thread_idle = 3000 } };

	ring.descriptor = (int)syscall(SYS_io_uring_setup, 4L, &ring.params);
	if (ring.descriptor < 0)
		return refused("io_uring_setup");
	if (!map_ring(&ring))
		return refused("mapping the ring");
	const long made = ring_socket(&ring, probe->number == RING_WORKER, polled ? WOKEN : CALLED);
	if (made < 0 || !is_socket(made)) {
		errno = made < 0 ? (int)-made : 0;
		return refused("the operation socket");
	}
	if (probe->number != RING_CONNECT || shared->run < 0)
		return result(ESCAPED, "io_uring made a socket");
	struct io_uring_sqe operation = { .opcode = IORING_OP_CONNECT, .fd = (int)made,
		.addr = (uintptr_t)&shared->new4, .off = sizeof shared->new4.in };
	long answer = ring_operate(&ring, &operation, CALLED);
	if (answer == 0) {
		operation = (struct io_uring_sqe){ .opcode = IORING_OP_SEND, .fd = (int)made,
			.addr = (uintptr_t)token(probe), .len = (uint32_t)strlen(token(probe)) };
		answer = ring_operate(&ring, &operation, CALLED);
	}
	if (answer >= 0)
		return prove("new", probe);
	errno = (int)-answer;
	return refused("connect and send in the ring");
}

/* A ring that somebody outside made: its layout is that of any ring of this kernel, which we cannot ask, so
 * the driver hands down the parameters that it got. */
static struct result probe_ring_inherited(const struct probe *probe)
{
	const bool polled = probe->number;
	struct ring ring = { .descriptor = polled ? shared->ring_polled : shared->ring };

	if (ring.descriptor == 0)
		return result(NOT_HERE, "not inherited");
	memcpy(&ring.params, shared->ring_params[polled], sizeof ring.params);
	if (!map_ring(&ring))
		return refused("mapping the inherited ring");
	const long answer = ring_socket(&ring, false, polled ? POLLED : CALLED);
	if (answer >= 0)
		return result(ESCAPED, "the ring made a socket%s", polled ? " without any call" : "");
	errno = (int)-answer;
	return refused("the operation socket");
}

/* --- The same socket from every kind of process. --- */

enum way { THREAD, FORK, VFORK, CLONE3, CLONE_FILES_VM, SPAWN, EXEC, NEW_USER, NEW_NETWORK, NESTED_NOTIFY, NESTED_TRACE, WAYS };
static const char *const way_names[WAYS] = { "thread", "fork", "vfork", "clone3", "shared-memory-clone", "posix-spawn", "exec",
	"user-namespace", "network-namespace", "nested-user-notification", "nested-trace" };

enum { REFUSED_STATUS = 0, SOCKET_STATUS = 1, MEANS_STATUS = 2 };

static int try_socket(void *unused)
{
	(void)unused;
	return is_socket(syscall(SYS_socket, (long)AF_INET, (long)SOCK_STREAM, 0L)) ? SOCKET_STATUS : REFUSED_STATUS;
}

static void *try_socket_thread(void *status)
{
	*(int *)status = try_socket(NULL);
	return NULL;
}

/* "netprobe --only family-2" in this run would do too; --who says so by its own words. */
static int run_program(bool spawn)
{
	char self[] = "/proc/self/exe", who[] = "--who";
	char *const arguments[] = { self, who, NULL };
	char line[200] = "";
	int channel[2], status;
	pid_t child;

	if (pipe(channel) != 0)
		return MEANS_STATUS;
	if (spawn) {
		posix_spawn_file_actions_t actions;
		posix_spawn_file_actions_init(&actions);
		posix_spawn_file_actions_adddup2(&actions, channel[1], STDOUT_FILENO);
		if (posix_spawn(&child, self, &actions, NULL, arguments, environ) != 0)
			return MEANS_STATUS;
	} else if ((child = fork()) == 0) {
		dup2(channel[1], STDOUT_FILENO);
		execv(self, arguments);
		_exit(127);
	}
	close(channel[1]);
	if (read(channel[0], line, sizeof line - 1) < 0)
		line[0] = '\0';
	waitpid(child, &status, 0);
	if (strstr(line, "socket=yes"))
		return SOCKET_STATUS;
	return strstr(line, "socket=no") || (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) ? REFUSED_STATUS : MEANS_STATUS;
}

/* Our own filter asks a supervisor about socket, and that says "go on". */
static int nest(unsigned action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = 4, .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0)
		return -1;
	return (int)syscall(SYS_seccomp, (long)SECCOMP_SET_MODE_FILTER,
		action == SECCOMP_RET_USER_NOTIF ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0L, &program);
}

static int nested_notify(void *unused)
{
	struct seccomp_notif request;
	int status = MEANS_STATUS << 8; /* as of an exit with it */
	(void)unused;
	const int listener = nest(SECCOMP_RET_USER_NOTIF);

	if (listener < 0)
		return MEANS_STATUS;
	const pid_t child = fork();
	if (child == 0)
		_exit(try_socket(NULL));
	/* Where the outer filter wins there is no request: the child just ends. */
	while (waitpid(child, &status, WNOHANG) == 0) {
		struct seccomp_notif_resp answer = { .flags = 1 /* CONTINUE */ };
		memset(&request, 0, sizeof request);
		signal(SIGALRM, SIG_DFL);
		fd_set readable;
		struct timeval wait = { .tv_usec = 10000 };
		FD_ZERO(&readable);
		FD_SET(listener, &readable);
		if (select(listener + 1, &readable, NULL, NULL, &wait) <= 0)
			continue;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0)
			continue;
		answer.id = request.id;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : REFUSED_STATUS;
}

static int nested_trace(void *unused)
{
	int status;
	(void)unused;
	const pid_t child = fork();

	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0 || nest(SECCOMP_RET_TRACE) != 0)
			_exit(MEANS_STATUS);
		_exit(try_socket(NULL));
	}
	if (waitpid(child, &status, 0) != child)
		return MEANS_STATUS;
	if (WIFSTOPPED(status))
		ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(uintptr_t)(PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL));
	while (WIFSTOPPED(status)) {
		ptrace(PTRACE_CONT, child, NULL, NULL);
		if (waitpid(child, &status, 0) != child)
			return MEANS_STATUS;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : REFUSED_STATUS;
}

static int in_namespace(void *flags)
{
	if (unshare(*(int *)flags) != 0)
		return MEANS_STATUS;
	return try_socket(NULL);
}

static int clone_status(void)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };
	int status;
	const long child = syscall(SYS_clone3, &arguments, sizeof arguments);

	if (child == 0)
		_exit(try_socket(NULL));
	if (child < 0 || waitpid((pid_t)child, &status, 0) != child)
		return MEANS_STATUS;
	return WIFEXITED(status) ? WEXITSTATUS(status) : REFUSED_STATUS;
}

static struct result probe_way(const struct probe *probe)
{
	int status = MEANS_STATUS, flags;
	pthread_t thread;
	volatile pid_t child;
	static _Alignas(16) char stack[32768];

	switch ((enum way)probe->number) {
	case THREAD:
		if (pthread_create(&thread, NULL, try_socket_thread, &status) == 0)
			pthread_join(thread, NULL);
		break;
	case FORK: status = run_child(try_socket, NULL); break;
	case VFORK:
		if ((child = vfork()) == 0)
			_exit(syscall(SYS_socket, (long)AF_INET, (long)SOCK_STREAM, 0L) >= 0);
		if (waitpid(child, &status, 0) == child)
			status = WIFEXITED(status) ? WEXITSTATUS(status) : REFUSED_STATUS;
		break;
	case CLONE3: status = clone_status(); break;
	case CLONE_FILES_VM:
		child = clone(try_socket, stack + sizeof stack / 2, CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD, NULL);
		if (child > 0 && waitpid(child, &status, 0) == child)
			status = WIFEXITED(status) ? WEXITSTATUS(status) : REFUSED_STATUS;
		break;
	case SPAWN: status = run_program(true); break;
	case EXEC: status = run_program(false); break;
	case NEW_USER: flags = CLONE_NEWUSER; status = run_child(in_namespace, &flags); break;
	case NEW_NETWORK: flags = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS; status = run_child(in_namespace, &flags); break;
	case NESTED_NOTIFY: status = run_child(nested_notify, NULL); break;
	case NESTED_TRACE: status = run_child(nested_trace, NULL); break;
	case WAYS: break;
	}
	if (status == SOCKET_STATUS)
		return result(ESCAPED, "there is a socket");
	if (status == 128 + SIGSYS)
		return result(BLOCKED, "killed by SIGSYS");
	if (status == REFUSED_STATUS)
		return result(BLOCKED, "no socket");
	return result(BLOCKED, "the way itself is refused (%d)", status);
}

void add_socket_probes(void)
{
	/* First, while the kernel thread of the polled one is awake. */
	add_probe(false, probe_ring_inherited, "io-uring-inherited-polled")->number = 1;
	add_probe(false, probe_ring_inherited, "io-uring-inherited")->number = 0;
	for (int family = 0; family < FAMILIES; family++)
		if (family != AF_UNIX) {
			add_probe(false, probe_family, "family-%d", family)->number = family;
			add_probe(false, probe_pair, "pair-%d", family)->number = family;
		}
	for (int family = 0; family < FAMILIES; family++)
		if (family == AF_INET || family == AF_INET6 || family == AF_NETLINK || family == AF_PACKET || family == 40)
			add_probe(false, probe_family_garbage, "family-%d-garbage-above-32-bits", family)->number = family;
	for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
		add_probe(false, probe_protocol, "protocol-%s", protocols[i].name)->number = (long)i;
	for (int i = 0; i < 4; i++)
		add_probe(false, probe_reach, "reach-%s", ((const char *[]){ "tcp4", "tcp6", "udp4", "udp6" })[i])->number = i;
	add_probe(false, probe_int80_socket, "int80-socket-inet")->number = AF_INET;
	add_probe(false, probe_int80_socket, "int80-socket-netlink")->number = AF_NETLINK;
	add_probe(false, probe_int80_socketcall, "int80-socketcall-inet")->number = AF_INET;
	add_probe(false, probe_int80_socketcall, "int80-socketcall-netlink")->number = AF_NETLINK;
	add_probe(false, probe_int80_garbage, "int80-garbage-above-32-bits");
	add_probe(false, probe_x32, "x32-socket");
	add_probe(false, probe_ring, "io-uring-socket")->number = RING_SOCKET;
	add_probe(false, probe_ring, "io-uring-connect-send")->number = RING_CONNECT;
	add_probe(false, probe_ring, "io-uring-socket-by-worker")->number = RING_WORKER;
	add_probe(false, probe_ring, "io-uring-socket-polled")->number = RING_POLLED;
	for (int way = 0; way < WAYS; way++)
		add_probe(false, probe_way, "socket-from-%s", way_names[way])->number = way;
}
