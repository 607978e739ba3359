/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Classification one descriptor at a time. Kinds that this kernel does not have are
 * left out of a run, with a note; tests/chain/descriptors.test has the whole way through.
 */
#include "inherited.h"

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

enum stream { NO_STREAM, TCP, OTHER_STREAM };

static const struct {
	int family, type, protocol;
	enum stream stream;
	const char *loose; /* NULL: harmless or a stream */
	bool held;         /* by the kernel's own network-off, where it is on */
} sockets[] = {
	{ AF_UNIX, SOCK_STREAM, 0, NO_STREAM, NULL, true },
	{ AF_UNIX, SOCK_DGRAM, 0, NO_STREAM, NULL, true },
	{ AF_UNIX, SOCK_SEQPACKET, 0, NO_STREAM, NULL, true },
	{ AF_INET, SOCK_STREAM, 0, TCP, NULL, true },
	{ AF_INET6, SOCK_STREAM, 0, TCP, NULL, true },
	{ AF_INET, SOCK_STREAM, IPPROTO_MPTCP, OTHER_STREAM, NULL, true },
	{ AF_INET6, SOCK_STREAM, IPPROTO_MPTCP, OTHER_STREAM, NULL, true },
	{ 40 /* AF_VSOCK */, SOCK_STREAM, 0, OTHER_STREAM, NULL, true },
	{ 40, SOCK_SEQPACKET, 0, NO_STREAM, "a vsock socket other than a stream", true },
	{ 40, SOCK_DGRAM, 0, NO_STREAM, "a vsock socket other than a stream" },
	{ AF_INET, SOCK_DGRAM, 0, NO_STREAM, "a UDP socket", true },
	{ AF_INET6, SOCK_DGRAM, 0, NO_STREAM, "a UDP socket", true },
	{ AF_INET, SOCK_DGRAM, IPPROTO_ICMP, NO_STREAM, "an ICMP socket" },
	{ AF_INET, SOCK_DGRAM, 136 /* UDP-Lite */, NO_STREAM, "an Internet socket of another protocol than TCP", true },
	{ AF_INET, SOCK_STREAM, IPPROTO_SCTP, NO_STREAM, "an SCTP socket", true },
	{ AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP, NO_STREAM, "an SCTP socket", true },
	{ AF_INET, SOCK_RAW, IPPROTO_TCP, NO_STREAM, "a raw socket" },
	{ AF_INET6, SOCK_RAW, IPPROTO_UDP, NO_STREAM, "a raw socket" },
	{ AF_PACKET, SOCK_RAW, 0, NO_STREAM, "a packet socket" },
	{ AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, NO_STREAM, "a netlink socket" },
	{ AF_XDP, SOCK_RAW, 0, NO_STREAM, "a socket of another family than AF_UNIX" },
	{ 38 /* AF_ALG */, SOCK_SEQPACKET, 0, NO_STREAM, NULL, true },
	{ 43 /* AF_SMC */, SOCK_STREAM, 0, NO_STREAM, "a socket of another family than AF_UNIX" },
};

