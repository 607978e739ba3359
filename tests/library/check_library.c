/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * The library as its callers see it, each case in a process of its own. What fails early
 * must have done nothing.
 */
#include "disablenetwork.h"

#include "../unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <ucontext.h>

#define NOTE(...) printf("# not on this machine: " __VA_ARGS__)

/* Direct calls: libc may go by socketcall. */
static int make_socket(int family, int type) { return (int)syscall(SYS_socket, (long)family, (long)type, 0L); }

static int landlock_abi(void) { return (int)syscall(444, NULL, 0L, 1L); }

static void assert_off(void)
{
	ck_assert_int_eq(make_socket(AF_INET, SOCK_STREAM), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(make_socket(AF_NETLINK, SOCK_RAW), -1);
	ck_assert_int_ge(make_socket(AF_UNIX, SOCK_STREAM), 0);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L), 1);
	ck_assert_int_eq(disablenetwork_is_off(), 1);
}

static void switch_off_with(const struct disablenetwork_options *options)
{
	const int answer = disablenetwork_with(options);

	ck_assert_msg(answer == 0, "%s", disablenetwork_error());
}

/* What a call may change, as text: capabilities, filters, signals, limits, descriptors. */
static void describe_process(char *text, size_t size)
{
	static const char *const lines[] = { "SigBlk", "SigIgn", "SigCgt", "Cap", "NoNew", "Seccomp", "Uid", "Threads" };
	char line[256];
	struct rlimit limit;
	size_t length;
	FILE *status = fopen("/proc/thread-self/status", "re");

	ck_assert_ptr_nonnull(status);
	text[0] = '\0';
	while (fgets(line, sizeof line, status))
		for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
			if (strncmp(line, lines[i], strlen(lines[i])) == 0)
				strncat(text, line, size - strlen(text) - 1);
	fclose(status);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	length = strlen(text);
	length += (size_t)snprintf(text + length, size - length, "limit %llu, open:", (unsigned long long)limit.rlim_cur);
	for (int number = 0; number < 300; number++)
		if (fcntl(number, F_GETFD) >= 0)
			length += (size_t)snprintf(text + length, size - length, " %d", number);
}

/* It fails with ERROR and words that contain WORDS, and nothing has been done. */
static void assert_refused_early(const struct disablenetwork_options *options, int error, const char *words)
{
	char before[4096], after[4096];

	describe_process(before, sizeof before);
	const int answer = disablenetwork_with(options), got = errno;
	describe_process(after, sizeof after);
	ck_assert_int_eq(answer, -1);
	ck_assert_msg(got == error, "%s, wanted %s: %s", strerror(got), strerror(error), disablenetwork_error());
	ck_assert_msg(strncmp(disablenetwork_error(), "unable to ", 10) == 0, "%s", disablenetwork_error());
	ck_assert_msg(strstr(disablenetwork_error(), words) != NULL, "%s", disablenetwork_error());
	ck_assert_str_eq(before, after);
	ck_assert_int_ge(make_socket(AF_INET, SOCK_STREAM), 0);
	ck_assert_int_eq(disablenetwork_is_off(), 0);
}

/* As on a kernel without Landlock. Root needs no no_new_privs for it. */
static void hide_landlock(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 444, 0, 1), /* landlock_create_ruleset */
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = 4, .filter = code };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0L, 0L), 0);
}

static void become_nobody(void)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(setgid(65534), 0);
	ck_assert_int_eq(setuid(65534), 0);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L), 0);
}

/* Binds a socket of its own to FOLDER/NAME, and says whether another one can be connected to it. */
static int serve(const char *folder, const char *name, struct sockaddr_un *address)
{
	const int server = make_socket(AF_UNIX, SOCK_STREAM);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof address->sun_path, "%s/%s", folder, name);
	ck_assert_int_eq(bind(server, (void *)address, sizeof *address), 0);
	ck_assert_int_eq(listen(server, 2), 0);
	return server;
}

static int error_of_connect(const struct sockaddr_un *address)
{
	const int client = make_socket(AF_UNIX, SOCK_STREAM);
	const int error = connect(client, (const void *)address, sizeof *address) == 0 ? 0 : errno;

	close(client);
	return error;
}

/* Where nothing can shut them it says so, first of all. */
START_TEST(sockets_of_others_are_shut)
{
	const struct disablenetwork_options options = { .size = sizeof options, .flags = DISABLENETWORK_NO_UNIX };
	const bool can = syscall(444, NULL, 0L, 1L) >= 9; /* landlock_create_ruleset, of the version */
	char folder[] = "/tmp/check_library.XXXXXX";
	struct sockaddr_un before, after;

	if (_i == 1)
		hide_landlock();
	if (!can || _i == 1) {
		assert_refused_early(&options, EOPNOTSUPP, "Landlock ABI 9");
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(folder));
	serve(folder, "before", &before);
	ck_assert_int_eq(error_of_connect(&before), 0);
	ck_assert_msg(disablenetwork_with(&options) == 0, "%s", disablenetwork_error());
	serve(folder, "after", &after);
	const int errors[] = { error_of_connect(&before), error_of_connect(&after) };
	unlink(before.sun_path);
	unlink(after.sun_path);
	rmdir(folder);
	ck_assert_int_eq(errors[0], EACCES);
	ck_assert_int_eq(errors[1], 0);
}
END_TEST

START_TEST(without_options)
{
	const int before = make_socket(AF_INET, SOCK_STREAM);

	ck_assert_int_ge(before, 0); /* the control */
	close(before);
	ck_assert_int_eq(disablenetwork_is_off(), 0);
	errno = EDOM;
	ck_assert_msg(disablenetwork() == 0, "%s", disablenetwork_error());
	ck_assert_int_eq(errno, EDOM);
	ck_assert_str_eq(disablenetwork_error(), "");
	assert_off();
}
END_TEST

START_TEST(nothing_else_changes)
{
	char before[4096], after[4096], *at, *other;
	sigset_t blocked;

	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	const int output = catch_output(STDOUT_FILENO), errors = catch_output(STDERR_FILENO);
	fcntl(output, F_SETFL, O_NONBLOCK);
	fcntl(errors, F_SETFL, O_NONBLOCK);
	ck_assert_int_ge(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
	describe_process(before, sizeof before);
	switch_off_with(NULL);
	switch_off_with(NULL); /* the second one asks a child */
	describe_process(after, sizeof after);
	ck_assert_ptr_nonnull(at = strstr(before, "limit"));
	ck_assert_ptr_nonnull(other = strstr(after, "limit"));
	ck_assert_str_eq(at, other);
	at = strstr(before, "Sig"), other = strstr(after, "Sig");
	ck_assert_int_eq(strncmp(at, other, (size_t)(strstr(before, "CapInh") - at)), 0);
	ck_assert_int_eq(waitid(P_ALL, 0, NULL, WEXITED | WNOHANG | __WALL), -1); /* it left no child */
	char byte;
	ck_assert_int_eq(read(output, &byte, 1), -1);
	ck_assert_int_eq(read(errors, &byte, 1), -1);
}
END_TEST

/* Options that are wrong. SIZE 0 stands for the right one. */
static const struct {
	struct disablenetwork_options options;
	int error;
	const char *words;
} wrong[] = {
	{ { .size = 23 }, EINVAL, "size is not that of the structure" },
	{ { .size = 1 }, EINVAL, "size is not that of the structure" },
	{ { .size = 4097 }, EINVAL, "size is not that of the structure" },
	{ { .size = UINT32_MAX }, EINVAL, "size is not that of the structure" },
	{ { .flags = 0x40 }, EINVAL, "unknown flag" },
	{ { .flags = UINT64_C(1) << 63 }, EINVAL, "unknown flag" },
	{ { .refusal_error = EBADF }, EINVAL, "cannot return that error" },
	{ { .refusal_error = -1 }, EINVAL, "cannot return that error" },
	{ { .refusal_error = 0x10001 }, EINVAL, "cannot return that error" },
	{ { .refusal_error = EPERM, .flags = DISABLENETWORK_KILL }, EINVAL, "either return an error or kill" },
	{ { .keep_capabilities = UINT64_C(1) << CAP_NET_RAW }, EINVAL, "not on the list" },
	{ { .keep_capabilities = UINT64_C(1) << CAP_SYS_ADMIN }, EINVAL, "not on the list" },
	{ { .keep_capabilities = UINT64_C(1) << 63 }, EINVAL, "not on the list" },
};

START_TEST(wrong_options)
{
	struct disablenetwork_options options = wrong[_i].options;

	if (options.size == 0)
		options.size = sizeof options;
	assert_refused_early(&options, wrong[_i].error, wrong[_i].words);
}
END_TEST

/* A caller that was built for a later version: longer, with or without something there. */
START_TEST(options_of_a_later_version)
{
	struct {
		struct disablenetwork_options options;
		unsigned char later[40];
	} longer = { .options = { .size = sizeof longer, .refusal_error = EACCES } };

	longer.later[39] = 1;
	assert_refused_early(&longer.options, E2BIG, "what this version of libdisablenetwork does not know");
	longer.later[39] = 0;
	switch_off_with(&longer.options);
	ck_assert_int_eq(make_socket(AF_INET, SOCK_STREAM), -1);
	ck_assert_int_eq(errno, EACCES);
}
END_TEST

START_TEST(the_first_version_has_24_bytes)
{
	/* Those of a caller that was built with it, whatever the structure has become. */
	unsigned char first[24] = { 24 };

	_Static_assert(offsetof(struct disablenetwork_options, refusal_error) == 4, "refusal_error");
	_Static_assert(offsetof(struct disablenetwork_options, flags) == 8, "flags");
	_Static_assert(offsetof(struct disablenetwork_options, keep_capabilities) == 16, "keep_capabilities");
	memcpy(first, &(uint32_t){ 24 }, 4);
	ck_assert_int_eq(disablenetwork_with((const void *)first), 0);
	assert_off();
}
END_TEST

START_TEST(another_error)
{
	const int errors[] = { EPERM, EACCES, EADDRNOTAVAIL, EAFNOSUPPORT, ECONNREFUSED, EHOSTUNREACH, ENETDOWN,
		ENETUNREACH, EOPNOTSUPP, EPROTONOSUPPORT };

	switch_off_with(&(struct disablenetwork_options){ .size = sizeof(struct disablenetwork_options), .refusal_error = errors[_i] });
	ck_assert_int_eq(make_socket(AF_INET, SOCK_STREAM), -1);
	ck_assert_int_eq(errno, errors[_i]);
}
END_TEST

START_TEST(killing_kills)
{
	switch_off_with(&(struct disablenetwork_options){ .size = sizeof(struct disablenetwork_options), .flags = DISABLENETWORK_KILL });
	make_socket(AF_INET, SOCK_STREAM);
}
END_TEST

/* Neither the second call nor the question is killed for trying. */
START_TEST(killing_then_again)
{
	const struct disablenetwork_options options = { .size = sizeof options, .flags = DISABLENETWORK_KILL };

	signal(SIGCHLD, SIG_IGN);
	switch_off_with(&options);
	ck_assert_int_eq(disablenetwork_is_off(), 1);
	switch_off_with(&options);
	switch_off_with(NULL);
	ck_assert_int_eq(disablenetwork_is_off(), 1);
	ck_assert_int_eq(syscall(425 /* io_uring_setup */, 1L, NULL), -1);
	ck_assert_int_eq(errno, ENOSYS);
	ck_assert_int_ge(make_socket(AF_UNIX, SOCK_STREAM), 0);
}
END_TEST

START_TEST(logging_still_refuses)
{
	switch_off_with(&(struct disablenetwork_options){ .size = sizeof(struct disablenetwork_options), .flags = DISABLENETWORK_LOG });
	assert_off();
}
END_TEST

/* As often as there are Landlock layers; then it says so, and the network is still off. */
START_TEST(many_times)
{
	int count = 0;
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 100; /* it must be the same when a call fails half-way */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while (count < 40 && disablenetwork() == 0)
		count++;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, 100);
	if (landlock_abi() >= 2) {
		ck_assert_int_le(count, 16);
		ck_assert_int_ge(count, 2);
		ck_assert_int_eq(errno, EOPNOTSUPP);
		ck_assert_ptr_nonnull(strstr(disablenetwork_error(), "16 others"));
	}
	assert_off();
}
END_TEST

