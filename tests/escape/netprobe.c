/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * netprobe: tries every way out of a process without network, and everything that
 * must go on working in it. Each case runs in a child of its own, so that a crash, a
 * hang or a kill is its verdict. It decides nothing from what a sandbox says of
 * itself: an escape is one when the outside saw it or the socket is there.
 */
#include "netprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_clone3
#define SYS_clone3 435
#endif

/* Only what hangs, or sends into the void, takes so long. */
enum { CASE_SECONDS = 20, WAIT = 6000000 /* us */, FIRST_STEP = 125, LAST_STEP = 16000 };

struct shared *shared;
static struct probe probes[PROBES];
static int probe_count;
static int landlock_abi;
static bool marked; /* by the kernel's own network-off; with no seccomp filter it is all there is: BARE */
static bool bare;
static bool loopback; /* the sandbox claims to give one */
static const char *const verdict_names[VERDICTS] = { "blocked", "ESCAPED", "works", "BROKEN", "n/a", "gap" };

/* --- What the project documents as not kept, or as a price: DESIGN, sections 3 and 5. --- */

static bool always(void) { return true; }
static bool abstract_kept(void) { return marked || (landlock_abi >= 6 && !shared->abstract_allowed); }
static bool loopback_given(void) { return loopback; }
static bool unmarked(void) { return !marked; }
static bool unix_open(void) { return !shared->unix_shut; }
static bool unix_shut(void) { return shared->unix_shut; }
static bool any_mark(void) { return marked; }
static bool bare_mark(void) { return bare; }
static bool bare_mark_of_root(void) { return bare && geteuid() == 0; }
static bool before_abi_4(void) { return !marked && landlock_abi < 4; }
static bool before_abi_10(void) { return !marked && landlock_abi < 10; }
static bool unshare_refused(void) { return unshare(0) != 0; }
static bool no_domain(void) { return !marked && landlock_abi < 2; }
static bool abstract_reachable(void) { return !marked && (landlock_abi < 6 || shared->abstract_allowed); }
static bool listener_given(void) { return !marked && shared->set_listener; }
static bool filter_no_connect(void) { return !marked && (shared->set_stream || (shared->set_tcp && landlock_abi < 4)); }
static bool filter_no_listen(void) { return !marked && (shared->set_tcp || shared->set_stream) && !shared->set_listener; }
static bool libc_multiplexes(void)
{
#if (defined __i386__ || defined __s390x__) && defined __GLIBC__
	return !bare;
#else
	return false;
#endif
}
static bool settings_read_only(void)
{
	struct statvfs settings;

	return loopback && statvfs("/proc/sys", &settings) == 0 && (settings.f_flag & ST_RDONLY);
}
static bool domain_of_files(void)
{
	return !bare && (landlock_abi == 2 || landlock_abi == 3 || (landlock_abi >= 9 && shared->unix_shut));
}

