/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * The words and the JSON of -x, and the answer that the supervisor finds by itself. What it does
 * with a real listener: tests/chain/explain.test.
 */
#include "explain.c"

#include "unit.h"

#include <linux/audit.h>
#include <stdio.h>

#if defined __x86_64__
#define MACHINE AUDIT_ARCH_X86_64
#elif defined __i386__
#define MACHINE AUDIT_ARCH_I386
#elif defined __aarch64__
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined __arm__
#define MACHINE AUDIT_ARCH_ARM
#elif defined __riscv
#define MACHINE AUDIT_ARCH_RISCV64
#elif defined __powerpc64__
#define MACHINE AUDIT_ARCH_PPC64LE
#elif defined __loongarch64
#define MACHINE AUDIT_ARCH_LOONGARCH64
#elif defined __s390x__
#define MACHINE AUDIT_ARCH_S390X
#endif

static const struct {
	int call;
	uint64_t arguments[5];
	const char *told; /* NULL: it is not */
} attempts[] = {
	{ SYS_socket, { AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 6 }, "IPv4 stream socket" },
	{ SYS_socket, { AF_INET6, SOCK_STREAM, 0 }, "IPv6 stream socket" },
	{ SYS_socket, { AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0 },
		"IPv6 datagram socket, as name look-ups make" },
	{ SYS_socket, { AF_INET, SOCK_DGRAM, IPPROTO_ICMP }, "IPv4 ping socket" },
	{ SYS_socket, { AF_INET, SOCK_RAW, 1 }, "IPv4 raw socket" },
	{ SYS_socket, { AF_NETLINK, SOCK_RAW, NETLINK_ROUTE }, "netlink socket, as interface lists do" },
	{ SYS_socket, { AF_NETLINK, SOCK_RAW, NETLINK_GENERIC }, "netlink socket" },
	{ SYS_socket, { AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT }, "kernel audit" },
	{ SYS_socket, { AF_PACKET, SOCK_RAW, 0x300 }, "packet raw socket" },
	{ SYS_socket, { 99, 1, 0 }, "socket of family 99" },
	{ SYS_socket, { UINT64_C(0x700000001), 1, 0 }, "AF_UNIX stream socket" }, /* garbage above it */
	{ SYS_socket, { UINT64_MAX, UINT64_MAX, UINT64_MAX }, "socket of family 4294967295" },
	{ SYS_socketpair, { AF_TIPC, SOCK_SEQPACKET, 0 }, "TIPC packet socket" },
	{ SYS_ioctl, { 0, TIOCSTI }, "typing into the terminal" },
	{ SYS_ioctl, { 0, TIOCLINUX }, "pasting into the console" },
	{ SYS_ioctl, { 0, TIOCMBIS }, "raising a serial line's DTR or RTS" },
	{ SYS_ioctl, { 0, TIOCSRS485 }, "a serial line's RS-485 mode" },
	{ SYS_ioctl, { 0, TIOCSETD }, "a line discipline of a terminal" },
	{ SYS_ioctl, { 0, 0x400454ca }, "a network device (tap or vhost)" },
	{ SYS_setsockopt, { 3, IPPROTO_TCP, TCP_ULP }, "another protocol under a connection (TCP_ULP)" },
	{ SYS_setsockopt, { 3, SOL_SOCKET, SO_BINDTODEVICE }, "a socket option that leads to another peer" },
	{ SYS_sendto, { 3, 0, 1, MSG_FASTOPEN, 1 }, "TCP fast open" },
	{ SYS_sendto, { 3, 0, 1, 0, 1 }, "sendto an address while a network connection is inherited" },
	{ SYS_sendmsg, { 3, 0, MSG_FASTOPEN }, "TCP fast open" },
	{ SYS_connect, { 3 }, "connect while a network connection is inherited" },
	{ SYS_listen, { 3 }, "listen while a network connection is inherited" },
	{ SYS_ptrace, { 0 }, "ptrace" },
	{ SYS_bpf, { 0 }, "bpf" },
	{ SYS_setns, { 0 }, "joining a namespace" },
	{ 425 /* io_uring_setup: programs probe for it */, { 1 }, NULL },
	{ -1, { 0 }, NULL },
};

