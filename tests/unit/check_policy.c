/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * The compiled arrays of all architectures, run by an interpreter for the BPF that
 * seccomp allows (kernel/seccomp.c: seccomp_check_filter). Numbers of calls are
 * restated here from the kernel's tables, not taken from libseccomp.
 *
 * FILTERS_DIRECTORY holds what `compile_policy data ARCHITECTURE` printed.
 */
#include "unit.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { ALLOW = 0x7fff0000, REFUSED = 0x00050000 | 1, NO_SUCH_CALL = 0x00050000 | 38,
	NO_PROTOCOL = 0x00050000 | 93 };
enum { HIGHEST_CALL = 1023 };

enum filter { BASE, NO_CONNECT, NO_LISTEN, TRACE, LOOPBACK, FILTERS };
static const char *const filter_names[FILTERS] = { "base", "no_connect", "no_listen", "trace", "loopback" };

/* Columns of the table of calls. */
enum numbers { X86_64, I386, GENERIC, ARM, PPC64LE, S390X, COLUMNS };

static const struct machine {
	const char *file; /* whose arrays */
	uint32_t token;   /* AUDIT_ARCH_* of <linux/audit.h> */
	enum numbers numbers;
	bool has_upper_halves; /* arguments have 64 bits */
	bool big_endian;
} machines[] = {
	{ "x86_64", 0xc000003e, X86_64, true, false },
	{ "x86_64", 0x40000003, I386, false, false }, /* its 32-bit programs */
	{ "i386", 0x40000003, I386, false, false },
	{ "aarch64", 0xc00000b7, GENERIC, true, false },
	{ "aarch64", 0x40000028, ARM, false, false },
	{ "arm", 0x40000028, ARM, false, false },
	{ "riscv64", 0xc00000f3, GENERIC, true, false },
	{ "ppc64le", 0xc0000015, PPC64LE, true, false },
	{ "s390x", 0x80000016, S390X, true, true },
#ifdef POLICY_LOONG64
	{ "loong64", 0xc0000102, GENERIC, true, false },
#endif
};

enum { MACHINES = sizeof machines / sizeof machines[0] };

/* Tokens that no array is for: mips, sparc64, s390, ppc, ppc64, riscv32, none. */
static const uint32_t foreign[] = { 8, 0x8000002b, 22, 20, 0x80000015, 0x400000f3, 0 };

enum call { SOCKET, SOCKETPAIR, SOCKETCALL, IO_URING_SETUP, IO_URING_ENTER, IO_URING_REGISTER,
	SENDTO, SENDMSG, SENDMMSG, SETSOCKOPT, SETNS, REQUEST_KEY, BPF_CALL, IOCTL, CONNECT, BIND, LISTEN, PTRACE,
	READV, WRITEV, GETFD, CALLS };

static const int numbers[CALLS][COLUMNS] = {
	/*                      x86_64 i386 generic arm ppc64le s390x */
	[SOCKET] =            {  41,   359, 198, 281, 326, 359 },
	[SOCKETPAIR] =        {  53,   360, 199, 288, 333, 360 },
	[SOCKETCALL] =        {  -1,   102,  -1,  -1, 102, 102 },
	[IO_URING_SETUP] =    { 425,   425, 425, 425, 425, 425 },
	[IO_URING_ENTER] =    { 426,   426, 426, 426, 426, 426 },
	[IO_URING_REGISTER] = { 427,   427, 427, 427, 427, 427 },
	[SENDTO] =            {  44,   369, 206, 290, 335, 369 },
	[SENDMSG] =           {  46,   370, 211, 296, 341, 370 },
	[SENDMMSG] =          { 307,   345, 269, 374, 349, 358 },
	[SETSOCKOPT] =        {  54,   366, 208, 294, 339, 366 },
	[SETNS] =             { 308,   346, 268, 375, 350, 339 },
	[REQUEST_KEY] =       { 249,   287, 218, 310, 270, 279 },
	[BPF_CALL] =          { 321,   357, 280, 386, 361, 351 },
	[IOCTL] =             {  16,    54,  29,  54,  54,  54 },
	[CONNECT] =           {  42,   362, 203, 283, 328, 362 },
	[BIND] =              {  49,   361, 200, 282, 327, 361 },
	[LISTEN] =            {  50,   363, 201, 284, 329, 363 },
	[PTRACE] =            { 101,    26, 117,  26,  26,  26 },
	[READV] =             { 310,   347, 270, 376, 351, 340 },
	[WRITEV] =            { 311,   348, 271, 377, 352, 341 },
	[GETFD] =             { 438,   438, 438, 438, 438, 438 },
};

