/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * What netprobe does not ask of the kernel's own network-off (src/lsm). Says what is wrong, in
 * words joined by -, and exits 1; nothing when all is well. Run by lsm.sh in a guest.
 *
 *     lsm_try answers         what the prctl says, with what arguments and privileges
 *     lsm_try domains         who may trace whom, and reach whose abstract sockets
 *     lsm_try storm COUNT     so many short children of a marked process are all marked
 *     lsm_try kill N PROG...  kills PROG before its Nth system call by which hooks come or go
 *                             (attaching, pinning, unlinking); exits 1 if there are fewer
 */
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SET = 0x646e6574, GET = 0x646e6575, OFF = 1, NOBODY = 65534 };

static bool bad;

static void must(bool good, const char *what)
{
	if (!good) {
		printf(" %s", what);
		bad = true;
	}
}

/* The error number with which prctl answers: it never returns 0. */
static int ask(int option, long arg2, long arg3)
{
	return prctl(option, arg2, arg3, 0L, 0L) == -1 ? errno : 0;
}

static bool has_socket(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	close(fd);
	return fd >= 0;
}

static void mark(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	must(ask(SET, OFF, 0) == ENETDOWN, "mark");
}

/* Runs BODY in a child; what it finds wrong counts. */
static void in_child(void (*body)(void))
{
	int status;

	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		body();
		fflush(stdout);
		_exit(bad);
	}
	must(waitpid(child, &status, 0) == child && WIFEXITED(status), "child-died");
	bad |= status != 0;
}

/* --- answers --- */

static void as_nobody(void)
{
	must(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0, "become-nobody");
	must(ask(SET, OFF, 0) == EACCES && has_socket(), "without-no_new_privs");
	mark();
	must(!has_socket(), "socket-after-mark");
}

static void as_root(void)
{
	must(ask(SET, OFF, 0) == ENETDOWN && prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 0, "root-needs-no_new_privs");
	must(!has_socket(), "socket-of-root");
}

static void *look(void *off)
{
	*(bool *)off = ask(GET, 0, 0) == ENETDOWN && !has_socket();
	return NULL;
}

static void in_thread(void)
{
	pthread_t thread;
	bool off = false;

	mark();
	must(pthread_create(&thread, NULL, look, &off) == 0 && pthread_join(thread, NULL) == 0 && off, "thread-unmarked");
	must(ask(SET, OFF, 0) == ENETDOWN && ask(GET, 0, 0) == ENETDOWN, "second-call");
}

/* Whoever traces another would go on driving it. */
static void while_tracing(void)
{
	int status;
	const pid_t child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, &status, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	must(ask(SET, OFF, 0) == EBUSY && has_socket(), "mark-while-tracing");
	ptrace(PTRACE_CONT, child, NULL, NULL);
	waitpid(child, &status, 0);
	must(ask(SET, OFF, 0) == ENETDOWN, "mark-after-tracing");
}

