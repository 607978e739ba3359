/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * libFuzzer for the option parser. The input's words are argv, read a second time here as
 * the manual has it: the parser must say the same, or leave by _exit with the same status.
 */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdbool.h>
#include <unistd.h>

static jmp_buf left;
static _Noreturn void leave(int status);
static ssize_t swallow(int descriptor, const void *text, size_t size);

/* Whole sources, so that coverage sees them and these two calls can be taken over. */
#define _exit leave
#define write swallow
#include "options.c"
#include "say.c"
#undef _exit
#undef write

#include <strings.h>

const char seccomp_compiler[] = "none";

const char *explain_begin(const struct options *options, struct explanation *explanation)
{
	(void)options, (void)explanation;
	return NULL;
}

enum { WORDS = 16, LONGEST = 4096 };

static int status_left, lines[3]; /* of each descriptor */

static _Noreturn void leave(int status)
{
	status_left = status;
	longjmp(left, 1);
}

static void must(bool what)
{
	if (!what)
		__builtin_trap();
}

/* A message is one line without control characters. */
static ssize_t swallow(int descriptor, const void *text, size_t size)
{
	const unsigned char *line = text;

	must(descriptor == STDOUT_FILENO || descriptor == STDERR_FILENO);
	lines[descriptor]++;
	must(size > 0 && line[size - 1] == '\n');
	must(descriptor == STDOUT_FILENO || (size > 16 && memcmp(line, "disablenetwork: ", 16) == 0));
	for (size_t i = 0; i + 1 < size; i++)
		must(line[i] >= ' ' && line[i] != 0x7f);
	return (ssize_t)size;
}

/* --- What the manual says. --- */

static const struct { const char *name; char letter; } longs[] = { /* those of -e, -p, -r and --unix want a value, --explain may have one */
	{ "allow-abstract", 'a' }, { "check", 'C' }, { "close", 'c' }, { "errno", 'e' }, { "explain", 'X' }, { "help", 'h' },
	{ "keep-caps", 'p' }, { "kill", 'k' }, { "log", 'l' }, { "loopback", 'L' }, { "no-unix", 'U' }, { "quiet", 'q' },
	{ "require", 'r' }, { "unix", 'P' }, { "verbose", 'v' }, { "version", 'V' },
};
static const struct { const char *name; int number; } errors[] = {
	{ "EPERM", EPERM }, { "EACCES", EACCES }, { "EADDRNOTAVAIL", EADDRNOTAVAIL }, { "EAFNOSUPPORT", EAFNOSUPPORT },
	{ "ECONNREFUSED", ECONNREFUSED }, { "EHOSTUNREACH", EHOSTUNREACH }, { "ENETDOWN", ENETDOWN },
	{ "ENETUNREACH", ENETUNREACH }, { "EOPNOTSUPP", EOPNOTSUPP }, { "EPROTONOSUPPORT", EPROTONOSUPPORT },
}, caps[] = {
	{ "chown", CAP_CHOWN }, { "dac_override", CAP_DAC_OVERRIDE },
	{ "dac_read_search", CAP_DAC_READ_SEARCH }, { "fowner", CAP_FOWNER }, { "fsetid", CAP_FSETID },
	{ "ipc_lock", CAP_IPC_LOCK }, { "ipc_owner", CAP_IPC_OWNER }, { "kill", CAP_KILL }, { "lease", CAP_LEASE },
	{ "linux_immutable", CAP_LINUX_IMMUTABLE }, { "net_bind_service", CAP_NET_BIND_SERVICE }, { "setgid", CAP_SETGID },
	{ "setuid", CAP_SETUID }, { "sys_chroot", CAP_SYS_CHROOT }, { "sys_nice", CAP_SYS_NICE },
	{ "sys_resource", CAP_SYS_RESOURCE },
};
static const struct { const char *name; uint64_t members; } sets[] = {
	{ "files", 1 << CAP_CHOWN | 1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH | 1 << CAP_FOWNER | 1 << CAP_FSETID },
	{ "users", 1 << CAP_SETUID | 1 << CAP_SETGID }, { "all", UINT64_MAX },
};
static const struct { const char *name; unsigned fact; } words_of_r[] = {
	{ "tcp", 1 }, { "udp", 2 }, { "unix", 4 }, { "abstract", 8 }, { "tracing", 16 }, { "kernel", 32 },
};
#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* What a fuzzer would take long to find: a word that begins with byte 1 begins with the first of these instead. */
static const char *const beginnings[] = { "-", "--", "-e", "-p", "--errno=", "--keep-caps=", "--errno", "--keep-caps", "--check",
	"--close", "--kill", "-hV", "EPERM", "ENETDOWN", "EPROTONOSUPPORT", "chown,cap_", "CAP_KILL", "files,", "all", "users", "enetdown", "linux_immutable,", "net_admin",
	"--allow-abstract", "--quiet", "--verbose", "--lo", "-acklqvLU", "-keEPERM", "--unix=", "--unix",
	"--no-unix", "-r", "tcp,udp", "unix,", "abstract", "tracing,kernel", "-x", "--explain=", "--explain", "prog" };

