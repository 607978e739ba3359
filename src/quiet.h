/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * The quiet point of a process with threads: a system call that was entered before a filter
 * came has passed it, and what it makes comes when it ends. For the library.
 * Rests on proc(5): /proc/PID/task/TID/syscall.
 */
#ifndef QUIET_H
#define QUIET_H

#include <stdbool.h>

/* Waits, with a bound, until every other thread has left the system call that it was in, if
 * that is one at which a descriptor, a peer or a process comes to be; calls entered later are
 * the business of the filters, which all threads must have already. Where a thread is on the
 * processor nothing tells whether it is in the kernel, but for its own time and calls later
 * on; with RUNNING_WILL_LEAVE that is not waited for: Landlock does, when it takes threads.
 * Needs /proc, and a process that is dumpable unless RUNNING_WILL_LEAVE is set.
 * Returns NULL, or the words for what it was unable to do, with errno set: they name the
 * thread and the call, and stand until this thread's next call. */
const char *wait_until_quiet(bool running_will_leave) __attribute__((warn_unused_result));

/* What is asked of a call that began before, as a table for the test that compares it with the
 * list of all system calls. */
enum leaving {
	MUST_LEAVE,        /* whatever it waits for */
	MUST_LEAVE_BY_ITSELF, /* the same; neither a signal nor Landlock brings a thread out of it */
	MUST_LEAVE_UNLESS_AT_REST, /* it makes nothing while it waits for others (state S) */
	MUST_LEAVE_UNLESS_UNIX, /* over a socket of AF_UNIX, its first argument, it can be made after the return as well */
	MUST_LEAVE_UNLESS_LISTENING, /* at rest on a listener that is open still, it brings what the filters are chosen for */
	MUST_LEAVE_UNLESS_STREAM, /* over a stream that is open still, or AF_UNIX, it reaches its peer */
	AS_THE_CALL_IN_IT, /* socketcall(2) */
	MAY_STAY           /* what it makes can be made after the return as well */
};
extern const struct birth {
	const char *call;
	int number, number32; /* the latter of i386 programs and int 0x80; -1: there is none */
	enum leaving leaving;
	const char *why;
} births[];
extern const int birth_count;

#endif