#define UPPER UINT64_C(0xdeadbeef00000000) /* garbage that the kernel does not look at */
#define FAST 0x20000000                    /* MSG_FASTOPEN */
#define ANY UINT64_C(0xffffffffffffffff)

static const struct {
	enum filter filter;
	enum call call;
	uint64_t arguments[6];
	uint32_t wanted;
} cases[] = {
	{ BASE, SOCKET, { 1, 1, 0 }, ALLOW },
	{ BASE, SOCKET, { 0, 1, 0 }, REFUSED },
	{ BASE, SOCKET, { 2, 1, 6 }, REFUSED },
	{ BASE, SOCKET, { 10, 2, 17 }, REFUSED },
	{ BASE, SOCKET, { 16, 3, 0 }, REFUSED },
	{ BASE, SOCKET, { 17, 3, 0 }, REFUSED },
	{ BASE, SOCKET, { 40, 1, 0 }, REFUSED },
	{ BASE, SOCKET, { 46, 1, 0 }, REFUSED },
	{ BASE, SOCKET, { UPPER | 2, 1, 0 }, REFUSED },
	{ BASE, SOCKET, { UPPER | 1, 1, 0 }, REFUSED }, /* on purpose */
	{ BASE, SOCKET, { UINT64_C(0x100000001), 1, 0 }, REFUSED },
	{ BASE, SOCKET, { 16, 3, 9 }, NO_PROTOCOL }, /* NETLINK_AUDIT, raw */
	{ BASE, SOCKET, { 16, 2, 9 }, NO_PROTOCOL },
	{ BASE, SOCKET, { 16, 0x80003, 9 }, NO_PROTOCOL }, /* SOCK_CLOEXEC */
	{ BASE, SOCKET, { UPPER | 16, 3, 9 }, NO_PROTOCOL },
	{ BASE, SOCKET, { 16, 3, UPPER | 9 }, REFUSED }, /* refused all the same */
	{ BASE, SOCKET, { UPPER | 16, UPPER | 3, UPPER | 9 }, REFUSED },
	{ BASE, SOCKET, { 2, 3, 9 }, NO_PROTOCOL }, /* of no matter */
	{ BASE, SOCKET, { 16, 3, 8 }, REFUSED },
	{ BASE, SOCKET, { 16, 3, 15 }, REFUSED },
	{ BASE, SOCKET, { 16, 9, 0 }, REFUSED },
	{ BASE, SOCKET, { 9, 1, 16 }, REFUSED },
	{ BASE, SOCKET, { 1, 1, 9 }, ALLOW }, /* the kernel refuses it */
	{ BASE, SOCKET, { 1, 2, UPPER | 9 }, ALLOW },
	{ BASE, SOCKETPAIR, { 16, 3, 9 }, REFUSED },
	{ BASE, SOCKETPAIR, { 1, 1, 0 }, ALLOW },
	{ BASE, SOCKETPAIR, { 30, 1, 0 }, REFUSED },
	{ BASE, SOCKETPAIR, { UPPER | 30, 1, 0 }, REFUSED },
	{ BASE, IO_URING_SETUP, { 1 }, NO_SUCH_CALL },
	{ BASE, IO_URING_ENTER, { 3 }, NO_SUCH_CALL },
	{ BASE, IO_URING_REGISTER, { 3 }, NO_SUCH_CALL },
	{ BASE, SENDTO, { 3, 0, 1, 0, 0, 0 }, ALLOW },
	{ BASE, SENDTO, { 3, 0, 1, 0x4040, 0x1000, 16 }, ALLOW },
	{ BASE, SENDTO, { 3, 0, 1, FAST, 0x1000, 16 }, REFUSED },
	{ BASE, SENDTO, { 3, 0, 1, UPPER | FAST, 0, 0 }, REFUSED },
	{ BASE, SENDTO, { 3, 0, 1, ANY, 0, 0 }, REFUSED },
	{ BASE, SENDTO, { ANY, ANY, ANY, ANY & ~(uint64_t)FAST, ANY, ANY }, ALLOW },
	{ BASE, SENDMSG, { 3, 0x1000, 0x4000 }, ALLOW },
	{ BASE, SENDMSG, { 3, 0x1000, FAST | 0x4000 }, REFUSED },
	{ BASE, SENDMSG, { 3, 0x1000, UPPER | FAST }, REFUSED },
	{ BASE, SENDMMSG, { 3, 0x1000, FAST, 0 }, ALLOW }, /* that is the count */
	{ BASE, SENDMMSG, { 3, 0x1000, 1, FAST }, REFUSED },
	{ BASE, SENDMMSG, { 3, 0x1000, 1, UPPER | FAST }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 6, 1 }, ALLOW },   /* TCP_NODELAY */
	{ BASE, SETSOCKOPT, { 3, 1, 4 }, ALLOW },   /* SOL_SOCKET, SO_ERROR: the number of IP_OPTIONS */
	{ BASE, SETSOCKOPT, { 3, 6, 30 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 6, 31 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 0, 4, 0x1000, 4 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 41, 57, 0x1000, 24 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 41, 6, 0x1000, 40 }, REFUSED },
	/* Of length 0 they clear. */
	{ BASE, SETSOCKOPT, { 3, 0, 4, 0, 0 }, ALLOW },
	{ BASE, SETSOCKOPT, { 3, 0, 4, 0x1000, 0, ANY }, ALLOW },
	{ BASE, SETSOCKOPT, { ANY, UPPER, UPPER | 4, ANY, 0 }, ALLOW },
	{ BASE, SETSOCKOPT, { 3, 41, 57, 0, 0 }, ALLOW },
	{ BASE, SETSOCKOPT, { 3, 41, 6, 0x1000, 0 }, ALLOW },
	{ BASE, SETSOCKOPT, { 3, 0, 4, 0, 0xffffffff }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 41, 57, 0, 0x80000000 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 0, 4, 0x1000, UPPER | 4 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 41, 57, 0x1000, UPPER | 24 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 0, 4, 0x1000, UPPER }, REFUSED }, /* on purpose */
	{ BASE, SETSOCKOPT, { 3, 41, 57, 0x1000, UPPER }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 41, 6, 0x1000, UINT64_C(0x100000000) }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 6, 31, 0, 0 }, REFUSED }, /* the others whatever the length */
	{ BASE, SETSOCKOPT, { 3, 1, 25, 0, 0 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 1, 25 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 1, 62 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 1, 5 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 0, 35 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 0, 39 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 0, 42 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 0, 46 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 41, 20 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 41, 42 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, UPPER | 41, 46 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 0, 38 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 0, 41 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 0, 43 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, UPPER, 48 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 41, 43 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 41, UPPER | 48 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 0, 36 }, ALLOW },  /* IP_DROP_MEMBERSHIP */
	{ BASE, SETSOCKOPT, { 3, 0, 37 }, ALLOW },  /* IP_UNBLOCK_SOURCE */
	{ BASE, SETSOCKOPT, { 3, 1, 9 }, ALLOW },   /* SO_KEEPALIVE */
	{ BASE, SETSOCKOPT, { 3, 0, 1 }, ALLOW },   /* IP_TOS */
	{ BASE, SETSOCKOPT, { 3, 41, 26 }, ALLOW }, /* IPV6_V6ONLY */
	{ BASE, SETSOCKOPT, { 3, 41, 31 }, ALLOW }, /* the number of TCP_ULP at another level */
	{ BASE, SETSOCKOPT, { 3, UPPER | 6, 31 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, 0, UPPER | 4, 0x1000, 4 }, REFUSED },
	{ BASE, SETSOCKOPT, { 3, UPPER | 41, UPPER | 57, 0x1000, 24 }, REFUSED },
	{ BASE, SETNS, { 3, 0 }, REFUSED },
	{ BASE, SETNS, { 3, 0x40000000 }, REFUSED }, /* CLONE_NEWNET */
	{ BASE, REQUEST_KEY, { 1, 1, 0, 0 }, ALLOW },
	{ BASE, REQUEST_KEY, { 1, 1, 0x1000, 0 }, REFUSED },
	{ BASE, REQUEST_KEY, { 1, 1, UINT64_C(0x7fff00000000), 0 }, REFUSED },
	{ BASE, BPF_CALL, { 0 }, NO_SUCH_CALL },
	{ BASE, BPF_CALL, { 10 }, NO_SUCH_CALL }, /* BPF_PROG_TEST_RUN */
	{ BASE, IOCTL, { 0, 0x5401, 0 }, ALLOW },   /* TCGETS */
	{ BASE, IOCTL, { 0, 0x5413, 0 }, ALLOW },   /* TIOCGWINSZ */
	{ BASE, IOCTL, { 0, 0x5412, 0 }, REFUSED }, /* TIOCSTI */
	{ BASE, IOCTL, { 0, UPPER | 0x5412, 0 }, REFUSED },
	{ BASE, IOCTL, { 0, 0x541c, 0 }, REFUSED }, /* TIOCLINUX */
	{ BASE, IOCTL, { 0, UPPER | 0x541c, 0 }, REFUSED },
	{ BASE, IOCTL, { 0, 0x5416, 0x1000 }, REFUSED }, /* TIOCMBIS */
	{ BASE, IOCTL, { 0, UPPER | 0x5416, 0x1000 }, REFUSED },
	{ BASE, IOCTL, { 0, 0x5418, 0x1000 }, REFUSED }, /* TIOCMSET */
	{ BASE, IOCTL, { 0, UPPER | 0x5418, 0x1000 }, REFUSED },
	{ BASE, IOCTL, { 0, 0x542f, 0x1000 }, REFUSED }, /* TIOCSRS485 */
	{ BASE, IOCTL, { 0, 0x542e, 0x1000 }, ALLOW },   /* TIOCGRS485 */
	{ BASE, IOCTL, { 0, 0xc0285443, 0x1000 }, REFUSED }, /* TIOCSISO7816 */
	{ BASE, IOCTL, { 0, UPPER | 0xc0285443, 0x1000 }, REFUSED },
	{ BASE, IOCTL, { 0, 0x80285442, 0x1000 }, ALLOW }, /* TIOCGISO7816 */
	{ BASE, IOCTL, { 0, 0x4b4b, 0x1000 }, REFUSED }, /* KDSKBDIACR */
	{ BASE, IOCTL, { 0, 0x4bfb, 0x1000 }, REFUSED }, /* KDSKBDIACRUC */
	{ BASE, IOCTL, { 0, 0x4b4a, 0x1000 }, ALLOW },   /* KDGKBDIACR */
	{ BASE, IOCTL, { 0, 0x5423, 0x1000 }, REFUSED }, /* TIOCSETD */
	{ BASE, IOCTL, { 0, UPPER | 0x5423, 0x1000 }, REFUSED },
	{ BASE, IOCTL, { 0, 0x5424, 0x1000 }, ALLOW },   /* TIOCGETD */
	{ BASE, IOCTL, { 0, 0x5415, 0x1000 }, ALLOW }, /* TIOCMGET */
	{ BASE, IOCTL, { 0, 0x5417, 0x1000 }, ALLOW }, /* TIOCMBIC: it clears */
	{ BASE, IOCTL, { 0x5412, 0x541b, 0x5412 }, ALLOW }, /* FIONREAD */
	{ BASE, CONNECT, { 3 }, ALLOW },
	{ BASE, BIND, { 3 }, ALLOW },
	{ BASE, LISTEN, { 3 }, ALLOW },
	{ BASE, PTRACE, { 0 }, ALLOW },
	{ BASE, GETFD, { 0 }, ALLOW },
	{ BASE, SOCKETCALL, { 0 }, REFUSED },
	{ BASE, SOCKETCALL, { 1 }, REFUSED },  /* socket */
	{ BASE, SOCKETCALL, { 2 }, REFUSED },  /* bind */
	{ BASE, SOCKETCALL, { 3 }, REFUSED },  /* connect */
	{ BASE, SOCKETCALL, { 4 }, REFUSED },  /* listen */
	{ BASE, SOCKETCALL, { 5 }, ALLOW },    /* accept */
	{ BASE, SOCKETCALL, { 6 }, ALLOW },    /* getsockname */
	{ BASE, SOCKETCALL, { 7 }, ALLOW },    /* getpeername */
	{ BASE, SOCKETCALL, { 8 }, REFUSED },  /* socketpair */
	{ BASE, SOCKETCALL, { 9 }, ALLOW },    /* send */
	{ BASE, SOCKETCALL, { 10 }, ALLOW },   /* recv */
	{ BASE, SOCKETCALL, { 11 }, REFUSED }, /* sendto */
	{ BASE, SOCKETCALL, { 12 }, ALLOW },   /* recvfrom */
	{ BASE, SOCKETCALL, { 13 }, ALLOW },   /* shutdown */
	{ BASE, SOCKETCALL, { 14 }, REFUSED }, /* setsockopt */
	{ BASE, SOCKETCALL, { 15 }, ALLOW },   /* getsockopt */
	{ BASE, SOCKETCALL, { 16 }, REFUSED }, /* sendmsg */
	{ BASE, SOCKETCALL, { 17 }, ALLOW },   /* recvmsg */
	{ BASE, SOCKETCALL, { 18 }, ALLOW },   /* accept4 */
	{ BASE, SOCKETCALL, { 19 }, ALLOW },   /* recvmmsg */
	{ BASE, SOCKETCALL, { 20 }, REFUSED }, /* sendmmsg */
	{ BASE, SOCKETCALL, { 21 }, REFUSED }, /* not there yet */
	{ BASE, SOCKETCALL, { UPPER | 1 }, REFUSED },
	{ BASE, SOCKETCALL, { UPPER | 20 }, REFUSED },
	{ NO_CONNECT, CONNECT, { 3, 0x1000, 16 }, REFUSED },
	{ NO_CONNECT, BIND, { 3, 0x1000, 16 }, REFUSED },
	{ NO_CONNECT, SENDTO, { 3, 0x1000, 1, 0, 0, 0 }, ALLOW },
	{ NO_CONNECT, SENDTO, { 3, 0x1000, 1, 0, 0x1000, 16 }, REFUSED },
	{ NO_CONNECT, SENDTO, { 3, 0x1000, 1, 0, UINT64_C(0x100000000), 16 }, REFUSED },
	{ NO_CONNECT, LISTEN, { 3 }, ALLOW },
	{ NO_CONNECT, SOCKET, { 2 }, ALLOW }, /* base refuses it */
	{ NO_LISTEN, LISTEN, { 3, 5 }, REFUSED },
	{ NO_LISTEN, CONNECT, { 3 }, ALLOW },
	{ NO_LISTEN, BIND, { 3 }, ALLOW },
	{ TRACE, PTRACE, { 0 }, REFUSED },
	{ TRACE, PTRACE, { 16, 1 }, REFUSED },
	{ TRACE, READV, { 1 }, REFUSED },
	{ TRACE, WRITEV, { 1 }, REFUSED },
	{ TRACE, GETFD, { 1 }, REFUSED },
	{ TRACE, SOCKET, { 2 }, ALLOW },
	{ LOOPBACK, SOCKET, { UPPER | 1, 1, 0 }, REFUSED },
	{ LOOPBACK, SOCKET, { 2, UPPER | 1, 0 }, REFUSED }, /* on purpose */
	{ LOOPBACK, SOCKET, { 2, 1, UPPER | 6 }, REFUSED },
	{ LOOPBACK, SOCKET, { 1, UPPER | 1, UPPER }, ALLOW },
	{ LOOPBACK, SOCKET, { 2, 0x80801, 6 }, ALLOW },  /* SOCK_NONBLOCK and SOCK_CLOEXEC are flags */
	{ LOOPBACK, SOCKET, { 2, 0x80803, 6 }, REFUSED },
	{ LOOPBACK, SOCKETPAIR, { 1, 1, 0 }, ALLOW },
	{ LOOPBACK, SOCKETPAIR, { 2, 1, 0 }, REFUSED },
	{ LOOPBACK, IO_URING_SETUP, { 1 }, NO_SUCH_CALL },
	{ LOOPBACK, IO_URING_ENTER, { 3 }, NO_SUCH_CALL },
	{ LOOPBACK, IO_URING_REGISTER, { 3 }, NO_SUCH_CALL },
	{ LOOPBACK, SENDTO, { 3, 0, 1, FAST, 0x1000, 16 }, ALLOW },
	{ LOOPBACK, SENDMSG, { 3, 0x1000, FAST }, ALLOW },
	{ LOOPBACK, SENDMMSG, { 3, 0x1000, 1, FAST }, ALLOW },
	{ LOOPBACK, SETSOCKOPT, { 3, 6, 30 }, ALLOW },
	{ LOOPBACK, SETSOCKOPT, { 3, 6, 31 }, REFUSED },
	{ LOOPBACK, SETSOCKOPT, { 3, UPPER | 6, UPPER | 31 }, REFUSED },
	{ LOOPBACK, SETSOCKOPT, { 3, 0, 4 }, ALLOW },
	{ LOOPBACK, SETSOCKOPT, { 3, 41, 57 }, ALLOW },
	{ LOOPBACK, SETSOCKOPT, { 3, 1, 25 }, ALLOW },
	{ LOOPBACK, SETSOCKOPT, { 3, 0, 35 }, ALLOW },
	{ LOOPBACK, REQUEST_KEY, { 1, 1, 0x1000, 0 }, REFUSED },
	{ LOOPBACK, SETNS, { 3, 0x40000000 }, REFUSED },
	{ LOOPBACK, IOCTL, { 0, 0x5416, 0 }, REFUSED }, /* TIOCMBIS */
	{ LOOPBACK, BPF_CALL, { 10 }, NO_SUCH_CALL },
	{ LOOPBACK, IOCTL, { 0, 0x5412, 0 }, REFUSED },
	{ LOOPBACK, IOCTL, { 0, UPPER | 0x541c, 0 }, REFUSED },
	{ LOOPBACK, IOCTL, { 0, 0x8914, 0 }, ALLOW }, /* SIOCSIFFLAGS: no capability */
	{ LOOPBACK, CONNECT, { 3 }, ALLOW },
	{ LOOPBACK, LISTEN, { 3 }, ALLOW },
	{ LOOPBACK, SOCKETCALL, { 1 }, REFUSED }, /* socket */
	{ LOOPBACK, SOCKETCALL, { 8 }, REFUSED }, /* socketpair */
	{ LOOPBACK, SOCKETCALL, { 5 }, ALLOW },
	{ LOOPBACK, SOCKETCALL, { 21 }, REFUSED },
	{ LOOPBACK, SOCKETCALL, { UPPER | 1 }, REFUSED },
};

