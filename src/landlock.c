/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See landlock.h. Raw system calls and constants of our own, since the installed
 * kernel headers may be older than the running kernel.
 */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same numbers on every architecture that we build for. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

enum {
	CREATE_RULESET_VERSION = 1 << 0,
	RULE_PATH_BENEATH = 1,
	RESTRICT_SELF_LOG_SAME_EXEC_OFF = 1 << 0,
	RESTRICT_SELF_LOG_NEW_EXEC_ON = 1 << 1,
	RESTRICT_SELF_LOG = RESTRICT_SELF_LOG_SAME_EXEC_OFF | RESTRICT_SELF_LOG_NEW_EXEC_ON,
	RESTRICT_SELF_TSYNC = 1 << 3,

	FS_REFER = 1 << 13,
	FS_RESOLVE_UNIX = 1 << 16,

	NET_BIND_TCP = 1 << 0,
	NET_CONNECT_TCP = 1 << 1,
	NET_BIND_UDP = 1 << 2,
	NET_CONNECT_SEND_UDP = 1 << 3,
	NET_TCP = NET_BIND_TCP | NET_CONNECT_TCP,
	NET_UDP = NET_BIND_UDP | NET_CONNECT_SEND_UDP,

	SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0
};

struct ruleset {
	uint64_t handled_fs;
	uint64_t handled_net;
	uint64_t scoped;
};

struct path_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

#define SCOPE_ALONE { 0, 0, SCOPE_ABSTRACT_UNIX_SOCKET }

/* What we take from each ABI; a kernel gets the last row that it reaches.
 * Any domain at all keeps ptrace and its kin from processes outside it. */
static const struct abi_row {
	int abi;
	struct ruleset ruleset;
	/* In a network of one's own: its rules know ports, not addresses, and there every address is
	 * our own. Inherited AF_UNIX sockets still reach abstract ones of the network that was left. */
	struct ruleset loopback;
	uint32_t restrict_flags; /* that it knows */
	uint64_t no_unix; /* file system rights that are handled too, if AF_UNIX sockets outside are to be refused */
} abi_rows[] = {
	/* Linux 5.13: nothing. A domain without FS_REFER fails every rename from
	 * one directory to another. */
	{ 1, { 0, 0, 0 }, { 0, 0, 0 }, 0, 0 },
	/* 5.19: FS_REFER, which is then allowed beneath /, for the sake of having a
	 * domain. The price of any file system right: no mount, no pivot_root. */
	{ 2, { FS_REFER, 0, 0 }, { FS_REFER, 0, 0 }, 0, 0 },
	/* 6.7: network rights, so no file system right is needed any more. */
	{ 4, { 0, NET_TCP, 0 }, { FS_REFER, 0, 0 }, 0, 0 },
	/* 6.12 */
	{ 6, { 0, NET_TCP, SCOPE_ABSTRACT_UNIX_SOCKET }, SCOPE_ALONE, 0, 0 },
	/* 6.15: refusals to programs started later can be logged, those to this one kept quiet. */
	{ 7, { 0, NET_TCP, SCOPE_ABSTRACT_UNIX_SOCKET }, SCOPE_ALONE, RESTRICT_SELF_LOG, 0 },
	/* 7.0: all threads at once. */
	{ 8, { 0, NET_TCP, SCOPE_ABSTRACT_UNIX_SOCKET }, SCOPE_ALONE, RESTRICT_SELF_LOG | RESTRICT_SELF_TSYNC, 0 },
	/* 7.1: sockets in the file system. A right of that kind has the price again, and would take
	 * FS_REFER along: so that is handled too, and allowed. Kernels before refuse the bit. */
	{ 9, { 0, NET_TCP, SCOPE_ABSTRACT_UNIX_SOCKET }, SCOPE_ALONE, RESTRICT_SELF_LOG | RESTRICT_SELF_TSYNC,
		FS_RESOLVE_UNIX | FS_REFER },
	/* 7.2. (11 adds no_new_privs, which we do not need: the last row serves later ABIs.) */
	{ 10, { 0, NET_TCP | NET_UDP, SCOPE_ABSTRACT_UNIX_SOCKET }, SCOPE_ALONE,
		RESTRICT_SELF_LOG | RESTRICT_SELF_TSYNC, FS_RESOLVE_UNIX | FS_REFER },
};

/* Not built (ENOSYS), built but not in lsm= (EOPNOTSUPP), or kept away by a
 * sandbox around us (EPERM). */
static bool means_absent(int error)
{
	return error == ENOSYS || error == EOPNOTSUPP || error == EPERM;
}

static const struct abi_row *row_of(int abi)
{
	const struct abi_row *row = &abi_rows[0];

	for (size_t i = 1; i < sizeof abi_rows / sizeof abi_rows[0]; i++)
		if (abi_rows[i].abi <= abi)
			row = &abi_rows[i];
	return row;
}

/* Handled rights are refused unless a rule allows them. Where exec follows, it is left to that to
 * close the descriptor. */
