/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Cases about what must go on working. Each does the thing and looks at its effect.
 */
#include "netprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEEP_SLOT = SLOTS - 4 }; /* sockets that no attempt has undone */

static struct result works(void) { return result(WORKS, "as it should"); }

/* The first thing that fails is the verdict. */
#define MUST(condition) do { if (!(condition)) return broken(#condition); } while (0)

/* A directory of the case's own: in the driver's, which goes away even if the case is killed. */
static char *own_directory(void)
{
	static char name[60]; /* a socket's address has room for no more than 107 */
	const char *file = getenv("NETPROBE_SHARED");
	const char *slash = file ? strrchr(file, '/') : NULL;

	snprintf(name, sizeof name, "%.*s/case.XXXXXX", slash ? (int)(slash - file) : 4, slash ? file : "/tmp");
	return mkdtemp(name);
}

/* --- AF_UNIX. --- */

static struct result keep_pair(const struct probe *probe)
{
	int pair[2];
	char got[4] = "";

	MUST(socketpair(AF_UNIX, (int)probe->number, 0, pair) == 0);
	MUST(send(pair[0], "abc", 4, 0) == 4);
	MUST(recv(pair[1], got, 4, 0) == 4 && strcmp(got, "abc") == 0);
	return works();
}

static struct sockaddr_un own_address(const char *directory)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof address.sun_path, "%s/s", directory);
	return address;
}

enum { UNIX_BIND, UNIX_LISTEN, UNIX_CONNECT };

static struct result keep_unix(const struct probe *probe)
{
	const char *directory = own_directory();
	struct result got = works();

	MUST(directory);
	const struct sockaddr_un address = own_address(directory);
	const int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
	if (server < 0 || client < 0)
		got = broken("socket");
	else if (probe->number == UNIX_CONNECT ? !shared->path_stream[0] : false)
		got = result(NOT_HERE, "no driver outside");
	else if (probe->number != UNIX_CONNECT && bind(server, (const struct sockaddr *)&address, sizeof address) != 0)
		got = broken("bind");
	else if (probe->number == UNIX_LISTEN && (listen(server, 2) != 0 ||
		connect(client, (const struct sockaddr *)&address, sizeof address) != 0 || accept(server, NULL, NULL) < 0))
		got = broken("listen, connect, accept");
	else if (probe->number == UNIX_CONNECT) {
		struct sockaddr_un outside = { .sun_family = AF_UNIX };
		memcpy(outside.sun_path, shared->path_stream, sizeof shared->path_stream);
		if (connect(client, (const struct sockaddr *)&outside, sizeof outside) != 0)
			got = broken("connect");
	}
	unlink(address.sun_path);
	rmdir(directory);
	return got;
}

/* An abstract name that we bound ourselves is within reach. */
static struct result keep_abstract_inside(const struct probe *probe)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
	socklen_t size = sizeof address;

	(void)probe;
	MUST(bind(server, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0); /* the kernel chooses the name */
	MUST(listen(server, 2) == 0);
	MUST(getsockname(server, (struct sockaddr *)&address, &size) == 0);
	MUST(connect(client, (struct sockaddr *)&address, size) == 0);
	MUST(accept(server, NULL, NULL) >= 0);
	return works();
}

/* An abstract listener that we inherited, asked by ourselves. */
static struct result keep_abstract_inherited(const struct probe *probe)
{
	struct sockaddr_un address;
	socklen_t size = sizeof address;
	const int client = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)probe;
	if (!shared->abstract)
		return result(NOT_HERE, "not inherited");
	MUST(getsockname(shared->abstract, (struct sockaddr *)&address, &size) == 0);
	MUST(connect(client, (struct sockaddr *)&address, size) == 0);
	MUST(accept(shared->abstract, NULL, NULL) >= 0);
	return works();
}

static struct result keep_passing(const struct probe *probe)
{
	int pair[2], channel[2], passed;
	char text[8];

