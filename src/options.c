/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See options.h. Anything not understood is wrong usage: a typo must never weaken
 * what was asked for.
 */
#include "options.h"

#include "explain.h"
#include "facts.h"
#include "hints.h"
#include "refusal.h"
#include "say.h"
#include "seccomp.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { CHECK = 256, EXPLAIN, UNIX }; /* no short option, or one that cannot say the same */

static const char short_options[] = "+:acklqvxLUe:p:r:hV";
static const struct option long_options[] = {
	{ "allow-abstract", no_argument, NULL, 'a' },
	{ "close", no_argument, NULL, 'c' },
	{ "kill", no_argument, NULL, 'k' },
	{ "log", no_argument, NULL, 'l' },
	{ "loopback", no_argument, NULL, 'L' },
	{ "no-unix", no_argument, NULL, 'U' },
	{ "unix", required_argument, NULL, UNIX },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "errno", required_argument, NULL, 'e' },
	{ "keep-caps", required_argument, NULL, 'p' },
	{ "require", required_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "check", no_argument, NULL, CHECK },
	{ "explain", optional_argument, NULL, EXPLAIN },
	{ NULL, 0, NULL, 0 },
};

struct names {
	char text[512];
	size_t length;
};

static void add_name(struct names *names, const char *name)
{
	const int length = snprintf(names->text + names->length, sizeof names->text - names->length, " %s", name);

	names->length += length > 0 ? (size_t)length : 0;
}

static void print_capabilities(const char *title, capability_set set)
{
	struct names names = { .length = 0 };
	const char *name;

	for (int i = 0; (name = capability_name(i)); i++) {
		capability_set one = 0;
		if (capability_add(&one, name) && (one & set))
			add_name(&names, name);
	}
	print("  %s:%s", title, names.text);
}