static int proc_fd(void)
{
	return open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void assert_one_kind(int descriptor, int directory, const char *loose)
{
	struct inherited inherited = { 0 };

	ck_assert_int_ge(descriptor, 0);
	const char *kind = classify_descriptor(&inherited, descriptor, directory, KEPT_BY_FILTERS);
	if (loose)
		ck_assert_msg(kind && strcmp(kind, loose) == 0, "%s, not %s", kind ? kind : "harmless", loose);
	else
		ck_assert_msg(kind == NULL, "%s", kind);
}

static void assert_kind(int descriptor, const char *loose)
{
	const int directory = proc_fd();

	assert_one_kind(descriptor, directory, loose);
	assert_one_kind(descriptor, -1, loose);
	close(directory);
}

/* Without /proc an anonymous inode is loose, whatever it is. */
static void assert_anonymous(int descriptor, const char *loose)
{
	const int directory = proc_fd();

	assert_one_kind(descriptor, directory, loose);
	assert_one_kind(descriptor, -1, "a descriptor whose kind /proc would tell");
	close(directory);
}

START_TEST(sockets_by_family_type_and_protocol)
{
	struct inherited inherited = { 0 };
	const int made = socket(sockets[_i].family, sockets[_i].type, sockets[_i].protocol);

	if (made < 0) {
		printf("# not on this machine: family %d type %d protocol %d: %s\n", sockets[_i].family,
			sockets[_i].type, sockets[_i].protocol, strerror(errno));
		return;
	}
	assert_kind(made, sockets[_i].loose);
	(void)!classify_descriptor(&inherited, made, -1, KEPT_BY_FILTERS);
	ck_assert_int_eq(inherited.tcp, sockets[_i].stream == TCP);
	ck_assert_int_eq(inherited.other_stream, sockets[_i].stream == OTHER_STREAM);
	ck_assert(!inherited.listener);
	const char *kind = classify_descriptor(&inherited, made, -1, KEPT_BY_KERNEL);
	if (sockets[_i].held)
		ck_assert_ptr_null(kind);
	else
		ck_assert_str_eq(kind, sockets[_i].loose);
}
END_TEST

/* Behind -L whatever leads to the network that is left is loose, connected or not. */
START_TEST(left_behind_every_network_socket_is_loose)
{
	struct inherited inherited = { 0 };
	const int made = socket(sockets[_i].family, sockets[_i].type, sockets[_i].protocol);
	const bool harmless = sockets[_i].stream == NO_STREAM && !sockets[_i].loose;

	if (made < 0)
		return;
	ck_assert_int_eq(classify_descriptor(&inherited, made, -1, KEPT_BY_NOTHING) == NULL, harmless);
	ck_assert_int_eq(classify_descriptor(&inherited, made, -1, KEPT_BY_NOTHING_AT_ALL) == NULL,
		harmless && sockets[_i].family != AF_UNIX); /* these have no peer */
	ck_assert(!inherited.tcp && !inherited.other_stream && !inherited.network);
}
END_TEST

static const char *without_abstract(int descriptor)
{
	struct inherited unused = { 0 };

	ck_assert_ptr_null(classify_descriptor(&unused, descriptor, -1, KEPT_BY_NOTHING));
	return classify_descriptor(&unused, descriptor, -1, KEPT_BY_NOTHING_AT_ALL);
}

START_TEST(left_behind_af_unix_may_reach_abstract_names)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, types[_i], 0, ends), 0);
	ck_assert_int_eq(without_abstract(ends[0]) == NULL, types[_i] != SOCK_DGRAM);
	close(ends[1]); /* a peer that is gone makes no room for another */
	ck_assert_int_eq(without_abstract(ends[0]) == NULL, types[_i] != SOCK_DGRAM);
	const int listener = socket(AF_UNIX, types[_i], 0);
	ck_assert_ptr_nonnull(without_abstract(listener));
	ck_assert_int_eq(bind(listener, (const void *)&any, sizeof any.sun_family), 0);
	ck_assert_ptr_nonnull(without_abstract(listener));
	if (types[_i] != SOCK_DGRAM) {
		ck_assert_int_eq(listen(listener, 1), 0);
		ck_assert_ptr_null(without_abstract(listener));
	}
}
END_TEST

START_TEST(a_listener_is_noticed)
{
	struct inherited inherited = { 0 };
	const struct sockaddr_in loopback = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int made = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(made, (const void *)&loopback, sizeof loopback), 0);
	ck_assert_ptr_null(classify_descriptor(&inherited, made, -1, KEPT_BY_FILTERS));
	ck_assert(!inherited.listener);
	ck_assert_int_eq(listen(made, 1), 0);
	ck_assert_ptr_null(classify_descriptor(&inherited, made, -1, KEPT_BY_FILTERS));
	ck_assert(inherited.listener && inherited.tcp);
}
END_TEST

