/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * prog for faults.py: says in a file, a line each, which ways out are open and what
 * state it was started with. It judges nothing: faults.py compares with a run in which
 * nothing failed. netprobe tries far more, and takes a hundred times as long.
 *
 *     judge REPORT OUTSIDE-PID ABSTRACT-NAME STREAM PORT PATH
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *abstract_name, *path_name;
static int outside, stream, port;

static int make_inet(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static int make_inet6(void) { return socket(AF_INET6, SOCK_DGRAM, 0); }
static int make_netlink(void) { return socket(AF_NETLINK, SOCK_RAW, 0); }
static int make_generic(void) { return socket(AF_NETLINK, SOCK_RAW, 16 /* NETLINK_GENERIC */); }
static int make_ring(void)
{
	char parameters[120] = { 0 };

	return (int)syscall(SYS_io_uring_setup, 1, parameters);
}

static int make_i386(void)
{
#ifdef __x86_64__
	int result;

	__asm__ volatile("int $0x80" : "=a"(result) : "0"(359), "b"(AF_INET), "c"(SOCK_STREAM), "d"(0)
		: "memory", "r8", "r9", "r10", "r11");
	return result;
#else
	return -1;
#endif
}

static int send_fast_open(void)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0
		? -1 : (int)send(ends[0], "", 1, MSG_FASTOPEN);
}

static int borrow(void)
{
	const int process = (int)syscall(434 /* pidfd_open */, outside, 0);

	return process < 0 ? -1 : (int)syscall(438 /* pidfd_getfd */, process, 1, 0);
}

static int connect_abstract(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	const size_t length = strlen(abstract_name);

	memcpy(name.sun_path + 1, abstract_name, length);
	return connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length));
}

static int connect_path(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	memcpy(name.sun_path, path_name, strlen(path_name));
	return connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name);
}

/* What -L leaves behind: the machine's own loopback. */
static int connect_machine(void)
{
	const struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return connect(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&peer, sizeof peer);
}

static int connect_again(void)
{
	struct sockaddr_in peer = { .sin_family = AF_UNSPEC };

	(void)connect(stream, (struct sockaddr *)&peer, sizeof peer);
	peer = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return connect(stream, (struct sockaddr *)&peer, sizeof peer);
}

static int listen_on_it(void)
{
	struct sockaddr_in peer = { .sin_family = AF_UNSPEC };

	(void)connect(stream, (struct sockaddr *)&peer, sizeof peer);
	return listen(stream, 1);
}

static const struct {
	const char *name;
	int (*attempt)(void); /* negative if refused */
} ways_out[] = {
	{ "inet", make_inet },
	{ "inet6", make_inet6 },
	{ "netlink", make_netlink },
	{ "ring", make_ring },
	{ "i386", make_i386 },
	{ "fast-open", send_fast_open },
	{ "borrow", borrow },
	{ "abstract", connect_abstract },
	{ "path", connect_path },
	{ "machine", connect_machine },
	{ "generic", make_generic },
	{ "connect-again", connect_again },
	{ "listen", listen_on_it },
};

/* In a child, since -k kills it. NULL: it was refused. */
static const char *what_came_of(int (*attempt)(void))
{
	const pid_t child = fork();
	int status;

	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		_exit(attempt() < 0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return "not tried";
	if (WIFSIGNALED(status)) /* without 32-bit calls int 0x80 is a fault */
		return WTERMSIG(status) == SIGSYS ? "killed" : NULL;
	return WEXITSTATUS(status) == 0 ? "open" : NULL;
}

static void report_descriptors(FILE *report)
{
	struct stat status;
	int domain, type;
	socklen_t size = sizeof domain;

	for (int number = 0; number < 40; number++) {
		if (number == fileno(report) || fstat(number, &status) != 0)
			continue;
		domain = type = 0;
		getsockopt(number, SOL_SOCKET, SO_DOMAIN, &domain, &size);
		getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &size);
		fprintf(report, "descriptor%d %o/%d/%d\n", number, status.st_mode & S_IFMT, domain, type);
	}
}

static void report_capabilities(FILE *report)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint64_t bounding = 0, ambient = 0;

	syscall(SYS_capget, &header, data);
	for (int i = 0; i < 64; i++) {
		bounding |= (uint64_t)(prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1) << i;
		ambient |= (uint64_t)(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1) << i;
	}
	fprintf(report, "permitted %x.%x\neffective %x.%x\ninheritable %x.%x\n", data[1].permitted,
		data[0].permitted, data[1].effective, data[0].effective, data[1].inheritable,
		data[0].inheritable);
	fprintf(report, "bounding %jx\nambient %jx\nsecurebits %x\n", (uintmax_t)bounding,
		(uintmax_t)ambient, prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
}

int main(int argc, char **argv)
{
	struct rlimit limit = { 0 };
	struct sigaction action;
	sigset_t blocked;
	FILE *report;

	if (argc != 7 || !(report = fopen(argv[1], "we")))
		return 99;
	outside = atoi(argv[2]);
	abstract_name = argv[3];
	stream = atoi(argv[4]);
	port = atoi(argv[5]);
	path_name = argv[6];

	report_descriptors(report);
	report_capabilities(report);
	getrlimit(RLIMIT_NOFILE, &limit);
	fprintf(report, "limit %ju/%ju\n", (uintmax_t)limit.rlim_cur, (uintmax_t)limit.rlim_max);
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(&blocked, number) == 1 ||
			(sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN))
			fprintf(report, "signal%d blocked or ignored\n", number);
	fprintf(report, "no_new_privs %d\nseccomp %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
		prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	fprintf(report, "unix %s\n", socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 ? "refused" : "works");
	fflush(report);
	for (size_t i = 0; i < sizeof ways_out / sizeof ways_out[0]; i++) {
		const char *outcome = what_came_of(ways_out[i].attempt);
		if (outcome)
			fprintf(report, "%s %s\n", ways_out[i].name, outcome);
	}
	return fprintf(report, "end\n") < 0 || fclose(report) != 0;
}
