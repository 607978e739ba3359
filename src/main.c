/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * disablenetwork prog args...: run prog with its network switched off, for good.
 */
#include "facts.h"
#include "hints.h"
#include "network_off.h"
#include "options.h"
#include "report.h"
#include "say.h"
#include "services.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* What Landlock refuses nobody hears of but prog: here it can be told beforehand. */
static bool misses_display(const struct options *options, const struct network_off *off)
{
	return (facts_held(off) & FACT_ABSTRACT) && !options->loopback && x_server_is_abstract() &&
		is_x_program(options->program[0]);
}

/* Once to a person, or when asked to speak: not at each stage of a pipeline, whose last one
 * writes to the terminal, nor into logs. The text is kept out of the frame of main: it would
 * cost every start a page fault. */
static __attribute__((noinline)) void warn(const struct options *options, const struct network_off *off)
{
	char text[HINT];
	const bool person = isatty(STDERR_FILENO) && isatty(STDOUT_FILENO);
	const bool unit = !person && getenv("INVOCATION_ID"); /* systemd.exec(5) */
	const bool speak = !options->quiet && (options->verbose || person);

	if ((speak || options->explain) && misses_display(options, off))
		say("\"%s\" is an X program: the server of DISPLAY listens on an abstract socket, which is shut: -a leaves "
			"it open", options->program[0]);
	if (!speak)
		return;
	if (warn_of_rights(options->program[0], off->capabilities.kept, unit, text, sizeof text))
		say("warning: %s", text);
	if (warn_of_use(options->program, text, sizeof text))
		say("warning: %s", text);
	if (facts_warn(off, options->allow_abstract, text, sizeof text))
		say("warning: %s", text);
}

static __attribute__((noinline)) _Noreturn void run(char **program, capability_set kept)
{
	char text[HINT];

	execvp(program[0], program);
	const int status = explain_exec(program[0], errno, kept, text, sizeof text);
	die(status, "unable to run \"%s\": %s", program[0], text);
}

int main(int argc, char **argv)
{
	struct options options;
	struct network_off off;

	parse_options(&options, argc, argv);
	const char *words = switch_network_off(&options, &off);
	if (!words)
		words = facts_refuse(options.required, &off);
	if (options.check) {
		report_check(&off, &options, words, errno);
		return words != NULL;
	}
	if (words)
		die_unable(words);
	if (options.close_loose && !options.quiet)
		report_closed(&off);
	if (off.explanation.words && !options.quiet)
		report_unexplained(&off);
	if (options.verbose)
		report_held(&off);
	warn(&options, &off);
	run(options.program, off.capabilities.kept);
}
