/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 */
#include "options.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>

enum { WORDS = 8 };

static int count(char **words)
{
	int number = 0;

	while (words[number])
		number++;
	return number;
}

/* Parses a row's words; they are copied, since parsing cuts them up. */
static struct options parse(const char *const *row)
{
	struct options options;
	static char *words[WORDS + 1];
	int number = 0;

	for (; number < WORDS && row[number]; number++)
		words[number] = strdup(row[number]);
	words[number] = NULL;
	optind = 1;
	parse_options(&options, count(words), words);
	return options;
}

#define C(number) (UINT64_C(1) << (number))

/* What is understood. */
static const struct {
	const char *words[WORDS];
	struct options wanted; /* program is not compared */
	const char *program;   /* its first word; NULL with --check */
} right[] = {
	{ { "x", "prog" }, { .refusal_error = EPERM }, "prog" },
	{ { "x", "--", "-prog" }, { .refusal_error = EPERM }, "-prog" },
	{ { "x", "-a", "prog" }, { .refusal_error = EPERM, .allow_abstract = true }, "prog" },
	{ { "x", "--allow-abstract", "prog" }, { .refusal_error = EPERM, .allow_abstract = true }, "prog" },
	{ { "x", "-c", "prog" }, { .refusal_error = EPERM, .close_loose = true }, "prog" },
	{ { "x", "--close", "prog" }, { .refusal_error = EPERM, .close_loose = true }, "prog" },
	{ { "x", "-k", "prog" }, { .refusal_error = EPERM, .kill = true }, "prog" },
	{ { "x", "--kill", "prog" }, { .refusal_error = EPERM, .kill = true }, "prog" },
	{ { "x", "-l", "prog" }, { .refusal_error = EPERM, .log = true }, "prog" },
	{ { "x", "--log", "prog" }, { .refusal_error = EPERM, .log = true }, "prog" },
	{ { "x", "-q", "prog" }, { .refusal_error = EPERM, .quiet = true }, "prog" },
	{ { "x", "--quiet", "prog" }, { .refusal_error = EPERM, .quiet = true }, "prog" },
	{ { "x", "-v", "prog" }, { .refusal_error = EPERM, .verbose = true }, "prog" },
	{ { "x", "--verbose", "prog" }, { .refusal_error = EPERM, .verbose = true }, "prog" },
	{ { "x", "-e", "EACCES", "prog" }, { .refusal_error = EACCES }, "prog" },
	{ { "x", "-eENETDOWN", "prog" }, { .refusal_error = ENETDOWN }, "prog" },
	{ { "x", "--errno=EAFNOSUPPORT", "prog" }, { .refusal_error = EAFNOSUPPORT }, "prog" },
	{ { "x", "--errno", "ENETUNREACH", "prog" }, { .refusal_error = ENETUNREACH }, "prog" },
	{ { "x", "-e", "EACCES", "-e", "EPERM", "prog" }, { .refusal_error = EPERM }, "prog" },
	{ { "x", "-p", "chown", "prog" },
		{ .refusal_error = EPERM, .keep_capabilities = C(CAP_CHOWN) }, "prog" },
	{ { "x", "-p", "CAP_SETUID,setgid", "-p", "Kill", "prog" },
		{ .refusal_error = EPERM, .keep_capabilities = C(CAP_SETUID) | C(CAP_SETGID) | C(CAP_KILL) },
		"prog" },
	{ { "x", "--keep-caps=linux_immutable", "prog" },
		{ .refusal_error = EPERM, .keep_capabilities = C(CAP_LINUX_IMMUTABLE) }, "prog" },
	{ { "x", "-acklqv", "prog" },
		{ true, true, true, true, true, true, false, EPERM, 0, NULL }, "prog" },
	{ { "x", "prog", "-k", "--check", "-z" }, { .refusal_error = EPERM }, "prog" },
	{ { "x", "--check" }, { .refusal_error = EPERM, .check = true }, NULL },
	{ { "x", "-c", "--check" }, { .refusal_error = EPERM, .check = true, .close_loose = true }, NULL },
};