static const struct gap {
	const char *pattern;
	bool (*applies)(void);
	const char *reason;
} gaps[] = {
	{ "accept*", loopback_given, "sockets of the network that is left are closed" },
	{ "send-recv@*", loopback_given, "sockets of the network that is left are closed" },
	{ "write-read@*", loopback_given, "sockets of the network that is left are closed" },
	{ "sendmsg-recvmsg@*", loopback_given, "sockets of the network that is left are closed" },
	{ "names-and-options@*", loopback_given, "sockets of the network that is left are closed" },
	{ "shutdown@*", loopback_given, "sockets of the network that is left are closed" },
	{ "*clear-*@tcp*", loopback_given, "sockets of the network that is left are closed" },
	{ "*@passed-*", loopback_given, "a passed socket stays in the network where it was made" },
	{ "loopback-low-port", settings_read_only, "ports below 1024 need a capability, where /proc/sys is read-only" },
	{ "loopback-echo*", settings_read_only, "ping needs a capability, where /proc/sys is read-only" },
	{ "loopback-interface-list-by-passed-unix", loopback_given, "an AF_UNIX socket from outside shows the interfaces there" },
	{ "path-*", unix_open, "services on path AF_UNIX sockets do what they are asked" },
	{ "abstract-*", abstract_reachable, "abstract sockets outside: kept off from Landlock ABI 6 on, without -a" },
	{ "*listen@passed-tcp*", unmarked, "a passed TCP socket: no Landlock right covers listening" },
	{ "*listen@tcp*", listener_given, "a listener given is a licence to listen" },
	{ "*listen@mptcp*", listener_given, "a listener given is a licence to listen" },
	{ "listen-again@*", listener_given, "a listener given is a licence to listen" },
	{ "*@passed-tcp*", before_abi_4, "a passed TCP socket: covered from Landlock ABI 4 on" },
	{ "*@passed-mptcp*", unmarked, "a passed MPTCP socket: no Landlock right covers it" },
	{ "owner@passed-tcp*", always, "a passed TCP socket: who has chown may give it to a user that is routed otherwise" },
	{ "control-message-*@passed-udp*", unmarked, "a passed UDP socket: a control message may carry a route" },
	{ "unicast-interface@passed-udp*", unmarked, "a passed UDP socket: it may choose an interface" },
	{ "*@passed-udp*", before_abi_10, "a passed UDP socket: covered from Landlock ABI 10 on" },
	{ "ptrace*", no_domain, "no Landlock domain" },
	{ "proc-*", no_domain, "no Landlock domain: /proc/PID of the same user" },
	{ "unix-connect-path", unix_shut, "it is outside" },
	{ "unix-connect*", filter_no_connect, "price of the filter no_connect" },
	{ "unix-bind*", filter_no_connect, "price of the filter no_connect" },
	{ "unix-listen*", filter_no_connect, "price of the filter no_connect" },
	{ "unix-listen*", filter_no_listen, "price of the filter no_listen" },
	{ "unix-*", libc_multiplexes, "price of socketcall, whose arguments a filter cannot see" },
	{ "descriptor-passing", libc_multiplexes, "price of socketcall, whose arguments a filter cannot see" },
	{ "sendmsg-recvmsg*", libc_multiplexes, "price of socketcall, whose arguments a filter cannot see" },
	{ "names-and-options*", libc_multiplexes, "price of socketcall, whose arguments a filter cannot see" },
	{ "option-*", libc_multiplexes, "price of socketcall, whose arguments a filter cannot see" },
	{ "clear-*", libc_multiplexes, "price of socketcall, whose arguments a filter cannot see" },
	{ "macvtap-*", always, "a device that is a network by itself" },
	{ "connect-inherited-abstract", abstract_kept, "an abstract listener belongs to who made it, inherited or not" },
	{ "connect-inherited-abstract", loopback_given, "an abstract name is of the network that is left" },
	{ "connect-inherited-abstract", filter_no_connect, "price of the filter no_connect" },
	{ "tap-inherited", bare_mark, "a tap is no socket: disablenetwork refuses to hand one down" },
	{ "seccomp-listener-inherited", bare_mark, "no socket: disablenetwork refuses to hand one down" },
	{ "memory-inherited", bare_mark, "no socket: disablenetwork refuses to hand one down" },
	{ "shared-*", unshare_refused, "a sandbox around refuses unshare, whatever the flags" },
	{ "shared-*", bare_mark, "the prctl leaves the directory shared: disablenetwork makes it its own" },
	{ "namespace-by-passed-socket", always, "who made a user namespace administers it by a socket from there" },
	{ "exec-as-uid-0", bare_mark_of_root, "the prctl takes no capabilities: disablenetwork drops them" },
	{ "capset", bare_mark_of_root, "the prctl takes no capabilities: disablenetwork drops them" },
	{ "capability-ambient", bare_mark_of_root, "the prctl takes no capabilities: disablenetwork drops them" },
	{ "setuid-back-to-0", bare_mark_of_root, "the prctl takes no capabilities: disablenetwork drops them" },
	{ "owner@*", bare_mark_of_root, "the prctl takes no capabilities: disablenetwork drops them" },
	{ "interface-change", bare_mark_of_root, "the prctl takes no capabilities: disablenetwork drops them" },
	{ "clear-*", any_mark, "the kernel's own network-off does not see how long an option is" },
	{ "int80-clear-*", any_mark, "the kernel's own network-off does not see how long an option is" },
	{ "mount-*", domain_of_files, "price of a Landlock domain with a file system right" },
};

