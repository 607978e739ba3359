/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Messages and exit codes: the only module that prints, and one of the two
 * (with options.c) that exit. A message is one line on standard error, written
 * with one write(2); control characters in it become '?'.
 */
#ifndef SAY_H
#define SAY_H

/* The exit codes of chain tools, as execline and env(1) use them. */
enum {
	EXIT_USAGE = 100,      /* wrong usage; nothing was done */
	EXIT_UNABLE = 111,     /* the promise could not be kept, or a system call failed */
	EXIT_CANNOT_RUN = 126, /* prog was found but could not be run */
	EXIT_NOT_FOUND = 127   /* prog was not found */
};

/* The program's name, for messages: another than disablenetwork sets it first of all. */
extern const char *say_as;

/* "disablenetwork: " and the words. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "disablenetwork: fatal: " and the words; then exit with STATUS. */
_Noreturn void die(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "disablenetwork: fatal: unable to WORDS: REASON"; then exit 111. The reason is
 * that of errno; when errno is 0, WORDS say it all and it is left out. */
_Noreturn void die_unable(const char *words);

/* One line of what was asked for (--help, --version, --check), on standard
 * output; exits 111 if it cannot be written. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