static struct seccomp_data data_of(int row)
{
	struct seccomp_data data = { .nr = attempts[row].call, .arch = MACHINE };

	for (int i = 0; i < 5; i++)
		data.args[i] = attempts[row].arguments[i];
	return data;
}

static const char *line_of(const struct kind *kind, const struct particulars *found)
{
	static struct text text;

	text.length = 0;
	put_line(&text, kind, found);
	text.line[text.length] = '\0';
	return text.line;
}

static const char *object_of(const struct kind *kind, const struct particulars *found, uint64_t count)
{
	static struct text text;

	text.length = 0;
	put_object(&text, kind, found, count);
	text.line[text.length] = '\0';
	ck_assert_int_eq(strncmp(text.line, "{\"time\":", 8), 0);
	return strchr(text.line, ',');
}

START_TEST(what_was_tried_is_said)
{
	const struct seccomp_data data = data_of(_i);
	struct kind kind = { .program = { .pid = 7, .name = "x" } };
	const struct particulars found = { .command = "" };
	char wanted[200];

	ck_assert_int_eq(describe(&kind.attempt, &data), attempts[_i].told != NULL);
	if (!attempts[_i].told)
		return;
	snprintf(wanted, sizeof wanted, "disablenetwork: refused: x (pid 7): %s", attempts[_i].told);
	ck_assert_str_eq(line_of(&kind, &found), wanted);
}
END_TEST

/* x32, and an architecture that the filter knows nothing of. */
START_TEST(foreign_calls_are_not_told)
{
	struct seccomp_data data = { .nr = SYS_socket, .arch = AUDIT_ARCH_MIPS };
	struct attempt attempt;

	ck_assert(!describe(&attempt, &data));
	data.arch = MACHINE;
	data.nr |= 1 << 30;
	ck_assert(!describe(&attempt, &data));
}
END_TEST

/* All that is in the table has room for its zero. */
START_TEST(words_have_room)
{
	for (size_t i = 0; i < ROWS(others); i++)
		ck_assert(!others[i].what || strlen(others[i].what) < WHAT);
	for (size_t i = 0; i < ROWS(calls); i++)
		ck_assert_uint_lt(strlen(calls[i].name), WHAT);
}
END_TEST

static const struct kind stream = {
	.program = { .pid = 4711, .name = "node" },
	.attempt = { .call = "socket", .is_socket = true, .family = AF_INET, .type = SOCK_STREAM, .protocol = 6,
		.what = "IPv4 stream socket", .aside = "" },
	.error = EPERM,
};

/* Words of others, as they stand in a line and in JSON. */
static const struct {
	const char *name, *command; /* its words end with 0 */
	size_t size;
	const char *line, *object;
} foreign[] = {
	{ "node", "npm\0install", 12, "node (pid 4711, npm install)", "\"program\":\"node\",\"arguments\":[\"npm\",\"install\"]" },
	{ "node", "", 0, "node (pid 4711)", "\"program\":\"node\"" },
	{ "", "", 0, "a program (pid 4711)", "" },
	{ "a\nb", "x\r\n\0\033[2J", 9, "a?b (pid 4711, x?? ?[2J)",
		"\"program\":\"a\\u000ab\",\"arguments\":[\"x\\u000d\\u000a\",\"\\u001b[2J\"]" },
	{ "\"\\", "a\0\0b", 5, "\"\\ (pid 4711, a  b)", "\"program\":\"\\u0022\\u005c\",\"arguments\":[\"a\",\"\",\"b\"]" },
	{ "n\xc3\xb6""de", "\xe2\x82\xac\0\xf0\x9f\x98\x80", 9, "n\xc3\xb6""de (pid 4711, \xe2\x82\xac \xf0\x9f\x98\x80)",
		"\"program\":\"n\xc3\xb6""de\",\"arguments\":[\"\xe2\x82\xac\",\"\xf0\x9f\x98\x80\"]" },
	{ "\xff\xc0\x80", "\xed\xa0\x80\0\xf4\x90\x80\x80", 9, "?" "?" "? (pid 4711, ?" "?" "? ?" "?" "?" "?)",
		"\"program\":\"\\ufffd\\ufffd\\ufffd\",\"arguments\":[\"\\ufffd\\ufffd\\ufffd\",\"\\ufffd\\ufffd\\ufffd\\ufffd\"]" },
	{ "\xe2\x82", "a\xc3", 3, "?" "? (pid 4711, a?)", "\"program\":\"\\ufffd\\ufffd\",\"arguments\":[\"a\\ufffd\"]" },
	{ "\xc2\x9b", "\xe2\x80\xae\0\x7f", 6, "? (pid 4711, ? ?)", "\"program\":\"\\u009b\",\"arguments\":[\"\\u202e\",\"\\u007f\"]" },
	{ "x", "0123456789012345678901234567890123456789012345678901234567890", 62,
		"x (pid 4711, 012345678901234567890123456789012345678901234567890123456789...)",
		"\"program\":\"x\",\"arguments\":[\"0123456789012345678901234567890123456789012345678901234567890\"]" },
};