START_TEST(an_af_unix_listener_is_none)
{
	struct inherited inherited = { 0 };
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	const int made = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(made, (const void *)&any, sizeof any.sun_family), 0); /* autobind */
	ck_assert_int_eq(listen(made, 1), 0);
	ck_assert_ptr_null(classify_descriptor(&inherited, made, -1, KEPT_BY_FILTERS));
	ck_assert(!inherited.listener);
}
END_TEST

START_TEST(files_and_pipes_are_harmless)
{
	int ends[2];
	char name[] = "/tmp/check_inherited.XXXXXX";

	ck_assert_int_eq(pipe(ends), 0);
	assert_kind(ends[0], NULL);
	assert_kind(open("/dev/null", O_RDWR), NULL);
	assert_kind(open("/dev/urandom", O_RDONLY), NULL);
	const int fuse = open("/dev/fuse", O_RDWR);
	if (fuse < 0)
		printf("# not on this machine: /dev/fuse: %s\n", strerror(errno));
	else
		assert_kind(fuse, NULL);
	assert_kind(open("/", O_RDONLY | O_DIRECTORY), NULL);
	assert_kind(open("/proc/self/status", O_RDONLY), NULL);
	assert_kind(open("/proc/self", O_RDONLY | O_DIRECTORY), NULL);
	assert_kind(memfd_create("check_inherited", 0), NULL);
	const int file = mkstemp(name);
	unlink(name);
	assert_kind(file, NULL);
}
END_TEST

/* Its path does not fit into what readlink can return. */
START_TEST(a_file_with_a_very_long_path_is_harmless)
{
	char name[200], place[] = "/tmp/check_inherited.XXXXXX";
	const int depth = 25;

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	ck_assert_ptr_nonnull(mkdtemp(place));
	ck_assert_int_eq(chdir(place), 0);
	for (int i = 0; i < depth; i++)
		ck_assert_int_eq(mkdir(name, 0700) | chdir(name), 0);
	const int file = open("file", O_RDWR | O_CREAT, 0600);
	unlink("file");
	for (int i = 0; i < depth; i++)
		ck_assert_int_eq(chdir("..") | rmdir(name), 0);
	rmdir(place);
	assert_kind(file, NULL);
}
END_TEST

static int landlock_ruleset(void)
{
	const uint64_t handled = 1;

	return (int)syscall(444 /* landlock_create_ruleset */, &handled, sizeof handled, 0L);
}

START_TEST(anonymous_inodes_that_only_tell_are_harmless)
{
	sigset_t signals;

	sigemptyset(&signals);
	assert_anonymous(eventfd(0, 0), NULL);
	assert_anonymous(epoll_create1(0), NULL);
	assert_anonymous(signalfd(-1, &signals, 0), NULL);
	assert_anonymous(timerfd_create(CLOCK_MONOTONIC, 0), NULL);
	assert_anonymous(inotify_init1(0), NULL);
	const int ruleset = landlock_ruleset();
	if (ruleset < 0)
		printf("# not on this machine: landlock_create_ruleset: %s\n", strerror(errno));
	else
		assert_anonymous(ruleset, NULL);
	const int process = (int)syscall(434 /* pidfd_open */, (long)getpid(), 0L);
	if (process < 0)
		printf("# not on this machine: pidfd_open: %s\n", strerror(errno));
	else
		assert_anonymous(process, NULL);
}
END_TEST

/* Each as its maker would leave it to prog: it drives that process, or the kernel. */
static int open_userfaultfd(void) { return (int)syscall(SYS_userfaultfd, 1L /* UFFD_USER_MODE_ONLY */); }
static int open_fanotify(void) { return (int)syscall(SYS_fanotify_init, 0L, (long)O_RDWR); }
static int open_map(void)
{
	const struct { uint32_t type, key_size, value_size, entries; char rest[100]; } map = { 2 /* array */, 4, 4, 1 };

	return (int)syscall(SYS_bpf, 0L /* BPF_MAP_CREATE */, &map, sizeof map);
}
static int open_context(void) { return (int)syscall(430 /* fsopen */, "tmpfs", 0L); }
static int open_listener(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog program = { 1, &allow };

	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	return (int)syscall(SYS_seccomp, 1L, 8L /* SECCOMP_FILTER_FLAG_NEW_LISTENER */, &program);
}
static int open_counter(void)
{
	const uint32_t event[32] = { 1 /* software */, sizeof event, 0 /* of the processor's clock */ };

	return (int)syscall(SYS_perf_event_open, event, 0L, -1L, -1L, 0L);
}
static int open_machine(void)
{
	const int kvm = open("/dev/kvm", O_RDWR);

	return kvm < 0 ? kvm : ioctl(kvm, 0xae01 /* KVM_CREATE_VM */, 0L);
}

