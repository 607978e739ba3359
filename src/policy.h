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

/* The arrays. Either base or loopback is always loaded: what is in base is in loopback too, but for
 * the rules that say otherwise. */
enum policy_filter {
	BASE,
	NO_CONNECT,
	NO_LISTEN,
	TRACE,
	LOOPBACK, /* behind -L: prog has a network of its own, and no socket of another */
	POLICY_FILTERS,
	NOT_LOOPBACK /* of a rule: in base alone */
};

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
	UNLISTED, /* the first three arguments are no row of policy_sockets; with garbage above bit 31 they never are */
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

/* Sockets: any of the families, with any of the types (what else stands in that argument are flags)
 * and any of the protocols. Without types, all of them. Lists are ended by a value without a name. */
struct policy_value {
	uint32_t value;
	const char *name;
};
struct policy_sockets {
	struct policy_value families[3], types[3], protocols[4];
};
enum { POLICY_TYPE_MASK = 15 }; /* SOCK_TYPE_MASK of <linux/net.h> inside the kernel */

extern const struct policy_sockets policy_sockets[];
extern const size_t policy_socket_rows;
extern const char *const policy_filter_names[POLICY_FILTERS];
extern const struct policy_rule policy[];
extern const size_t policy_rules;

#endif
