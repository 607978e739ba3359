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
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

enum stream { NO_STREAM, TCP, OTHER_STREAM };

static const struct {
	int family, type, protocol;
	enum stream stream;
	const char *loose; /* NULL: harmless or a stream */
} sockets[] = {
	{ AF_UNIX, SOCK_STREAM, 0, NO_STREAM, NULL },
	{ AF_UNIX, SOCK_DGRAM, 0, NO_STREAM, NULL },
	{ AF_UNIX, SOCK_SEQPACKET, 0, NO_STREAM, NULL },
	{ AF_INET, SOCK_STREAM, 0, TCP, NULL },
	{ AF_INET6, SOCK_STREAM, 0, TCP, NULL },
	{ AF_INET, SOCK_STREAM, IPPROTO_MPTCP, OTHER_STREAM, NULL },
	{ AF_INET6, SOCK_STREAM, IPPROTO_MPTCP, OTHER_STREAM, NULL },
	{ 40 /* AF_VSOCK */, SOCK_STREAM, 0, OTHER_STREAM, NULL },
	{ 40, SOCK_DGRAM, 0, NO_STREAM, "a vsock socket other than a stream" },
	{ AF_INET, SOCK_DGRAM, 0, NO_STREAM, "a UDP socket" },
	{ AF_INET6, SOCK_DGRAM, 0, NO_STREAM, "a UDP socket" },
	{ AF_INET, SOCK_DGRAM, IPPROTO_ICMP, NO_STREAM, "an ICMP socket" },
	{ AF_INET, SOCK_DGRAM, 136 /* UDP-Lite */, NO_STREAM, "an Internet socket of another protocol than TCP" },
	{ AF_INET, SOCK_STREAM, IPPROTO_SCTP, NO_STREAM, "an SCTP socket" },
	{ AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP, NO_STREAM, "an SCTP socket" },
	{ AF_INET, SOCK_RAW, IPPROTO_TCP, NO_STREAM, "a raw socket" },
	{ AF_INET6, SOCK_RAW, IPPROTO_UDP, NO_STREAM, "a raw socket" },
	{ AF_PACKET, SOCK_RAW, 0, NO_STREAM, "a packet socket" },
	{ AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, NO_STREAM, "a netlink socket" },
	{ 38 /* AF_ALG */, SOCK_SEQPACKET, 0, NO_STREAM, "a socket of another family than AF_UNIX" },
	{ 43 /* AF_SMC */, SOCK_STREAM, 0, NO_STREAM, "a socket of another family than AF_UNIX" },
};

static int proc_fd(void)
{
	return open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void assert_kind(int descriptor, const char *loose)
{
	struct inherited inherited = { 0 };
	const int directory = proc_fd();

	for (int with_proc = 0; with_proc < 2; with_proc++) {
		const char *kind =
			classify_descriptor(&inherited, descriptor, with_proc ? directory : -1, false);
		if (loose)
			ck_assert_str_eq(kind, loose);
		else
			ck_assert_msg(kind == NULL, "%s", kind);
	}
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
	(void)!classify_descriptor(&inherited, made, -1, false);
	ck_assert_int_eq(inherited.tcp, sockets[_i].stream == TCP);
	ck_assert_int_eq(inherited.other_stream, sockets[_i].stream == OTHER_STREAM);
	ck_assert(!inherited.listener);
	/* The kernel's own network-off sees every socket. */
	ck_assert_ptr_null(classify_descriptor(&inherited, made, -1, true));
}
END_TEST

START_TEST(a_listener_is_noticed)
{
	struct inherited inherited = { 0 };
	const struct sockaddr_in loopback = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int made = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(made, (const void *)&loopback, sizeof loopback), 0);
	ck_assert_ptr_null(classify_descriptor(&inherited, made, -1, false));
	ck_assert(!inherited.listener);
	ck_assert_int_eq(listen(made, 1), 0);
	ck_assert_ptr_null(classify_descriptor(&inherited, made, -1, false));
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
	ck_assert_ptr_null(classify_descriptor(&inherited, made, -1, false));
	ck_assert(!inherited.listener);
}
END_TEST

START_TEST(files_and_anonymous_inodes_are_harmless)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	assert_kind(ends[0], NULL);
	assert_kind(open("/dev/null", O_RDWR), NULL);
	assert_kind(open("/", O_RDONLY | O_DIRECTORY), NULL);
	assert_kind(open("/proc/self/status", O_RDONLY), NULL);
	const int terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	if (terminal < 0)
		printf("# not on this machine: /dev/ptmx: %s\n", strerror(errno));
	else
		assert_kind(terminal, NULL);
	assert_kind(eventfd(0, 0), NULL);
	assert_kind(epoll_create1(0), NULL);
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
	ck_assert_str_eq(classify_descriptor(&inherited, (int)ring, proc_fd(), false), "an io_uring");
	ck_assert_ptr_nonnull(classify_descriptor(&inherited, (int)ring, -1, false));
	ck_assert_ptr_nonnull(classify_descriptor(&inherited, (int)ring, -1, true));
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

int main(void)
{
	Suite *suite = suite_create("inherited");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, sockets_by_family_type_and_protocol, 0,
		(int)(sizeof sockets / sizeof sockets[0]));
	tcase_add_test(all, a_listener_is_noticed);
	tcase_add_test(all, an_af_unix_listener_is_none);
	tcase_add_test(all, files_and_anonymous_inodes_are_harmless);
	tcase_add_test(all, a_socket_file_opened_by_name_is_harmless);
	tcase_add_test(all, a_ring_is_loose);
	tcase_add_test(all, a_tap_is_loose);
	tcase_add_test(all, a_vhost_is_loose);
	tcase_add_test(all, a_scan_names_some_and_counts_all);
	tcase_add_test(all, closing_leaves_nothing_loose);
	tcase_add_test(all, a_closed_standard_input_becomes_dev_null);
	suite_add_tcase(suite, all);
	return run_suite(suite);
}