START_TEST(words_of_others_forge_nothing)
{
	struct kind kind = stream;
	struct particulars found = { .cut = false };
	char wanted[400];

	memset(kind.program.name, 0, sizeof kind.program.name);
	strcpy(kind.program.name, foreign[_i].name);
	memcpy(found.command, foreign[_i].command, foreign[_i].size);
	snprintf(wanted, sizeof wanted, "disablenetwork: refused: %s: IPv4 stream socket", foreign[_i].line);
	ck_assert_str_eq(line_of(&kind, &found), wanted);
	snprintf(wanted, sizeof wanted, ",\"pid\":4711%s%s,\"call\":\"socket\",\"family\":\"AF_INET\",\"type\":\"SOCK_STREAM\","
		"\"protocol\":6,\"tried\":\"IPv4 stream socket\",\"errno\":\"EPERM\",\"count\":1}",
		*foreign[_i].object ? "," : "", foreign[_i].object);
	ck_assert_str_eq(object_of(&kind, &found, 1), wanted);
}
END_TEST

START_TEST(parents_and_files_are_in_the_object)
{
	struct particulars found = { .executable = "/usr/bin/node", .parents = { "sh", "ma\tke" } };

	ck_assert_str_eq(object_of(&stream, &found, 1), ",\"pid\":4711,\"program\":\"node\",\"parents\":[\"sh\",\"ma\\u0009ke\"],"
		"\"executable\":\"/usr/bin/node\",\"call\":\"socket\",\"family\":\"AF_INET\",\"type\":\"SOCK_STREAM\","
		"\"protocol\":6,\"tried\":\"IPv4 stream socket\",\"errno\":\"EPERM\",\"count\":1}");
}
END_TEST

/* What is counted at the end, of a call that is no socket, with an error that has no name of -e's. */
START_TEST(counts_are_objects_too)
{
	const struct kind kind = { .program = { .pid = 1, .name = "x" },
		.attempt = { .call = "bpf", .what = "bpf", .aside = "" }, .error = ENOSYS };

	ck_assert_str_eq(object_of(&kind, NULL, 37), ",\"pid\":1,\"program\":\"x\",\"call\":\"bpf\",\"tried\":\"bpf\",\"errno\":\"ENOSYS\","
		"\"count\":37}");
}
END_TEST

/* Whatever is in it, it ends as an object does, with room for the newlines around it. */
START_TEST(long_words_are_cut)
{
	static const char *const bytes[] = { "a", "\xff", "\001", "\xe2\x82\xac" };
	struct kind kind = stream;
	struct particulars found = { .cut = true };
	const size_t length = strlen(bytes[_i]);

	for (size_t i = 0; i + length < sizeof found.executable; i += length)
		memcpy(found.executable + i, bytes[_i], length);
	for (size_t i = 0; i + length < sizeof found.command - 2; i += length)
		memcpy(found.command + i, bytes[_i], length);
	for (int i = 0; i < PARENTS; i++)
		for (size_t j = 0; j + length < NAME; j += length)
			memcpy(found.parents[i] + j, bytes[_i], length);
	memcpy(kind.program.name, found.parents[0], NAME);
	const char *object = object_of(&kind, &found, UINT64_MAX);
	ck_assert_uint_lt(strlen(object), LINE - 2 - 30);
	ck_assert_str_eq(strrchr(object, 'c') - 12, "\"cut\":true,\"count\":18446744073709551615}");
}
END_TEST

