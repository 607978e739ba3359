/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 */
#include "explain.h"

#include "facts.h"

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
#define FILES \
	(C(CAP_CHOWN) | C(CAP_DAC_OVERRIDE) | C(CAP_DAC_READ_SEARCH) | C(CAP_FOWNER) | C(CAP_FSETID))

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
	{ { "x", "-L", "prog" }, { .refusal_error = EPERM, .loopback = true }, "prog" },
	{ { "x", "--loopback", "prog" }, { .refusal_error = EPERM, .loopback = true }, "prog" },
	{ { "x", "-aL", "--check" }, { .refusal_error = EPERM, .loopback = true, .allow_abstract = true, .check = true }, NULL },
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
	{ { "x", "-p", "users", "prog" },
		{ .refusal_error = EPERM, .keep_if_held = C(CAP_SETUID) | C(CAP_SETGID) }, "prog" },
	{ { "x", "-p", "kill,FILES,setuid", "prog" },
		{ .refusal_error = EPERM, .keep_capabilities = C(CAP_KILL) | C(CAP_SETUID), .keep_if_held = FILES }, "prog" },
	{ { "x", "--keep-caps=all", "-p", "users", "prog" },
		{ .refusal_error = EPERM, .keep_if_held = FILES | C(CAP_KILL) | C(CAP_SETUID) | C(CAP_SETGID) |
			C(CAP_IPC_LOCK) | C(CAP_IPC_OWNER) | C(CAP_SYS_NICE) | C(CAP_SYS_RESOURCE) | C(CAP_SYS_CHROOT) |
			C(CAP_NET_BIND_SERVICE) | C(CAP_LEASE) | C(CAP_LINUX_IMMUTABLE) }, "prog" },
	{ { "x", "-e", "eneTdown", "prog" }, { .refusal_error = ENETDOWN }, "prog" },
	{ { "x", "-acklqv", "prog" },
		{ .allow_abstract = true, .close_loose = true, .kill = true, .log = true, .quiet = true, .verbose = true,
			.refusal_error = EPERM }, "prog" },
	{ { "x", "-U", "prog" }, { .refusal_error = EPERM, .no_unix = true }, "prog" },
	{ { "x", "--no-unix", "prog" }, { .refusal_error = EPERM, .no_unix = true }, "prog" },
	{ { "x", "--unix=/run/a b", "prog" },
		{ .refusal_error = EPERM, .no_unix = true, .unix_paths = { "/run/a b" }, .unix_path_count = 1 }, "prog" },
	{ { "x", "--unix", "a", "-U", "--unix=,b=", "prog" },
		{ .refusal_error = EPERM, .no_unix = true, .unix_paths = { "a", ",b=" }, .unix_path_count = 2 }, "prog" },
	{ { "x", "-r", "tcp", "prog" }, { .refusal_error = EPERM, .required = FACT_TCP }, "prog" },
	{ { "x", "-rabstract,Tracing", "--require=KERNEL", "-r", "unix,udp", "prog" },
		{ .refusal_error = EPERM, .required = FACT_ABSTRACT | FACT_TRACING | FACT_KERNEL | FACT_UNIX | FACT_UDP }, "prog" },
	{ { "x", "-La", "-r", "tracing,kernel", "--check" }, { .refusal_error = EPERM, .loopback = true, .allow_abstract = true,
		.required = FACT_TRACING | FACT_KERNEL, .check = true }, NULL },
	{ { "x", "-x", "prog" }, { .refusal_error = EPERM, .explain = true }, "prog" },
	{ { "x", "-xL", "-l", "prog" }, { .refusal_error = EPERM, .explain = true, .loopback = true, .log = true }, "prog" },
	{ { "x", "-Lx", "--check" }, { .refusal_error = EPERM, .explain = true, .loopback = true, .check = true }, NULL },
	{ { "x", "--explain=a", "prog" }, { .refusal_error = EPERM, .explain_file = "a" }, "prog" },
	{ { "x", "--explain", "prog" }, { .refusal_error = EPERM, .explain = true }, "prog" },
	{ { "x", "--explain", "--explain=/dev/fd/3", "prog" },
		{ .refusal_error = EPERM, .explain = true, .explain_file = "/dev/fd/3" }, "prog" },
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
	ck_assert_int_eq(got.loopback, wanted->loopback);
	ck_assert_int_eq(got.no_unix, wanted->no_unix);
	ck_assert_int_eq(got.unix_path_count, wanted->unix_path_count);
	for (int i = 0; i < wanted->unix_path_count; i++)
		ck_assert_str_eq(got.unix_paths[i], wanted->unix_paths[i]);
	ck_assert_uint_eq(got.required, wanted->required);
	ck_assert_int_eq(got.quiet, wanted->quiet);
	ck_assert_int_eq(got.verbose, wanted->verbose);
	ck_assert_int_eq(got.check, wanted->check);
	ck_assert_int_eq(got.refusal_error, wanted->refusal_error);
	ck_assert_uint_eq(got.keep_capabilities, wanted->keep_capabilities);
	ck_assert_uint_eq(got.keep_if_held, wanted->keep_if_held);
	ck_assert_int_eq(got.explain, wanted->explain);
	ck_assert(got.begin_explaining == (wanted->explain || wanted->explain_file ? explain_begin : NULL));
	ck_assert(!got.explain_file == !wanted->explain_file);
	if (got.explain_file)
		ck_assert_str_eq(got.explain_file, wanted->explain_file);
	if (right[_i].program)
		ck_assert_str_eq(got.program[0], right[_i].program);
	else
		ck_assert_ptr_null(got.program);
}
END_TEST

