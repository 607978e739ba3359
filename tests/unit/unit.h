/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * For the unit tests: TAP from Check, and standard error caught. Check forks for each
 * test, so steps that cannot be undone stay in their test.
 */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Check ends a test after four seconds, which a busy machine may need for any of them. */
static __attribute__((constructor)) void let_tests_take_their_time(void)
{
	setenv("CK_DEFAULT_TIMEOUT", "300", 0);
}

static inline int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);

	srunner_set_fork_status(runner, CK_FORK);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/* Sends descriptor NUMBER into a pipe; returns the end to read from. */
static inline int catch_output(int number)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], number), number);
	close(ends[1]);
	return ends[0];
}

/* What was written to it so far, less than 4096 bytes. */
static inline const char *caught(int end)
{
	static char text[4096];
	const ssize_t size = read(end, text, sizeof text - 1);

	ck_assert_int_ge(size, 0);
	text[size] = '\0';
	return text;
}

#endif
