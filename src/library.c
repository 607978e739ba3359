/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * libdisablenetwork: options from outside, what can refuse before anything is done, then
 * the chain of network_off.c. No state but the words of the last error of a thread, and
 * whether a call failed half-way.
 */
#pragma GCC visibility push(default)
#include "disablenetwork.h"
#pragma GCC visibility pop

#include "kernel_off.h"
#include "network_off.h"
#include "process.h"
#include "quiet.h"
#include "refusal.h"
#include "state.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
	FIRST_SIZE = 24,     /* of the options in the first version */
	LARGEST_SIZE = 4096, /* of those in any version: more is garbage */
	ALL_FLAGS = DISABLENETWORK_ALLOW_ABSTRACT | DISABLENETWORK_CLOSE | DISABLENETWORK_KILL |
		DISABLENETWORK_LOG | DISABLENETWORK_THIS_THREAD | DISABLENETWORK_NO_UNIX
};
_Static_assert(sizeof(struct disablenetwork_options) == FIRST_SIZE, "no padding, on no architecture");

static _Thread_local char last_error[1024];

/* What has come of the calls, but for those for the calling thread alone that succeeded. A later
 * one that fails takes nothing back. */
static enum { NO_CALL_YET, HALF_OFF, OFF } _Atomic outcome;

/* Where ERROR is 0 WORDS say it all, but a caller looks at errno. */
static int fail(const char *words, int error)
{
	if (error)
		snprintf(last_error, sizeof last_error, "unable to %s: %s", words, strerror(error));
	else
		snprintf(last_error, sizeof last_error, "unable to %s", words);
	errno = error ? error : EOPNOTSUPP;
	return -1;
}

/* As the kernel does it with its extensible structures (openat2(2)): a caller that was
 * built for an earlier version is shorter, one for a later may be longer. */
static const char *copy_options(struct disablenetwork_options *copy,
	const struct disablenetwork_options *given)
{
	*copy = (struct disablenetwork_options){ .size = sizeof *copy };
	if (!given)
		return NULL;
	errno = EINVAL;
	if (given->size < FIRST_SIZE || given->size > LARGEST_SIZE)
		return "read the options: size is not that of the structure";
	for (size_t i = sizeof *copy; i < given->size; i++)
		if (((const unsigned char *)given)[i]) {
			errno = E2BIG;
			return "read the options: they ask for what this version of libdisablenetwork does not know";
		}
	memcpy(copy, given, given->size < sizeof *copy ? given->size : sizeof *copy);
	return NULL;
}

/* A thread of the kernel's serves a ring and leaves its call never. */
static const char *wait_for_threads(bool waiting_may_stay, bool *may_accept)
{
	const char *words = refuse_threads(false);

	return words ? words : wait_until_quiet(waiting_may_stay, may_accept);
}

static const char *read_options(struct options *options, const struct disablenetwork_options *given)
{
	struct disablenetwork_options copy;
	const char *words = copy_options(&copy, given);

	if (words)
		return words;
	errno = EINVAL;
	if (copy.flags & ~(uint64_t)ALL_FLAGS)
		return "read the options: unknown flag";
	if (copy.refusal_error && !is_refusal_error(copy.refusal_error))
		return "read the options: refused calls cannot return that error";
	if (copy.refusal_error && (copy.flags & DISABLENETWORK_KILL))
		return "read the options: refused calls either return an error or kill";
	*options = (struct options){
		.allow_abstract = copy.flags & DISABLENETWORK_ALLOW_ABSTRACT,
		.close_loose = copy.flags & DISABLENETWORK_CLOSE,
		.kill = copy.flags & DISABLENETWORK_KILL,
		.log = copy.flags & DISABLENETWORK_LOG,
		.no_unix = copy.flags & DISABLENETWORK_NO_UNIX,
		.refusal_error = copy.refusal_error ? copy.refusal_error : EPERM,
		.keep_capabilities = copy.keep_capabilities,
		.no_exec = true,
		.other_threads = (copy.flags & DISABLENETWORK_THIS_THREAD) ? OTHERS_STAY_OUT : OTHERS_COME_ALONG,
		.wait_until_quiet = wait_for_threads
	};
	return capabilities_check(copy.keep_capabilities);
}

/* The kernel's own network-off holds for the calling thread; and where an older filter kills, no
 * socket is tried. */
static bool may_ask_kernel(const struct options *options)
{
	return options->other_threads == NO_OTHER_THREADS && !options->trial_kills && kernel_off_offered();
}

/* All that can be found out before the first step that cannot be undone. The scan is of
 * no use where a network-off of the kernel's own would hold the sockets. */