/* What exits 100, and the one line that says why, but for its end. */
static const struct {
	const char *words[WORDS];
	const char *why;
} wrong[] = {
	{ { NULL }, "started without even a name" },
	{ { "x" }, "no program given: disablenetwork [options] prog [arg ...]" },
	{ { "x", "--" }, "no program given: disablenetwork [options] prog [arg ...]" },
	{ { "x", "-v" }, "no program given: disablenetwork [options] prog [arg ...]" },
	{ { "x", "-z", "prog" }, "unknown option \"-z\"" },
	{ { "x", "--verbose", "-vzk", "prog" }, "unknown option \"-z\"" },
	{ { "x", "--frobnicate", "prog" }, "unknown option \"--frobnicate\"" },
	{ { "x", "--chek", "prog" }, "unknown option \"--chek\": did you mean --check?" },
	{ { "x", "--ernno=EPERM", "prog" }, "unknown option \"--ernno=EPERM\": did you mean --errno?" },
	{ { "x", "-v", "--keep-cap", "kill", "--alow-abstract", "prog" },
		"unknown option \"--alow-abstract\": did you mean --allow-abstract?" },
	{ { "x", "--allow-localhost", "prog" }, "unknown option \"--allow-localhost\": did you mean --loopback?" },
	{ { "x", "--allow-loopback", "prog" }, "unknown option \"--allow-loopback\": did you mean --loopback?" },
	{ { "x", "--localhost", "prog" }, "unknown option \"--localhost\": did you mean --loopback?" },
	{ { "x", "--local-host=yes", "prog" }, "unknown option \"--local-host=yes\": did you mean --loopback?" },
	{ { "x", "--close=yes", "prog" }, "no value goes with option \"--close=yes\"" },
	{ { "x", "--c", "prog" }, "unknown option \"--c\"" }, /* there are two of them */
	{ { "x", "-1", "prog" }, "unknown option \"-1\"" },
	{ { "x", "--loopback=1", "prog" }, "no value goes with option \"--loopback=1\"" },
	{ { "x", "-e" }, "no value given to option \"-e\"" },
	{ { "x", "--errno" }, "no value given to option \"--errno\"" },
	{ { "x", "-p" }, "no value given to option \"-p\"" },
	{ { "x", "-e", "EFOO", "prog" }, "unknown errno name \"EFOO\"" },
	{ { "x", "-e", "1", "prog" }, "unknown errno name \"1\"" },
	{ { "x", "-e", "", "prog" }, "unknown errno name \"\"" },
	{ { "x", "-e", "enetdwon", "prog" }, "unknown errno name \"enetdwon\": did you mean ENETDOWN?" },
	{ { "x", "-p", "net_raw", "prog" },
		"capability \"net_raw\" is never kept: it could bring the network back" },
	{ { "x", "-p", "kill,CAP_Sys_Ptrace", "prog" },
		"capability \"CAP_Sys_Ptrace\" is never kept: it is power over processes outside, which have their network" },
	{ { "x", "-p", "chwon", "prog" }, "unknown capability \"chwon\": did you mean chown?" },
	{ { "x", "-p", "cap_chwon", "prog" }, "unknown capability \"cap_chwon\": did you mean chown?" },
	{ { "x", "-p", "file", "prog" }, "unknown capability \"file\": did you mean files?" },
	{ { "x", "-p", "", "prog" }, "unknown capability \"\"" },
	{ { "x", "-p", "chown,", "prog" }, "unknown capability \"\"" },
	{ { "x", "-p", "chown, kill", "prog" }, "unknown capability \" kill\": did you mean kill?" },
	{ { "x", "-p", "cap_", "prog" }, "unknown capability \"cap_\"" },
	{ { "x", "-p", "cap_all", "prog" }, "unknown capability \"cap_all\": did you mean all?" },
	{ { "x", "-u", "nobody", "prog" }, "unknown option \"-u\": change the user first (setuidgid USER disablenetwork prog); "
		"for sockets there are -U and --unix=PATH" },
	{ { "x", "--unix" }, "no value given to option \"--unix\"" },
	{ { "x", "--unix=", "prog" }, "the PATH of --unix is empty, as that of an unset variable" },
	{ { "x", "--no-unix=/run", "prog" }, "no value goes with option \"--no-unix=/run\"" },
	{ { "x", "-r" }, "no value given to option \"-r\"" },
	{ { "x", "-r", "udb", "prog" }, "unknown fact \"udb\": did you mean udp?" },
	{ { "x", "-r", "tcp,abstact", "prog" }, "unknown fact \"abstact\": did you mean abstract?" },
	{ { "x", "-r", "everything", "prog" }, "unknown fact \"everything\"" },
	{ { "x", "-r", "", "prog" }, "unknown fact \"\"" },
	{ { "x", "-r", "tcp,", "prog" }, "unknown fact \"\"" },
	{ { "x", "-L", "-r", "tcp", "prog" },
		"-L and -r tcp or udp exclude each other: a socket that is passed in stays in its own network" },
	{ { "x", "-r", "udp", "-L", "--check" },
		"-L and -r tcp or udp exclude each other: a socket that is passed in stays in its own network" },
	{ { "x", "-a", "-r", "kernel,abstract", "prog" }, "-a and -r abstract exclude each other" },
	{ { "x", "-k", "-e", "EPERM", "prog" }, "-k and -e exclude each other" },
	{ { "x", "-xk", "prog" }, "-k excludes -x and --explain: who is killed is told by the kernel" },
	{ { "x", "-k", "--explain=a", "prog" }, "-k excludes -x and --explain: who is killed is told by the kernel" },
	{ { "x", "-k", "--explain", "prog" }, "-k excludes -x and --explain: who is killed is told by the kernel" },
	{ { "x", "--explain=", "prog" }, "the FILE of --explain is empty, as that of an unset variable" },
	{ { "x", "--explian=a", "prog" }, "unknown option \"--explian=a\": did you mean --explain?" },
	{ { "x", "--check", "prog" }, "--check runs no program: \"prog\"" },
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
	snprintf(wanted, sizeof wanted, "disablenetwork: fatal: %s (see --help)\n", wrong[_i].why);
	ck_assert_str_eq(caught(end), wanted);
}
END_TEST

static struct options parse_paths(int number)
{
	static char name[] = "x", path[] = "--unix=/run", prog[] = "prog";
	char *words[UNIX_PATHS + 4] = { name };
	struct options options;

	for (int i = 0; i < number; i++)
		words[1 + i] = path;
	words[1 + number] = prog;
	optind = 1;
	parse_options(&options, count(words), words);
	return options;
}

START_TEST(many_paths)
{
	ck_assert_int_eq(parse_paths(UNIX_PATHS).unix_path_count, UNIX_PATHS);
}
END_TEST

START_TEST(too_many_paths)
{
	const int null = open("/dev/null", O_WRONLY);

	dup2(null, STDERR_FILENO);
	(void)parse_paths(UNIX_PATHS + 1);
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
	tcase_add_test(all, many_paths);
	tcase_add_exit_test(all, too_many_paths, 100);
	tcase_add_loop_exit_test(all, help_and_version_exit_0, 0, 0, 4);
	suite_add_tcase(suite, all);
	return run_suite(suite);
}
