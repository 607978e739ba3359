/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * libdisablenetwork: a program switches its own network off, for good, once its
 * connections are up. disablenetwork(3) has the whole story.
 */
#ifndef DISABLENETWORK_H
#define DISABLENETWORK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Flags. */
#define DISABLENETWORK_ALLOW_ABSTRACT 0x01u /* leave abstract AF_UNIX sockets outside reachable */
#define DISABLENETWORK_CLOSE 0x02u          /* close descriptors that could reach new peers */
#define DISABLENETWORK_KILL 0x04u           /* a refused call kills the process (SIGSYS) */
#define DISABLENETWORK_LOG 0x08u            /* refused calls go to the kernel log */
#define DISABLENETWORK_THIS_THREAD 0x10u    /* other threads keep their network */
#define DISABLENETWORK_NO_UNIX 0x20u        /* no AF_UNIX sockets of others in the file system */

/* Later versions add members at the end; zero there asks for nothing. */
struct disablenetwork_options {
	uint32_t size;              /* sizeof (struct disablenetwork_options) */
	int32_t refusal_error;      /* what refused calls return; 0 for EPERM */
	uint64_t flags;             /* DISABLENETWORK_* */
	uint64_t keep_capabilities; /* bit N: capability N of <linux/capability.h> */
};

/* Each returns 0, or -1 with errno set and disablenetwork_error to say why. */
int disablenetwork(void);
int disablenetwork_with(const struct disablenetwork_options *options);

/* 1 if the network is off for the calling thread, and so for good, else 0. */
int disablenetwork_is_off(void);

/* The same in full: one of these, or -1 with errno set if it is unable to tell. */
#define DISABLENETWORK_IS_ON 0       /* by us: a sandbox of others may still refuse it */
#define DISABLENETWORK_IS_OFF 1      /* what disablenetwork_is_off says 1 to */
#define DISABLENETWORK_IS_HALF_OFF 2 /* a call of this process failed half-way, and none succeeded since */
int disablenetwork_state(void);

/* What the last of these calls that failed in this thread was unable to do, as a
 * sentence without an end; "" if none did. */
const char *disablenetwork_error(void);

#ifdef __cplusplus
}
#endif

#endif