START_TEST(what_is_right_is_understood)
{
	const struct options *wanted = &right[_i].wanted;
	const struct options got = parse(right[_i].words);

	ck_assert_int_eq(got.allow_abstract, wanted->allow_abstract);
	ck_assert_int_eq(got.close_loose, wanted->close_loose);
	ck_assert_int_eq(got.kill, wanted->kill);
	ck_assert_int_eq(got.log, wanted->log);
	ck_assert_int_eq(got.quiet, wanted->quiet);
	ck_assert_int_eq(got.verbose, wanted->verbose);
	ck_assert_int_eq(got.check, wanted->check);
	ck_assert_int_eq(got.refusal_error, wanted->refusal_error);
	ck_assert_uint_eq(got.keep_capabilities, wanted->keep_capabilities);
	if (right[_i].program)
		ck_assert_str_eq(got.program[0], right[_i].program);
	else
		ck_assert_ptr_null(got.program);
}
END_TEST

/* What exits 100, and the first line that says why. */
static const struct {
	const char *words[WORDS];
	const char *why;
} wrong[] = {
	{ { NULL }, "started without even a name" },
	{ { "x" }, "no program given" },
	{ { "x", "--" }, "no program given" },
	{ { "x", "-v" }, "no program given" },
	{ { "x", "-z", "prog" }, "unknown option -z" },
	{ { "x", "--verbose", "-vzk", "prog" }, "unknown option -z" },
	{ { "x", "--frobnicate", "prog" }, "unknown option --frobnicate" },
	{ { "x", "--close=yes", "prog" }, "unknown option --close=yes" },
	{ { "x", "-1", "prog" }, "unknown option -1" },
	{ { "x", "-e" }, "no value given to option -e" },
	{ { "x", "--errno" }, "no value given to option --errno" },
	{ { "x", "-p" }, "no value given to option -p" },
	{ { "x", "-e", "EFOO", "prog" }, "unknown errno name (see --help): EFOO" },
	{ { "x", "-e", "1", "prog" }, "unknown errno name (see --help): 1" },
	{ { "x", "-e", "", "prog" }, "unknown errno name (see --help): (no name)" },
	{ { "x", "-e", "eperm", "prog" }, "unknown errno name (see --help): eperm" },
	{ { "x", "-p", "net_raw", "prog" }, "not a capability that prog may keep (see --help): net_raw" },
	{ { "x", "-p", "sys_admin", "prog" }, "not a capability that prog may keep (see --help): sys_admin" },
	{ { "x", "-p", "", "prog" }, "not a capability that prog may keep (see --help): (no name)" },
	{ { "x", "-p", "chown,", "prog" }, "not a capability that prog may keep (see --help): (no name)" },
	{ { "x", "-p", "chown, kill", "prog" }, "not a capability that prog may keep (see --help):  kill" },
	{ { "x", "-p", "cap_", "prog" }, "not a capability that prog may keep (see --help): cap_" },
	{ { "x", "-k", "-e", "EPERM", "prog" }, "-k and -e exclude each other" },
	{ { "x", "--check", "prog" }, "--check runs no program: prog" },
};

START_TEST(what_is_wrong_exits_100)
{
	const int null = open("/dev/null", O_WRONLY);

	dup2(null, STDERR_FILENO);
	(void)parse(wrong[_i].words);
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
	char wanted[200];
	const int end = catch_output(STDERR_FILENO);

	if (fork() == 0)
		(void)parse(wrong[_i].words);
	snprintf(wanted, sizeof wanted, "disablenetwork: fatal: %s\n", wrong[_i].why);
	const char *text = caught(end);
	ck_assert_msg(strncmp(text, wanted, strlen(wanted)) == 0, "got: %s", text);
}
END_TEST

START_TEST(help_and_version_exit_0)
{
	static const char *const words[][WORDS] = { { "x", "-h" }, { "x", "--help" }, { "x", "-V" },
		{ "x", "--version" } };
	const int null = open("/dev/null", O_WRONLY);

	dup2(null, STDOUT_FILENO);
	(void)parse(words[_i]);
}
END_TEST

#define ROWS(table) (int)(sizeof table / sizeof table[0])

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, what_is_right_is_understood, 0, ROWS(right));
	tcase_add_loop_exit_test(all, what_is_wrong_exits_100, 100, 0, ROWS(wrong));
	tcase_add_loop_test(all, what_is_wrong_is_said, 0, ROWS(wrong));
	tcase_add_loop_exit_test(all, help_and_version_exit_0, 0, 0, 4);
	suite_add_tcase(suite, all);
	return run_suite(suite);
}
