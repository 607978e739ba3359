/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 *     around CALL[:ARGUMENT=VALUE] ERROR prog [arg ...]
 *
 * A sandbox around disablenetwork: the system call (with that register, if one is named)
 * returns ERROR instead of being made, then prog runs. ERROR 0 is a sandbox that lies:
 * nothing is done, and the call returns 0. Exit 99 if it cannot be set up.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

struct name {
	const char *text;
	unsigned number;
};

static const struct name calls[] = {
	{ "capget", SYS_capget },
	{ "capset", SYS_capset },
	{ "close_range", SYS_close_range },
	{ "fstatfs", SYS_fstatfs },
	{ "getdents64", SYS_getdents64 },
	{ "getsockopt", SYS_getsockopt },
	{ "ioctl", SYS_ioctl },
	{ "landlock_create_ruleset", SYS_landlock_create_ruleset },
	{ "landlock_add_rule", SYS_landlock_add_rule },
	{ "landlock_restrict_self", SYS_landlock_restrict_self },
	{ "prctl", SYS_prctl },
	{ "prlimit64", SYS_prlimit64 },
	{ "seccomp", SYS_seccomp },
	{ "socket", SYS_socket },
	{ "unshare", SYS_unshare },
	{ NULL, 0 },
};

static const struct name errors[] = {
	{ "0", 0 },
	{ "EACCES", EACCES },
	{ "EBADF", EBADF },
	{ "EINVAL", EINVAL },
	{ "ENOSYS", ENOSYS },
	{ "ENOTTY", ENOTTY },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EPERM", EPERM },
	{ NULL, 0 },
};

static unsigned find(const struct name *names, const char *text)
{
	for (; names->text; names++)
		if (strcmp(names->text, text) == 0)
			return names->number;
	fprintf(stderr, "around: unknown name %s\n", text);
	exit(99);
}

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(offset))
#define SKIP_UNLESS(value, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skipped))
#define RETURN(result) BPF_STMT(BPF_RET | BPF_K, (result))

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOWER_HALF 4U
#else
#define LOWER_HALF 0U
#endif

int main(int argc, char **argv)
{
	char name[64];
	unsigned argument = 0, value = 0;

	if (argc < 4)
		return 99;
	const int words = sscanf(argv[1], "%63[a-z0-9_]:%u=%u", name, &argument, &value);
	const struct sock_filter filter[] = {
		LOAD(offsetof(struct seccomp_data, nr)),
		SKIP_UNLESS(find(calls, name), 3),
		LOAD(offsetof(struct seccomp_data, args) + 8 * argument + LOWER_HALF),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, words == 3 ? 1 : 0),
		RETURN(SECCOMP_RET_ERRNO | find(errors, argv[2])),
		RETURN(SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof filter / sizeof filter[0], (struct sock_filter *)(void *)filter };

	/* An ordinary user may load filters only with no_new_privs. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0 &&
		(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0 ||
			prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)) {
		perror("around");
		return 99;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 99;
}
