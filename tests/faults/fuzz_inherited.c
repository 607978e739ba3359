/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * libFuzzer for the scan of descriptors. Each pair of bytes opens a descriptor of some
 * kind at some number, or at eight in a row; the scan must then say what a plain count of
 * them says. Kinds that this kernel or user has not are left out.
 */
#include "inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
	FIRST = 100, /* below: libFuzzer's own */
	NUMBERS = 64,
	MANY = 300 /* harmless ones behind these: more than one getdents64 brings */
};
enum treatment { HARMLESS, ANONYMOUS /* without /proc loose */, TCP, OTHER_STREAM, LOOSE };

static int open_null(void) { return open("/dev/null", O_RDWR | O_CLOEXEC); }
static int open_file(void) { return open("/proc/self/status", O_RDONLY | O_CLOEXEC); }
static int open_directory(void) { return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }
static int open_event(void) { return eventfd(0, EFD_CLOEXEC); }
static int open_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }
static int open_unix(void) { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }
static int open_tcp(void) { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
static int open_tcp6(void) { return socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0); }
static int open_mptcp(void) { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 262); }
static int open_udp(void) { return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); }
static int open_udp6(void) { return socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0); }
static int open_netlink(void) { return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE); }
static int open_listener(void)
{
	const int listener = open_tcp();

	if (listener >= 0)
		(void)listen(listener, 1); /* on an ephemeral port; nobody is told */
	return listener;
}
static int open_raw(void) { return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 255); }
static int open_icmp(void) { return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP); }
static int open_udplite(void) { return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 136); }
static int open_sctp(void) { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP); }
static int open_packet(void) { return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); }
static int open_packet_old(void) { return socket(AF_INET, 10 | SOCK_CLOEXEC, 0); }
static int open_crypto(void) { return socket(38 /* AF_ALG */, SOCK_SEQPACKET | SOCK_CLOEXEC, 0); }
static int open_vsock(void) { return socket(40, SOCK_STREAM | SOCK_CLOEXEC, 0); }
static int open_vsock_other(void) { return socket(40, SOCK_SEQPACKET | SOCK_CLOEXEC, 0); }
static int open_unix_datagram(void) { return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); }
static int open_tun(void) { return open("/dev/net/tun", O_RDWR | O_CLOEXEC); }
static int open_terminal(void) { return open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC); }
static int open_memory(void) { return memfd_create("fuzz", MFD_CLOEXEC); }
static int open_process(void) { return (int)syscall(434 /* pidfd_open */, (long)getpid(), 0L); }
static int open_own_memory(void) { return open("/proc/self/mem", O_RDWR | O_CLOEXEC); }
static int open_namespace(void) { return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC); }
static int open_name(void) { return open("/proc/self/ns/net", O_PATH | O_CLOEXEC); }
static int open_faults(void) { return (int)syscall(SYS_userfaultfd, O_CLOEXEC | 1L /* UFFD_USER_MODE_ONLY */); }
static int open_context(void) { return (int)syscall(430 /* fsopen */, "tmpfs", 1L /* FSOPEN_CLOEXEC */); }
static int open_inotify(void) { return inotify_init1(IN_CLOEXEC); }
static int open_timer(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); }
static int open_fuse(void) { return open("/dev/fuse", O_RDWR | O_CLOEXEC); }
static int open_pipe(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	close(ends[1]);
	return ends[0];
}
static int open_ring(void)
{
	char parameters[120] = { 0 };

	return (int)syscall(SYS_io_uring_setup, 1, parameters);
}