/* What goes on with sockets from before, and what of it does not. */
static void with_sockets(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct iovec data = { (char[]){ "x" }, 1 };
	struct mmsghdr two[2] = { { .msg_hdr = { .msg_iov = &data, .msg_iovlen = 1 } }, { .msg_hdr = { .msg_iov = &data, .msg_iovlen = 1 } } };
	struct sockaddr *const any = (struct sockaddr *)&address;
	socklen_t size = sizeof address, name_size = sizeof name;
	const int listener = socket(AF_INET, SOCK_STREAM, 0), stream = socket(AF_INET, SOCK_STREAM, 0);
	const int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
	const int to = socket(AF_UNIX, SOCK_DGRAM, 0), from = socket(AF_UNIX, SOCK_DGRAM, 0), other = socket(AF_UNIX, SOCK_DGRAM, 0);

	must(bind(listener, any, size) == 0 && listen(listener, 1) == 0 && getsockname(listener, any, &size) == 0 &&
		connect(stream, any, size) == 0, "stream");
	address.sin_port = 0;
	must(bind(receiver, any, size) == 0 && getsockname(receiver, any, &size) == 0 && connect(sender, any, size) == 0, "datagram");
	must(bind(to, (struct sockaddr *)&name, sizeof(sa_family_t)) == 0 &&
		getsockname(to, (struct sockaddr *)&name, &name_size) == 0 && connect(from, (struct sockaddr *)&name, name_size) == 0, "abstract");
	mark();
	must(listen(listener, 5) == 0 && accept(listener, NULL, NULL) >= 0, "listen-again-and-accept");
	must(listen(stream, 5) == -1 && errno == EPERM, "listen-on-a-connection");
	must(sendmmsg(stream, two, 2, 0) == 2, "batch-on-a-stream");
	must(send(sender, "x", 1, 0) == 1 && sendmmsg(sender, two, 2, 0) == 2, "batch-on-a-connected-datagram-socket");
	must(send(sender, "x", 1, MSG_DONTROUTE) == -1 && errno == EPERM, "past-the-gateway");
	must(sendto(sender, "x", 1, 0, any, size) == -1 && errno == EPERM, "datagram-to-an-address");
	must(send(from, "x", 1, 0) == 1, "connected-abstract-socket");
	must(sendto(other, "x", 1, 0, (struct sockaddr *)&name, name_size) == -1 && errno == EPERM, "abstract-socket-from-before");
}

static void try_answers(void)
{
	must(ask(GET, 0, 0) == ENODATA, "get-unmarked");
	must(ask(SET, 0, 0) == EINVAL && ask(SET, OFF | 2, 0) == EINVAL, "other-flags");
	must(ask(SET, OFF, 1) == EINVAL && ask(GET, 0, 1) == EINVAL, "unused-arguments");
	must(ask(35, 99, 0) == EINVAL, "foreign-option");
	must(prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) == 1, "other-prctl");
	must(has_socket(), "still-on");
	in_child(as_nobody);
	in_child(as_root);
	in_child(in_thread);
	in_child(while_tracing);
	in_child(with_sockets);
}

/* --- domains --- */

static int to_parent[2];

static socklen_t name_of(struct sockaddr_un *address, pid_t maker)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		(size_t)snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "lsm_try-%d", (int)maker));
}

static int reach(pid_t maker)
{
	struct sockaddr_un address;
	const socklen_t size = name_of(&address, maker);
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0), stream = socket(AF_UNIX, SOCK_STREAM, 0);
	const int datagram = sendto(fd, "", 1, 0, (struct sockaddr *)&address, size) == 1 ? 0 : errno;

	address.sun_path[1] = 'L';
	const int connected = connect(stream, (struct sockaddr *)&address, size) == 0 ? 0 : errno;
	close(fd);
	close(stream);
	return datagram == connected ? datagram : -1;
}

static int trace(pid_t other)
{
	if (ptrace(PTRACE_SEIZE, other, NULL, NULL) != 0)
		return errno;
	ptrace(PTRACE_INTERRUPT, other, NULL, NULL);
	waitpid(other, NULL, __WALL);
	ptrace(PTRACE_DETACH, other, NULL, NULL);
	return 0;
}

static pid_t server;
static void reach_own(void) { must(reach(server) == 0, "abstract-socket-of-own-domain"); }

/* A marked process with abstract sockets, whose child reaches them. */
static _Noreturn void serve(void)
{
	struct sockaddr_un address;
	const socklen_t size = name_of(&address, server = getpid());

	prctl(0x59616d61 /* PR_SET_PTRACER */, -1L, 0L, 0L, 0L);
	mark();
	must(bind(socket(AF_UNIX, SOCK_DGRAM, 0), (struct sockaddr *)&address, size) == 0, "bind-datagram");
	const int stream = socket(AF_UNIX, SOCK_STREAM, 0);
	address.sun_path[1] = 'L';
	must(bind(stream, (struct sockaddr *)&address, size) == 0 && listen(stream, 5) == 0, "bind-stream");
	in_child(reach_own);
	fflush(stdout);
	if (write(to_parent[1], &bad, 1) != 1)
		_exit(1);
	pause();
	_exit(0);
}