/* Two ioctls whose numbers depend on the machine: TUNSETIFF and VHOST_SET_OWNER. */
static const uint32_t composed_ioctls[2][2] = {
	{ 0x400454ca, 0xaf01 },
	{ 0x800454ca, 0x2000af01 }, /* powerpc */
};

/* Which calls each filter looks at; it must let all others go without a look at their
 * arguments, so that the kernel's action cache can answer them. */
static bool concerns(enum filter filter, const struct machine *machine, int number)
{
	static const enum call concerned[FILTERS][15] = {
		[BASE] = { SOCKET, SOCKETPAIR, SOCKETCALL, IO_URING_SETUP, IO_URING_ENTER,
			IO_URING_REGISTER, SENDTO, SENDMSG, SENDMMSG, SETSOCKOPT, SETNS, REQUEST_KEY, BPF_CALL,
			IOCTL, CALLS },
		/* libseccomp adds socketcall of its own accord. */
		[NO_CONNECT] = { CONNECT, BIND, SENDTO, SOCKETCALL, CALLS },
		[NO_LISTEN] = { LISTEN, SOCKETCALL, CALLS },
		[TRACE] = { PTRACE, READV, WRITEV, GETFD, CALLS },
		[LOOPBACK] = { SOCKET, SOCKETPAIR, SOCKETCALL, IO_URING_SETUP, IO_URING_ENTER,
			IO_URING_REGISTER, SETSOCKOPT, SETNS, REQUEST_KEY, BPF_CALL, IOCTL, CALLS },
	};

	for (int i = 0; concerned[filter][i] != CALLS; i++)
		if (numbers[concerned[filter][i]][machine->numbers] == number)
			return true;
	return false;
}

