/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See say.h. No stdio stream: nothing is left in a buffer at exec, and the
 * tool allocates no memory.
 */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *say_as = "disablenetwork";

enum { LINE = 1024 }; /* longer messages are cut, as by a name of 900 bytes */

/* False when not all of it could be written, with errno set. */
static bool write_line(int descriptor, const char *name, const char *prefix, const char *format,
	va_list arguments)
{
	char line[LINE];
	size_t length = strlen(name);

	memcpy(line, name, length);
	memcpy(line + length, prefix, strlen(prefix));
	length += strlen(prefix);
	const int wanted = vsnprintf(line + length, sizeof line - length - 1, format, arguments);
	if (wanted > 0)
		length = strnlen(line, sizeof line - 1);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?'; /* a name must not forge a line or drive a terminal */
	line[length++] = '\n';

	errno = ENOSPC;
	return write(descriptor, line, length) == (ssize_t)length;
}

void say(const char *format, ...)
{
	const int saved = errno;
	va_list arguments;

	va_start(arguments, format);
	/* There is nowhere to complain that standard error cannot be written. */
	(void)write_line(STDERR_FILENO, say_as, ": ", format, arguments);
	va_end(arguments);
	errno = saved;
}

void die(int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)write_line(STDERR_FILENO, say_as, ": fatal: ", format, arguments);
	va_end(arguments);
	_exit(status);
}

void die_unable(const char *words)
{
	if (errno == 0)
		die(EXIT_UNABLE, "unable to %s", words);
	die(EXIT_UNABLE, "unable to %s: %s", words, strerror(errno));
}

void print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (!write_line(STDOUT_FILENO, "", "", format, arguments))
		die_unable("write to standard output");
	va_end(arguments);
}
