/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * What holds on one kernel and not on another, a word for each: what --check, -v and -r say,
 * and the manual.
 */
#ifndef FACTS_H
#define FACTS_H

#include "network_off.h"

#include <stddef.h>

enum {
	FACT_TCP = 1 << 0,
	FACT_UDP = 1 << 1,
	FACT_UNIX = 1 << 2,
	FACT_ABSTRACT = 1 << 3,
	FACT_TRACING = 1 << 4,
	FACT_KERNEL = 1 << 5,
	FACTS = 6
};

struct fact {
	unsigned fact;
	const char *word;     /* of -r */
	const char *landlock; /* in the list of what a Landlock domain keeps off */
	const char *kept;     /* what holds */
	const char *open;     /* what does not, otherwise: a gap */
	const char *takes;    /* what it takes to hold */
	const char *expected; /* where it does not hold the tool says so; NULL for what few kernels have */
};
extern const struct fact facts[FACTS];

/* FACT_* of those that a Landlock domain sees to, and of all that hold. */
unsigned facts_by_landlock(const struct landlock_domain *landlock);
unsigned facts_held(const struct network_off *off);

/* NULL if what -r names holds, else the words for what does not, with errno 0. */
const char *facts_refuse(unsigned required, const struct network_off *off) __attribute__((warn_unused_result));

/* Writes into TEXT what a kernel of today would keep and this one does not, and how to get it.
 * False if there is nothing to say. */
bool facts_warn(const struct network_off *off, bool allow_abstract, char *text, size_t size)
	__attribute__((warn_unused_result));

#endif