static const struct {
	int (*open)(void);
	enum treatment treatment;
	bool listens;
	bool held; /* by the kernel's own network-off, where it is on */
} kinds[] = {
	{ open_null, HARMLESS, false, false },
	{ open_file, HARMLESS, false, false },
	{ open_directory, HARMLESS, false, false },
	{ open_event, ANONYMOUS, false, false },
	{ open_epoll, ANONYMOUS, false, false },
	{ open_inotify, ANONYMOUS, false, false },
	{ open_timer, ANONYMOUS, false, false },
	{ open_process, ANONYMOUS, false, false },
	{ open_name, HARMLESS, false, false },
	{ open_fuse, HARMLESS, false, false },
	{ open_unix, HARMLESS, false, false },
	{ open_tcp, TCP, false, false },
	{ open_tcp6, TCP, false, false },
	{ open_listener, TCP, true, false },
	{ open_mptcp, OTHER_STREAM, false, false },
	{ open_udp, LOOSE, false, true },
	{ open_udp6, LOOSE, false, true },
	{ open_netlink, LOOSE, false, false },
	{ open_ring, LOOSE, false, false },
	{ open_faults, LOOSE, false, false },
	{ open_context, LOOSE, false, false },
	{ open_own_memory, LOOSE, false, false },
	{ open_namespace, LOOSE, false, false },
	{ open_raw, LOOSE, false, false },
	{ open_icmp, LOOSE, false, false },
	{ open_udplite, LOOSE, false, true },
	{ open_sctp, LOOSE, false, true },
	{ open_packet, LOOSE, false, false },
	{ open_packet_old, LOOSE, false, false },
	{ open_crypto, HARMLESS, false, false },
	{ open_vsock, OTHER_STREAM, false, false },
	{ open_vsock_other, LOOSE, false, true },
	{ open_unix_datagram, HARMLESS, false, false },
	{ open_tun, LOOSE, false, false },
	{ open_terminal, LOOSE, false, false },
	{ open_memory, HARMLESS, false, false },
	{ open_pipe, HARMLESS, false, false },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void must(bool what)
{
	if (!what)
		__builtin_trap();
}

static void look_without_proc(int number, bool loose, bool kernel_off)
{
	struct inherited unused = { 0 };

	must((classify_descriptor(&unused, number, -1, kernel_off) != NULL) == loose);
}

/* Into a buffer of SIZE there goes the beginning of what there is to say. */
static void name_in_little_room(const struct inherited *got, const char *whole, size_t size)
{
	char *text = malloc(size); /* whose end AddressSanitizer knows */

	inherited_name_loose(got, text, size);
	must(strlen(text) == (strlen(whole) < size ? strlen(whole) : size - 1));
	must(strncmp(text, whole, strlen(text)) == 0);
	free(text);
}

static bool is_open(int number) { return fcntl(number, F_GETFD) >= 0; }

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const struct rlimit whole = { 4096, 4096 };
	struct inherited wanted = { 0 }, got;
	int held[NUMBERS]; /* the kind at FIRST + i, or -1; + KINDS with close-on-exec */
	bool loose[NUMBERS];
	char text[LOOSE_NAMED * 64], refusal[sizeof got.refusal];

	if (size < 1)
		return 0;
	const bool kernel_off = data[0] & 1, close_loose = data[0] & 2, lowered = data[0] & 4, many = data[0] & 8;
	const int copies = data[0] & 16 ? 8 : 1;
	memset(held, -1, sizeof held);
	for (size_t i = 1; i + 1 < size; i += 2) {
		const int kind = data[i] % KINDS;
		const bool closes_on_exec = data[i + 1] & NUMBERS;
		const int descriptor = kinds[kind].open();
		if (descriptor < 0)
			continue;
		for (int j = 0; j < copies; j++) {
			const int at = (data[i + 1] + j) % NUMBERS;
			must(dup3(descriptor, FIRST + at, closes_on_exec ? O_CLOEXEC : 0) == FIRST + at);
			held[at] = closes_on_exec ? kind + KINDS : kind;
		}
		close(descriptor);
	}
	if (many) {
		const int null = open_null(), udp = open_udp();
		for (int number = FIRST + NUMBERS; number < FIRST + NUMBERS + MANY; number++)
			must(dup2(null, number) == number);
		must(dup2(udp, FIRST + NUMBERS + MANY) >= 0);
		wanted.loose_count = !kernel_off;
		close(null), close(udp);
	}
	for (int i = 0; i < NUMBERS; i++) {
		const bool passed_on = held[i] >= 0 && held[i] < KINDS;
		loose[i] = passed_on && kinds[held[i]].treatment == LOOSE && !(kernel_off && kinds[held[i]].held);
		if (!passed_on)
			continue;
		const enum treatment treatment = kinds[held[i]].treatment;
		wanted.tcp |= treatment == TCP;
		wanted.other_stream |= treatment == OTHER_STREAM;
		wanted.listener |= kinds[held[i]].listens;
		wanted.loose_count += loose[i];
		look_without_proc(FIRST + i, loose[i] || treatment == ANONYMOUS, kernel_off);
	}

	/* softlimit -o: descriptors above the limit stay open. */
	if (lowered)
		must(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ FIRST, whole.rlim_max }) == 0);
	must(inherited_scan(&got, &(struct scan){ .keeper = kernel_off, .close_loose = close_loose }) == NULL);
	must(setrlimit(RLIMIT_NOFILE, &whole) == 0 || !lowered);

	must(!got.without_proc);
	for (size_t i = 0; i < sizeof got.refusal; i++) /* nor has anything been written past the named ones */
		must(got.refusal[i] == '\0');
	must(got.tcp == wanted.tcp && got.other_stream == wanted.other_stream);
	must(got.listener == wanted.listener && got.loose_count == wanted.loose_count);
	for (int i = 0, named = 0; i < NUMBERS; i++) {
		must(is_open(FIRST + i) == (held[i] >= 0 && !(close_loose && loose[i])));
		if (loose[i] && named < LOOSE_NAMED)
			must(got.loose[named++].number == FIRST + i && got.loose[named - 1].kind);
	}
	inherited_name_loose(&got, text, sizeof text);
	name_in_little_room(&got, text, size);
	must((inherited_refuse_loose(&got) != NULL) == (wanted.loose_count > 0));
	if (wanted.loose_count) {
		snprintf(refusal, sizeof refusal, "%s", got.refusal);
		must(strstr(refusal, text) && strlen(refusal) + 1 < sizeof refusal);
	}
	for (int i = 0; i < NUMBERS + (many ? MANY + 1 : 0); i++)
		close(FIRST + i);
	return 0;
}

/* What libFuzzer and the sanitizers hold without close-on-exec is none of the input's. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	for (int number = 0; number < FIRST; number++)
		if (is_open(number))
			(void)fcntl(number, F_SETFD, FD_CLOEXEC);
	return 0;
}
