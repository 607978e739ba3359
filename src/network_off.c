/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See network_off.h. The order is the design: the supervisor of -x first of all, which must be
 * neither in prog's domain nor marked as prog is (behind -L, where nothing is marked, it comes behind that, which
 * takes memory of one's own: unshare(2), CLONE_NEWUSER); the prctl next, since it decides which sockets are
 * loose; descriptors before the network namespace of -L, in which those that
 * stay behind could not be told, nor refused without a trace; that before Landlock, and before
 * capabilities go, which it needs or has anew; all of these before seccomp, since they decide
 * which filters are needed; seccomp last, so that its trial is the last word before exec.
 */
#include "network_off.h"

#include "kernel_off.h"
#include "seccomp.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *set_no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0)
		return "set no_new_privs";
	if (prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) != 1)
		return "find no_new_privs set";
	return NULL;
}

/* Whom the caller traces, prog would go on tracing: Landlock looks only when a trace
 * begins. Tracees cannot be told from children, so having none of either must be proved. */
static bool may_have_tracees(void)
{
	siginfo_t unused;

	return waitid(P_ALL, 0, &unused, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) == 0 ||
		errno != ECHILD;
}

/* What another thread opens later, this one will have in its hands: so it is not by what is
 * open now that those are chosen where others stay out. */
static unsigned choose_filters(const struct options *options, const struct network_off *off)
{
	const struct inherited *inherited = &off->inherited;
	unsigned filters = off->loopback.held ? FILTER_LOOPBACK : FILTER_BASE;

	if (off->kernel_off) /* it sees families and tracees, and was not to be had while tracing */
		return filters;
	/* A user namespace keeps off processes outside as a Landlock domain does. */
	if ((!off->landlock.held && !off->loopback.user_namespace) || off->has_children)
		filters |= FILTER_TRACE;
	if (options->other_threads == OTHERS_STAY_OUT)
		return filters | FILTER_NO_CONNECT | FILTER_NO_LISTEN;
	if (inherited->other_stream || (inherited->tcp && !off->landlock.tcp))
		filters |= FILTER_NO_CONNECT;
	if ((inherited->tcp || inherited->other_stream) && !inherited->listener)
		filters |= FILTER_NO_LISTEN;
	return filters;
}

/* What clone(2) shared with whoever started us is shared after an exec, too: with CLONE_FS prog's
 * chdir, chroot and umask move that process. (The table of descriptors, CLONE_FILES, was unshared
 * when we were started. CLONE_SYSVSEM and CLONE_IO are left alone: they carry semaphore
 * adjustments, which unsharing would do at once, and the priority of disk access.)
 * Container engines refuse unshare whatever is asked for; that is no network, so we go on. */
static bool unshare_from_caller(void) { return unshare(CLONE_FS) == 0; }

static enum keeper choose_keeper(const struct options *options, const struct network_off *off)
{
	if (options->loopback)
		return landlock_keeps_abstract() ? KEPT_BY_NOTHING : KEPT_BY_NOTHING_AT_ALL;
	return off->kernel_off ? KEPT_BY_KERNEL : KEPT_BY_FILTERS;
}

/* LOOSE becomes the words for refusing to go on, or NULL. */
static const char *look_at_descriptors(const struct options *options, struct network_off *off,
	const char **loose)
{
	const struct scan scan = {
		.keeper = choose_keeper(options, off), .close_loose = options->close_loose, .no_exec = options->no_exec,
		.has_threads = options->other_threads != NO_OTHER_THREADS
	};
	const char *words = inherited_scan(&off->inherited, &scan);

	if (words || (words = inherited_refuse_capabilities(&off->inherited, options->keep_capabilities)))
		return words;
	*loose = options->close_loose ? NULL : inherited_refuse_loose(&off->inherited);
	return NULL;
}

/* Landlock can from ABI 9 on, and knows paths; the kernel's own network-off goes by the maker of
 * the socket, behind -a and -L too, and holds for the calling thread. */