static const char status[] = "Name:\ta\\nTgid: 9\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4711\nNgid:\t0\nPid:\t4712\nPPid:\t17\n";

START_TEST(status_is_read)
{
	struct program program;

	ck_assert(parse_status(&program, status));
	ck_assert_str_eq(program.name, "a\\nTgid: 9");
	ck_assert_int_eq(program.pid, 4711);
	ck_assert_int_eq(program.parent, 17);
	ck_assert(!parse_status(&program, ""));
	ck_assert(!parse_status(&program, "Nam"));
	ck_assert(!parse_status(&program, "Name:\tx\n"));
}
END_TEST

START_TEST(the_start_is_read)
{
	static const char stat[] = "17 (a) b (c) R 1 17 17 0 -1 4194560 97 0 0 0 0 0 0 0 20 0 1 0 13059 2830336 195\n";

	ck_assert_uint_eq(parse_start(stat), 13059);
	ck_assert_uint_eq(parse_start("17 (a) R 1 2"), 0);
	ck_assert_uint_eq(parse_start(""), 0);
}
END_TEST

static const char snmp[] = "Ip: Forwarding DefaultTTL OutDiscards OutNoRoutes ReasmTimeout\nIp: 2 64 5 12 7\n"
	"Icmp: InMsgs\nIcmp: 0\n";
static const char snmp6[] = "Ip6InReceives                   \t1\nIp6OutNoRoutes                  \t34\nIp6ReasmTimeout                 \t8\n";

START_TEST(packets_without_a_route_are_counted)
{
	ck_assert_uint_eq(find_no_routes(snmp), 12);
	ck_assert_uint_eq(find_no_routes(snmp6), 34);
	ck_assert_uint_eq(find_no_routes(""), 0);
	ck_assert_uint_eq(find_no_routes("Ip: OutNoRoutes\n"), 0);
	ck_assert_uint_eq(find_no_routes("Ip: a b\nIp: 1 2\n"), 0);
	ck_assert_uint_eq(find_no_routes("Ip: a OutNoRoutes\nIp: 1\n"), 0);
}
END_TEST

/* The error of each call, as the filter would have had it. */
static const struct {
	unsigned filters;
	int row; /* of attempts */
	int ordinary, wanted;
} answers[] = {
	{ FILTER_BASE, 0, EPERM, EPERM },
	{ FILTER_BASE, 0, ENETDOWN, ENETDOWN },
	{ FILTER_LOOPBACK, 4, EACCES, EACCES },
	{ FILTER_BASE, 7, EPERM, EPROTONOSUPPORT },
	{ FILTER_BASE | FILTER_TRACE, 26, EACCES, EACCES },
	{ FILTER_BASE, 27, EACCES, ENOSYS },
	{ FILTER_BASE, 29, EACCES, ENOSYS },
	{ FILTER_BASE | FILTER_NO_CONNECT | FILTER_NO_LISTEN, 25, EACCES, EACCES },
	{ FILTER_LOOPBACK, 0, EACCES, EACCES }, /* one that it does not ask about is refused all the same */
	{ FILTER_BASE, 26, EPERM, EPERM },
};

START_TEST(the_answer_is_the_filters)
{
	static struct sock_filter filter[SECCOMP_LONGEST];
	const struct seccomp_data data = data_of(answers[_i].row);
	const unsigned length =
		seccomp_join(answers[_i].filters, SECCOMP_RET_ERRNO | (unsigned)answers[_i].ordinary, filter);

	ck_assert_int_eq(seccomp_run(filter, length, &data, answers[_i].ordinary), answers[_i].wanted);
}
END_TEST

/* A filter that makes no sense must not make the answer 0, which is success. */
START_TEST(no_answer_is_success)
{
	static const struct sock_filter filters[][2] = {
		{ BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) },
		{ BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO) },
		{ BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 3) },
		{ BPF_STMT(BPF_JMP | BPF_JA, 9) },
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64) },
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_A, 0) },
	};
	const struct seccomp_data data = { .nr = 0 };

	ck_assert_int_eq(seccomp_run(filters[_i], 2, &data, EPERM), EPERM);
}
END_TEST

