/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * The seccomp policy as a table: the only place where a rule is written. Read at
 * build time by compile_policy, never by the tool itself.
 */
#ifndef POLICY_H
#define POLICY_H

#include <stddef.h>
#include <stdint.h>

enum policy_filter { BASE, NO_CONNECT, NO_LISTEN, TRACE, POLICY_FILTERS };

enum policy_result {
	REFUSE,      /* what the user chose; EPERM unless said otherwise */
	MISSING,     /* ENOSYS always: programs probe for it and fall back */
	UNSUPPORTED, /* EPROTONOSUPPORT always, for the same reason */
	POLICY_RESULTS
};

enum policy_test_kind {
	ALWAYS,   /* no test */
	IS,       /* the argument's lower 32 bits are VALUE: what the kernel looks at */
	HAS,      /* they have the bit VALUE */
	IS_WHOLE, /* the whole register is VALUE: only beside a rule that refuses garbage */
	IS_NOT,   /* the whole register differs from VALUE; garbage above bit 31 does */
	AT_LEAST, /* the whole register is VALUE or more; garbage is */
};

struct policy_test {
	enum policy_test_kind kind;
	unsigned argument;
	uint32_t value;
	const char *name; /* of VALUE in the C headers; NULL when it is a plain number */
};

/* Architectures that a rule is for, as a set; 0 means all. */
enum {
	I386 = 1 << 0,
	PPC64LE = 1 << 1,
	S390X = 1 << 2,
	OTHERS = 1 << 3,
};

struct policy_rule {
	enum policy_filter filter;
	const char *call;
	struct policy_test tests[3]; /* all of them must hold */
	enum policy_result result;
	unsigned architectures;
	const char *why;
};

extern const char *const policy_filter_names[POLICY_FILTERS];
extern const struct policy_rule policy[];
extern const size_t policy_rules;

#endif
