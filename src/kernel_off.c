/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See kernel_off.h. That the network is off is not believed by a return value: only a
 * socket that worked before and is refused after counts.
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
#ifndef PR_NETWORK_NO_UNIX
#define PR_NETWORK_NO_UNIX 2
#endif

enum answer { UNKNOWN_CALL, IS_OPEN, IS_SHUT };

/* Stone's prctl hands the flags out through a pointer. A BPF security module can only answer
 * with an error number, so it is told the flag: ENETDOWN is the one that means shut. A module
 * from before there was another flag than PR_NETWORK_OFF, which is asked for by 0, says EINVAL. */
static enum answer ask_kernel(unsigned long flag)
{
	unsigned long flags = 0;

	if (prctl(PR_GET_NETWORK, &flags, flag == PR_NETWORK_OFF ? 0L : flag, 0L, 0L) == 0)
		return (flags & flag) ? IS_SHUT : IS_OPEN;
	if (errno == EINVAL || errno == ENOSYS)
		return UNKNOWN_CALL;
	return errno == ENETDOWN ? IS_SHUT : IS_OPEN;
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
	return ask_kernel(PR_NETWORK_OFF) != UNKNOWN_CALL && try_socket() == 0;
}

bool kernel_off(void)
{
	if (!kernel_off_offered())
		return false;
	(void)prctl(PR_SET_NETWORK, (unsigned long)PR_NETWORK_OFF, 0L, 0L, 0L);
	return ask_kernel(PR_NETWORK_OFF) == IS_SHUT && try_socket() == EPERM;
}

/* A trial would need a socket that somebody else has made. */
bool kernel_off_no_unix(void)
{
	if (ask_kernel(PR_NETWORK_NO_UNIX) == UNKNOWN_CALL)
		return false;
	(void)prctl(PR_SET_NETWORK, (unsigned long)PR_NETWORK_NO_UNIX, 0L, 0L, 0L);
	return ask_kernel(PR_NETWORK_NO_UNIX) == IS_SHUT;
}