struct program {
	struct sock_filter instructions[BPF_MAXINSNS];
	unsigned count;
};

static struct program programs[MACHINES][FILTERS];

static void read_programs(void)
{
	const char *directory = getenv("FILTERS_DIRECTORY");

	for (int machine = 0; machine < MACHINES; machine++) {
		char name[1000], filter_name[32];
		snprintf(name, sizeof name, "%s/filters-%s.data", directory ? directory : ".",
			machines[machine].file);
		FILE *file = fopen(name, "r");
		if (!file) {
			perror(name);
			exit(99);
		}
		for (int filter = 0; filter < FILTERS; filter++) {
			struct program *program = &programs[machine][filter];
			bool good = fscanf(file, "%31s %u", filter_name, &program->count) == 2 &&
				strcmp(filter_name, filter_names[filter]) == 0 && program->count <= BPF_MAXINSNS;
			for (unsigned i = 0; good && i < program->count; i++) {
				struct sock_filter *at = &program->instructions[i];
				good = fscanf(file, "%hu %hhu %hhu %u", &at->code, &at->jt, &at->jf, &at->k) == 4;
			}
			if (!good) {
				fprintf(stderr, "%s: not what compile_policy prints\n", name);
				exit(99);
			}
		}
		fclose(file);
	}
}