/* What was refused, under which options, and how the last line ends: with one hint, the most particular. */
static const struct {
	struct options options;
	int rows[3]; /* of attempts; one behind the last is -1 */
	const char *line, *as_root; /* NULL: there is none, or the same */
} hinted[] = {
#define FETCH "what comes from outside must be fetched before"
#define LOOPBACK "-L gives a 127.0.0.1 and an interface list of its own; " FETCH
#define RIGHTS "root's rights over accounts and files are kept by -p files,users"
	{ { 0 }, { 0, -1 }, LOOPBACK, NULL },                           /* IPv4 */
	{ { 0 }, { 1, -1 }, LOOPBACK, NULL },                           /* IPv6 */
	{ { 0 }, { 5, -1 }, LOOPBACK, NULL },                           /* netlink */
	{ { 0 }, { 2, -1 }, FETCH ", see disablenetwork-recipes(7)", NULL }, /* the DNS */
	{ { 0 }, { 2, 0, -1 }, LOOPBACK, NULL },
	{ { .loopback = true }, { 0, -1 }, NULL, NULL },                  /* it is there already */
	{ { .loopback = true }, { 0, 2, -1 }, FETCH ", see disablenetwork-recipes(7)", NULL },
	{ { 0 }, { 7, -1 }, NULL, RIGHTS },                             /* audit, as useradd asks */
	{ { 0 }, { 0, 7, -1 }, LOOPBACK, RIGHTS },
	{ { .keep_if_held = 1 }, { 7, -1 }, NULL, NULL },
	{ { .keep_capabilities = 1 }, { 7, -1 }, NULL, NULL },
	{ { 0 }, { 24, -1 }, "close the connection that is inherited, as by 4>&-, if prog does not need it", NULL },
	{ { 0 }, { 26, 13, -1 }, NULL, NULL },                          /* ptrace, typing */
#undef FETCH
#undef LOOPBACK
#undef RIGHTS
};

START_TEST(what_helps_is_said_once)
{
	static struct supervisor own;
	struct text text = { .length = 0 };
	const char *wanted = geteuid() == 0 && hinted[_i].as_root ? hinted[_i].as_root : hinted[_i].line;
	char line[200];

	own = (struct supervisor){ .options = &hinted[_i].options };
	for (int i = 0; hinted[_i].rows[i] >= 0; i++) {
		const struct seccomp_data data = data_of(hinted[_i].rows[i]);
		struct kind *kind = &own.kinds[own.kind_count++];
		ck_assert(describe(&kind->attempt, &data));
		kind->count = 1;
	}
	ck_assert_int_eq(put_end(&text, &own, 0), wanted != NULL);
	text.line[text.length] = '\0';
	snprintf(line, sizeof line, "disablenetwork%s%s", wanted ? ": " : "", wanted ? wanted : "");
	ck_assert_str_eq(text.line, line);
}
END_TEST

START_TEST(the_end_is_heard)
{
	ck_assert(has_ended(POLLHUP));
	ck_assert(has_ended(POLLHUP | POLLERR));
	ck_assert(has_ended(POLLNVAL));
	ck_assert(!has_ended(POLLIN | POLLHUP)); /* one is asking yet */
	ck_assert(!has_ended(POLLERR)); /* the kernel was interrupted: only tries show it, one in many */
	ck_assert(!has_ended(0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explain");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, what_was_tried_is_said, 0, (int)ROWS(attempts));
	tcase_add_test(all, foreign_calls_are_not_told);
	tcase_add_test(all, words_have_room);
	tcase_add_loop_test(all, words_of_others_forge_nothing, 0, (int)ROWS(foreign));
	tcase_add_test(all, parents_and_files_are_in_the_object);
	tcase_add_test(all, counts_are_objects_too);
	tcase_add_loop_test(all, long_words_are_cut, 0, 4);
	tcase_add_test(all, status_is_read);
	tcase_add_test(all, the_start_is_read);
	tcase_add_test(all, packets_without_a_route_are_counted);
	tcase_add_loop_test(all, the_answer_is_the_filters, 0, (int)ROWS(answers));
	tcase_add_loop_test(all, no_answer_is_success, 0, 6);
	tcase_add_test(all, the_end_is_heard);
	tcase_add_loop_test(all, what_helps_is_said_once, 0, (int)ROWS(hinted));
	suite_add_tcase(suite, all);
	return run_suite(suite);
}