static const char *refuse_early(struct options *options, struct network_off *off)
{
	struct filter_state filters;
	const char *words;

	if ((words = ask_filters(&filters)))
		return words;
	options->trial_kills = filters.trial_kills;
	if (!has_other_threads())
		options->other_threads = NO_OTHER_THREADS;

	const struct scan scan = {
		.keeper = !options->allow_abstract && may_ask_kernel(options) ? KEPT_BY_KERNEL : KEPT_BY_FILTERS,
		.no_exec = true,
		.has_threads = options->other_threads != NO_OTHER_THREADS
	};
	if ((words = inherited_scan(&off->inherited, &scan)))
		return words;
	if (!options->close_loose && (words = inherited_refuse_loose(&off->inherited)))
		return words;
	if ((words = inherited_refuse_capabilities(&off->inherited, options->keep_capabilities)))
		return words;
	if (options->other_threads != NO_OTHER_THREADS &&
		(words = refuse_threads(options->other_threads == OTHERS_COME_ALONG)))
		return words;
	if (options->other_threads == OTHERS_COME_ALONG && !landlock_takes_threads()) {
		errno = EBUSY;
		return "put every thread into a Landlock domain (Linux 7.0 can): call it before other threads "
			   "are started, or use DISABLENETWORK_THIS_THREAD";
	}
	if (options->no_unix && !landlock_keeps_unix() && !may_ask_kernel(options)) {
		errno = EOPNOTSUPP;
		return "shut AF_UNIX sockets of others: this takes Landlock ABI 9 (Linux 7.1, with landlock in lsm=), or "
			   "disablenetwork-lsm(8) in a program without other threads";
	}
	if ((words = refuse_registered_rings(filters.ring_kills)))
		return words;
	return refuse_mapped_rings();
}

/* The words of the modules advise those who run the tool. */
static int fail_for_loose(const struct inherited *inherited)
{
	char words[sizeof inherited->refusal], names[LOOSE_NAMED * 64];

	inherited_name_loose(inherited, names, sizeof names);
	snprintf(words, sizeof words,
		"keep this process from reaching new peers through descriptor%s %s: close %s first, or use "
		"DISABLENETWORK_CLOSE",
		inherited->loose_count > 1 ? "s" : "", names, inherited->loose_count > 1 ? "them" : "it");
	(void)fail(words, 0);
	errno = EBADFD;
	return -1;
}

/* Handlers would open descriptors behind the back of the look at them, and run in the child
 * of ask_network too. Those that a sandbox or the processor sends at once would kill. */
static const char *hold_signals(sigset_t *before)
{
	static const int at_once[] = { SIGSYS, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	sigset_t held;

	sigfillset(&held);
	for (size_t i = 0; i < sizeof at_once / sizeof at_once[0]; i++)
		sigdelset(&held, at_once[i]);
	return sigprocmask(SIG_BLOCK, &held, before) == 0 ? NULL : "hold back signals meanwhile";
}

static const char *release_signals(const sigset_t *before)
{
	return sigprocmask(SIG_SETMASK, before, NULL) == 0 ? NULL : "have signals again, which were held back meanwhile";
}

static int switch_with(const struct disablenetwork_options *given)
{
	struct options options;
	struct network_off off = { .steps_done = DONE_NOTHING };
	const char *words;

	if ((words = read_options(&options, given)) || (words = refuse_early(&options, &off)))
		return words == off.inherited.refusal ? fail_for_loose(&off.inherited) : fail(words, errno);
	if ((words = switch_network_off(&options, &off)) ||
		(options.other_threads == OTHERS_COME_ALONG &&
			((words = refuse_threads(false)) || (words = refuse_mapped_rings())))) {
		if (off.steps_done > DONE_NOTHING && outcome == NO_CALL_YET)
			outcome = HALF_OFF;
		return words == off.inherited.refusal ? fail_for_loose(&off.inherited) : fail(words, errno);
	}
	if (options.other_threads != OTHERS_STAY_OUT)
		outcome = OFF;
	return 0;
}

int disablenetwork_with(const struct disablenetwork_options *given)
{
	const int before = errno;
	sigset_t signals;
	const char *words;

	if ((words = hold_signals(&signals)))
		return fail(words, errno);
	const int answer = switch_with(given);
	const int error = answer == 0 ? before : errno;
	if ((words = release_signals(&signals)) && answer == 0)
		return fail(words, errno);
	errno = error;
	return answer;
}

int disablenetwork(void)
{
	return disablenetwork_with(NULL);
}

int disablenetwork_state(void)
{
	const int before = errno;
	struct filter_state filters;
	sigset_t signals;
	const char *words;

	if ((words = hold_signals(&signals)))
		return fail(words, errno);
	words = ask_filters(&filters);
	const int error = errno;
	const char *const held = release_signals(&signals);
	if (words || held)
		return words ? fail(words, error) : fail(held, errno);
	errno = before;
	return outcome == HALF_OFF ? DISABLENETWORK_IS_HALF_OFF : filters.base ? DISABLENETWORK_IS_OFF : DISABLENETWORK_IS_ON;
}

int disablenetwork_is_off(void)
{
	const int before = errno;
	const int state = disablenetwork_state();

	errno = before;
	return state == DISABLENETWORK_IS_OFF;
}

const char *disablenetwork_error(void)
{
	return last_error;
}