struct call_data {
	uint32_t number, token;
	uint64_t arguments[6];
};

/* The word at OFFSET of struct seccomp_data, whose 64-bit fields have the byte order of
 * the machine. */
static uint32_t load_word(const struct call_data *data, uint32_t offset, bool big_endian,
	bool *argument_read)
{
	ck_assert_uint_eq(offset % 4, 0);
	ck_assert_uint_lt(offset, 64);
	if (offset == 0)
		return data->number;
	if (offset == 4)
		return data->token;
	*argument_read = true;
	const uint64_t field = offset < 16 ? 0 : data->arguments[(offset - 16) / 8];
	const bool upper = (offset % 8 == 4) != big_endian;
	return (uint32_t)(upper ? field >> 32 : field);
}

static uint32_t run(const struct program *program, const struct call_data *data, bool big_endian,
	bool *argument_read)
{
	uint32_t a = 0;

	*argument_read = false;
	for (unsigned at = 0; at < program->count; at++) {
		const struct sock_filter *instruction = &program->instructions[at];
		switch (instruction->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = load_word(data, instruction->k, big_endian, argument_read);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= instruction->k;
			break;
		case BPF_JMP | BPF_JA:
			at += instruction->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += a == instruction->k ? instruction->jt : instruction->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			at += a > instruction->k ? instruction->jt : instruction->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			at += a >= instruction->k ? instruction->jt : instruction->jf;
			break;
		case BPF_RET | BPF_K:
			return instruction->k;
		default:
			ck_abort_msg("instruction %u has code %#x", at, instruction->code);
		}
	}
	ck_abort_msg("ran off the end");
	return 0;
}

