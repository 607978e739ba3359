/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See options.h. Anything not understood is wrong usage: a typo must never weaken
 * what was asked for.
 */
#include "options.h"

#include "refusal.h"
#include "say.h"
#include "seccomp.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { CHECK = 256 }; /* no short option */

static const char short_options[] = "+:acklqve:p:hV";
static const struct option long_options[] = {
	{ "allow-abstract", no_argument, NULL, 'a' },
	{ "close", no_argument, NULL, 'c' },
	{ "kill", no_argument, NULL, 'k' },
	{ "log", no_argument, NULL, 'l' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "errno", required_argument, NULL, 'e' },
	{ "keep-caps", required_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "check", no_argument, NULL, CHECK },
	{ NULL, 0, NULL, 0 },
};

static _Noreturn void print_help(void)
{
	char names[512] = "";
	size_t length = 0;

	print("usage: disablenetwork [-acklqv] [-e errno] [-p cap,cap...] prog [arg ...]");
	print("       disablenetwork [options] --check");
	print("       disablenetwork --help | --version");
	print("Run prog with its network switched off, for good. Connections that it inherits go on.");
	print("%s", "");
	print("  -a, --allow-abstract  leave abstract AF_UNIX sockets outside reachable (some X servers)");
	print("  -c, --close           close inherited descriptors that could reach new peers");
	print("  -e, --errno=NAME      what refused calls return; EPERM unless given");
	print("  -k, --kill            a refused call kills the process (SIGSYS)");
	print("  -l, --log             refused calls go to the kernel log");
	print("  -p, --keep-caps=LIST  keep these capabilities, separated by commas");
	print("  -q, --quiet           no warnings");
	print("  -v, --verbose         say in one line what holds");
	print("      --check           run nothing; say what this kernel offers, and which gaps remain");
	print("  -h, --help            this text");
	print("  -V, --version         the version");
	print("%s", "");
	for (int i = 0; i < REFUSAL_ERRORS; i++) {
		const size_t size = strlen(refusal_errors[i].name);
		names[length++] = ' ';
		memcpy(names + length, refusal_errors[i].name, size);
		length += size;
	}
	names[length] = '\0';
	print("errno names:%s", names);
	capability_names(names, sizeof names);
	print("capabilities: %s", names);
	print("%s", "");
	print("exit status: prog's own; 100 wrong usage; 111 the network could not be switched off;");
	print("126 prog could not be run; 127 prog was not found. Manual: disablenetwork(1)");
	_exit(0);
}

static _Noreturn void print_version(void)
{
	print("disablenetwork %s (filters compiled by libseccomp %s)", PACKAGE_VERSION, seccomp_compiler);
	_exit(0);
}

/* OPTION is "-e", "--frobnicate" and the like; "" when no option is at fault. */
static _Noreturn void wrong_usage(const char *problem, const char *option)
{
	say("fatal: %s%s%s", problem, *option ? " " : "", option);
	say("usage: disablenetwork [-acklqv] [-e errno] [-p cap,cap...] prog [arg ...]");
	say("usage: disablenetwork [options] --check; disablenetwork --help");
	_exit(EXIT_USAGE);
}

static int error_by_name(const char *name)
{
	for (int i = 0; i < REFUSAL_ERRORS; i++)
		if (strcmp(name, refusal_errors[i].name) == 0)
			return refusal_errors[i].error;
	wrong_usage("unknown errno name (see --help):", *name ? name : "(no name)");
}

/* LIST is cut up where it stands. */
static void add_capabilities(capability_set *set, char *list)
{
	for (char *name; (name = strsep(&list, ","));)
		if (!capability_add(set, name))
			wrong_usage("not a capability that prog may keep (see --help):", *name ? name : "(no name)");
}

/* WORD is where getopt was: a long option by itself, or letters of which it left the
 * one at fault in optopt. */
static _Noreturn void wrong_option(const char *problem, const char *word)
{
	const char letter[] = { '-', (char)optopt, '\0' };

	wrong_usage(problem, word[1] == '-' ? word : letter);
}

void parse_options(struct options *options, int argc, char **argv)
{
	bool error_given = false;
	int letter, at;

	*options = (struct options){ .refusal_error = EPERM };
	if (argc < 1)
		wrong_usage("started without even a name", "");
	opterr = 0;
	while ((at = optind, letter = getopt_long(argc, argv, short_options, long_options, NULL)) != -1)
		switch (letter) {
		case 'a':
			options->allow_abstract = true;
			break;
		case 'c':
			options->close_loose = true;
			break;
		case 'k':
			options->kill = true;
			break;
		case 'l':
			options->log = true;
			break;
		case 'q':
			options->quiet = true;
			break;
		case 'v':
			options->verbose = true;
			break;
		case 'e':
			options->refusal_error = error_by_name(optarg);
			error_given = true;
			break;
		case 'p':
			add_capabilities(&options->keep_capabilities, optarg);
			break;
		case CHECK:
			options->check = true;
			break;
		case 'h':
			print_help();
		case 'V':
			print_version();
		case ':':
			wrong_option("no value given to option", argv[at]);
		default:
			wrong_option("unknown option", argv[at]);
		}

	if (options->kill && error_given)
		wrong_usage("-k and -e exclude each other", "");
	if (options->check && argv[optind])
		wrong_usage("--check runs no program:", argv[optind]);
	if (!options->check && !argv[optind])
		wrong_usage("no program given", "");
	options->program = options->check ? NULL : argv + optind;
}