	(void)probe;
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0 && pipe(channel) == 0);
	MUST(send_descriptor(pair[0], channel[1], "fd"));
	MUST((passed = receive_descriptor(pair[1], text, sizeof text)) >= 0);
	MUST(write(passed, "y", 1) == 1 && read(channel[0], text, 1) == 1);
	return works();
}

/* --- Inherited connections. --- */

static int kept_socket(int holder, int which, struct result *nothing)
{
	const struct probe probe = { .holder = holder, .slot = KEEP_SLOT + which };
	const int fd = held_descriptor(&probe, nothing);

	if (fd < 0)
		nothing->verdict = shared->first[holder] ? BROKEN : NOT_HERE;
	return fd;
}

enum { TALK_SEND, TALK_WRITE, TALK_MESSAGE };

static struct result keep_talking(const struct probe *probe)
{
	struct result nothing;
	const int fd = kept_socket(probe->holder, probe->slot, &nothing);
	char line[RECORD];
	const char *text = token(probe);
	const size_t length = strlen(text);
	struct iovec out = { (void *)(uintptr_t)text, length }, in = { line, sizeof line };
	struct msghdr message = { .msg_iov = &out, .msg_iovlen = 1 };
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return nothing;
	if (probe->number == TALK_SEND)
		MUST(send(fd, text, length, MSG_NOSIGNAL) == (ssize_t)length);
	else if (probe->number == TALK_WRITE)
		MUST(write(fd, text, length) == (ssize_t)length);
	else
		MUST(sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)length);
	MUST(poll(&poller, 1, 5000) == 1);
	message.msg_iov = &in;
	if (probe->number == TALK_SEND)
		MUST(recv(fd, line, sizeof line, 0) == (ssize_t)length);
	else if (probe->number == TALK_WRITE)
		MUST(read(fd, line, sizeof line) == (ssize_t)length);
	else
		MUST(recvmsg(fd, &message, 0) == (ssize_t)length);
	MUST(memcmp(line, text, length) == 0);
	return works();
}

static struct result keep_names(const struct probe *probe)
{
	struct result nothing;
	const int fd = kept_socket(probe->holder, 0, &nothing), on = 1;
	int value;
	union address own, peer;
	socklen_t own_size = sizeof own, peer_size = sizeof peer, size = sizeof value;

	if (fd < 0)
		return nothing;
	MUST(getsockname(fd, &own.any, &own_size) == 0 && own.any.sa_family == holders[probe->holder].domain);
	MUST(getpeername(fd, &peer.any, &peer_size) == 0 && peer.in.sin_port != 0);
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
	MUST(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0);
	MUST(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){ 65536 }, sizeof(int)) == 0);
	MUST(setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 0, 0 }, sizeof(struct linger)) == 0);
	MUST(setsockopt(fd, IPPROTO_IP, IP_TOS, &(int){ 0x08 }, sizeof(int)) == 0);
	MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &size) == 0 && value == 0);
	if (holders[probe->holder].domain == AF_INET6)
		MUST(setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &(int){ 5 }, sizeof(int)) == 0);
	return works();
}

static struct result keep_v6only(const struct probe *probe)
{
	struct result nothing;
	const struct probe free_one = { .holder = TCP6, .slot = KEEP_SLOT };
	const int fd = held_descriptor(&free_one, &nothing), on = 1;

	(void)probe;
	if (fd < 0)
		return nothing;
	/* On a connection the kernel itself says EINVAL; a sandbox would say something else. */
	MUST(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0 || errno == EINVAL);
	return works();
}

/* Servers since tcpd clear source routes on what they accept; a length of 0 sets none. */
enum { CLEAR_IP_OPTIONS, CLEAR_ROUTING_HEADER, CLEAR_2292, INT80_CLEAR_IP_OPTIONS };