/* Without a look at whether an argument was read. */
static uint32_t result_of(int machine, enum filter filter, uint32_t token, uint32_t number,
	const uint64_t *arguments)
{
	struct call_data data = { .number = number, .token = token };
	bool argument_read;

	memcpy(data.arguments, arguments, sizeof data.arguments);
	return run(&programs[machine][filter], &data, machines[machine].big_endian, &argument_read);
}

static bool has_upper_half(const uint64_t *arguments)
{
	for (int i = 0; i < 6; i++)
		if (arguments[i] >> 32)
			return true;
	return false;
}

START_TEST(the_table_of_calls)
{
	const struct machine *machine = &machines[_i];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const int number = numbers[cases[i].call][machine->numbers];
		if (number < 0 || (!machine->has_upper_halves && has_upper_half(cases[i].arguments)))
			continue; /* no such call here */
		const uint32_t got =
			result_of(_i, cases[i].filter, machine->token, (uint32_t)number, cases[i].arguments);
		ck_assert_msg(got == cases[i].wanted, "%s %#x, case %zu: %#x instead of %#x", machine->file,
			machine->token, i, got, cases[i].wanted);
	}
}
END_TEST

/* What may be made in a network of prog's own. */
static bool is_of_own_network(unsigned family, unsigned type, unsigned protocol)
{
	enum { STREAM = 1, DATAGRAM = 2, RAW = 3 };

	switch (family) {
	case 1: /* AF_UNIX */
		return true;
	case 2: /* AF_INET */
	case 10: /* AF_INET6 */
		if (type == STREAM)
			return protocol == 0 || protocol == 6 || protocol == 262; /* TCP, MPTCP */
		return type == DATAGRAM &&
			(protocol == 0 || protocol == 17 /* UDP */ || protocol == (family == 2 ? 1U : 58U) /* ICMP */);
	case 16: /* AF_NETLINK: route, sock_diag, kobject_uevent */
		return (type == RAW || type == DATAGRAM) && (protocol == 0 || protocol == 4 || protocol == 15);
	default:
		return false;
	}
}

