/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * disablenetwork prog args...: run prog with its network switched off, for good.
 */
#include "network_off.h"
#include "options.h"
#include "report.h"
#include "say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Files that uid 0 owns (core_pattern, modprobe's path, cron tables) can make the
 * kernel or others act for prog, however few capabilities it has. With setuid kept,
 * prog is taken to be about to change user. */
static void warn_of_root(const struct options *options)
{
	capability_set changes_user = 0;
	uid_t real, effective, saved;

	if (options->quiet || getresuid(&real, &effective, &saved) != 0 ||
		(real != 0 && effective != 0 && saved != 0))
		return;
	if (capability_add(&changes_user, "setuid") && (options->keep_capabilities & changes_user))
		return;
	say("warning: %s runs as root, and root's files can make others act for it; better: "
		"setuidgid nobody disablenetwork %s",
		options->program[0], options->program[0]);
}

/* True if prog is there, so that it was its interpreter or loader that execve missed. Its
 * buffer is kept out of the frame of main: it would cost every start a page fault. */
static __attribute__((noinline)) bool program_exists(const char *name)
{
	const char *path = strchr(name, '/') ? "" : getenv("PATH");
	char file[4096];

	if (!*name)
		return false;
	if (!path)
		path = "/bin:/usr/bin"; /* as execvp does */
	for (const char *end; ; path = end + 1) {
		end = strchrnul(path, ':');
		const int length = snprintf(file, sizeof file, "%.*s%s%s", (int)(end - path), path,
			end > path ? "/" : "", name);
		if (length > 0 && (size_t)length < sizeof file && access(file, F_OK) == 0)
			return true;
		if (!*end)
			return false;
	}
}

static _Noreturn void run(char **program)
{
	execvp(program[0], program);
	if (errno == EPERM) /* execve(2): marked with capabilities that the bounding set lacks */
		die(EXIT_CANNOT_RUN, "unable to run %s: %s (does its file have capabilities?)", program[0],
			strerror(errno));
	if (errno != ENOENT && errno != ENOTDIR)
		die(EXIT_CANNOT_RUN, "unable to run %s: %s", program[0], strerror(errno));
	if (program_exists(program[0]))
		die(EXIT_CANNOT_RUN, "unable to run %s: its interpreter or loader is missing", program[0]);
	die(EXIT_NOT_FOUND, "unable to run %s: not found", program[0]);
}

int main(int argc, char **argv)
{
	struct options options;
	struct network_off off;

	parse_options(&options, argc, argv);
	const char *words = switch_network_off(&options, &off);
	if (options.check) {
		report_check(&off, &options, words, errno);
		return words != NULL;
	}
	if (words)
		die_unable(words);
	if (options.close_loose && !options.quiet)
		report_closed(&off);
	if (options.verbose)
		report_held(&off, &options);
	warn_of_root(&options);
	run(options.program);
}