/* With a loopback of its own these are no escape, once nothing of the outside is reached. */
static const char *const of_a_loopback[] = {
	"family-2", "family-10", "family-16", "protocol-tcp*", "protocol-udp", "protocol-mptcp*", "protocol-icmp*",
	"protocol-netlink-diag", "protocol-nonblocking", "socket-from-*", "int80-socket-*", "int80-garbage-*",
};

static bool is_of_a_loopback(const char *name)
{
	for (size_t i = 0; loopback && i < sizeof of_a_loopback / sizeof of_a_loopback[0]; i++)
		if (fnmatch(of_a_loopback[i], name, 0) == 0)
			return true;
	return false;
}

static const char *gap_reason(const char *name)
{
	for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++)
		if (fnmatch(gaps[i].pattern, name, 0) == 0 && gaps[i].applies())
			return gaps[i].reason;
	return NULL;
}

/* --- What cases use. --- */

struct result result(enum verdict verdict, const char *format, ...)
{
	struct result made = { .verdict = verdict };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(made.detail, sizeof made.detail, format, arguments);
	va_end(arguments);
	return made;
}

/* With no driver there is no control, and an error that kernels without the thing give proves nothing. */
struct result refused(const char *what)
{
	static const int absent[] = { ENOSYS, ENOENT, ENODEV, ENXIO, EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, ENOPROTOOPT, EINVAL };
	enum verdict verdict = BLOCKED;

	for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
		if (shared->run < 0 && errno == absent[i])
			verdict = NOT_HERE;
	return result(verdict, "%s: %s", what, strerror(errno));
}

struct result broken(const char *what) { return result(BROKEN, "%s: %s", what, strerror(errno)); }

struct probe *add_probe(bool must_work, struct result (*run)(const struct probe *), const char *format, ...)
{
	struct probe *probe = &probes[probe_count++];
	va_list arguments;

	if (probe_count > PROBES)
		abort();
	va_start(arguments, format);
	vsnprintf(probe->name, sizeof probe->name, format, arguments);
	va_end(arguments);
	probe->must_work = must_work;
	probe->run = run;
	probe->holder = NO_HOLDER;
	return probe;
}

const char *token(const struct probe *probe)
{
	static char text[RECORD - 16];

	snprintf(text, sizeof text, "%s/%d", probe->name, (int)shared->run);
	return text;
}

void record(const char *prefix, const void *data, int length)
{
	const int at = atomic_fetch_add(&shared->received, 1);

	if (at < RECORDS)
		snprintf(shared->record[at], RECORD, "%s %.*s", prefix, length, (const char *)data);
}

bool outside_has(const char *prefix, const char *text)
{
	const int count = atomic_load(&shared->received);
	char wanted[RECORD];

	snprintf(wanted, sizeof wanted, "%s %s", prefix, text);
	for (int i = 0; i < count && i < RECORDS; i++)
		if (strncmp(shared->record[i], wanted, RECORD - 1) == 0)
			return true;
	return false;
}

bool outside_received(const char *prefix, const char *text)
{
	for (unsigned step = FIRST_STEP, waited = 0; waited < WAIT; waited += step, step = step < LAST_STEP ? 2 * step : step) {
		if (outside_has(prefix, text))
			return true;
		usleep(step);
	}
	return false;
}

struct result prove(const char *prefix, const struct probe *probe)
{
	if (outside_received(prefix, token(probe)))
		return result(ESCAPED, "the outside received it");
	return result(BROKEN, "not refused, and yet nothing arrived");
}

/* By system calls: the libc of some architectures would multiplex them (socketcall). */
bool send_descriptor(int socket, int descriptor, const char *text)
{
	union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control;
	struct iovec data = { .iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text) + 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	memset(&control, 0, sizeof control);
	if (descriptor >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof descriptor);
		memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
	}
	return syscall(SYS_sendmsg, socket, &message, (long)MSG_NOSIGNAL) >= 0;
}

/* -1 when there came no descriptor; the text tells. -2 when nothing came. */
int receive_descriptor(int socket, char *text, int size)
{
	union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control;
	struct iovec data = { .iov_base = text, .iov_len = (size_t)size - 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof control };
	int descriptor = -1;
	const ssize_t length = (ssize_t)syscall(SYS_recvmsg, socket, &message, 0L);

	text[length > 0 ? length : 0] = '\0';
	if (length <= 0)
		return -2;
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
	return descriptor;
}