static const char *allow_beneath(int ruleset, const char *path, uint64_t rights, bool no_exec)
{
	struct path_beneath rule = { .allowed = rights };

	rule.parent = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent < 0)
		return "open a file for a Landlock rule";
	const long added =
		syscall(SYS_landlock_add_rule, ruleset, (long)RULE_PATH_BENEATH, &rule, 0L);
	const int error = errno;
	if (no_exec)
		close(rule.parent);
	errno = error;
	return added == 0 ? NULL : "add a rule to a Landlock ruleset";
}

/* Nothing before this has changed the directory, so a relative path is what it was to who gave it.
 * The library's callers give none. */
static const char *allow_unix_paths(int ruleset, const struct landlock_wishes *wishes)
{
	static char words[600];

	for (int i = 0; i < wishes->unix_path_count; i++)
		if (allow_beneath(ruleset, wishes->unix_paths[i], FS_RESOLVE_UNIX, wishes->no_exec)) {
			snprintf(words, sizeof words, "allow the sockets of --unix=%s", wishes->unix_paths[i]);
			return words;
		}
	return NULL;
}

static const char *restrict_with(int ruleset, const struct ruleset *attributes, uint32_t flags,
	const struct landlock_wishes *wishes)
{
	const char *words;

	if ((attributes->handled_fs & FS_REFER) && (words = allow_beneath(ruleset, "/", FS_REFER, wishes->no_exec)))
		return words;
	if ((attributes->handled_fs & FS_RESOLVE_UNIX) && (words = allow_unix_paths(ruleset, wishes)))
		return words;
	/* A domain cannot be read back, but a sandbox around us that answers the call in the
	 * kernel's place does not look at the descriptor. */
	if (syscall(SYS_landlock_restrict_self, -1L, 0UL) != -1) {
		errno = 0;
		return "trust Landlock: something answers in the kernel's place";
	}
	if (syscall(SYS_landlock_restrict_self, ruleset, (unsigned long)flags) == 0)
		return NULL;
	if (errno == E2BIG) {
		errno = 0; /* its words, "argument list too long", would only mislead */
		return "enter a Landlock domain inside 16 others, the kernel's limit";
	}
	return "enter a Landlock domain";
}

static long ask_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0L, (long)CREATE_RULESET_VERSION);
}

static bool takes_nothing(const struct abi_row *row)
{
	return !row->ruleset.handled_fs && !row->ruleset.handled_net;
}

bool landlock_keeps_abstract(void)
{
	const long abi = ask_abi();

	return abi > 0 && (row_of((int)abi)->ruleset.scoped & SCOPE_ABSTRACT_UNIX_SOCKET);
}

bool landlock_keeps_unix(void)
{
	const long abi = ask_abi();

	return abi > 0 && row_of((int)abi)->no_unix;
}

bool landlock_takes_threads(void)
{
	const long abi = ask_abi();
	const struct abi_row *row = row_of((int)abi);

	return abi < 0 || takes_nothing(row) || (row->restrict_flags & RESTRICT_SELF_TSYNC);
}

bool landlock_is_there(void)
{
	const long abi = ask_abi();

	return abi >= 0 && !takes_nothing(row_of((int)abi));
}

const char *landlock_restrict(struct landlock_domain *domain, const struct landlock_wishes *wishes)
{
	*domain = (struct landlock_domain){ 0 };

	const long abi = ask_abi();
	if (abi < 0) {
		domain->absent = errno;
		return means_absent(errno) ? NULL : "ask the kernel for its Landlock ABI";
	}
	domain->abi = (int)abi;

	const struct abi_row *row = row_of(domain->abi);
	struct ruleset ruleset = wishes->loopback ? row->loopback : row->ruleset;
	const uint32_t flags = row->restrict_flags &
		((wishes->log ? RESTRICT_SELF_LOG_NEW_EXEC_ON : RESTRICT_SELF_LOG_SAME_EXEC_OFF) |
			(wishes->all_threads ? RESTRICT_SELF_TSYNC : 0));
	if (wishes->allow_abstract && !wishes->loopback)
		ruleset.scoped = 0;
	if (wishes->no_unix)
		ruleset.handled_fs |= row->no_unix;
	if (takes_nothing(row))
		return NULL;
	if (wishes->all_threads && !(flags & RESTRICT_SELF_TSYNC)) {
		errno = EBUSY;
		return "enter a Landlock domain";
	}

	const int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0L);
	if (fd < 0) {
		domain->absent = errno;
		return means_absent(errno) ? NULL : "create a Landlock ruleset";
	}
	const char *words = restrict_with(fd, &ruleset, flags, wishes);
	const int error = errno;
	close(fd);
	errno = error;
	if (words) {
		domain->absent = errno;
		return means_absent(errno) ? NULL : words;
	}

	domain->held = true;
	domain->tcp = (ruleset.handled_net & NET_TCP) == NET_TCP;
	domain->udp = (ruleset.handled_net & NET_UDP) == NET_UDP;
	domain->abstract = ruleset.scoped & SCOPE_ABSTRACT_UNIX_SOCKET;
	domain->no_unix = ruleset.handled_fs & FS_RESOLVE_UNIX;
	domain->file_system = ruleset.handled_fs != 0;
	domain->logged = flags & RESTRICT_SELF_LOG_NEW_EXEC_ON;
	return NULL;
}