static int make_ring(void)
{
	struct io_uring_params parameters = { 0 };
	return (int)syscall(425, 2L, &parameters); /* io_uring_setup: close-on-exec */
}
static int make_udp(void) { return make_socket(AF_INET, SOCK_DGRAM); }
static int make_udp_cloexec(void) { return make_socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC); }
static int make_netlink(void) { return make_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC); }
static int make_raw(void) { return (int)syscall(SYS_socket, (long)AF_INET, (long)SOCK_RAW | SOCK_CLOEXEC, 253L); }
static int make_tun(void) { return open("/dev/net/tun", O_RDWR | O_CLOEXEC); }
static const struct {
	int (*make)(void);
	const char *kind;
} loose[] = {
	{ make_udp, "(a UDP socket)" },
	{ make_udp_cloexec, "(a UDP socket)" },
	{ make_netlink, "(a netlink socket)" },
	{ make_raw, "(a raw socket)" },
	{ make_ring, "(an io_uring)" },
	{ make_tun, "(a tun or tap device)" },
};

START_TEST(loose_descriptors)
{
	char words[80];
	const int made = loose[_i].make();

	if (made < 0) {
		NOTE("%s: %s\n", loose[_i].kind, strerror(errno));
		return;
	}
	snprintf(words, sizeof words, "through descriptor %d %s", made, loose[_i].kind);
	assert_refused_early(NULL, EBADFD, words);
	ck_assert_ptr_nonnull(strstr(disablenetwork_error(), "DISABLENETWORK_CLOSE"));
	ck_assert_int_eq(disablenetwork_state(), DISABLENETWORK_IS_ON); /* nothing was done */
	ck_assert_int_ge(fcntl(made, F_GETFD), 0);
	switch_off_with(&(struct disablenetwork_options){ .size = sizeof(struct disablenetwork_options), .flags = DISABLENETWORK_CLOSE });
	ck_assert_int_eq(fcntl(made, F_GETFD), -1);
	assert_off();
}
END_TEST

START_TEST(harmless_descriptors)
{
	int pair[2], pipes[2];
	char byte;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	ck_assert_int_ge(eventfd(0, EFD_CLOEXEC), 0);
	ck_assert_int_ge(epoll_create1(EPOLL_CLOEXEC), 0);
	switch_off_with(NULL);
	ck_assert_int_eq(write(pair[0], "x", 1), 1);
	ck_assert_int_eq(read(pair[1], &byte, 1), 1);
	ck_assert_int_eq(write(pipes[1], "x", 1), 1);
}
END_TEST

START_TEST(a_closed_standard_input_becomes_dev_null)
{
	char byte;

	close(STDIN_FILENO);
	ck_assert_int_eq(make_udp(), STDIN_FILENO);
	switch_off_with(&(struct disablenetwork_options){ .size = sizeof(struct disablenetwork_options), .flags = DISABLENETWORK_CLOSE });
	ck_assert_int_eq(read(STDIN_FILENO, &byte, 1), 0);
}
END_TEST

/* Its descriptor is closed, but the kernel could serve it all the same. */
START_TEST(a_mapped_ring)
{
	const struct disablenetwork_options options = { .size = sizeof options, .flags = DISABLENETWORK_CLOSE };
	const int ring = make_ring();

	if (ring < 0) {
		NOTE("io_uring: %s\n", strerror(errno));
		return;
	}
	void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	ck_assert_ptr_ne(mapped, MAP_FAILED);
	close(ring);
	/* It may stand anywhere in a long file. */
	for (int i = 0; i < 100 * _i; i++)
		ck_assert_ptr_ne(mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
	assert_refused_early(&options, EOPNOTSUPP, "mapped");
	munmap(mapped, 4096);
	switch_off_with(&options);
}
END_TEST

/* The kernel's thread serves it, with no descriptor and no mapping of its own in sight. */
static long make_served_ring(void)
{
	enum { NO_MMAP = 1 << 14, REGISTERED_FD_ONLY = 1 << 15 }; /* Linux 6.5, 6.6 */
	struct io_uring_params parameters = { .flags = IORING_SETUP_SQPOLL | NO_MMAP | REGISTERED_FD_ONLY };
	void *memory[2];

	for (int i = 0; i < 2; i++) {
		memory[i] = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		ck_assert_ptr_ne(memory[i], MAP_FAILED);
	}
	/* The last 8 bytes of each: user_addr, which older headers do not have. */
	memcpy((char *)(&parameters.cq_off + 1) - 8, &memory[0], sizeof memory[0]);
	memcpy((char *)(&parameters.sq_off + 1) - 8, &memory[1], sizeof memory[1]);
	return syscall(SYS_io_uring_setup, 4L, &parameters);
}

START_TEST(a_ring_that_only_the_kernel_serves)
{
	const struct disablenetwork_options options = { .size = sizeof options,
		.flags = DISABLENETWORK_THIS_THREAD | DISABLENETWORK_CLOSE };

	if (make_served_ring() < 0) {
		NOTE("such an io_uring: %s\n", strerror(errno));
		return;
	}
	ck_assert_int_eq(disablenetwork_with(&options), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_msg(strstr(disablenetwork_error(), "io_uring that the kernel serves") != NULL, "%s", disablenetwork_error());
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L), 0);
}
END_TEST

static pthread_t first_thread;

static void wait_until_the_first_has_ended(void)
{
	char state[512] = "";

	pthread_join(first_thread, NULL);
	for (int i = 0; i < 1000 && !strstr(state, "State:\tZ"); i++) { /* its memory map is gone then */
		FILE *status = fopen("/proc/self/status", "re");
		if (!status || fread(state, 1, sizeof state - 1, status) == 0)
			_exit(1);
		fclose(status);
		usleep(1000);
	}
}

static void *call_after_the_first(void *unused)
{
	const struct disablenetwork_options options = { .size = sizeof options, .flags = DISABLENETWORK_THIS_THREAD };

	(void)unused;
	wait_until_the_first_has_ended();
	_exit(disablenetwork_with(&options) == -1 && strstr(disablenetwork_error(), "mapped") ? 0 : 2);
}

START_TEST(a_mapped_ring_after_the_first_thread)
{
	const int ring = make_ring();
	pthread_t second;

	if (ring < 0) {
		NOTE("io_uring: %s\n", strerror(errno));
		return;
	}
	ck_assert_ptr_ne(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING), MAP_FAILED);
	close(ring);
	first_thread = pthread_self();
	ck_assert_int_eq(pthread_create(&second, NULL, call_after_the_first, NULL), 0);
	pthread_exit(NULL);
}
END_TEST

static volatile sig_atomic_t handled_half_way;

static void look_half_way(int number)
{
	(void)number;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 1 && prctl(PR_GET_SECCOMP, 0L, 0L, 0L, 0L) == 0)
		handled_half_way = 1;
}