/* Answers to requests of a case that was killed are thrown away: each repeats its request. */
int ask_accomplice(const char *request)
{
	char answer[RECORD], asked[RECORD];
	int descriptor;

	if (shared->accomplice == 0)
		return -1;
	snprintf(asked, sizeof asked, "%d %s", (int)getpid(), request);
	if (!send_descriptor(shared->accomplice, -1, asked))
		return -1;
	while ((descriptor = receive_descriptor(shared->accomplice, answer, sizeof answer)) != -2) {
		if (strcmp(answer, asked) == 0)
			return descriptor;
		if (descriptor >= 0)
			close(descriptor);
	}
	return -1;
}

int held_descriptor(const struct probe *probe, struct result *result_)
{
	const struct holder *holder = &holders[probe->holder];
	char request[32];
	int descriptor, domain;
	socklen_t size = sizeof domain;

	if (!holder->set) {
		snprintf(request, sizeof request, "give %d", probe->holder);
		if ((descriptor = ask_accomplice(request)) < 0)
			*result_ = result(NOT_HERE, "no accomplice outside to pass it");
		return descriptor;
	}
	if (shared->first[probe->holder] == 0) {
		*result_ = result(NOT_HERE, "not inherited");
		return -1;
	}
	descriptor = shared->first[probe->holder] + probe->slot;
	if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != holder->domain) {
		*result_ = result(BLOCKED, "the sandbox closed the descriptor");
		return -1;
	}
	return descriptor;
}

bool has_int80(void)
{
#if defined __x86_64__ || defined __i386__
	static int known = -1;

	/* Without 32-bit emulation the instruction is a fault: ask a child. */
	if (known < 0) {
		int status = 1;
		const pid_t child = fork();
		if (child == 0)
			_exit(int80(20, 0, 0, 0, 0, 0, 0) != getpid()); /* getpid */
		waitpid(child, &status, 0);
		known = status == 0;
	}
	return known;
#else
	return false;
#endif
}

long int80(long number, long a, long b, long c, long d, long e, long f)
{
#if defined __x86_64__
	long answer;
	register long r8 __asm__("r8") = 0, r9 __asm__("r9") = 0, r10 __asm__("r10") = 0, r11 __asm__("r11") = 0;

	/* The sixth argument is in %ebp, which the compiler may need. */
	__asm__ volatile("xchgq %%rbp, %[f]\n\tint $0x80\n\txchgq %%rbp, %[f]"
		: "=a"(answer), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r11), [f] "+r"(f)
		: "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
		: "memory", "cc");
	return (int)answer;
#elif defined __i386__
	const long answer = syscall(number, a, b, c, d, e, f);
	return answer < 0 ? -errno : answer;
#else
	(void)number, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
	return -ENOSYS;
#endif
}

void *low_memory(void)
{
#ifdef MAP_32BIT
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT;
#else
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#endif
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags, -1, 0);
	return page == MAP_FAILED ? NULL : page;
}

