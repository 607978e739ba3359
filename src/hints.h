/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * What helps who has typed something that does not work, or is not wise: the tables of
 * words. It prints nothing, and a start about which there is nothing to say does not come here.
 */
#ifndef HINTS_H
#define HINTS_H

#include "capabilities.h"

#include <stdbool.h>
#include <stddef.h>

enum { HINT = 900 }; /* bytes that a hint's text needs at most: longer ones are cut */

/* The word of a list that is most like TYPED: start with { .typed = TYPED }, put every word of
 * the list, and MEANT is the one, or NULL if none is near. */
struct nearest {
	const char *typed;
	const char *meant;
	unsigned distance;
};
void consider_word(struct nearest *nearest, const char *word);

/* The same for an option, which may also have been called by a name that people expect it to have. */
void consider_option(struct nearest *nearest, const char *option);

/* Why the capability NAME, of those that are not on the list, is never kept; NULL if there is
 * no capability of that name. */
const char *why_not_kept(const char *name);

/* Writes into TEXT, of SIZE bytes, why execvp(3) failed with ERROR to run the program NAME, and
 * what to do; KEPT are the capabilities that it would have had. Returns the exit status. */
int explain_exec(const char *name, int error, capability_set kept, char *text, size_t size)
	__attribute__((warn_unused_result));

/* Writes into TEXT a warning about the rights with which the program NAME is about to run, if
 * one is due: as root it needs no capability to have others act for it, to who keeps some
 * capabilities it is as good as root, and where it is setuid it gains nothing. KEPT are the
 * capabilities that it has; UNIT says that it runs from a unit of systemd, where a user is
 * chosen otherwise. */
bool warn_of_rights(const char *name, capability_set kept, bool unit, char *text, size_t size)
	__attribute__((warn_unused_result));

/* Whether the program NAME is linked with a library by which it would talk to an X server. */
bool is_x_program(const char *name) __attribute__((warn_unused_result));

/* Writes into TEXT what PROGRAM, with its arguments, will miss, and what does the same in
 * another way, if that is known. */
bool warn_of_use(char *const *program, char *text, size_t size)
	__attribute__((warn_unused_result));

#endif