/* What a handler opens between the look at descriptors and the filters nobody would see. */
START_TEST(no_handler_runs_half_way)
{
	const struct sigaction action = { .sa_handler = look_half_way, .sa_flags = SA_RESTART };
	const pid_t caller = getpid();

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	const pid_t sender = fork();
	ck_assert_int_ge(sender, 0);
	if (sender == 0) {
		while (getppid() == caller && kill(caller, SIGUSR1) == 0)
			usleep(20);
		_exit(0);
	}
	for (int number = 100; number < 900; number++) /* something to look at */
		dup2(STDIN_FILENO, number);
	switch_off_with(NULL);
	kill(sender, SIGKILL);
	ck_assert_int_eq(waitpid(sender, NULL, 0), sender);
	ck_assert_int_eq(handled_half_way, 0);
	assert_off();
}
END_TEST

static void load_for_io_uring(unsigned result)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, result),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof code / sizeof code[0], code };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0L, 0L), 0);
}

START_TEST(no_room_for_a_socket_is_not_off)
{
	struct rlimit limit;

	load_for_io_uring(SECCOMP_RET_ERRNO | ENOSYS);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(disablenetwork_is_off(), 0);
}
END_TEST

START_TEST(a_filter_of_its_own_that_kills)
{
	switch_off_with(NULL);
	load_for_io_uring(SECCOMP_RET_KILL_PROCESS);
	assert_off();
}
END_TEST

/* A connection over loopback; the other end is a child's. */
static int connect_to(struct sockaddr_in *address, bool cloexec)
{
	const int made = make_socket(AF_INET, SOCK_STREAM | (cloexec ? SOCK_CLOEXEC : 0));

	ck_assert_int_eq(connect(made, (void *)address, sizeof *address), 0);
	return made;
}

static int listen_on_loopback(struct sockaddr_in *address)
{
	const int made = make_socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC);
	socklen_t size = sizeof *address;

	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	ck_assert_int_eq(bind(made, (void *)address, size), 0);
	ck_assert_int_eq(listen(made, 8), 0);
	ck_assert_int_eq(getsockname(made, (void *)address, &size), 0);
	return made;
}

static void echo_one(int listener, int accepts)
{
	if (fork() != 0)
		return;
	char byte;
	for (int i = 0, peer; i < accepts && (peer = accept(listener, NULL, NULL)) >= 0; i++)
		if (fork() == 0) {
			while (read(peer, &byte, 1) == 1)
				if (write(peer, &byte, 1) != 1)
					break;
			_exit(0);
		}
	_exit(0);
}

static void assert_echo(int connection)
{
	char byte = 0;

	ck_assert_int_eq(write(connection, "e", 1), 1);
	ck_assert_int_eq(read(connection, &byte, 1), 1);
	ck_assert_int_eq(byte, 'e');
}

START_TEST(a_connection_goes_on)
{
	struct sockaddr_in address;
	const int listener = listen_on_loopback(&address);

	echo_one(listener, 3);
	close(listener);
	const int connection = connect_to(&address, _i), unconnected = make_socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC);
	close(connect_to(&address, true)); /* the control: one more is possible */
	assert_echo(connection);
	switch_off_with(NULL);
	assert_echo(connection);
	ck_assert_int_eq(connect(unconnected, (void *)&address, sizeof address), -1);
	ck_assert_msg(errno == EACCES || errno == EPERM, "%s", strerror(errno));
	ck_assert_int_eq(listen(unconnected, 1), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(sendto(unconnected, "x", 1, MSG_FASTOPEN, (void *)&address, sizeof address), -1);
	ck_assert_int_eq(errno, EPERM);
	/* connect to no address unconnects; no other peer then */
	connect(connection, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr));
	ck_assert_int_eq(connect(connection, (void *)&address, sizeof address), -1);
	ck_assert_msg(errno == EACCES || errno == EPERM, "%s", strerror(errno));
}
END_TEST

/* That a socket was asked to connect before, the kernel finishes: with that peer, and no other. */
static void make_slowly(int connection, const struct sockaddr_in *address, bool deferred)
{
	enum { FASTOPEN_CONNECT = 30, FASTOPEN_NO_COOKIE = 34 }; /* of <linux/tcp.h> */

	if (deferred) {
		ck_assert_int_eq(setsockopt(connection, IPPROTO_TCP, FASTOPEN_CONNECT, &(int){ 1 }, sizeof(int)), 0);
		ck_assert_int_eq(setsockopt(connection, IPPROTO_TCP, FASTOPEN_NO_COOKIE, &(int){ 1 }, sizeof(int)), 0);
	} else
		for (int i = 0; i < 3; i++) /* the queue of the listener is full after one or two */
			connect(make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK), (const void *)address, sizeof *address);
	const int answer = connect(connection, (const void *)address, sizeof *address);
	ck_assert_msg(deferred ? answer == 0 : errno == EINPROGRESS, "%s", strerror(errno));
}

START_TEST(connections_that_are_being_made)
{
	struct sockaddr_in address, elsewhere, peer;
	socklen_t size = sizeof address;
	const int listener = make_socket(AF_INET, SOCK_STREAM), other = listen_on_loopback(&elsewhere);
	const int connection = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
	struct pollfd polled[] = { { .fd = connection, .events = POLLOUT }, { .fd = listener, .events = POLLIN } };

	address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	ck_assert_int_eq(bind(listener, (void *)&address, size), 0);
	ck_assert_int_eq(listen(listener, 0), 0);
	ck_assert_int_eq(getsockname(listener, (void *)&address, &size), 0);
	make_slowly(connection, &address, _i);
	ck_assert_int_eq(getpeername(connection, (void *)&peer, &size), -1); /* not yet */
	switch_off_with(NULL);
	ck_assert_int_eq(connect(connection, (void *)&elsewhere, sizeof elsewhere), -1);
	if (_i)
		ck_assert_msg(send(connection, "x", 1, MSG_NOSIGNAL) == 1 || errno == EINPROGRESS, "%s", strerror(errno));
	for (polled[0].revents = 0; !polled[0].revents;) { /* those that fill the queue come first */
		ck_assert_int_gt(poll(polled, 2, -1), 0);
		if (polled[1].revents)
			accept(listener, NULL, NULL);
	}
	size = sizeof peer;
	ck_assert_int_eq(getpeername(connection, (void *)&peer, &size), 0);
	ck_assert_int_eq(peer.sin_port, address.sin_port);
	ck_assert_int_eq(send(connection, "x", 1, MSG_NOSIGNAL), 1);
	ck_assert_int_eq(poll(&(struct pollfd){ .fd = other, .events = POLLIN }, 1, 0), 0);
}
END_TEST

START_TEST(a_listener_goes_on)
{
	struct sockaddr_in address;
	const int listener = listen_on_loopback(&address);
	const pid_t child = fork();

	if (child == 0) {
		const int connection = connect_to(&address, false);
		char byte;
		_exit(read(connection, &byte, 1) != 1);
	}
	switch_off_with(NULL);
	const int peer = accept(listener, NULL, NULL);
	int status;
	ck_assert_int_ge(peer, 0);
	ck_assert_int_eq(write(peer, "x", 1), 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(children)
{
	int go[2], status;
	char byte;

	ck_assert_int_eq(pipe(go), 0);
	const pid_t earlier = fork();
	if (earlier == 0) {
		_exit(read(go[0], &byte, 1) != 1 || make_socket(AF_INET, SOCK_STREAM) < 0);
	}
	/* Landlock looks at the beginning of a trace only. */
	ck_assert_int_eq(ptrace(PTRACE_SEIZE, earlier, NULL, NULL), 0);
	ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, earlier, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(earlier, &status, __WALL), earlier);
	ck_assert_int_eq(ptrace(PTRACE_DETACH, earlier, NULL, NULL), 0);
	ck_assert_int_eq(ptrace(PTRACE_SEIZE, earlier, NULL, NULL), 0);
	switch_off_with(NULL);
	ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, earlier, NULL, NULL), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(write(go[1], "x", 1), 1);
	ck_assert_int_eq(waitpid(earlier, &status, 0), earlier);
	ck_assert_int_eq(status, 0); /* it was started before */
	const pid_t later = fork();
	if (later == 0)
		_exit(make_socket(AF_INET, SOCK_STREAM) >= 0);
	ck_assert_int_eq(waitpid(later, &status, 0), later);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(capabilities)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	const struct disablenetwork_options options = { .size = sizeof options,
		.keep_capabilities = UINT64_C(1) << CAP_CHOWN };

	if (geteuid() != 0) {
		assert_refused_early(&options, EPERM, "keep capability chown");
		return;
	}
	switch_off_with(&options);
	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	ck_assert_uint_eq(data[0].permitted, 1U << CAP_CHOWN);
	ck_assert_uint_eq(data[0].effective, 1U << CAP_CHOWN);
	ck_assert_uint_eq(data[1].permitted, 0);
}
END_TEST

START_TEST(capabilities_that_are_not_held)
{
	become_nobody();
	assert_refused_early(&(struct disablenetwork_options){ .size = sizeof(struct disablenetwork_options),
		.keep_capabilities = UINT64_C(1) << CAP_CHOWN }, EPERM, "keep capability chown");
}
END_TEST

/* An empty root: nothing to look at descriptors in, so nothing is done. */
START_TEST(without_proc)
{
	char directory[] = "/tmp/check_library.XXXXXX";

	if (geteuid() != 0 && unshare(CLONE_NEWUSER) != 0) {
		NOTE("user namespaces: %s\n", strerror(errno));
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(directory));
	const int away = open(directory, O_RDONLY | O_DIRECTORY);
	rmdir(directory);
	if (fchdir(away) != 0 || chroot(".") != 0) {
		NOTE("chroot: %s\n", strerror(errno));
		return;
	}
	for (int i = 0; i < 2; i++) {
		const struct disablenetwork_options options = { .size = sizeof options, .flags = i ? DISABLENETWORK_CLOSE : 0 };
		ck_assert_int_eq(disablenetwork_with(&options), -1);
		ck_assert_int_eq(errno, ENOENT);
		ck_assert_ptr_nonnull(strstr(disablenetwork_error(), "/proc"));
		ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L), 0);
		ck_assert_int_ge(make_socket(AF_INET, SOCK_STREAM), 0);
	}
}
END_TEST