static const char *shut_unix(const struct options *options, struct network_off *off)
{
	off->no_unix = off->landlock.no_unix ||
		(options->no_unix && !options->unix_path_count && options->other_threads == NO_OTHER_THREADS && kernel_off_no_unix());
	if (off->no_unix || !options->no_unix)
		return NULL;
	errno = 0;
	return options->unix_path_count
		? "shut AF_UNIX sockets of others but those of --unix: this takes Landlock ABI 9 (Linux 7.1, with landlock in lsm=)"
		: "shut AF_UNIX sockets of others: this takes Landlock ABI 9 (Linux 7.1, with landlock in lsm=), or "
		  "disablenetwork-lsm(8) (Linux 6.1)";
}

/* With what was there at an earlier look: a listener that was closed since brings one more stream where
 * a thread waits in accept. */
static const char *look_once_more(const struct options *options, struct network_off *off, const char **loose)
{
	const bool tcp = off->inherited.tcp, other_stream = off->inherited.other_stream;
	const char *words = look_at_descriptors(options, off, loose);

	off->inherited.tcp |= tcp;
	off->inherited.other_stream |= other_stream;
	off->has_children = may_have_tracees();
	return words;
}

/* Loads those filters, and waits for calls that have passed them; listen is none that waits for anybody.
 * What Landlock held interrupts: an accept begins anew then, by the number that it was given. */
static const char *add_filters(const struct options *options, struct network_off *off, unsigned filters,
	const struct refusal *refusal)
{
	bool *const may_accept = &off->inherited.other_stream, before = *may_accept;
	const char *words = seccomp_refuse(filters, refusal);

	if (!words)
		words = options->wait_until_quiet(filters == FILTER_NO_LISTEN, may_accept);
	if (off->landlock.held)
		*may_accept = before;
	off->filters |= filters;
	return words;
}

/* Threads at work go another way. A call that was under way when a filter came has passed it: so all
 * are waited for after each. Landlock comes in between, since it waits for each thread, too, for
 * one in vfork until its child has called exec; calls that it ends or begins anew are left to it.
 * Then looking once more finds what there is (but for what disablenetwork(3) names), and what other
 * filters follow from that. */
static const char *switch_threads_off(const struct options *options, struct network_off *off,
	const struct landlock_wishes *wishes, struct refusal refusal)
{
	const char *words, *loose = NULL;
	unsigned missing;

	if ((words = seccomp_refuse(FILTER_BASE, &refusal)) || (words = look_once_more(options, off, &loose)) ||
		(landlock_is_there() && (words = options->wait_until_quiet(true, &off->inherited.other_stream))) ||
		(words = landlock_restrict(&off->landlock, wishes)) || (words = shut_unix(options, off)) ||
		(words = look_once_more(options, off, &loose)))
		return words;
	off->filters = FILTER_BASE;
	refusal.untried |= refusal.kill || refusal.log;
	while ((missing = choose_filters(options, off) & ~off->filters))
		if ((words = add_filters(options, off, missing, &refusal)) || (words = look_once_more(options, off, &loose)))
			return words;
	return loose;
}

/* Behind -L, in front of Landlock: what is loose was judged by what its ABI promises. */
static const char *restrict_by_landlock(const struct options *options, struct network_off *off,
	const struct landlock_wishes *wishes)
{
	const bool promised = options->loopback && landlock_keeps_abstract();
	const char *words = landlock_restrict(&off->landlock, wishes);

	if (words || !promised || off->landlock.abstract)
		return words;
	errno = off->landlock.absent;
	return "keep off abstract AF_UNIX sockets of the network that is left, as Landlock's ABI has it";
}

/* By fchown prog could give a socket that it has another owner, and routing rules that go by the
 * owner (ip rule uidrange) would take it to another link. So of a set chown is left out. HELD is
 * what there was before a user namespace. */
static const char *drop_capabilities(const struct options *options, struct network_off *off,
	const struct capability_sets *held)
{
	const capability_set out = off->inherited.network ? SET_OF(CAP_CHOWN) : 0;

	off->chown_left_out = options->keep_if_held & out;
	return capabilities_drop(options->keep_capabilities, options->keep_if_held & ~out, off->loopback.user_namespace ? held : NULL,
		&off->capabilities);
}

/* As process 1 we are who takes orphans, and the supervisor is our child from then on. */
static const char *begin_explaining(const struct options *options, struct network_off *off)
{
	if (!options->begin_explaining)
		return NULL;
	off->has_children = may_have_tracees();
	return options->begin_explaining(options, &off->explanation);
}