static void from_outside(void)
{
	must(reach(server) == 0, "abstract-socket-from-outside");
	must(trace(server) == 0, "trace-from-outside");
}

static pid_t own_child;
static void from_other_domain(void)
{
	mark();
	must(reach(server) == EPERM, "abstract-socket-of-other-domain");
	must(trace(server) == EPERM, "trace-other-domain");
	if ((own_child = fork()) == 0) {
		pause();
		_exit(0);
	}
	must(trace(own_child) == 0, "trace-own-child");
	kill(own_child, SIGKILL);
	waitpid(own_child, NULL, 0);
}

/* An unmarked child must not make its marked parent a tracer. */
static void traceme(void)
{
	int go[2], status;
	char byte;

	if (pipe(go) != 0)
		return;
	const pid_t child = fork();
	if (child == 0) {
		if (read(go[0], &byte, 1) != 1)
			_exit(2);
		_exit(!(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 && errno == EPERM));
	}
	mark();
	must(write(go[1], "", 1) == 1 && waitpid(child, &status, 0) == child && status == 0, "traceme-by-outside");
	must(has_socket() == false, "socket");
}

static void try_domains(void)
{
	if (pipe(to_parent) != 0)
		return;
	fflush(stdout);
	if ((server = fork()) == 0)
		serve();
	must(read(to_parent[0], &bad, 1) == 1, "server");
	in_child(from_outside);
	in_child(from_other_domain);
	in_child(traceme);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

/* --- storm --- */

static void try_storm(int count)
{
	int status, unmarked = 0;

	mark();
	for (int i = 0; i < count; i++) {
		const pid_t child = fork();
		if (child == 0)
			_exit(ask(GET, 0, 0) != ENETDOWN || has_socket());
		unmarked += child < 0 || waitpid(child, &status, 0) != child || status != 0;
	}
	must(unmarked == 0, "unmarked-children");
}

/* --- kill --- */

struct call { uint8_t op, pad[3]; uint32_t arch; uint64_t ip, sp, number, arguments[6]; }; /* ptrace(2) */

static bool changes_something(const struct call *call)
{
	enum { MAP_UPDATE = 2, PIN = 6, ATTACH = 17, LINK = 28 }; /* commands of bpf(2) */

	switch (call->number) {
	case SYS_bpf:
		return call->arguments[0] == MAP_UPDATE || call->arguments[0] == PIN || call->arguments[0] == ATTACH ||
			call->arguments[0] == LINK;
#ifdef SYS_mkdir
	case SYS_mkdir:
	case SYS_unlink:
	case SYS_rmdir:
#endif
	case SYS_mkdirat:
	case SYS_unlinkat:
		return true;
	default:
		return false;
	}
}

static void try_kill(int wanted, char **program)
{
	int status, seen = 0;
	const pid_t child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execv(program[0], program);
		_exit(127);
	}
	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD));
	for (;;) {
		ptrace(PTRACE_SYSCALL, child, NULL, NULL);
		if (waitpid(child, &status, 0) != child || WIFEXITED(status) || WIFSIGNALED(status)) {
			bad = true; /* it came to its end */
			return;
		}
		struct call call = { 0 };
		if (WSTOPSIG(status) != (SIGTRAP | 0x80) || ptrace(0x420e /* PTRACE_GET_SYSCALL_INFO */, child, sizeof call, &call) < 0)
			continue;
		if (call.op == 1 /* entry */ && changes_something(&call) && ++seen == wanted) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			return;
		}
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "answers") == 0)
		try_answers();
	else if (strcmp(what, "domains") == 0)
		try_domains();
	else if (strcmp(what, "storm") == 0 && argc == 3)
		try_storm(atoi(argv[2]));
	else if (strcmp(what, "kill") == 0 && argc > 3)
		try_kill(atoi(argv[2]), argv + 3);
	else
		return 100;
	return fflush(stdout) != 0 || bad;
}