static const struct {
	int (*open)(void);
	const char *name, *kind;
} drivers[] = {
	{ open_listener, "seccomp listener", "a seccomp listener" },
	{ open_userfaultfd, "userfaultfd", "a userfaultfd" },
	{ open_fanotify, "fanotify", "a fanotify group" },
	{ open_map, "BPF map", "a BPF object" },
	{ open_context, "fsopen", "an anonymous inode of unknown kind" },
	{ open_counter, "perf event", "an anonymous inode of unknown kind" },
	{ open_machine, "KVM", "a virtual machine" },
};

START_TEST(anonymous_inodes_that_drive_others_are_loose)
{
	const int made = drivers[_i].open();

	if (made < 0)
		printf("# not on this machine: %s: %s\n", drivers[_i].name, strerror(errno));
	else
		assert_anonymous(made, drivers[_i].kind);
}
END_TEST

START_TEST(files_of_the_kernel_are_loose_when_open_for_writing)
{
	assert_kind(open("/proc/self/mem", O_RDWR), "a file of the kernel's own, open for writing");
	assert_kind(open("/proc/self/comm", O_WRONLY), "a file of the kernel's own, open for writing");
	assert_kind(open("/proc/self/comm", O_RDONLY), NULL);
	assert_kind(open("/proc/self/mem", O_PATH), NULL); /* to open it takes the right to */
}
END_TEST

START_TEST(a_namespace_is_loose)
{
	assert_kind(open("/proc/self/ns/net", O_RDONLY), "a namespace");
	assert_kind(open("/proc/self/ns/user", O_RDONLY), "a namespace");
	assert_kind(open("/proc/self/ns/net", O_PATH), NULL);
}
END_TEST

START_TEST(of_a_terminal_only_the_master_is_loose)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
		printf("# not on this machine: /dev/ptmx: %s\n", strerror(errno));
		return;
	}
	assert_kind(master, "the master of a terminal");
	assert_kind(open(ptsname(master), O_RDWR | O_NOCTTY), NULL);
}
END_TEST

START_TEST(a_socket_file_opened_by_name_is_harmless)
{
	char name[] = "/tmp/check_inherited.XXXXXX";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int made = socket(AF_UNIX, SOCK_STREAM, 0);

	close(mkstemp(name));
	unlink(name);
	memcpy(address.sun_path, name, sizeof name);
	ck_assert_int_eq(bind(made, (const void *)&address, sizeof address), 0);
	const int opened = open(name, O_PATH);
	unlink(name);
	ck_assert_int_ge(opened, 0);
	assert_kind(opened, NULL);
}
END_TEST

START_TEST(a_ring_is_loose)
{
	char parameters[120] = { 0 }; /* struct io_uring_params */
	const long ring = syscall(425 /* io_uring_setup */, 1L, parameters);

	if (ring < 0) {
		printf("# not on this machine: io_uring_setup: %s\n", strerror(errno));
		return;
	}
	struct inherited inherited = { 0 };
	assert_anonymous((int)ring, "an io_uring");
	ck_assert_str_eq(classify_descriptor(&inherited, (int)ring, proc_fd(), KEPT_BY_KERNEL), "an io_uring");
	ck_assert_ptr_nonnull(classify_descriptor(&inherited, (int)ring, -1, KEPT_BY_KERNEL));
}
END_TEST