static bool take_value(struct options *wanted, bool *error_given, char letter, const char *value)
{
	if (letter == 'X') {
		wanted->explain_file = value;
		return *value;
	}
	if (letter == 'e') {
		for (size_t i = 0; i < COUNT(errors); i++)
			if (strcasecmp(errors[i].name, value) == 0) {
				wanted->refusal_error = errors[i].number;
				return *error_given = true;
			}
		return false;
	}
	if (letter == 'P') {
		wanted->no_unix = true;
		if (!*value || wanted->unix_path_count == UNIX_PATHS)
			return false;
		wanted->unix_paths[wanted->unix_path_count++] = value;
		return true;
	}
	for (size_t length;; value += length + 1) {
		bool known = false;
		length = strcspn(value, ",");
		for (size_t i = 0; letter == 'r' && i < COUNT(words_of_r); i++)
			if (strlen(words_of_r[i].name) == length && strncasecmp(words_of_r[i].name, value, length) == 0) {
				wanted->required |= words_of_r[i].fact;
				known = true;
			}
		if (letter == 'r') {
			if (!known || value[length] == '\0')
				return known;
			continue;
		}
		const size_t prefix = length >= 4 && strncasecmp(value, "cap_", 4) == 0 ? 4 : 0;
		for (size_t i = 0; i < COUNT(caps); i++)
			if (strlen(caps[i].name) == length - prefix && strncasecmp(caps[i].name, value + prefix, length - prefix) == 0) {
				wanted->keep_capabilities |= UINT64_C(1) << caps[i].number;
				known = true;
			}
		for (size_t i = 0; i < COUNT(sets); i++)
			if (strlen(sets[i].name) == length && strncasecmp(sets[i].name, value, length) == 0) {
				for (size_t j = 0; j < COUNT(caps); j++)
					wanted->keep_if_held |= sets[i].members & UINT64_C(1) << caps[j].number;
				known = true;
			}
		if (!known || value[length] == '\0')
			return known;
	}
}

/* -1 if it goes on, else the exit status. */
static int take(struct options *wanted, char letter)
{
	switch (letter) {
	case 'a': wanted->allow_abstract = true; return -1;
	case 'c': wanted->close_loose = true; return -1;
	case 'k': wanted->kill = true; return -1;
	case 'l': wanted->log = true; return -1;
	case 'L': wanted->loopback = true; return -1;
	case 'U': wanted->no_unix = true; return -1;
	case 'q': wanted->quiet = true; return -1;
	case 'v': wanted->verbose = true; return -1;
	case 'X':
	case 'x': wanted->explain = true; return -1;
	case 'C': wanted->check = true; return -1;
	case 'h':
	case 'V': return 0;
	default: return EXIT_USAGE;
	}
}

/* The letter of a long option, which may be abbreviated; 0 if it is none, or could be several. */
static char long_letter(const char *name, size_t length)
{
	char found = 0;

	for (size_t i = 0; i < COUNT(longs); i++)
		if (strncmp(longs[i].name, name, length) == 0) {
			if (longs[i].name[length] == '\0')
				return longs[i].letter;
			if (found)
				return 0;
			found = longs[i].letter;
		}
	return found;
}