static struct result keep_clearing(const struct probe *probe)
{
	static const struct { int level, option; } options[] = {
		[CLEAR_IP_OPTIONS] = { IPPROTO_IP, IP_OPTIONS }, [CLEAR_ROUTING_HEADER] = { IPPROTO_IPV6, IPV6_RTHDR },
		[CLEAR_2292] = { IPPROTO_IPV6, 6 /* IPV6_2292PKTOPTIONS */ }, [INT80_CLEAR_IP_OPTIONS] = { IPPROTO_IP, IP_OPTIONS },
	};
	const int level = options[probe->number].level, option = options[probe->number].option;
	struct result nothing;
	const int fd = kept_socket(probe->holder, 0, &nothing);

	if (fd < 0)
		return nothing;
	if (probe->number != INT80_CLEAR_IP_OPTIONS) {
		MUST(setsockopt(fd, level, option, NULL, 0) == 0);
		MUST(setsockopt(fd, level, option, "", 0) == 0);
		return works();
	}
	if (!has_int80())
		return result(NOT_HERE, "no i386 calls here");
	const long answer = int80(366, fd, level, option, 0, 0, 0); /* setsockopt */
	errno = (int)-answer;
	MUST(answer == 0);
	return works();
}

static struct result keep_shutdown(const struct probe *probe)
{
	struct result nothing;
	const int fd = kept_socket(probe->holder, 3, &nothing);
	char byte;

	if (fd < 0)
		return nothing;
	MUST(shutdown(fd, SHUT_WR) == 0);
	MUST(recv(fd, &byte, 1, 0) == 0); /* the peer closes in its turn */
	return works();
}

static struct result keep_accepting(const struct probe *probe)
{
	struct result nothing;
	const int fd = kept_socket(LISTENER4, (int)probe->number, &nothing);
	union address own;
	socklen_t size = sizeof own;
	char request[RECORD], line[RECORD] = "";

	if (fd < 0)
		return nothing;
	MUST(getsockname(fd, &own.any, &size) == 0);
	snprintf(request, sizeof request, "dial %d %s", ntohs(own.in.sin_port), token(probe));
	ask_accomplice(request);
	const int caller = probe->number ? accept4(fd, NULL, NULL, SOCK_CLOEXEC) : accept(fd, NULL, NULL);
	MUST(caller >= 0);
	MUST(read(caller, line, sizeof line - 1) > 0 && strcmp(line, token(probe)) == 0);
	MUST(send(caller, "answer", 6, MSG_NOSIGNAL) == 6);
	return works();
}

/* --- Everything else. --- */

static struct result keep_pipe(const struct probe *probe)
{
	int channel[2];
	char got;

	(void)probe;
	MUST(pipe(channel) == 0 && write(channel[1], "x", 1) == 1 && read(channel[0], &got, 1) == 1 && got == 'x');
	return works();
}

static void *say_five(void *where)
{
	*(int *)where = 5;
	return NULL;
}

static struct result keep_thread(const struct probe *probe)
{
	pthread_t thread;
	int got = 0;

	(void)probe;
	MUST(pthread_create(&thread, NULL, say_five, &got) == 0 && pthread_join(thread, NULL) == 0 && got == 5);
	return works();
}

static int exec_sh(void *unused)
{
	(void)unused;
	execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
	return 1;
}

static struct result keep_exec(const struct probe *probe)
{
	(void)probe;
	MUST(run_child(exec_sh, NULL) == 7);
	return works();
}

static volatile sig_atomic_t signalled;
static void on_signal(int number) { signalled = number; }

static struct result keep_signal(const struct probe *probe)
{
	(void)probe;
	MUST(signal(SIGUSR1, on_signal) != SIG_ERR && raise(SIGUSR1) == 0 && signalled == SIGUSR1);
	return works();
}

static struct result keep_ptrace(const struct probe *probe)
{
	int status;
	static volatile long word = 41;
	const pid_t child = fork();

	(void)probe;
	if (child == 0) {
		word = 42;
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(1);
		raise(SIGSTOP);
		_exit(0);
	}
	MUST(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
	MUST(ptrace(PTRACE_PEEKDATA, child, &word, NULL) == 42);
	MUST(ptrace(PTRACE_CONT, child, NULL, NULL) == 0 && waitpid(child, &status, 0) == child && status == 0);
	return works();
}

static struct result keep_seccomp(const struct probe *probe)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = 4, .filter = code };

	(void)probe;
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0);
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0L, 0L) == 0);
	MUST(syscall(SYS_getppid) == -1 && errno == EDOM);
	return works();
}