START_TEST(a_tap_is_loose)
{
	const int tap = open("/dev/net/tun", O_RDWR);

	if (tap < 0)
		printf("# not on this machine: /dev/net/tun: %s\n", strerror(errno));
	else
		assert_kind(tap, "a tun or tap device");
}
END_TEST

/* Whatever a sandbox around us answers in the driver's place. */
static const int answers[] = { -1 /* nothing */, 0, ENOTTY, EINVAL, EPERM };

START_TEST(a_device_without_a_row_is_loose)
{
	static const char *const names[] = { "/dev/loop-control", "/dev/cpu_dma_latency", "/dev/hpet", "/dev/uhid" };
	int device = -1;

	for (size_t i = 0; i < sizeof names / sizeof names[0] && device < 0; i++)
		device = open(names[i], O_RDONLY);
	if (device < 0) {
		printf("# not on this machine: none of four devices\n");
		return;
	}
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)answers[_i]),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };
	if (answers[_i] >= 0) {
		ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
		ck_assert_int_eq(prctl(PR_SET_SECCOMP, (long)SECCOMP_MODE_FILTER, &program, 0L, 0L), 0);
	}
	assert_kind(device, "a device of unknown kind");
}
END_TEST

START_TEST(a_vhost_is_loose)
{
	const int vhost = open("/dev/vhost-net", O_RDWR);

	if (vhost < 0)
		printf("# not on this machine: /dev/vhost-net: %s\n", strerror(errno));
	else
		assert_kind(vhost, "a vhost device");
}
END_TEST

/* Twelve UDP sockets and one that is closed on exec. */
static void open_many(void)
{
	for (int i = 0; i < 12; i++)
		ck_assert_int_ge(socket(AF_INET, SOCK_DGRAM, 0), 0);
	ck_assert_int_ge(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), 0);
}

START_TEST(a_scan_names_some_and_counts_all)
{
	struct inherited inherited;

	open_many();
	ck_assert_ptr_null(inherited_scan(&inherited, &(struct scan){ 0 }));
	ck_assert_uint_eq(inherited.loose_count, 12);
	const char *words = inherited_refuse_loose(&inherited);
	ck_assert_int_eq(errno, 0);
	ck_assert_ptr_nonnull(strstr(words, " (a UDP socket), "));
	ck_assert_ptr_nonnull(strstr(words, " and 4 more: close them first (in sh: "));
}
END_TEST

START_TEST(closing_leaves_nothing_loose)
{
	struct inherited inherited;

	open_many();
	ck_assert_ptr_null(inherited_scan(&inherited, &(struct scan){ .close_loose = true }));
	ck_assert_uint_eq(inherited.loose_count, 12);
	ck_assert_ptr_null(inherited_scan(&inherited, &(struct scan){ 0 }));
	ck_assert_uint_eq(inherited.loose_count, 0);
	ck_assert_ptr_null(inherited_refuse_loose(&inherited));
}
END_TEST

START_TEST(a_closed_standard_input_becomes_dev_null)
{
	struct inherited inherited;
	char byte;

	close(STDIN_FILENO);
	ck_assert_int_eq(socket(AF_INET, SOCK_DGRAM, 0), STDIN_FILENO);
	ck_assert_ptr_null(inherited_scan(&inherited, &(struct scan){ .close_loose = true }));
	ck_assert_int_eq(inherited.loose[0].number, STDIN_FILENO);
	ck_assert_int_eq(read(STDIN_FILENO, &byte, 1), 0);
	ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFD), 0);
}
END_TEST