START_TEST(no_room_for_a_descriptor)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	const rlim_t before = limit.rlim_cur;
	limit.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(disablenetwork(), -1);
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, 0);
	limit.rlim_cur = before;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	switch_off_with(NULL);
}
END_TEST

/* --- Threads. --- */

static sem_t go, done;
static struct { int made, error, off; char words[200]; } thread_got;

static void *try_when_told(void *unused)
{
	(void)unused;
	sem_wait(&go);
	thread_got.made = make_socket(AF_INET, SOCK_STREAM);
	thread_got.error = errno;
	thread_got.off = disablenetwork_is_off();
	sem_post(&done);
	sem_wait(&go);
	return NULL;
}

static void start_thread(void *(*body)(void *))
{
	pthread_t thread;

	sem_init(&go, 0, 0);
	sem_init(&done, 0, 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, body, NULL), 0);
}

static void tell_thread(void)
{
	sem_post(&go);
	sem_wait(&done);
}

static const struct disablenetwork_options this_thread = { .size = sizeof this_thread, .flags = DISABLENETWORK_THIS_THREAD };

/* This kernel's Landlock is too old to bring the thread along, or it does. */
START_TEST(two_threads)
{
	become_nobody();
	start_thread(try_when_told);
	if (landlock_abi() >= 2 && landlock_abi() < 8) {
		assert_refused_early(NULL, EBUSY, "every thread into a Landlock domain");
		return;
	}
	switch_off_with(NULL);
	assert_off();
	tell_thread();
	ck_assert_int_eq(thread_got.made, -1);
	ck_assert_int_eq(thread_got.error, EPERM);
}
END_TEST

START_TEST(two_threads_without_landlock)
{
	become_nobody();
	hide_landlock();
	start_thread(try_when_told);
	switch_off_with(NULL);
	assert_off();
	tell_thread();
	ck_assert_int_eq(thread_got.made, -1);
	ck_assert_int_eq(thread_got.error, EPERM);
	ck_assert_int_eq(thread_got.off, 1);
	ck_assert_int_eq(ptrace(PTRACE_TRACEME, 0, NULL, NULL), -1); /* the filter in Landlock's place */
}
END_TEST

START_TEST(this_thread_alone)
{
	if (_i)
		become_nobody();
	start_thread(try_when_told);
	switch_off_with(&this_thread);
	assert_off();
	tell_thread();
	ck_assert_int_ge(thread_got.made, 0);
	ck_assert_int_eq(thread_got.off, 0);
}
END_TEST

START_TEST(one_thread_needs_no_flag)
{
	switch_off_with(&this_thread);
	assert_off();
}
END_TEST

START_TEST(threads_with_capabilities)
{
	if (geteuid() != 0) {
		NOTE("root\n");
		return;
	}
	hide_landlock();
	start_thread(try_when_told);
	assert_refused_early(NULL, EBUSY, "capabilities of every thread");
	/* The other thread has them still. */
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	ck_assert_int_eq(syscall(SYS_capset, &header, none), 0);
	assert_refused_early(NULL, EBUSY, "capabilities of every thread");
}
END_TEST

/* In a process namespace of its own, with the /proc of one outside, where the threads have
 * numbers that do not exist inside (and so look as if they had ended), or are another's. */
START_TEST(threads_in_the_proc_of_an_outer_namespace)
{
	int status;

	if ((geteuid() != 0 && unshare(CLONE_NEWUSER) != 0) || unshare(CLONE_NEWPID) != 0) {
		NOTE("process namespaces: %s\n", strerror(errno));
		return;
	}
	const pid_t child = fork();
	if (child == 0) {
		struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
		struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
		char self[16] = "";

		ck_assert_int_eq(getpid(), 1);
		ck_assert_int_gt(readlink("/proc/self", self, sizeof self - 1), 0);
		ck_assert_str_ne(self, "1");
		hide_landlock();
		if (_i == 1) /* before it has another thread */
			ck_assert_int_eq(syscall(SYS_capset, &header, none), 0);
		start_thread(try_when_told);
		if (_i == 0) {
			assert_refused_early(NULL, EBUSY, "capabilities of every thread");
			/* As above: the other thread has them still. */
			ck_assert_int_eq(syscall(SYS_capset, &header, none), 0);
			assert_refused_early(NULL, EBUSY, "capabilities of every thread");
			_exit(0);
		}
		switch_off_with(NULL);
		assert_off();
		tell_thread();
		ck_assert_int_eq(thread_got.made, -1);
		ck_assert_int_eq(thread_got.off, 1);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* A /proc of a namespace that this process is not in says nothing of it. */
START_TEST(threads_in_the_proc_of_a_foreign_namespace)
{
	int ready[2];
	char mounted = 0;

	if (geteuid() != 0 && unshare(CLONE_NEWUSER) != 0) {
		NOTE("user namespaces: %s\n", strerror(errno));
		return;
	}
	if (_i) /* behind the next call it could not be started */
		start_thread(try_when_told);
	if (unshare(CLONE_NEWNS | CLONE_NEWPID) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
		NOTE("namespaces: %s\n", strerror(errno));
		return;
	}
	ck_assert_int_eq(pipe(ready), 0);
	const pid_t child = fork();
	if (child == 0) { /* the first of that namespace, which ends with it */
		mounted = mount("proc", "/proc", "proc", 0, NULL) == 0;
		_exit(write(ready[1], &mounted, 1) != 1 || pause());
	}
	ck_assert_int_eq(read(ready[0], &mounted, 1), 1);
	if (!mounted) {
		NOTE("a /proc of another namespace\n");
	} else {
		for (int i = 0; i < 2; i++) {
			const struct disablenetwork_options options = { .size = sizeof options,
				.flags = i ? DISABLENETWORK_CLOSE | DISABLENETWORK_THIS_THREAD : 0 };
			ck_assert_int_eq(disablenetwork_with(&options), -1);
			ck_assert_int_eq(errno, ENOENT);
			ck_assert_ptr_nonnull(strstr(disablenetwork_error(), "/proc"));
			ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L), 0);
		}
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}
END_TEST

static void *load_own_filter(void *unused)
{
	hide_landlock();
	sem_post(&done);
	return try_when_told(unused);
}

START_TEST(a_thread_with_a_filter_of_its_own)
{
	become_nobody();
	hide_landlock();
	start_thread(load_own_filter);
	sem_wait(&done);
	ck_assert_int_eq(disablenetwork(), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_ptr_nonnull(strstr(disablenetwork_error(), "a thread that has one of its own"));
	tell_thread();
	ck_assert_int_ge(thread_got.made, 0); /* it is still outside, and we have said so */
}
END_TEST

/* A thread that opens or maps something between the first look and the filters: here the
 * caller itself does, when it has looked and drops its capabilities. What it made, or -1. */
static long opened_udp(void) { return make_udp_cloexec(); }

/* Its descriptor is closed at once, or left to DISABLENETWORK_CLOSE; it is mapped either way. */
static long map_ring(bool closed)
{
	const int ring = make_ring();

	if (ring < 0)
		return -1;
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING) == MAP_FAILED)
		_exit(99);
	return closed ? close(ring) : ring;
}
static long mapped_ring(void) { return map_ring(true); }
static long mapped_ring_with_descriptor(void) { return map_ring(false); }

static const struct {
	long (*make)(void);
	uint64_t flags;
	int error;         /* 0: the call succeeds, and has closed it */
	const char *words;
} meanwhile[] = {
	{ opened_udp, 0, EBADFD, "(a UDP socket)" },
	{ opened_udp, DISABLENETWORK_CLOSE, 0, "" },
	{ mapped_ring_with_descriptor, 0, EBADFD, "(an io_uring)" },
	{ mapped_ring_with_descriptor, DISABLENETWORK_CLOSE, EOPNOTSUPP, "mapped into its memory" },
	{ mapped_ring, 0, EOPNOTSUPP, "mapped into its memory" },
	{ mapped_ring, DISABLENETWORK_CLOSE, EOPNOTSUPP, "mapped into its memory" },
	{ make_served_ring, DISABLENETWORK_CLOSE, EBUSY, "io_uring that the kernel serves" },
};
static long (*make_meanwhile)(void);
static volatile int trapped, made_error;
static volatile long made_meanwhile = -1;

static void open_meanwhile(int signal_number, siginfo_t *info, void *context)
{
	(void)signal_number, (void)info;
	if (++trapped == 1) {
		made_meanwhile = make_meanwhile();
		made_error = errno;
	}
#if defined __x86_64__
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = 0;
#elif defined __aarch64__
	((ucontext_t *)context)->uc_mcontext.regs[0] = 0;
#else
	(void)context;
#endif
}

/* The caller makes MAKE when it has looked; false where that is not to be had. */
static bool do_meanwhile(long (*make)(void))
{
	const struct sigaction action = { .sa_sigaction = open_meanwhile, .sa_flags = SA_SIGINFO };
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_capset, 0, 1), /* of none to none */
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = 4, .filter = code };

#if !defined __x86_64__ && !defined __aarch64__
	NOTE("this test\n");
	return false;
#endif
	make_meanwhile = make;
	become_nobody();
	ck_assert_int_eq(sigaction(SIGSYS, &action, NULL), 0);
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0L, 0L), 0);
	hide_landlock();
	return true;
}

