/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * What src/seccomp.c hands to the kernel, for every set of filters and every way to refuse,
 * for prove_filters.py. It is compiled into this program, on the build machine, beside the
 * arrays of some architecture, and its system calls are answered here: nothing is loaded.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static long answer_call(long number, ...);
static int answer_prctl(int option, ...);
static int answer_socket(int family, int type, int protocol);
#define syscall answer_call
#define prctl answer_prctl
#define socket answer_socket
#include "seccomp.c"

static const struct {
	unsigned bit;
	const char *name;
} names[] = {
	{ FILTER_BASE, "base" },
	{ FILTER_NO_CONNECT, "no_connect" },
	{ FILTER_NO_LISTEN, "no_listen" },
	{ FILTER_TRACE, "trace" },
	{ FILTER_LOOPBACK, "loopback" },
};

enum { FILTERS = sizeof filters / sizeof filters[0] };
_Static_assert(FILTERS == sizeof names / sizeof names[0], "each filter has a name");

static bool hand_over(int listener, unsigned filters, int chosen);

/* Beside -e with each of its names. untried: what is loaded later on, since threads were at work.
 * explain: what the supervisor is asked about; where the kernel knows a flag less, where it lets nobody
 * listen, and where nobody takes the listener, or answers. */
enum trouble { NONE, KILLABLE_UNKNOWN, ANOTHER_LISTENS, NOBODY_TAKES_OVER, NOBODY_ANSWERS };
static const struct {
	const char *name;
	struct refusal refusal;
	enum trouble trouble;
} ways[] = {
	{ "kill", { .error = EPERM, .kill = true } },
	{ "log", { .error = EACCES, .log = true } },
	{ "threads", { .error = EPERM, .all_threads = true } },
	{ "threads,kill", { .error = EPERM, .kill = true, .all_threads = true } },
	{ "untried", { .error = EPERM, .untried = true } },
	{ "untried,kill", { .error = EPERM, .kill = true, .untried = true } },
	{ "untried,log", { .error = EACCES, .log = true, .untried = true } },
	{ "explain", { .error = EPERM, .hand_over = hand_over } },
	{ "explain,log", { .error = EACCES, .log = true, .hand_over = hand_over } },
	{ "explain,old", { .error = EPERM, .hand_over = hand_over }, KILLABLE_UNKNOWN },
	{ "explain,busy", { .error = EPERM, .hand_over = hand_over }, ANOTHER_LISTENS },
	{ "explain,untaken", { .error = EACCES, .hand_over = hand_over }, NOBODY_TAKES_OVER },
	{ "explain,unanswered", { .error = EACCES, .hand_over = hand_over }, NOBODY_ANSWERS },
};

/* Of the set that is being loaded. */
static unsigned wanted;
static const char *way;
static int error, answered; /* what is refused, and with what it is, as long as nobody answers */
static enum trouble trouble;

static _Noreturn void fail(const char *words)
{
	fprintf(stderr, "loaded: fatal: set %#x, %s: %s\n", wanted, way, words);
	exit(1);
}

static void print_program(unsigned long flags, const struct sock_fprog *program)
{
	const char *between = "";

	if (program->len > FILTERS_LENGTH)
		fail("more instructions than FILTERS_LENGTH");
	printf("program ");
	for (int i = 0; i < FILTERS; i++)
		if (wanted & names[i].bit) {
			printf("%s%s", between, names[i].name);
			between = ",";
		}
	printf(" %s %#lx %u\n", way, flags, program->len);
	for (unsigned i = 0; i < program->len; i++)
		printf("%u %u %u %u\n", program->filter[i].code, program->filter[i].jt, program->filter[i].jf,
			program->filter[i].k);
}

static bool hand_over(int listener, unsigned filters, int chosen)
{
	if (filters != wanted || chosen != error)
		fail("the supervisor is not told what to answer");
	answered = trouble == NOBODY_ANSWERS ? ENOSYS : error;
	return listener >= 0 && trouble != NOBODY_TAKES_OVER;
}

/* All trials are refused as they should be. */
static long answer_call(long number, ...)
{
	va_list arguments;

	if (number != SYS_seccomp) {
		errno = answered;
		return -1;
	}
	va_start(arguments, number);
	const long operation = va_arg(arguments, long);
	const unsigned long flags = va_arg(arguments, unsigned long);
	const struct sock_fprog *program = va_arg(arguments, const struct sock_fprog *);
	va_end(arguments);
	if (operation != SECCOMP_SET_MODE_FILTER)
		fail("seccomp(2) is to do something else than load a filter");
	const bool listens = flags & SECCOMP_FILTER_FLAG_NEW_LISTENER;
	if ((trouble == KILLABLE_UNKNOWN && (flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)) ||
		(trouble == ANOTHER_LISTENS && listens)) {
		errno = trouble == KILLABLE_UNKNOWN ? EINVAL : EBUSY;
		return -1;
	}
	print_program(flags, program);
	if (!listens)
		answered = error;
	return listens ? dup(STDOUT_FILENO) : 0;
}

static int answer_prctl(int option, ...)
{
	return option == PR_GET_SECCOMP ? SECCOMP_MODE_FILTER : -1;
}

/* The one that behind loopback is not refused. */
static int answer_socket(int family, int type, int protocol)
{
	(void)family, (void)type, (void)protocol;
	return dup(STDOUT_FILENO);
}

static void load_all_sets(const char *name, const struct refusal *refusal, enum trouble with)
{
	way = name;
	error = refusal->error;
	trouble = with;
	for (wanted = 1; wanted < 1U << FILTERS; wanted++) {
		if ((wanted & FILTER_BASE) && (wanted & FILTER_LOOPBACK))
			continue; /* one stands in for the other */
		const char *words = seccomp_refuse(wanted, refusal);
		if (words)
			fail(words);
	}
}

int main(void)
{
	for (size_t i = 0; i < REFUSAL_ERRORS; i++)
		load_all_sets(refusal_errors[i].name, &(struct refusal){ .error = refusal_errors[i].error }, NONE);
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		load_all_sets(ways[i].name, &ways[i].refusal, ways[i].trouble);
	return fflush(stdout) != 0 || ferror(stdout);
}
