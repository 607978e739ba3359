/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See kernel_off.h. A return value is never believed here: only a socket that
 * worked before and is refused after counts.
 */
#include "kernel_off.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The numbers of 2010, 35 and 36, have belonged to PR_SET_MM and
 * PR_SET_CHILD_SUBREAPER since: never call those. Ours are four ASCII
 * characters, 'dnet', as Yama's PR_SET_PTRACER is. (glibc's <sys/prctl.h> includes
 * <linux/prctl.h>.) */
#ifndef PR_SET_NETWORK
#define PR_SET_NETWORK 0x646e6574
#define PR_GET_NETWORK 0x646e6575
#define PR_NETWORK_OFF 1
#endif

enum answer { UNKNOWN_CALL, NETWORK_ON, NETWORK_OFF };

/* Stone's prctl hands the flags out through a pointer. A BPF security module
 * can only answer with an error number; ENETDOWN is the one that means off. */
static enum answer ask_kernel(void)
{
	unsigned long flags = 0;

	if (prctl(PR_GET_NETWORK, &flags, 0L, 0L, 0L) == 0)
		return (flags & PR_NETWORK_OFF) ? NETWORK_OFF : NETWORK_ON;
	if (errno == EINVAL || errno == ENOSYS)
		return UNKNOWN_CALL;
	return errno == ENETDOWN ? NETWORK_OFF : NETWORK_ON;
}

/* 0, or the error number with which a socket is refused. */
static int try_socket(void)
{
	const int trial = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (trial < 0)
		return errno;
	close(trial);
	return 0;
}

bool kernel_off_offered(void)
{
	return ask_kernel() != UNKNOWN_CALL && try_socket() == 0;
}

bool kernel_off(void)
{
	if (!kernel_off_offered())
		return false;
	(void)prctl(PR_SET_NETWORK, (unsigned long)PR_NETWORK_OFF, 0L, 0L, 0L);
	return ask_kernel() == NETWORK_OFF && try_socket() == EPERM;
}