START_TEST(loopback_lets_whole_triples_pass)
{
	/* Those of the list, their neighbours, and others that a kernel may have. */
	static const unsigned families[] = { 0, 1, 2, 3, 9, 10, 11, 15, 16, 17, 18, 30, 40, 43, 44 };
	static const unsigned protocols[] = { 0, 1, 2, 3, 4, 5, 6, 7, 14, 15, 16, 17, 18, 57, 58, 59, 115, 132, 136, 255, 256, 261, 262, 263 };
	enum { TYPES = 12, FLAGS = 0x80800 /* SOCK_NONBLOCK and SOCK_CLOEXEC */ };
	const struct machine *machine = &machines[_i];
	const uint32_t number = (uint32_t)numbers[SOCKET][machine->numbers];

	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
		for (size_t j = 0; j < sizeof protocols / sizeof protocols[0]; j++)
			for (unsigned type = 0; type < TYPES; type++) {
				const unsigned with_flags = type % 2 ? type | FLAGS : type;
				const uint64_t arguments[6] = { families[i], with_flags, protocols[j] };
				const uint32_t got = result_of(_i, LOOPBACK, machine->token, number, arguments);
				if (got != (is_of_own_network(families[i], type, protocols[j]) ? ALLOW : REFUSED))
					ck_abort_msg("%s %#x: socket(%u, %#x, %u): %#x", machine->file, machine->token,
						families[i], with_flags, protocols[j], got);
			}
}
END_TEST