START_TEST(what_threads_open_meanwhile)
{
	const struct disablenetwork_options options = { .size = sizeof options, .flags = meanwhile[_i].flags };

	if (!do_meanwhile(meanwhile[_i].make))
		return;
	start_thread(try_when_told);
	const int answer = disablenetwork_with(&options), error = errno;
	ck_assert_int_ge(trapped, 1);
	if (made_meanwhile < 0 && meanwhile[_i].make != opened_udp) {
		NOTE("io_uring: %s\n", strerror(made_error));
		return;
	}
	ck_assert_int_ge(made_meanwhile, 0);
	ck_assert_int_eq(make_socket(AF_INET, SOCK_STREAM), -1);
	if (meanwhile[_i].error == 0) {
		ck_assert_msg(answer == 0, "%s", disablenetwork_error());
		ck_assert_int_eq(fcntl((int)made_meanwhile, F_GETFD), -1);
		return;
	}
	ck_assert_msg(answer == -1, "it succeeded");
	ck_assert_msg(error == meanwhile[_i].error, "%s: %s", strerror(error), disablenetwork_error());
	ck_assert_msg(strstr(disablenetwork_error(), meanwhile[_i].words) != NULL, "%s", disablenetwork_error());
}
END_TEST

/* --- What only a look at the threads finds. --- */

/* Neither descriptor nor mapping nor worker: its number is registered with the thread. */
START_TEST(a_ring_that_is_registered)
{
	const struct disablenetwork_options options = { .size = sizeof options, .flags = DISABLENETWORK_CLOSE };
	struct io_uring_params parameters = { 0 };
	struct { uint32_t offset, unused; uint64_t ring; } update = { .offset = (uint32_t)_i };
	const int ring = (int)syscall(SYS_io_uring_setup, 2L, &parameters);

	update.ring = (uint64_t)ring;
	if (ring < 0 || syscall(SYS_io_uring_register, (long)ring, 20L /* IORING_REGISTER_RING_FDS */, &update, 1L) != 1) {
		NOTE("a registered io_uring: %s\n", strerror(errno));
		return;
	}
	close(ring);
	assert_refused_early(&options, EBUSY, "registered with this thread");
	update.offset = (uint32_t)_i;
	update.ring = 0;
	ck_assert_int_eq(syscall(SYS_io_uring_register, (long)_i, 21L | 1L << 31 /* UNREGISTER, by its registered number */, &update, 1L), 1);
	switch_off_with(&options);
	assert_off();
}
END_TEST

/* The other threads' calls cannot be read then; Landlock ends not all of them. */
START_TEST(a_process_that_is_not_dumpable)
{
	become_nobody();
	if (_i == 0) {
		hide_landlock();
	} else if (landlock_abi() < 8) {
		NOTE("Landlock ABI 8\n");
		return;
	}
	start_thread(try_when_told);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L), 0);
	ck_assert_int_eq(disablenetwork(), -1);
	ck_assert_msg(strstr(disablenetwork_error(), "make the process dumpable") != NULL, "%s", disablenetwork_error());
	ck_assert_int_eq(disablenetwork_state(), DISABLENETWORK_IS_HALF_OFF);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L), 0);
	switch_off_with(NULL);
	assert_off();
}
END_TEST

enum { CALLERS = 8 };
static pthread_barrier_t together;

static void *call_together(void *words)
{
	pthread_barrier_wait(&together);
	const bool succeeded = disablenetwork() == 0 && disablenetwork_is_off() == 1;
	snprintf(words, 200, "%s", succeeded ? "" : disablenetwork_error());
	pthread_barrier_wait(&together);
	return words;
}

START_TEST(several_threads_at_a_time)
{
	static char words[CALLERS][200];
	pthread_t threads[CALLERS];

	become_nobody();
	hide_landlock();
	ck_assert_int_eq(pthread_barrier_init(&together, NULL, CALLERS), 0);
	for (int i = 0; i < CALLERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, call_together, words[i]), 0);
	for (int i = 0; i < CALLERS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_str_eq(words[i], "");
	}
	assert_off();
}
END_TEST

static int vfork_pipe[2];

static int wait_before_exec(void *unused)
{
	char byte;

	(void)unused;
	_exit(read(vfork_pipe[0], &byte, 1) != 1);
}

/* As posix_spawn(3) does it: the child shares our memory until it execs. */
static void *wait_for_exec(void *unused)
{
	static char stack[65536] __attribute__((aligned(16)));

	sem_post(&done);
	const int child = clone(wait_before_exec, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	waitpid(child, NULL, 0);
	sem_post(&done);
	sem_wait(&go);
	return unused;
}

/* Returns the number of that thread. */
static int wait_until_in_call(long number, long sibling)
{
	char text[64], path[300];

	for (int i = 0; i < 10000; i++) {
		DIR *tasks = opendir("/proc/self/task");
		struct dirent *entry;
		int found = 0;
		while (!found && tasks && (entry = readdir(tasks))) {
			snprintf(path, sizeof path, "/proc/self/task/%s/syscall", entry->d_name);
			FILE *file = fopen(path, "re");
			if (file && fgets(text, sizeof text, file) && strncmp(text, "running", 7) != 0 &&
				(atol(text) == number || atol(text) == sibling))
				found = atoi(entry->d_name);
			if (file)
				fclose(file);
		}
		closedir(tasks);
		if (found)
			return found;
		usleep(1000);
	}
	ck_abort_msg("no thread came to be in call %ld", number);
	return 0;
}

START_TEST(a_child_that_has_not_called_exec)
{
	become_nobody();
	hide_landlock();
	ck_assert_int_eq(pipe(vfork_pipe), 0);
	start_thread(wait_for_exec);
	sem_wait(&done);
	wait_until_in_call(SYS_clone, 435);
	ck_assert_int_eq(disablenetwork(), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_msg(strstr(disablenetwork_error(), "has left clone") != NULL, "%s", disablenetwork_error());
	ck_assert_int_eq(disablenetwork_is_off(), 0);
	ck_assert_int_eq(disablenetwork_state(), DISABLENETWORK_IS_HALF_OFF);
	ck_assert_int_eq(write(vfork_pipe[1], "x", 1), 1);
	sem_wait(&done);
	switch_off_with(NULL);
	assert_off();
	ck_assert_int_eq(disablenetwork_state(), DISABLENETWORK_IS_OFF);
}
END_TEST

/* Calls that a thread waits in, and that could reach somebody after the return. The number of what they use
 * tells little: it is closed, or could have been given to another. */
static int used_in_call;
static struct sockaddr_storage busy;
static socklen_t size_of_busy;

static int use_listener(void)
{
	struct sockaddr_in address;

	return listen_on_loopback(&address);
}

static int use_connection(void)
{
	struct sockaddr_in address;

	listen_on_loopback(&address);
	return connect_to(&address, true);
}

/* Nobody accepts, and nobody answers: it would be a new peer whenever somebody did. */
static int use_busy_tcp(void)
{
	const int listener = make_socket(AF_INET, SOCK_STREAM);
	struct sockaddr_in *address = (struct sockaddr_in *)&busy;

	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	size_of_busy = sizeof *address;
	ck_assert_int_eq(bind(listener, (void *)&busy, size_of_busy), 0);
	ck_assert_int_eq(listen(listener, 0), 0);
	ck_assert_int_eq(getsockname(listener, (void *)&busy, &size_of_busy), 0);
	for (int i = 0; i < 3; i++) /* its queue is full after one or two */
		connect(make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK), (void *)&busy, size_of_busy);
	return make_socket(AF_INET, SOCK_STREAM);
}

/* The queue of that address is full, too. */
static int use_busy_unix(int type)
{
	struct sockaddr_un *address = (struct sockaddr_un *)&busy;
	const int made = make_socket(AF_UNIX, type), filler = make_socket(AF_UNIX, type | SOCK_NONBLOCK);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "check_library-%d", (int)getpid());
	size_of_busy = sizeof *address;
	ck_assert_int_eq(bind(made, (void *)&busy, size_of_busy), 0);
	if (type == SOCK_STREAM) {
		ck_assert_int_eq(listen(made, 0), 0);
		ck_assert_int_eq(connect(filler, (void *)&busy, size_of_busy), 0);
	}
	while (type == SOCK_DGRAM && sendto(filler, "x", 1, 0, (void *)&busy, size_of_busy) == 1)
		;
	return make_socket(AF_UNIX, type);
}
static int use_busy_unix_stream(void) { return use_busy_unix(SOCK_STREAM); }
static int use_busy_unix_datagram(void) { return use_busy_unix(SOCK_DGRAM); }

static void *missing_page;

/* A terminal, and a page that a call waits for: a process outside has what would bring it. -1: not to be had. */
static int use_missing_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int until_we_end[2];
	const int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC), master = posix_openpt(O_RDWR | O_NOCTTY);

	if (faults < 0 || master < 0 || unlockpt(master) != 0)
		return -1;
	const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	missing_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	area.range.start = (uintptr_t)missing_page;
	area.range.len = 4096;
	ck_assert_int_eq(ioctl(faults, UFFDIO_API, &api), 0);
	ck_assert_int_eq(ioctl(faults, UFFDIO_REGISTER, &area), 0);
	ck_assert_int_eq(pipe(until_we_end), 0);
	if (fork() == 0) {
		close(until_we_end[1]);
		_exit(read(until_we_end[0], &api, 1) != 0);
	}
	close(until_we_end[0]);
	close(faults);
	close(master);
	return terminal;
}

static void *accept_for_long(void *unused)
{
	accept4(used_in_call, NULL, NULL, 0);
	return unused;
}
static char megabyte[1 << 20];
static void *send_for_long(void *unused)
{
	while (send(used_in_call, megabyte, sizeof megabyte, MSG_NOSIGNAL) > 0)
		;
	return unused;
}
static void *send_messages_for_long(void *unused)
{
	struct iovec data = { megabyte, sizeof megabyte };
	const struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	while (sendmsg(used_in_call, &message, MSG_NOSIGNAL) > 0)
		;
	return unused;
}
static void *send_to_the_busy_one(void *unused)
{
	sendto(used_in_call, "x", 1, MSG_NOSIGNAL | MSG_FASTOPEN, (void *)&busy, size_of_busy);
	return unused;
}
static void *set_a_discipline(void *unused)
{
	ioctl(used_in_call, TIOCSETD, missing_page);
	return unused;
}
static void *connect_to_the_busy_one(void *unused)
{
	connect(used_in_call, (void *)&busy, size_of_busy);
	return unused;
}