static const char *switch_off(const struct options *options, struct network_off *off)
{
	struct refusal refusal = {
		.error = options->refusal_error, .kill = options->kill, .log = options->log,
		.all_threads = options->other_threads == OTHERS_COME_ALONG,
		.untried = options->trial_kills
	};
	const struct landlock_wishes wishes = {
		.allow_abstract = options->allow_abstract, .loopback = options->loopback, .log = options->log,
		.no_unix = options->no_unix, .unix_paths = options->unix_paths, .unix_path_count = options->unix_path_count,
		.all_threads = options->other_threads == OTHERS_COME_ALONG, .no_exec = options->no_exec
	};
	struct capability_sets held = { 0 }; /* of -L only */
	const char *words, *loose = NULL, *open_unix = NULL;

	if ((words = set_no_new_privs()))
		return words;
	off->steps_done = DONE_NO_NEW_PRIVS;

	if (!options->loopback && (words = begin_explaining(options, off)))
		return words;

	/* It holds for the calling thread: nothing rests on it where there are others. Its
	 * trial would kill where a filter does, and it would keep prog from abstract AF_UNIX
	 * sockets outside, and from a loopback of its own. */
	off->kernel_off = !options->trial_kills && !options->allow_abstract && !options->loopback &&
		options->other_threads == NO_OTHER_THREADS && kernel_off();
	off->steps_done = DONE_KERNEL_OFF;

	off->unshared = !options->no_exec && unshare_from_caller();
	if ((words = look_at_descriptors(options, off, &loose)))
		return words;
	if (loose && !options->check)
		return loose; /* --check goes on, to say what else it finds */
	off->steps_done = DONE_INHERITED;

	if (options->loopback && ((words = capabilities_read(0, &held)) || (words = loopback_enter(&off->loopback)) ||
		(words = begin_explaining(options, off))))
		return words;
	off->steps_done = DONE_LOOPBACK;

	if (!refusal.all_threads) {
		if ((words = restrict_by_landlock(options, off, &wishes)))
			return words;
		open_unix = shut_unix(options, off);
		if (open_unix && !options->check)
			return open_unix;
	}
	off->steps_done = DONE_LANDLOCK;

	if ((words = drop_capabilities(options, off, &held)))
		return words;
	off->steps_done = DONE_CAPABILITIES;

	if (refusal.all_threads) {
		if ((words = switch_threads_off(options, off, &wishes, refusal)))
			return words;
	} else {
		if (!options->begin_explaining)
			off->has_children = may_have_tracees();
		off->filters = choose_filters(options, off);
		refusal.hand_over = off->explanation.hand_over;
		if ((words = seccomp_refuse(off->filters, &refusal)))
			return words;
	}
	off->steps_done = DONE_SECCOMP;

	errno = 0;
	return loose ? loose : open_unix;
}

static bool network_was_off(void)
{
	const int trial = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (trial >= 0)
		close(trial);
	return trial < 0;
}

/* softlimit -o may have left room for no descriptor at all, but the scan of /proc and
 * Landlock need one for a moment. Failing to raise the limit is no failure: they say
 * what they lack. By prlimit, since musl's setrlimit brings along what would change
 * every thread: 4 kB of the program. */
const char *switch_network_off(const struct options *options, struct network_off *off)
{
	struct rlimit before = { RLIM_INFINITY, RLIM_INFINITY }, after = before;

	*off = (struct network_off){ .was_off = false };
	if (options->no_exec) /* the limit is seen by all threads: let it be */
		return switch_off(options, off);
	if (prlimit(0, RLIMIT_NOFILE, NULL, &before) != 0)
		return "read the limit on descriptors";
	const struct rlimit highest = { before.rlim_max, before.rlim_max };
	const bool raised =
		before.rlim_cur < before.rlim_max && prlimit(0, RLIMIT_NOFILE, &highest, NULL) == 0;
	off->was_off = options->check && network_was_off();
	const char *words = switch_off(options, off);
	const int error = errno;
	if (raised && !words &&
		(prlimit(0, RLIMIT_NOFILE, &before, NULL) != 0 || prlimit(0, RLIMIT_NOFILE, NULL, &after) != 0 ||
			after.rlim_cur != before.rlim_cur))
		return "restore the soft limit on descriptors";
	errno = error;
	return words;
}