static struct result keep_landlock(const struct probe *probe)
{
	const uint64_t handled[1] = { 1 << 1 }; /* LANDLOCK_ACCESS_FS_WRITE_FILE */

	(void)probe;
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0);
	const long ruleset = syscall(444, handled, sizeof handled, 0L); /* landlock_create_ruleset */
	if (ruleset < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
		return result(NOT_HERE, "no Landlock");
	MUST(ruleset >= 0 && syscall(446, ruleset, 0L) == 0); /* landlock_restrict_self */
	MUST(open("/dev/null", O_WRONLY) == -1 && errno == EACCES);
	return works();
}

static struct result keep_rename(const struct probe *probe)
{
	const char *directory = own_directory();
	char from[80], to[80], a[80], b[80];

	(void)probe;
	MUST(directory);
	snprintf(a, sizeof a, "%s/a", directory);
	snprintf(b, sizeof b, "%s/b", directory);
	snprintf(from, sizeof from, "%s/a/file", directory);
	snprintf(to, sizeof to, "%s/b/file", directory);
	MUST(mkdir(a, 0700) == 0 && mkdir(b, 0700) == 0 && close(open(from, O_CREAT | O_WRONLY, 0600)) == 0);
	const bool renamed = rename(from, to) == 0, linked = link(to, from) == 0;
	const int error = errno;
	unlink(from), unlink(to), rmdir(a), rmdir(b), rmdir(directory);
	errno = error;
	MUST(renamed && linked);
	return works();
}

static struct result keep_epoll(const struct probe *probe)
{
	const int epoll = epoll_create1(0), event = eventfd(1, 0);
	struct epoll_event wanted = { .events = EPOLLIN };

	(void)probe;
	MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted) == 0 && epoll_wait(epoll, &wanted, 1, 1000) == 1);
	return works();
}

static struct result keep_inotify(const struct probe *probe)
{
	const char *directory = own_directory();
	char file[80], buffer[512];
	const int watcher = inotify_init1(0);

	(void)probe;
	MUST(directory && inotify_add_watch(watcher, directory, IN_CREATE) >= 0);
	snprintf(file, sizeof file, "%s/f", directory);
	const int fd = open(file, O_CREAT | O_WRONLY, 0600);
	unlink(file), rmdir(directory);
	MUST(fd >= 0 && read(watcher, buffer, sizeof buffer) > 0);
	return works();
}

static struct result keep_mount(const struct probe *probe)
{
	(void)probe;
	const int made = unshare(CLONE_NEWUSER | CLONE_NEWNS);
	if (made != 0 && shared->run == -1) /* a chroot or a sysctl may refuse it, too */
		return result(NOT_HERE, "no user namespaces here: %s", strerror(errno));
	MUST(made == 0);
	MUST(mount("none", "/tmp", "tmpfs", 0, NULL) == 0);
	return works();
}

static struct result keep_pty(const struct probe *probe)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY);
	char name[64], got;

	(void)probe;
	MUST(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 && ptsname_r(master, name, sizeof name) == 0);
	const int slave = open(name, O_RDWR | O_NOCTTY);
	MUST(slave >= 0 && write(master, "k\n", 2) == 2 && read(slave, &got, 1) == 1 && got == 'k');
	return works();
}

static struct result keep_memfd(const struct probe *probe)
{
	const long fd = syscall(SYS_memfd_create, "netprobe", 0L);

	(void)probe;
	MUST(fd >= 0 && ftruncate((int)fd, 4096) == 0);
	MUST(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0) != MAP_FAILED);
	return works();
}

static struct result keep_keys(const struct probe *probe)
{
	enum { PROCESS_KEYRING = -2, KEYCTL_READ = 11 };
	const long key = syscall(SYS_add_key, "user", "netprobe", "secret", 6L, (long)PROCESS_KEYRING);
	char secret[8];