static int to_outside[2];
static struct sockaddr_in elsewhere;

/* A process outside listens ELSEWHERE, and connects to the address that it is told of. */
static void start_outside(void)
{
	int from[2];

	ck_assert_int_eq(pipe(to_outside), 0);
	ck_assert_int_eq(pipe(from), 0);
	if (fork() == 0) {
		struct sockaddr_in address;
		const int listener = listen_on_loopback(&elsewhere);
		close(to_outside[1]);
		ck_assert_int_eq(write(from[1], &elsewhere, sizeof elsewhere), sizeof elsewhere);
		if (read(to_outside[0], &address, sizeof address) == sizeof address)
			connect_to(&address, false);
		_exit(read(to_outside[0], &address, 1) != 0 || listener < 0); /* until we end */
	}
	ck_assert_int_eq(read(from[0], &elsewhere, sizeof elsewhere), sizeof elsewhere);
	close(from[0]);
	close(from[1]);
	close(to_outside[0]);
}

/* A listener that is made after the first look and closed before the last one, while a thread
 * waits in accept on it: what that brings must get no other peer. */
static struct sockaddr_in brief_address;
static int brief_listener = -1;
static sem_t listening, turned;

static long listen_briefly(void)
{
	brief_listener = listen_on_loopback(&brief_address);
	sem_post(&listening);
	return brief_listener;
}

static void *turn_what_is_accepted(void *unused)
{
	sem_wait(&listening);
	thread_got.made = accept4(brief_listener, NULL, NULL, 0);
	connect(thread_got.made, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr));
	thread_got.off = connect(thread_got.made, (void *)&elsewhere, sizeof elsewhere);
	thread_got.error = errno;
	sem_post(&turned);
	return unused;
}

static void assert_not_turned(void)
{
	ck_assert_int_eq(write(to_outside[1], &brief_address, sizeof brief_address), sizeof brief_address);
	sem_wait(&turned);
	ck_assert_int_ge(thread_got.made, 0);
	ck_assert_int_eq(thread_got.off, -1);
	ck_assert_msg(thread_got.error == EPERM, "%s", strerror(thread_got.error));
}

/* When the base filter is there, and after a pause in which every thread has been asked but for the one
 * in vfork. If it was too short, the call finds accept in its way, which is right, too. */
static void wait_for_the_filter(void)
{
	int made;

	while ((made = make_socket(AF_INET, SOCK_STREAM)) >= 0) {
		close(made);
		usleep(1000);
	}
	usleep(200000);
}

static void *close_when_filtered(void *unused)
{
	wait_for_the_filter();
	close(brief_listener);
	ck_assert_int_eq(write(vfork_pipe[1], "x", 1), 1);
	return unused;
}

START_TEST(a_listener_that_is_closed_meanwhile)
{
	pthread_t thread;

	ck_assert_int_eq(pipe(vfork_pipe), 0);
	start_outside();
	if (!do_meanwhile(listen_briefly))
		return;
	sem_init(&listening, 0, 0);
	sem_init(&turned, 0, 0);
	start_thread(wait_for_exec);
	sem_wait(&done);
	wait_until_in_call(SYS_clone, 435);
	ck_assert_int_eq(pthread_create(&thread, NULL, turn_what_is_accepted, NULL), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, close_when_filtered, NULL), 0);
	if (disablenetwork() != 0) {
		ck_assert_int_eq(errno, EBUSY);
		ck_assert_msg(strstr(disablenetwork_error(), "has left accept4") != NULL, "%s", disablenetwork_error());
		return;
	}
	assert_not_turned();
}
END_TEST

/* A thread that was asked already enters a call which a later filter refuses. */
static void *connect_when_filtered(void *unused)
{
	wait_for_the_filter();
	ck_assert_int_eq(write(vfork_pipe[1], "x", 1), 1);
	thread_got.off = connect(used_in_call, (void *)&busy, size_of_busy);
	thread_got.error = errno;
	sem_post(&turned);
	return unused;
}

START_TEST(a_call_between_two_filters)
{
	pthread_t thread;

	become_nobody();
	hide_landlock();
	sem_init(&turned, 0, 0);
	ck_assert_int_eq(pipe(vfork_pipe), 0);
	used_in_call = use_busy_tcp();
	start_thread(wait_for_exec);
	sem_wait(&done);
	wait_until_in_call(SYS_clone, 435);
	ck_assert_int_eq(pthread_create(&thread, NULL, connect_when_filtered, NULL), 0);
	if (disablenetwork() != 0) {
		ck_assert_int_eq(errno, EBUSY);
		ck_assert_msg(strstr(disablenetwork_error(), "has left connect") != NULL, "%s", disablenetwork_error());
		return;
	}
	const struct timespec soon = { .tv_sec = time(NULL) + 5 };
	ck_assert_msg(sem_timedwait(&turned, &soon) == 0, "it is under way still");
	ck_assert_int_eq(thread_got.off, -1);
	ck_assert_int_eq(thread_got.error, EPERM);
}
END_TEST

/* A thread waits in accept, and the number of its listener is that of one of AF_UNIX since. */
START_TEST(a_listener_whose_number_another_has)
{
	pthread_t thread;

	start_outside();
	become_nobody();
	hide_landlock();
	sem_init(&listening, 0, 0);
	sem_init(&turned, 0, 0);
	listen_briefly();
	ck_assert_int_eq(pthread_create(&thread, NULL, turn_what_is_accepted, NULL), 0);
	wait_until_in_call(SYS_accept4, SYS_accept4);
	const int unix_listener = make_socket(AF_UNIX, SOCK_STREAM);
	ck_assert_int_eq(bind(unix_listener, &(struct sockaddr){ .sa_family = AF_UNIX }, sizeof(sa_family_t)), 0);
	ck_assert_int_eq(listen(unix_listener, 1), 0);
	ck_assert_int_eq(dup2(unix_listener, brief_listener), brief_listener);
	switch_off_with(NULL);
	assert_not_turned();
}
END_TEST

#if defined __GLIBC__ && __GLIBC_PREREQ(2, 34)
/* Of a network where the one name server, 127.0.0.1, never answers. */
static bool enter_a_silent_network(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(53), .sin_addr = { htonl(INADDR_LOOPBACK) } };

	if ((geteuid() != 0 && unshare(CLONE_NEWUSER) != 0) || unshare(CLONE_NEWNS | CLONE_NEWNET) != 0 ||
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("/dev/null", "/etc/resolv.conf", NULL, MS_BIND, NULL) != 0 ||
		mount("/dev/null", "/etc/nsswitch.conf", NULL, MS_BIND, NULL) != 0)
		return false;
	const int made = make_socket(AF_INET, SOCK_DGRAM);
	ck_assert_int_eq(ioctl(made, SIOCSIFFLAGS, &lo), 0);
	ck_assert_int_eq(bind(made, (void *)&address, sizeof address), 0);
	const pid_t parent = getpid();
	if (fork() == 0) { /* it has the socket until we end */
		prctl(PR_SET_PDEATHSIG, (long)SIGKILL);
		while (getppid() == parent)
			pause();
		_exit(0);
	}
	close(made);
	return true;
}

/* The thread that the C library starts for it holds a UDP socket. */
START_TEST(a_name_that_is_being_looked_up)
{
	struct gaicb request = { .ar_name = "name.invalid" }, *requests[] = { &request };

	if (!enter_a_silent_network()) {
		NOTE("namespaces: %s\n", strerror(errno));
		return;
	}
	become_nobody();
	hide_landlock();
	ck_assert_int_eq(getaddrinfo_a(GAI_NOWAIT, requests, 1, NULL), 0);
	wait_until_in_call(SYS_poll, SYS_ppoll);
	ck_assert_int_eq(disablenetwork(), -1);
	ck_assert_int_eq(errno, EBADFD);
	ck_assert_msg(strstr(disablenetwork_error(), "(a UDP socket)") != NULL, "%s", disablenetwork_error());
}
END_TEST
#endif

static const struct {
	int (*use)(void);
	void *(*body)(void *);
	long call;
	bool closed;
	const char *words;
} in_the_way[] = {
	{ use_listener, accept_for_long, SYS_accept4, true, "has left accept4" },
	{ use_connection, send_for_long, SYS_sendto, true, "has left sendto" },
	{ use_connection, send_messages_for_long, SYS_sendmsg, false, "has left sendmsg" },
	{ use_busy_tcp, connect_to_the_busy_one, SYS_connect, false, "has left connect" },
	{ use_busy_tcp, send_to_the_busy_one, SYS_sendto, false, "has left sendto" },
	{ use_busy_unix_stream, connect_to_the_busy_one, SYS_connect, false, "has left connect" },
	{ use_busy_unix_datagram, send_to_the_busy_one, SYS_sendto, false, "has left sendto" },
	{ use_missing_page, set_a_discipline, SYS_ioctl, false, "has left ioctl" },
};

/* The client's side of it, which may be switched off. */
static bool has_fast_open(void)
{
	const int made = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
	const bool has = sendto(made, "x", 1, MSG_NOSIGNAL | MSG_FASTOPEN, (void *)&busy, size_of_busy) == 1 || errno == EINPROGRESS;

	close(made);
	return has;
}

