/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See state.h. A sandbox around us refuses calls too, by name (systemd's groups), by a short list
 * of arguments that are allowed (Chromium's), or sockets alone (firejail's --protocol). Our
 * filter is the one that refuses each of the calls below, and lets pass a neighbour of it which
 * stands on nobody's list.
 */
#include "state.h"

#include "refusal.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <linux/vhost.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The descriptor is none: what passes the filters fails by EBADF and has done nothing. */
static const struct pair {
	long call;
	int argument;      /* 1 to 3: which one tells the two apart */
	long refused, passed;
} pairs[] = {
	{ SYS_sendto, 3, MSG_FASTOPEN, 0x00400000 },
	{ SYS_sendmsg, 2, MSG_FASTOPEN, 0x00400000 },
	{ SYS_setsockopt, 2, TCP_ULP, 0x5a5a },
	{ SYS_ioctl, 1, (long)VHOST_SET_OWNER, 0x5a5a },
	{ SYS_ioctl, 1, (long)TUNSETIFF, 0x5a5a },
};
enum { PAIRS = sizeof pairs / sizeof pairs[0] };

/* What a child found, as its exit status. */
enum {
	KERNEL_ANSWERED = 1 << 7, /* to what our filter refuses */
	PAIR_0 = 1 << 0           /* and PAIRS bits: the neighbour passed; or, the one was refused */
};
_Static_assert(PAIR_0 << PAIRS <= KERNEL_ANSWERED, "fits an exit status");

static int error_of(const struct pair *pair, long value)
{
	long arguments[4] = { -1, 0, 0, 0 };

	if (pair->call == SYS_setsockopt)
		arguments[1] = IPPROTO_TCP;
	arguments[pair->argument] = value;
	return syscall(pair->call, arguments[0], arguments[1], arguments[2], arguments[3], NULL, 0L) == -1 ? errno : 0;
}

static unsigned try_neighbours(int first, int end)
{
	unsigned found = 0;

	for (int i = first; i < end; i++)
		if (error_of(&pairs[i], pairs[i].passed) == EBADF)
			found |= (unsigned)PAIR_0 << i;
	return found;
}

/* A socket that is not made may have found no room; what else fails by EBADF was let pass. */
static unsigned try_refused(int first, int end)
{
	unsigned found = 0;

	for (int i = first; i < end; i++) {
		const int error = error_of(&pairs[i], pairs[i].refused);
		found |= error == EBADF ? KERNEL_ANSWERED : is_refusal_error(error) ? (unsigned)PAIR_0 << i : 0;
	}
	return found;
}

static unsigned try_socket(void)
{
	return syscall(SYS_socket, (long)AF_INET, (long)SOCK_STREAM, 0L) == -1 ? 0 : KERNEL_ANSWERED;
}

static unsigned try_ring(void)
{
	syscall(SYS_io_uring_enter, -1L, 0L, 0L, 0L, NULL, 0L);
	return errno == EBADF || errno == EOPNOTSUPP ? KERNEL_ANSWERED : 0;
}

enum trial { TRY_SOCKET, TRY_RING, TRY_NEIGHBOURS, TRY_REFUSED };

static unsigned try_call(enum trial trial, int first, int end)
{
	switch (trial) {
	case TRY_SOCKET:
		return try_socket();
	case TRY_RING:
		return try_ring();
	case TRY_NEIGHBOURS:
		return try_neighbours(first, end);
	default:
		return try_refused(first, end);
	}
}

/* The child sends no signal at its end, and nobody waits for it but us. It leaves no core
 * behind, and calls nothing that might wait for a lock, since a thread may hold it there. */
static const char *try_in_child(enum trial trial, int first, int end, unsigned *found, bool *killed)
{
	siginfo_t ended = { .si_code = 0 };
	const long child = syscall(SYS_clone, 0L, NULL, NULL, NULL, 0L);

	*found = 0;
	*killed = false;
	if (child == 0) {
		syscall(SYS_prctl, (long)PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
		syscall(SYS_exit_group, (long)try_call(trial, first, end));
	}
	if (child < 0)
		return "try in a child what is refused already";
	while (waitid(P_PID, (id_t)child, &ended, WEXITED | __WALL) != 0)
		if (errno != EINTR)
			return "wait for the child that tries what is refused already";
	if (ended.si_code == CLD_EXITED)
		*found = (unsigned)ended.si_status;
	else if (ended.si_status == SIGSYS)
		*killed = true;
	else {
		errno = EINTR;
		return "try in a child what is refused already: it was killed";
	}
	return NULL;
}

/* All in one child, or, where one is killed (by -k, by a sandbox of others), each in its own. */
static const char *try_pairs(enum trial trial, unsigned *found)
{
	unsigned one;
	bool killed;
	const char *words = try_in_child(trial, 0, PAIRS, found, &killed);

	for (int i = 0; !words && killed && i < PAIRS; i++) {
		bool this_one;
		words = try_in_child(trial, i, i + 1, &one, &this_one);
		*found |= this_one && trial == TRY_REFUSED ? (unsigned)PAIR_0 << i : one;
	}
	return words;
}

const char *ask_filters(struct filter_state *state)
{
	unsigned ring, made = 0, neighbours, refused;
	const char *words;

	*state = (struct filter_state){ .base = false };
	if (prctl(PR_GET_SECCOMP, 0L, 0L, 0L, 0L) != SECCOMP_MODE_FILTER) /* no filter kills for that */
		return NULL;
	if ((words = try_in_child(TRY_RING, 0, 0, &ring, &state->ring_kills)) ||
		prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) != 1 ||
		(words = try_in_child(TRY_SOCKET, 0, 0, &made, &state->trial_kills)) || ((ring | made) & KERNEL_ANSWERED))
		return words; /* or it is not ours */
	if ((words = try_pairs(TRY_NEIGHBOURS, &neighbours)) || (words = try_pairs(TRY_REFUSED, &refused)))
		return words;
	state->base = !(refused & KERNEL_ANSWERED) && (refused & neighbours) != 0;
	return NULL;
}