int run_child(int (*body)(void *), void *data)
{
	int status;
	const pid_t child = fork();

	if (child < 0)
		return -1;
	if (child == 0) {
		alarm(CASE_SECONDS - 2);
		_exit(body(data));
	}
	if (waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- Running. --- */

/* As fork, but what of its directory it changes is changed here, too. */
static pid_t fork_sharing(void)
{
	struct clone_args arguments = { .flags = CLONE_FS, .exit_signal = SIGCHLD };

	return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

static struct result run_probe(const struct probe *probe)
{
	struct result got;
	int channel[2], status;

	/* No need of a child to find out. */
	if (probe->holder != NO_HOLDER && holders[probe->holder].set && !shared->first[probe->holder])
		return result(NOT_HERE, "not inherited");
	if (pipe2(channel, O_CLOEXEC) != 0)
		return broken("pipe");
	fflush(stdout);
	const pid_t child = probe->shares ? fork_sharing() : fork();
	if (child < 0)
		return broken("fork");
	if (child == 0) {
		close(channel[0]);
		alarm(CASE_SECONDS);
		const struct result made = probe->run(probe);
		_exit(write(channel[1], &made, sizeof made) != sizeof made);
	}
	close(channel[1]);
	/* What a case that was killed has left behind holds the other end as well. */
	struct pollfd end = { .fd = channel[0], .events = POLLIN };
	const ssize_t size = poll(&end, 1, (CASE_SECONDS + 2) * 1000) > 0 ? read(channel[0], &got, sizeof got) : 0;
	close(channel[0]);
	waitpid(child, &status, 0);
	if (size == sizeof got)
		return got;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return result(probe->must_work ? BROKEN : BLOCKED, "killed by SIGSYS");
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return result(BROKEN, "no end after %d s", CASE_SECONDS);
	return result(BROKEN, "ended by signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

/* What a case did without the sandbox decides what its outcome behind it is worth. */
static void weigh(const struct probe *probe, int index, struct result *got)
{
	const enum verdict full = probe->must_work ? WORKS : ESCAPED;
	const char *reason;
	char detail[DETAIL];

	memcpy(detail, got->detail, sizeof detail);
	if (shared->run == 0) {
		if (got->verdict != full)
			got->verdict = NOT_HERE;
		shared->control[index] = got->verdict;
		memcpy(shared->control_detail[index], got->detail, DETAIL);
		return;
	}
	if (got->verdict == full && probe->must_work)
		return;
	if (got->verdict == ESCAPED && is_of_a_loopback(probe->name)) {
		got->verdict = WORKS;
		return;
	}
	if (shared->has_control && shared->control[index] != full && got->verdict != ESCAPED)
		*got = result(NOT_HERE, "without the sandbox: %.90s", shared->control_detail[index]);
	else if ((got->verdict == ESCAPED || (probe->must_work && got->verdict == BROKEN)) &&
		(reason = gap_reason(probe->name)))
		*got = result(GAP, "%.70s (%.40s)", reason, detail);
}

static void print_quoted(const char *text)
{
	putchar('"');
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else
			putchar((unsigned char)*text < ' ' ? '?' : *text);
	putchar('"');
}

static int run_all(const char *only, bool json, bool mute)
{
	int count[VERDICTS] = { 0 };

	for (int i = 0; i < probe_count; i++) {
		const struct probe *probe = &probes[i];
		if (only && fnmatch(only, probe->name, 0) != 0)
			continue;
		struct result got = run_probe(probe);
		weigh(probe, i, &got);
		count[got.verdict]++;
		if (mute)
			continue;
		if (!json) {
			printf("%-42s %-8s %s\n", probe->name, verdict_names[got.verdict], got.detail);
			fflush(stdout);
			continue;
		}
		printf("{\"name\": ");
		print_quoted(probe->name);
		printf(", \"verdict\": \"%s\", \"detail\": ", verdict_names[got.verdict]);
		print_quoted(got.detail);
		printf("}\n");
	}
	if (!mute && json)
		printf("{\"summary\": {");
	else if (!mute)
		printf("summary:");
	for (int i = 0; i < VERDICTS && !mute; i++)
		printf(json ? "%s\"%s\": %d" : "%s %s %d", i ? (json ? ", " : ",") : "", verdict_names[i], count[i]);
	if (!mute)
		printf(json ? "}}\n" : "\n");
	if (fflush(stdout) != 0)
		return 111;
	return count[ESCAPED] + count[BROKEN] > 0;
}

static struct shared *map_shared(void)
{
	const char *file = getenv("NETPROBE_SHARED");
	const int descriptor = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
	void *memory = descriptor < 0
		? mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
		: mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);

	if (memory == MAP_FAILED || (file && descriptor < 0)) {
		perror("netprobe: fatal: unable to map what the driver shares");
		exit(111);
	}
	if (descriptor >= 0)
		close(descriptor);
	else
		((struct shared *)memory)->run = -1;
	return memory;
}

/* --- The kernel's own network-off (disablenetwork-lsm), by itself. --- */

enum { SET_NETWORK = 0x646e6574, GET_NETWORK = 0x646e6575, NETWORK_OFF = 1 };

static bool is_marked(void) { return prctl(GET_NETWORK, 0L, 0L, 0L, 0L) == -1 && errno == ENETDOWN; }

/* --network-off PROG...: the prctl and nothing else, then PROG. */
static int run_marked(char **program)
{
	if (!*program || prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0)
		return 100;
	if (prctl(SET_NETWORK, (long)NETWORK_OFF, 0L, 0L, 0L) != -1 || errno != ENETDOWN || !is_marked()) {
		perror("netprobe: fatal: unable to switch the network off by prctl");
		return 111;
	}
	execvp(program[0], program);
	perror(program[0]);
	return 127;
}

static void usage(FILE *to)
{
	fputs("usage: netprobe [--json] [--list] [--only NAME] [--loopback]\n"
		  "       netprobe [--json] [--only NAME] [--loopback] --driver [--inherit SET,...] [--user UID]\n"
		  "                [--lower-limit] [--without-landlock] [--allow-abstract] [--no-unix | --unix]\n"
		  "                [--share-directory] [--probe FILE] [SANDBOX [ARG ...]]\n"
		  "       netprobe --network-off PROG [ARG ...]\n"
		  "       netprobe --help | --version\n"
		  "Tries every way out of a process without network, and what must go on working in it.\n"
		  "With --driver: has peers outside, tries all without the sandbox first, then behind it.\n"
		  "With --loopback: the sandbox is to have a loopback of its own, that leads nowhere else.\n"
		  "With --network-off: runs PROG behind prctl(PR_SET_NETWORK, PR_NETWORK_OFF) and nothing else.\n"
		  "SETs: none tcp listener mptcp vsock udp sctp ring tun other process unix all. NAME may be a pattern.\n",
		to);
}

int main(int argc, char **argv)
{
	enum { HELP = 'h', LIST = 'l', ONLY = 'o', JSON = 'j', DRIVER = 'd', WHO = 'w', MUTE = 'm', OFF = 'O', TYPE = 't',
		LOOPBACK = 'L', PRINT_VERSION = 'V', NSCD = 'n' };
	static const struct option options[] = { { "help", no_argument, NULL, HELP }, { "version", no_argument, NULL, PRINT_VERSION },
		{ "list", no_argument, NULL, LIST }, { "only", required_argument, NULL, ONLY }, { "json", no_argument, NULL, JSON },
		{ "driver", no_argument, NULL, DRIVER }, { "who", no_argument, NULL, WHO },
		{ "mute", no_argument, NULL, MUTE }, { "type-back", required_argument, NULL, TYPE },
		{ "loopback", no_argument, NULL, LOOPBACK }, { "nscd", required_argument, NULL, NSCD },
		{ "network-off", no_argument, NULL, OFF }, { 0 } };
	const char *only = NULL;
	bool json = false, list = false, mute = false;

	for (int option; (option = getopt_long(argc, argv, "+h", options, NULL)) != -1;)
		switch (option) {
		case HELP: usage(stdout); return 0;
		case PRINT_VERSION: puts("netprobe " PACKAGE_VERSION); return 0;
		case LIST: list = true; break;
		case ONLY: only = optarg; break;
		case JSON: json = true; break;
		case MUTE: mute = true; break;
		case LOOPBACK: loopback = true; break;
		case WHO: return say_who();
		case TYPE: return type_back(optarg);
		case NSCD: return serve_names(optarg);
		case OFF: return run_marked(argv + optind);
		case DRIVER: {
			char *passed_on[] = { "--only", (char *)(uintptr_t)(only ? only : "*"), NULL, NULL, NULL }, **next = passed_on + 2;
			if (loopback)
				*next++ = "--loopback";
			if (json)
				*next++ = "--json";
			return drive(argc - optind, argv + optind, passed_on, argv[0]);
		}
		default: usage(stderr); return 100;
		}
	if (optind != argc) {
		usage(stderr);
		return 100;
	}
	shared = map_shared();
	landlock_abi = (int)syscall(444, NULL, 0L, 1L); /* landlock_create_ruleset, of the version */
	marked = is_marked();
	bare = marked && prctl(PR_GET_SECCOMP, 0L, 0L, 0L, 0L) == 0;
	signal(SIGPIPE, SIG_IGN);
	has_int80(); /* asked once, for all children */
	add_socket_probes();
	add_held_probes();
	add_borrow_probes();
	add_namespace_probes();
	add_unix_probes();
	add_keep_probes();
	add_supervisor_probes();
	if (loopback)
		add_loopback_probes();
	add_supervisor_losses();
	if (list) {
		for (int i = 0; i < probe_count; i++)
			printf("%-42s %s\n", probes[i].name, probes[i].must_work ? "must work" : "must fail");
		return 0;
	}
	return run_all(only, json, mute);
}