START_TEST(calls_in_the_way)
{
	used_in_call = in_the_way[_i].use();
	become_nobody();
	hide_landlock();
	if (used_in_call < 0) {
		NOTE("userfaultfd: %s\n", strerror(errno));
		return;
	}
	if (in_the_way[_i].use == use_busy_tcp && in_the_way[_i].body == send_to_the_busy_one && !has_fast_open()) {
		NOTE("TCP fast open\n");
		return;
	}
	start_thread(in_the_way[_i].body);
	wait_until_in_call(in_the_way[_i].call, in_the_way[_i].call);
	if (in_the_way[_i].closed)
		close(used_in_call);
	ck_assert_int_eq(disablenetwork(), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_msg(strstr(disablenetwork_error(), in_the_way[_i].words) != NULL, "%s", disablenetwork_error());
}
END_TEST

/* A call that takes long and never waits, so that nothing tells where its thread is: it writes to our own
 * memory, again and again, and must not after the return. */
static char from[4 << 20], to[4 << 20];

static void *copy_for_long(void *unused)
{
	static struct iovec local[1024], remote[1024]; /* UIO_MAXIOV */

	from[0] = 'x';
	for (int i = 0; i < 1024; i++) {
		local[i] = (struct iovec){ from, sizeof from };
		remote[i] = (struct iovec){ to, sizeof to };
	}
	thread_got.error = process_vm_writev(getpid(), local, 1024, remote, 1024, 0) > 0 ? 0 : errno;
	sem_post(&done);
	return unused;
}

START_TEST(a_call_that_takes_long)
{
	become_nobody();
	hide_landlock();
	int ended = 0;
	start_thread(copy_for_long);
	while (*(volatile char *)to != 'x' && !ended)
		sem_getvalue(&done, &ended);
	if (thread_got.error) { /* some containers refuse it */
		NOTE("process_vm_writev: %s\n", strerror(thread_got.error));
		return;
	}
	if (disablenetwork() != 0) { /* on a slow machine */
		ck_assert_msg(errno == EBUSY, "%s: %s", disablenetwork_error(), strerror(errno));
		ck_assert_msg(strstr(disablenetwork_error(), "has left a system call") != NULL, "%s", disablenetwork_error());
		return;
	}
	*(volatile char *)to = '\0';
	sem_wait(&done);
	ck_assert_int_eq(*(volatile char *)to, '\0');
}
END_TEST

static void *call_for_all_after_the_first(void *unused)
{
	(void)unused;
	wait_until_the_first_has_ended();
	_exit(disablenetwork() != 0 || disablenetwork_is_off() != 1);
}

START_TEST(threads_after_the_first)
{
	pthread_t second;

	become_nobody();
	hide_landlock();
	first_thread = pthread_self();
	ck_assert_int_eq(pthread_create(&second, NULL, call_for_all_after_the_first, NULL), 0);
	pthread_exit(NULL);
}
END_TEST

static volatile pid_t ending_thread;

/* Its files go with it, and what watches others takes some time to be gone. */
static void *end_slowly(void *unused)
{
	enum { FILES = 100 };
	const pid_t number = (pid_t)syscall(SYS_gettid);

	if (unshare(CLONE_FILES) == 0)
		for (int i = 0; i < FILES; i++)
			inotify_add_watch(inotify_init(), "/", IN_OPEN);
	ending_thread = number;
	return unused;
}

START_TEST(a_thread_that_is_ending)
{
	char path[64];
	int file;

	become_nobody();
	hide_landlock();
	start_thread(end_slowly);
	while (!ending_thread)
		sched_yield();
	snprintf(path, sizeof path, "/proc/self/task/%d/syscall", (int)ending_thread);
	while ((file = open(path, O_RDONLY)) >= 0) /* until its memory has gone */
		close(file);
	switch_off_with(NULL);
	assert_off();
}
END_TEST

/* What hides a thread is no sign that it has ended. */
START_TEST(a_thread_whose_folder_is_hidden)
{
	char folder[64];

	if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
		NOTE("mounts by root\n");
		return;
	}
	start_thread(try_when_told);
	snprintf(folder, sizeof folder, "/proc/self/task/%d", wait_until_in_call(SYS_futex, SYS_futex));
	ck_assert_int_eq(mount("none", folder, "tmpfs", 0, NULL), 0);
	become_nobody();
	hide_landlock();
	ck_assert_int_eq(disablenetwork(), -1);
	ck_assert_msg(strstr(disablenetwork_error(), "/proc/self/task") != NULL, "%s", disablenetwork_error());
}
END_TEST

static volatile int to_be_traced;

static void *wait_for_tracer(void *unused)
{
	to_be_traced = (int)syscall(SYS_gettid);
	sem_wait(&go);
	return unused;
}

/* Whoever holds it at the entry of a call may make another one of it, which the filters do not see any more. */
START_TEST(a_thread_that_a_tracer_holds)
{
	int number[2], held[2], status;
	char byte = 0;

	become_nobody();
	hide_landlock();
	ck_assert_int_eq(pipe(number), 0);
	ck_assert_int_eq(pipe(held), 0);
	const pid_t tracer = fork();
	if (tracer == 0) {
		int thread;
		prctl(PR_SET_PDEATHSIG, (long)SIGKILL, 0L, 0L, 0L);
		if (read(number[0], &thread, sizeof thread) == sizeof thread && ptrace(PTRACE_SEIZE, thread, NULL, NULL) == 0 &&
			ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) == 0 && waitpid(thread, &status, __WALL) == thread)
			byte = 1;
		_exit(write(held[1], &byte, 1) != 1 || pause());
	}
	prctl(PR_SET_PTRACER, (long)tracer, 0L, 0L, 0L);
	start_thread(wait_for_tracer);
	while (!to_be_traced)
		sched_yield();
	const int thread = to_be_traced;
	ck_assert_int_eq(write(number[1], &thread, sizeof thread), (ssize_t)sizeof thread);
	ck_assert_int_eq(read(held[0], &byte, 1), 1);
	if (!byte) {
		NOTE("ptrace\n");
		kill(tracer, SIGKILL);
		return;
	}
	ck_assert_int_eq(disablenetwork(), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_msg(strstr(disablenetwork_error(), "its tracer holds it") != NULL, "%s", disablenetwork_error());
	kill(tracer, SIGKILL);
}
END_TEST

/* Not in the way: those that wait for somebody to come, to write or to read. */
static int waiting_pair[2];
static void *receive_for_long(void *unused)
{
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	recvmsg(waiting_pair[0], &message, 0);
	return unused;
}
static void *spin(void *unused)
{
	for (volatile unsigned long count = 0;; count++)
		;
	return unused;
}
static void *spin_in_calls(void *unused)
{
	for (;;)
		syscall(SYS_getppid);
	return unused;
}

static int use_waiting_pair(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, waiting_pair), 0);
	return waiting_pair[0];
}

static const struct {
	int (*use)(void);
	void *(*body)(void *);
	long call; /* that it waits in; 0: it never waits */
} not_in_the_way[] = {
	{ use_waiting_pair, receive_for_long, SYS_recvmsg },
	{ use_listener, accept_for_long, SYS_accept4 },
	{ use_connection, send_for_long, SYS_sendto },
	{ use_waiting_pair, send_for_long, SYS_sendto },
	{ use_connection, spin, 0 },
	{ use_connection, spin_in_calls, 0 },
};

START_TEST(threads_that_are_not_in_the_way)
{
	become_nobody();
	hide_landlock();
	used_in_call = not_in_the_way[_i].use();
	start_thread(not_in_the_way[_i].body);
	if (not_in_the_way[_i].call)
		wait_until_in_call(not_in_the_way[_i].call, not_in_the_way[_i].call);
	switch_off_with(NULL);
	assert_off();
}
END_TEST

/* The thread that called first is given what another opens later. */
static int opened_later[2];

static void *call_before_it_is_open(void *unused)
{
	const struct disablenetwork_options options = { .size = sizeof options, .flags = DISABLENETWORK_THIS_THREAD };

	thread_got.off = disablenetwork_with(&options);
	sem_post(&done);
	sem_wait(&go);
	thread_got.made = opened_later[0] < 0 ? -1 : connect(opened_later[0], (void *)&elsewhere, sizeof elsewhere);
	thread_got.error = listen(opened_later[1], 1);
	sem_post(&done);
	sem_wait(&go);
	return unused;
}

START_TEST(streams_that_are_opened_after_a_threads_call)
{
	const int listener = listen_on_loopback(&elsewhere);

	if (fork() == 0) {
		close(accept(listener, NULL, NULL));
		_exit(0);
	}
	close(listener);
	start_thread(call_before_it_is_open);
	sem_wait(&done);
	ck_assert_int_eq(thread_got.off, 0);
	opened_later[0] = (int)syscall(SYS_socket, (long)AF_INET, (long)SOCK_STREAM, 262L);
	opened_later[1] = make_socket(AF_INET, SOCK_STREAM);
	switch_off_with(&this_thread);
	tell_thread();
	ck_assert_int_eq(thread_got.made, -1);
	ck_assert_int_eq(thread_got.error, -1);
}
END_TEST

/* --- What is_off says inside sandboxes of others: each refuses sockets, none is ours. --- */

enum { ARGUMENTS = offsetof(struct seccomp_data, args) };
#define REFUSE_CALL(number, result) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(number), 0, 1), BPF_STMT(BPF_RET | BPF_K, result)
#define NETWORK_IO(result) REFUSE_CALL(SYS_socket, result), REFUSE_CALL(SYS_sendto, result), \
	REFUSE_CALL(SYS_sendmsg, result), REFUSE_CALL(SYS_setsockopt, result), REFUSE_CALL(SYS_connect, result)
