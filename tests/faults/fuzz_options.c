/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * libFuzzer for the option parser. The input's words are argv. The parser either says
 * that prog may run, and then what it says must be sound, or it leaves by _exit.
 */
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

const char seccomp_compiler[] = "none";

enum { WORDS = 16, LONGEST = 4096 };

static int status_left;

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
	must(size > 0 && line[size - 1] == '\n');
	for (size_t i = 0; i + 1 < size; i++)
		must(line[i] >= ' ' && line[i] != 0x7f);
	return (ssize_t)size;
}

static bool is_refusal_error(int error)
{
	for (int i = 0; i < REFUSAL_ERRORS; i++)
		if (refusal_errors[i].error == error)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static char text[LONGEST + 1];
	char *argv[WORDS + 2] = { (char[]){ "disablenetwork" } };
	static struct options options; /* static: longjmp would leave locals undefined */
	static int argc;

	if (size > LONGEST)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	argc = 1;
	for (size_t at = 0; at < size && argc <= WORDS; at += strlen(text + at) + 1)
		argv[argc++] = text + at;

	status_left = -1;
	optind = 0; /* glibc: forget the last run */
	if (setjmp(left) == 0) {
		parse_options(&options, argc, argv);
		must(is_refusal_error(options.refusal_error));
		must(options.check ? !options.program : options.program && options.program[0]);
		if (options.program) {
			const long at = options.program - argv;
			must(at >= 1 && at < argc && argv[argc] == NULL);
			/* prog is no option, unless "--" says so. */
			must(argv[at][0] != '-' || argv[at][1] == '\0' || strcmp(argv[at - 1], "--") == 0);
		}
		must((options.keep_capabilities & (UINT64_C(1) << 12 /* net_admin */)) == 0);
		must((options.keep_capabilities & (UINT64_C(1) << 19 /* sys_ptrace */)) == 0);
	} else {
		must(status_left == 0 || status_left == EXIT_USAGE);
	}
	return 0;
}