START_TEST(ioctls_composed_for_the_machine)
{
	const struct machine *machine = &machines[_i];
	const bool powerpc = machine->numbers == PPC64LE;
	const uint32_t ioctl_number = (uint32_t)numbers[IOCTL][machine->numbers];

	for (int i = 0; i < 2; i++)
		for (int others = 0; others < 2; others++) {
			const uint64_t arguments[6] = { 3, UPPER | composed_ioctls[others][i], 0x1000 };
			ck_assert_uint_eq(result_of(_i, BASE, machine->token, ioctl_number, arguments),
				others == powerpc ? REFUSED : ALLOW);
			ck_assert_uint_eq(result_of(_i, LOOPBACK, machine->token, ioctl_number, arguments),
				others == powerpc ? REFUSED : ALLOW);
		}
}
END_TEST

START_TEST(every_other_call_goes_without_a_look_at_its_arguments)
{
	const struct machine *machine = &machines[_i];

	for (int filter = 0; filter < FILTERS; filter++)
		for (int number = -1; number <= HIGHEST_CALL; number++) {
			struct call_data data = { .number = (uint32_t)number, .token = machine->token };
			bool argument_read;
			if (concerns(filter, machine, number))
				continue;
			for (int ones = 0; ones < 2; ones++) {
				memset(data.arguments, ones ? 0xff : 0, sizeof data.arguments);
				const uint32_t got =
					run(&programs[_i][filter], &data, machine->big_endian, &argument_read);
				ck_assert_msg(got == ALLOW && !argument_read, "%s %#x %s: call %d: %#x%s",
					machine->file, machine->token, filter_names[filter], number, got,
					argument_read ? ", having read an argument" : "");
			}
		}
}
END_TEST

START_TEST(foreign_architectures_have_no_calls)
{
	static const uint64_t arguments[6] = { 1 };

	for (int filter = 0; filter < FILTERS; filter++)
		for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
			for (uint32_t number = 0; number <= HIGHEST_CALL; number++)
				ck_assert_uint_eq(result_of(_i, filter, foreign[i], number, arguments),
					NO_SUCH_CALL);
}
END_TEST

START_TEST(x32_has_no_calls)
{
	static const uint64_t arguments[6] = { 1 };

	for (int filter = 0; filter < FILTERS; filter++)
		for (uint32_t number = 0; number <= HIGHEST_CALL; number++) {
			ck_assert_uint_eq(
				result_of(0, filter, machines[0].token, 0x40000000U | number, arguments),
				NO_SUCH_CALL);
			ck_assert_uint_eq(
				result_of(0, filter, machines[0].token, 0x80000000U | number, arguments),
				NO_SUCH_CALL);
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy");
	TCase *all = tcase_create("all");

	read_programs();
	tcase_add_loop_test(all, the_table_of_calls, 0, MACHINES);
	tcase_add_loop_test(all, loopback_lets_whole_triples_pass, 0, MACHINES);
	tcase_add_loop_test(all, ioctls_composed_for_the_machine, 0, MACHINES);
	tcase_add_loop_test(all, every_other_call_goes_without_a_look_at_its_arguments, 0, MACHINES);
	tcase_add_loop_test(all, foreign_architectures_have_no_calls, 0, MACHINES);
	tcase_add_test(all, x32_has_no_calls);
	suite_add_tcase(suite, all);
	return run_suite(suite);
}