#define LOAD_NUMBER BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
static struct sock_filter network_io[] = { /* systemd's SystemCallFilter=~@network-io */
	LOAD_NUMBER, NETWORK_IO(SECCOMP_RET_ERRNO | EPERM), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
};
static struct sock_filter network_io_and_rings[] = { /* and Docker's refusal of io_uring */
	LOAD_NUMBER, NETWORK_IO(SECCOMP_RET_ERRNO | EPERM), REFUSE_CALL(SYS_io_uring_setup, SECCOMP_RET_ERRNO | EPERM),
	REFUSE_CALL(SYS_io_uring_enter, SECCOMP_RET_ERRNO | EPERM), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
};
static struct sock_filter kills_network_io[] = { /* the same, where a refused call kills */
	LOAD_NUMBER, NETWORK_IO(SECCOMP_RET_KILL_PROCESS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
};
static struct sock_filter sockets_alone[] = { /* firejail --protocol=unix */
	LOAD_NUMBER, REFUSE_CALL(SYS_socket, SECCOMP_RET_ERRNO | EOPNOTSUPP), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
};
static struct sock_filter short_list[] = { /* Chromium's: of ioctl and setsockopt what it knows, no socket, no ring */
	LOAD_NUMBER, NETWORK_IO(SECCOMP_RET_ERRNO | EPERM), REFUSE_CALL(SYS_ioctl, SECCOMP_RET_ERRNO | EPERM),
	REFUSE_CALL(SYS_io_uring_setup, SECCOMP_RET_ERRNO | EPERM), REFUSE_CALL(SYS_io_uring_enter, SECCOMP_RET_ERRNO | EPERM),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
};
static struct sock_filter kills_rings[] = {
	LOAD_NUMBER, REFUSE_CALL(SYS_io_uring_enter, SECCOMP_RET_KILL_PROCESS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
};
static const struct {
	const char *name;
	struct sock_filter *code;
	size_t length;
	bool call_works; /* behind it too */
} sandboxes[] = {
#define SANDBOX(code, call_works) { #code, code, sizeof code / sizeof code[0], call_works }
	SANDBOX(network_io, true),
	SANDBOX(network_io_and_rings, true),
	SANDBOX(kills_network_io, true),
	SANDBOX(sockets_alone, true),
	SANDBOX(short_list, false), /* nothing is left by which ours could be told */
	SANDBOX(kills_rings, true),
#undef SANDBOX
};

static void enter_sandbox(int number)
{
	const struct sock_fprog program = { .len = (unsigned short)sandboxes[number].length, .filter = sandboxes[number].code };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0L, 0L), 0);
}

START_TEST(is_off_in_a_sandbox)
{
	printf("# %s\n", sandboxes[_i].name);
	ck_assert_int_eq(disablenetwork_is_off(), 0);
	enter_sandbox(_i);
	ck_assert_int_eq(disablenetwork_is_off(), 0);
	ck_assert_int_eq(disablenetwork_state(), DISABLENETWORK_IS_ON);
	if (sandboxes[_i].call_works) { /* what kills for a trial socket is not tried */
		switch_off_with(NULL);
		ck_assert_int_eq(disablenetwork_state(), DISABLENETWORK_IS_OFF);
	}
}
END_TEST

START_TEST(is_off_in_a_sandbox_entered_later)
{
	const struct disablenetwork_options options = { .size = sizeof options,
		.flags = _i % 2 ? DISABLENETWORK_KILL : 0, .refusal_error = _i % 2 ? 0 : EACCES };

	switch_off_with(&options);
	ck_assert_int_eq(disablenetwork_state(), DISABLENETWORK_IS_OFF);
	enter_sandbox(_i / 2);
	ck_assert_int_eq(disablenetwork_is_off(), sandboxes[_i / 2].call_works);
}
END_TEST

static void *fail_in_thread(void *unused)
{
	(void)unused;
	ck_assert_str_eq(disablenetwork_error(), "");
	ck_assert_int_eq(disablenetwork_with(&(struct disablenetwork_options){ .size = 1 }), -1);
	snprintf(thread_got.words, sizeof thread_got.words, "%s", disablenetwork_error());
	sem_post(&done);
	sem_wait(&go);
	return NULL;
}

START_TEST(the_words_are_each_threads_own)
{
	const struct disablenetwork_options unknown = { .size = sizeof unknown, .flags = 0x8000 };

	ck_assert_int_eq(disablenetwork_with(&unknown), -1);
	start_thread(fail_in_thread);
	sem_wait(&done);
	ck_assert_ptr_nonnull(strstr(thread_got.words, "size"));
	ck_assert_ptr_nonnull(strstr(disablenetwork_error(), "unknown flag"));
}
END_TEST

/* The child of a process with threads has one. */
START_TEST(in_the_child_of_a_process_with_threads)
{
	int status;

	start_thread(try_when_told);
	const pid_t child = fork();
	if (child == 0)
		_exit(disablenetwork() != 0 || make_socket(AF_INET, SOCK_STREAM) >= 0 || !disablenetwork_is_off());
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(disablenetwork_is_off(), 0);
}
END_TEST

/* A sandbox that does not let it ask by unshare(2): /proc tells. */
START_TEST(threads_are_counted_without_unshare)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = 4, .filter = code };

	become_nobody();
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0L, 0L), 0);
	if (_i) {
		start_thread(try_when_told);
		if (landlock_abi() >= 2 && landlock_abi() < 8) {
			assert_refused_early(NULL, EBUSY, "every thread");
			return;
		}
	}
	switch_off_with(NULL);
	assert_off();
	if (_i) {
		tell_thread();
		ck_assert_int_eq(thread_got.made, -1);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("library");
	TCase *all = tcase_create("all");

	tcase_add_test(all, without_options);
	tcase_add_loop_test(all, sockets_of_others_are_shut, 0, 2);
	tcase_add_test(all, nothing_else_changes);
	tcase_add_loop_test(all, wrong_options, 0, (int)(sizeof wrong / sizeof wrong[0]));
	tcase_add_test(all, options_of_a_later_version);
	tcase_add_test(all, the_first_version_has_24_bytes);
	tcase_add_loop_test(all, another_error, 0, 10);
	tcase_add_test_raise_signal(all, killing_kills, SIGSYS);
	tcase_add_test(all, killing_then_again);
	tcase_add_test(all, logging_still_refuses);
	tcase_add_test(all, many_times);
	tcase_add_loop_test(all, loose_descriptors, 0, (int)(sizeof loose / sizeof loose[0]));
	tcase_add_test(all, harmless_descriptors);
	tcase_add_test(all, a_closed_standard_input_becomes_dev_null);
	tcase_add_loop_test(all, a_mapped_ring, 0, 4);
	tcase_add_test(all, a_ring_that_only_the_kernel_serves);
	tcase_add_test(all, a_mapped_ring_after_the_first_thread);
	tcase_add_test(all, no_handler_runs_half_way);
	tcase_add_test(all, no_room_for_a_socket_is_not_off);
	tcase_add_test(all, a_filter_of_its_own_that_kills);
	tcase_add_loop_test(all, a_connection_goes_on, 0, 2);
	tcase_add_loop_test(all, connections_that_are_being_made, 0, 2);
	tcase_add_test(all, a_listener_goes_on);
	tcase_add_test(all, children);
	tcase_add_test(all, capabilities);
	tcase_add_test(all, capabilities_that_are_not_held);
	tcase_add_test(all, without_proc);
	tcase_add_test(all, no_room_for_a_descriptor);
	tcase_add_test(all, two_threads);
	tcase_add_test(all, two_threads_without_landlock);
	tcase_add_loop_test(all, this_thread_alone, 0, 2);
	tcase_add_test(all, one_thread_needs_no_flag);
	tcase_add_test(all, threads_with_capabilities);
	tcase_add_loop_test(all, threads_in_the_proc_of_an_outer_namespace, 0, 2);
	tcase_add_loop_test(all, threads_in_the_proc_of_a_foreign_namespace, 0, 2);
	tcase_add_test(all, a_thread_with_a_filter_of_its_own);
	tcase_add_loop_test(all, what_threads_open_meanwhile, 0, (int)(sizeof meanwhile / sizeof meanwhile[0]));
	tcase_add_loop_test(all, a_ring_that_is_registered, 0, 16);
	tcase_add_loop_test(all, a_process_that_is_not_dumpable, 0, 2);
	tcase_add_test(all, several_threads_at_a_time);
	tcase_add_test(all, a_child_that_has_not_called_exec);
	tcase_add_test(all, a_listener_that_is_closed_meanwhile);
#if defined __GLIBC__ && __GLIBC_PREREQ(2, 34)
	tcase_add_test(all, a_name_that_is_being_looked_up);
#endif
	tcase_add_test(all, threads_after_the_first);
	tcase_add_loop_test(all, calls_in_the_way, 0, (int)(sizeof in_the_way / sizeof in_the_way[0]));
	tcase_add_test(all, a_call_that_takes_long);
	tcase_add_test(all, a_thread_that_is_ending);
	tcase_add_test(all, a_thread_whose_folder_is_hidden);
	tcase_add_test(all, a_thread_that_a_tracer_holds);
	tcase_add_test(all, a_call_between_two_filters);
	tcase_add_test(all, a_listener_whose_number_another_has);
	tcase_add_loop_test(all, threads_that_are_not_in_the_way, 0, (int)(sizeof not_in_the_way / sizeof not_in_the_way[0]));
	tcase_add_test(all, streams_that_are_opened_after_a_threads_call);
	tcase_add_loop_test(all, is_off_in_a_sandbox, 0, (int)(sizeof sandboxes / sizeof sandboxes[0]));
	tcase_add_loop_test(all, is_off_in_a_sandbox_entered_later, 0, 2 * (int)(sizeof sandboxes / sizeof sandboxes[0]));
	tcase_add_test(all, the_words_are_each_threads_own);
	tcase_add_test(all, in_the_child_of_a_process_with_threads);
	tcase_add_loop_test(all, threads_are_counted_without_unshare, 0, 2);
	suite_add_tcase(suite, all);
	return run_suite(suite);
}