static _Noreturn void print_help(void)
{
	struct names names = { .length = 0 };
	capability_set set;
	const char *name;

	print("usage: disablenetwork [-acklqvxLU] [-e errno] [-p cap,cap...] [-r fact,fact...] [--unix=path] [--explain=file] prog [arg ...]");
	print("       disablenetwork [options] --check");
	print("       disablenetwork --help | --version");
	print("Run prog with its network switched off, for good. Connections that it inherits go on.");
	print("%s", "");
	print("  -a, --allow-abstract  leave abstract AF_UNIX sockets outside reachable (some X servers)");
	print("  -c, --close           close inherited descriptors that could reach new peers");
	print("  -e, --errno=NAME      what refused calls return; EPERM unless given");
	print("  -k, --kill            a refused call kills the process (SIGSYS)");
	print("  -l, --log             refused calls go to the kernel log");
	print("  -L, --loopback        a network of its own that holds 127.0.0.1 and ::1, and nothing else");
	print("  -p, --keep-caps=LIST  keep these capabilities, separated by commas: names, or sets of them");
	print("  -q, --quiet           no warnings");
	print("  -r, --require=LIST    do not run prog where one of these facts does not hold, separated by commas");
	print("  -U, --no-unix         no AF_UNIX sockets of others in the file system, but those of --unix");
	print("      --unix=PATH       -U, but for those at or beneath PATH; may be given again");
	print("  -v, --verbose         say in one line what holds");
	print("  -x, --explain         say which program was refused what, as it happens");
	print("      --explain=FILE    the same as JSON lines, at the end of FILE");
	print("      --check           run nothing; say what this kernel offers, and which gaps remain");
	print("  -h, --help            this text");
	print("  -V, --version         the version");
	print("%s", "");
	for (int i = 0; i < REFUSAL_ERRORS; i++)
		add_name(&names, refusal_errors[i].name);
	print("errno names:%s", names.text);
	print("facts, for -r, and what each takes:");
	for (int i = 0; i < FACTS; i++)
		print("  %s: %s (%s)", facts[i].word, facts[i].kept, facts[i].takes);
	print("capabilities, by name, or by set (then those of it that are held):");
	for (int i = 0; (name = capability_set_name(i, &set)); i++)
		print_capabilities(name, set);
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

/* WORD is the one at fault, and MEANT what stands in its place, or NULL. */
static _Noreturn void wrong_word(const char *problem, const char *word, const char *meant)
{
	die(EXIT_USAGE, "%s \"%s\"%s%s%s (see --help)", problem, word, meant ? ": did you mean " : "",
		meant ? meant : "", meant ? "?" : "");
}

static _Noreturn void wrong_usage(const char *problem)
{
	die(EXIT_USAGE, "%s (see --help)", problem);
}

static int error_by_name(const char *name)
{
	struct nearest nearest = { .typed = name };

	for (int i = 0; i < REFUSAL_ERRORS; i++) {
		if (strcasecmp(name, refusal_errors[i].name) == 0)
			return refusal_errors[i].error;
		consider_word(&nearest, refusal_errors[i].name);
	}
	wrong_word("unknown errno name", name, nearest.meant);
}

static _Noreturn void wrong_capability(const char *name)
{
	const char *why = why_not_kept(name), *word;
	struct nearest nearest = { .typed = strncasecmp(name, "cap_", 4) == 0 ? name + 4 : name };
	capability_set unused;

	if (why)
		die(EXIT_USAGE, "capability \"%s\" is never kept: it %s (see --help)", name, why);
	for (int i = 0; (word = capability_name(i)); i++)
		consider_word(&nearest, word);
	for (int i = 0; (word = capability_set_name(i, &unused)); i++)
		consider_word(&nearest, word);
	wrong_word("unknown capability", name, nearest.meant);
}

/* LIST is cut up where it stands. */
static void add_capabilities(struct options *options, char *list)
{
	for (char *name; (name = strsep(&list, ","));)
		if (!capability_add(&options->keep_capabilities, name) &&
			!capability_add_set(&options->keep_if_held, name))
			wrong_capability(name);
}

static void add_required(struct options *options, char *list)
{
	for (char *word; (word = strsep(&list, ","));) {
		struct nearest nearest = { .typed = word };
		int i = 0;

		for (; i < FACTS && strcasecmp(word, facts[i].word) != 0; i++)
			consider_word(&nearest, facts[i].word);
		if (i == FACTS)
			wrong_word("unknown fact", word, nearest.meant);
		else
			options->required |= facts[i].fact;
	}
}

static void add_unix_path(struct options *options, const char *path)
{
	options->no_unix = true;
	if (!*path)
		wrong_usage("the PATH of --unix is empty, as that of an unset variable");
	_Static_assert(UNIX_PATHS == 64, "the message says so");
	if (options->unix_path_count == UNIX_PATHS)
		wrong_usage("more than 64 PATHs of --unix");
	options->unix_paths[options->unix_path_count++] = path;
}

/* Without a FILE it is the long name of -x, which itself can take none: -xL would be the file L. */
static void add_explanation(struct options *options, const char *file)
{
	if (!file)
		options->explain = true;
	else if (*file)
		options->explain_file = file;
	else
		wrong_usage("the FILE of --explain is empty, as that of an unset variable");
}

/* Where getopt was in WORD it has said in optopt: a letter, or of a long option what it stands
 * for, 0 if it is unknown. */
static _Noreturn void wrong_option(int sign, const char *word)
{
	const bool is_long = word[1] == '-';
	const char letter[] = { '-', (char)optopt, '\0' };
	struct nearest nearest = { .typed = word + 2 };
	char meant[32] = "--";

	if (sign == ':')
		wrong_word("no value given to option", is_long ? word : letter, NULL);
	if (!is_long && optopt == 'u') /* to everybody else it is a user */
		wrong_usage("unknown option \"-u\": change the user first (setuidgid USER disablenetwork prog); "
			"for sockets there are -U and --unix=PATH");
	if (!is_long)
		wrong_word("unknown option", letter, NULL);
	if (optopt)
		wrong_word("no value goes with option", word, NULL);
	for (const struct option *option = long_options; option->name; option++)
		consider_option(&nearest, option->name);
	if (nearest.meant)
		strncat(meant, nearest.meant, sizeof meant - 3);
	wrong_word("unknown option", word, nearest.meant ? meant : NULL);
}

void parse_options(struct options *options, int argc, char **argv)
{
	bool error_given = false;
	int letter, at;

	*options = (struct options){ .refusal_error = EPERM };
	if (argc < 1)
		wrong_usage("started without even a name");
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
		case 'L':
			options->loopback = true;
			break;
		case 'q':
			options->quiet = true;
			break;
		case 'v':
			options->verbose = true;
			break;
		case 'x':
			options->explain = true;
			break;
		case EXPLAIN:
			add_explanation(options, optarg);
			break;
		case 'e':
			options->refusal_error = error_by_name(optarg);
			error_given = true;
			break;
		case 'p':
			add_capabilities(options, optarg);
			break;
		case 'U':
			options->no_unix = true;
			break;
		case UNIX:
			add_unix_path(options, optarg);
			break;
		case 'r':
			add_required(options, optarg);
			break;
		case CHECK:
			options->check = true;
			break;
		case 'h':
			print_help();
		case 'V':
			print_version();
		default: /* ':' or '?' */
			wrong_option(letter, argv[at]);
		}

	if (options->kill && error_given)
		wrong_usage("-k and -e exclude each other");
	if (options->loopback && (options->required & (FACT_TCP | FACT_UDP)))
		wrong_usage("-L and -r tcp or udp exclude each other: a socket that is passed in stays in its own network");
	if (options->allow_abstract && (options->required & FACT_ABSTRACT))
		wrong_usage("-a and -r abstract exclude each other");
	if (options->explain || options->explain_file)
		options->begin_explaining = explain_begin;
	if (options->kill && options->begin_explaining)
		wrong_usage("-k excludes -x and --explain: who is killed is told by the kernel");
	if (options->check && argv[optind])
		wrong_word("--check runs no program:", argv[optind], NULL);
	if (!options->check && !argv[optind])
		wrong_usage("no program given: disablenetwork [options] prog [arg ...]");
	options->program = options->check ? NULL : argv + optind;
}