	(void)probe;
	MUST(key >= 0);
	MUST(syscall(SYS_keyctl, (long)KEYCTL_READ, key, secret, sizeof secret) == 6 && memcmp(secret, "secret", 6) == 0);
	MUST(syscall(SYS_request_key, "user", "netprobe", NULL, 0L) == key);
	return works();
}

static const struct { const char *name; struct result (*run)(const struct probe *); long number; } keeps[] = {
	{ "unix-stream-pair", keep_pair, SOCK_STREAM },
	{ "unix-datagram-pair", keep_pair, SOCK_DGRAM },
	{ "unix-seqpacket-pair", keep_pair, SOCK_SEQPACKET },
	{ "unix-bind-path", keep_unix, UNIX_BIND },
	{ "unix-listen-path", keep_unix, UNIX_LISTEN },
	{ "unix-connect-path", keep_unix, UNIX_CONNECT },
	{ "unix-listen-abstract", keep_abstract_inside, 0 },
	{ "connect-inherited-abstract", keep_abstract_inherited, 0 },
	{ "descriptor-passing", keep_passing, 0 },
	{ "accept", keep_accepting, 0 },
	{ "accept4", keep_accepting, 1 },
	{ "option-v6only", keep_v6only, 0 },
	{ "pipe", keep_pipe, 0 },
	{ "threads", keep_thread, 0 },
	{ "fork-exec", keep_exec, 0 },
	{ "signals", keep_signal, 0 },
	{ "ptrace-child", keep_ptrace, 0 },
	{ "own-seccomp", keep_seccomp, 0 },
	{ "own-landlock", keep_landlock, 0 },
	{ "rename-across-directories", keep_rename, 0 },
	{ "epoll-eventfd", keep_epoll, 0 },
	{ "inotify", keep_inotify, 0 },
	{ "mount-in-user-namespace", keep_mount, 0 },
	{ "pty", keep_pty, 0 },
	{ "memfd", keep_memfd, 0 },
	{ "keys", keep_keys, 0 },
};

void add_keep_probes(void)
{
	static const struct { const char *name; struct result (*run)(const struct probe *); int number, slot; } talks[] = {
		{ "send-recv", keep_talking, TALK_SEND, 0 }, { "write-read", keep_talking, TALK_WRITE, 1 },
		{ "sendmsg-recvmsg", keep_talking, TALK_MESSAGE, 2 }, { "names-and-options", keep_names, 0, 0 },
		{ "shutdown", keep_shutdown, 0, 3 },
	};
	static const int talkers[] = { TCP4, TCP6, MPTCP4 };
	static const struct { const char *name; int holder, number; } clears[] = {
		{ "clear-ip-options", TCP4, CLEAR_IP_OPTIONS }, { "clear-routing-header", TCP6, CLEAR_ROUTING_HEADER },
		{ "clear-packet-options-2292", TCP6, CLEAR_2292 }, { "int80-clear-ip-options", TCP4, INT80_CLEAR_IP_OPTIONS },
	};

	for (size_t i = 0; i < sizeof keeps / sizeof keeps[0]; i++)
		add_probe(true, keeps[i].run, "%s", keeps[i].name)->number = keeps[i].number;
	for (size_t i = 0; i < sizeof talkers / sizeof talkers[0]; i++)
		for (size_t j = 0; j < sizeof talks / sizeof talks[0]; j++) {
			struct probe *probe = add_probe(true, talks[j].run, "%s@%s", talks[j].name, holders[talkers[i]].name);
			probe->holder = talkers[i];
			probe->number = talks[j].number;
			probe->slot = talks[j].slot;
		}
	for (size_t i = 0; i < sizeof clears / sizeof clears[0]; i++) {
		struct probe *probe = add_probe(true, keep_clearing, "%s@%s", clears[i].name, holders[clears[i].holder].name);
		probe->holder = clears[i].holder;
		probe->number = clears[i].number;
	}
}