/* Who may chown a socket decides by which rule it is routed. */
START_TEST(chown_is_refused_beside_a_network_socket)
{
	const capability_set chown_set = UINT64_C(1) << CAP_CHOWN, all_others = ~chown_set;
	struct inherited inherited;

	ck_assert_ptr_null(inherited_scan(&inherited, &(struct scan){ 0 }));
	ck_assert_ptr_null(inherited_refuse_capabilities(&inherited, chown_set));
	ck_assert_int_ge(socket(AF_UNIX, SOCK_DGRAM, 0), 0);
	ck_assert_int_ge(socket(AF_INET, SOCK_DGRAM, 0), 0);
	ck_assert_ptr_null(inherited_scan(&inherited, &(struct scan){ .close_loose = true }));
	ck_assert_ptr_null(inherited_refuse_capabilities(&inherited, chown_set)); /* it is closed */
	ck_assert_int_ge(socket(AF_INET, SOCK_DGRAM, 0), 0);
	ck_assert_ptr_null(inherited_scan(&inherited, &(struct scan){ .keeper = KEPT_BY_KERNEL }));
	ck_assert_ptr_nonnull(inherited_refuse_capabilities(&inherited, chown_set));
	ck_assert_ptr_null(inherited_refuse_capabilities(&inherited, all_others));
	ck_assert_ptr_null(inherited_scan(&inherited, &(struct scan){ .close_loose = true }));
	ck_assert_int_ge(socket(AF_INET, SOCK_STREAM, 0), 0);
	ck_assert_ptr_null(inherited_scan(&inherited, &(struct scan){ 0 }));
	ck_assert_ptr_nonnull(strstr(inherited_refuse_capabilities(&inherited, chown_set), "chown"));
	ck_assert_int_eq(errno, 0);
}
END_TEST

static volatile sig_atomic_t scans_done;

static void *open_and_close(void *unused)
{
	while (!scans_done) {
		char byte;
		const int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

		ck_assert_int_eq(read(file, &byte, 1), 1);
		close(file);
	}
	return unused;
}

START_TEST(what_threads_open_and_close_meanwhile_is_harmless)
{
	enum { THREADS = 12, SCANS = 1000 };
	pthread_t threads[THREADS];
	struct inherited inherited;
	char names[200];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, open_and_close, NULL), 0);
	for (int i = 0; i < SCANS; i++) {
		ck_assert_ptr_null(inherited_scan(&inherited, &(struct scan){ .no_exec = true, .has_threads = true }));
		inherited_name_loose(&inherited, names, sizeof names);
		ck_assert_str_eq(names, "");
	}
	scans_done = 1;
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("inherited");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, sockets_by_family_type_and_protocol, 0,
		(int)(sizeof sockets / sizeof sockets[0]));
	tcase_add_loop_test(all, left_behind_every_network_socket_is_loose, 0,
		(int)(sizeof sockets / sizeof sockets[0]));
	tcase_add_loop_test(all, left_behind_af_unix_may_reach_abstract_names, 0, 3);
	tcase_add_test(all, a_listener_is_noticed);
	tcase_add_test(all, an_af_unix_listener_is_none);
	tcase_add_test(all, files_and_pipes_are_harmless);
	tcase_add_test(all, a_file_with_a_very_long_path_is_harmless);
	tcase_add_test(all, anonymous_inodes_that_only_tell_are_harmless);
	tcase_add_loop_test(all, anonymous_inodes_that_drive_others_are_loose, 0, (int)(sizeof drivers / sizeof drivers[0]));
	tcase_add_test(all, files_of_the_kernel_are_loose_when_open_for_writing);
	tcase_add_test(all, a_namespace_is_loose);
	tcase_add_test(all, of_a_terminal_only_the_master_is_loose);
	tcase_add_loop_test(all, a_device_without_a_row_is_loose, 0, (int)(sizeof answers / sizeof answers[0]));
	tcase_add_test(all, a_socket_file_opened_by_name_is_harmless);
	tcase_add_test(all, a_ring_is_loose);
	tcase_add_test(all, a_tap_is_loose);
	tcase_add_test(all, a_vhost_is_loose);
	tcase_add_test(all, a_scan_names_some_and_counts_all);
	tcase_add_test(all, closing_leaves_nothing_loose);
	tcase_add_test(all, a_closed_standard_input_becomes_dev_null);
	tcase_add_test(all, chown_is_refused_beside_a_network_socket);
	tcase_add_test(all, what_threads_open_and_close_meanwhile_is_harmless);
	suite_add_tcase(suite, all);
	return run_suite(suite);
}