/* The exit status, or -1 with *wanted filled in. */
static int expect(struct options *wanted, int argc, char **argv)
{
	bool error_given = false;
	int at = 1, status;

	*wanted = (struct options){ .refusal_error = EPERM };
	for (; at < argc && argv[at][0] == '-' && argv[at][1]; at++) {
		const char *word = argv[at] + 1;
		if (strcmp(word, "-") == 0) {
			at++;
			break;
		}
		if (*word == '-') {
			const size_t length = strcspn(++word, "=");
			const char letter = long_letter(word, length), *value = word[length] ? word + length + 1 : NULL;
			if (letter && (strchr("eprP", letter) || (letter == 'X' && value))) {
				if ((!value && !(value = argv[++at])) || !take_value(wanted, &error_given, letter, value))
					return EXIT_USAGE;
			} else if (value || (status = take(wanted, letter)) > 0) {
				return EXIT_USAGE;
			} else if (status == 0) {
				return 0;
			}
			continue;
		}
		for (; *word; word++)
			if (*word == 'e' || *word == 'p' || *word == 'r') {
				const char *value = word[1] ? word + 1 : argv[++at];
				if (!value || !take_value(wanted, &error_given, *word, value))
					return EXIT_USAGE;
				break;
			} else if (*word == 'C' || *word == 'P' || *word == 'X' || (status = take(wanted, *word)) > 0) {
				return EXIT_USAGE;
			} else if (status == 0) {
				return 0;
			}
	}
	const bool explains = wanted->explain || wanted->explain_file;
	if ((wanted->loopback && (wanted->required & 3)) || (wanted->allow_abstract && (wanted->required & 8)))
		return EXIT_USAGE;
	if ((wanted->kill && (error_given || explains)) || wanted->check == (at < argc))
		return EXIT_USAGE;
	wanted->program = wanted->check ? NULL : argv + at;
	return -1;
}

/* --- */

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static char text[LONGEST + WORDS * 32], before[sizeof text];
	char *argv[WORDS + 2] = { (char[]){ "disablenetwork" } }, *same[WORDS + 2];
	static struct options options, wanted; /* static: longjmp would leave locals undefined */
	static int argc;
	size_t length = 0;

	if (size > LONGEST)
		return 0;
	argc = 1;
	for (size_t at = 0; at < size && argc <= WORDS; at++) {
		argv[argc++] = text + length;
		if (data[at] >= 1 && data[at] <= COUNT(beginnings))
			length = (size_t)(stpcpy(text + length, beginnings[data[at++] - 1]) - text);
		for (; at < size && data[at]; at++)
			text[length++] = (char)data[at];
		text[length++] = '\0';
	}
	memcpy(before, text, length);
	memcpy(same, argv, sizeof argv);
	const int status = expect(&wanted, argc, argv);

	status_left = -1;
	lines[STDOUT_FILENO] = lines[STDERR_FILENO] = 0;
	optind = 0; /* glibc: forget the last run */
	if (setjmp(left) == 0)
		parse_options(&options, argc, argv);
	must(status_left == status);
	must(memcmp(same, argv, sizeof argv) == 0); /* nothing was moved */
	must((status_left == 0) == (lines[STDOUT_FILENO] > 0));
	must(lines[STDERR_FILENO] == (status_left == EXIT_USAGE));
	if (status_left >= 0)
		return 0;
	must(options.allow_abstract == wanted.allow_abstract && options.close_loose == wanted.close_loose);
	must(options.kill == wanted.kill && options.log == wanted.log && options.loopback == wanted.loopback && options.quiet == wanted.quiet);
	must(options.verbose == wanted.verbose && options.check == wanted.check);
	must(options.refusal_error == wanted.refusal_error && options.keep_capabilities == wanted.keep_capabilities);
	must(options.keep_if_held == wanted.keep_if_held);
	must(options.no_unix == wanted.no_unix && options.required == wanted.required);
	must(options.unix_path_count == wanted.unix_path_count);
	must(memcmp(options.unix_paths, wanted.unix_paths, sizeof options.unix_paths) == 0);
	must(options.explain == wanted.explain && options.explain_file == wanted.explain_file);
	must(options.begin_explaining == (options.explain || options.explain_file ? explain_begin : NULL));
	must(options.program == wanted.program);
	if (options.program) /* prog has its words as they were */
		must(memcmp(*options.program, before + (*options.program - text), length - (size_t)(*options.program - text)) == 0);
	return 0;
}
