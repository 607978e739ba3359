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
 * processor nothing tells whether it is in the kernel, but for its own time in user mode and
 * its calls later on: so one that does nothing but calls which take long and never wait is refused.
 * With WAITING_MAY_STAY calls that wait are left alone, but for those that neither a signal nor
 * Landlock, which interrupts each thread, brings to an end.
 * Needs /proc, and a process that is dumpable.
 * *MAY_ACCEPT becomes true where one waits in accept: it holds a listener, of which its number
 * says nothing, and brings a stream. It is left alone otherwise.
 * Returns NULL, or the words for what it was unable to do, with errno set: they name the
 * thread and the call, and stand until this thread's next call. */
const char *wait_until_quiet(bool waiting_may_stay, bool *may_accept) __attribute__((warn_unused_result));

/* What is asked of a call that began before, as a table for the test that compares it with the
 * list of all system calls. */
enum leaving {
	MUST_LEAVE,        /* whatever it waits for */
	MUST_LEAVE_BY_ITSELF, /* the same; neither a signal nor Landlock brings a thread out of it */
	MUST_LEAVE_UNLESS_AT_REST, /* it makes nothing while it waits for others (state S) */
	MUST_LEAVE_UNLESS_LISTENING, /* at rest on a listener, which is open still, it brings a stream: see *MAY_ACCEPT */
	MUST_LEAVE_UNLESS_STREAM, /* without an address (its fifth argument), and where its first is open still, a stream or AF_UNIX */
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
