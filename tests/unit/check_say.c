/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 */
#include "say.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>

START_TEST(a_message_is_one_line)
{
	const int end = catch_output(STDERR_FILENO);

	errno = EAGAIN;
	say("%d\n\x1b[2J\x7f", 7);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_str_eq(caught(end), "disablenetwork: 7??[2J?\n");
}
END_TEST

START_TEST(a_long_message_is_cut_and_ended)
{
	char name[5000];
	const int end = catch_output(STDERR_FILENO);

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	say("%s", name);
	const char *text = caught(end);
	ck_assert_uint_le(strlen(text), 1024);
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
}
END_TEST

START_TEST(die_exits_with_its_status)
{
	die(EXIT_NOT_FOUND, "unable to run %s", "it");
}
END_TEST

START_TEST(die_unable_exits_111)
{
	errno = EPERM;
	die_unable("do it");
}
END_TEST

/* The words of a child that dies, read from the pipe END. */
static const char *last_words(int end, void (*dies)(void))
{
	if (fork() == 0)
		dies();
	return caught(end);
}

static void die_with_reason(void)
{
	errno = ENOENT;
	die_unable("find it");
}

static void die_without_reason(void)
{
	errno = 0;
	die_unable("find it, and that is all");
}

START_TEST(the_reason_is_that_of_errno_if_there_is_one)
{
	const int end = catch_output(STDERR_FILENO);

	ck_assert_str_eq(last_words(end, die_with_reason),
		"disablenetwork: fatal: unable to find it: No such file or directory\n");
	ck_assert_str_eq(last_words(end, die_without_reason),
		"disablenetwork: fatal: unable to find it, and that is all\n");
}
END_TEST

START_TEST(print_dies_when_output_is_full)
{
	const int full = open("/dev/full", O_WRONLY);

	ck_assert_int_ge(full, 0);
	dup2(full, STDOUT_FILENO);
	print("one line");
}
END_TEST

START_TEST(a_closed_standard_error_harms_nothing)
{
	close(STDERR_FILENO);
	say("nobody hears");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("say");
	TCase *all = tcase_create("all");

	tcase_add_test(all, a_message_is_one_line);
	tcase_add_test(all, a_long_message_is_cut_and_ended);
	tcase_add_exit_test(all, die_exits_with_its_status, 127);
	tcase_add_exit_test(all, die_unable_exits_111, 111);
	tcase_add_test(all, the_reason_is_that_of_errno_if_there_is_one);
	tcase_add_exit_test(all, print_dies_when_output_is_full, 111);
	tcase_add_test(all, a_closed_standard_error_harms_nothing);
	suite_add_tcase(suite, all);
	return run_suite(suite);
}
