/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Runs on the build machine: turns the policy table into BPF by libseccomp, for any
 * of the architectures that we know.
 *
 *     compile_policy header ARCHITECTURE    C arrays for seccomp.c
 *     compile_policy data ARCHITECTURE      the same for tests: "code jt jf k" lines
 *     compile_policy readable ARCHITECTURE  libseccomp's pseudo filter code
 *     compile_policy calls ARCHITECTURE     the names of the calls that have rules, for explain.c
 *     compile_policy hooks ARCHITECTURE     socket options and ioctls, for the hooks of src/lsm
 *     compile_policy table                  the policy itself
 *
 * Nothing is written unless every rule went in.
 */
#include "policy.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An architecture of the table, and a 32-bit sibling whose programs its kernels run
 * too. BPF is in the byte order of the machine that it is for. */
static const struct architecture {
	const char *name;
	uint32_t token;
	unsigned policy_bit;
	bool big_endian;
	bool is_64_bit; /* so are the arguments */
	bool has_socketcall;
	const char *sibling;
	const char *guard; /* true in the compiler for this machine alone */
} architectures[] = {
	{ "x86_64", SCMP_ARCH_X86_64, OTHERS, false, true, false, "i386", "defined __x86_64__ && defined __LP64__" },
	{ "i386", SCMP_ARCH_X86, I386, false, false, true, NULL, "defined __i386__" },
	{ "aarch64", SCMP_ARCH_AARCH64, OTHERS, false, true, false, "arm",
		"defined __aarch64__ && defined __LP64__ && defined __AARCH64EL__" },
	{ "arm", SCMP_ARCH_ARM, OTHERS, false, false, false, NULL,
		"defined __arm__ && defined __ARM_EABI__ && defined __ARMEL__" },
	{ "riscv64", SCMP_ARCH_RISCV64, OTHERS, false, true, false, NULL, "defined __riscv && __riscv_xlen == 64" },
	{ "ppc64le", SCMP_ARCH_PPC64LE, PPC64LE, false, true, true, NULL,
		"defined __powerpc64__ && defined __LITTLE_ENDIAN__" },
	{ "s390x", SCMP_ARCH_S390X, S390X, true, true, true, NULL, "defined __s390x__" },
#ifdef SCMP_ARCH_LOONGARCH64 /* libseccomp 2.6 */
	{ "loong64", SCMP_ARCH_LOONGARCH64, OTHERS, false, true, false, NULL, "defined __loongarch64" },
#endif
};

/* The same on all architectures of the table; checked in the generated header. */
static const struct {
	int error;
	const char *name;
} results[POLICY_RESULTS] = {
	[REFUSE] = { EPERM, "EPERM" },
	[MISSING] = { ENOSYS, "ENOSYS" },
	[UNSUPPORTED] = { EPROTONOSUPPORT, "EPROTONOSUPPORT" },
};

static _Noreturn void fail(const char *what, const char *which, int error)
{
	fprintf(stderr, "compile_policy: fatal: unable to %s %s: %s\n", what, which, strerror(error));
	exit(1);
}

static const struct architecture *find_architecture(const char *name)
{
	for (size_t i = 0; i < sizeof architectures / sizeof architectures[0]; i++)
		if (strcmp(name, architectures[i].name) == 0)
			return &architectures[i];
	fail("find architecture", name, EINVAL);
}

static bool rule_applies(const struct policy_rule *rule, enum policy_filter filter,
	const struct architecture *architecture)
{
	const bool belongs = rule->filter == filter || (rule->filter == BASE && filter == LOOPBACK) ||
		(rule->filter == NOT_LOOPBACK && filter == BASE);

	return belongs && (!rule->architectures || (rule->architectures & architecture->policy_bit));
}

static unsigned compare_arguments(const struct policy_rule *rule, struct scmp_arg_cmp *compared)
{
	unsigned count = 0;

	for (size_t i = 0; i < sizeof rule->tests / sizeof rule->tests[0]; i++) {
		const struct policy_test *test = &rule->tests[i];
		struct scmp_arg_cmp *compare = &compared[count];

		compare->arg = test->argument;
		switch (test->kind) {
		case ALWAYS:
		case UNLISTED: /* not libseccomp's: see append_list */
			continue;
		case IS:
			compare->op = SCMP_CMP_MASKED_EQ;
			compare->datum_a = UINT32_MAX;
			compare->datum_b = test->value;
			break;
		case HAS:
			compare->op = SCMP_CMP_MASKED_EQ;
			compare->datum_a = test->value;
			compare->datum_b = test->value;
			break;
		case IS_WHOLE:
			compare->op = SCMP_CMP_EQ;
			compare->datum_a = test->value;
			break;
		case IS_NOT:
			compare->op = SCMP_CMP_NE;
			compare->datum_a = test->value;
			break;
		case AT_LEAST:
			compare->op = SCMP_CMP_GE;
			compare->datum_a = test->value;
			break;
		}
		count++;
	}
	return count;
}

/* A rule with argument tests on a socket call is what libseccomp will not add
 * exactly where socketcall exists: there it adds the call, and an expansion of it to
 * socketcall that tests the wrong registers. The expansion only refuses what our own
 * socketcall rows refuse whatever its arguments are. */
static bool is_multiplexed(const struct architecture *architecture, const struct policy_rule *rule)
{
	static const char *const calls[] = { "socketcall", "socket", "socketpair", "sendto", "sendmsg", "sendmmsg",
		"setsockopt", "connect", "bind", "listen" };

	if (!architecture->has_socketcall)
		return false;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		if (strcmp(rule->call, calls[i]) == 0)
			return true;
	return false;
}

static void add_rule(scmp_filter_ctx filter, const struct architecture *architecture,
	const struct policy_rule *rule)
{
	struct scmp_arg_cmp compared[sizeof rule->tests / sizeof rule->tests[0]];
	const unsigned count = compare_arguments(rule, compared);
	const uint32_t action = SCMP_ACT_ERRNO(results[rule->result].error);
	/* libseccomp translates the build machine's numbers into those of the filter. */
	const int number = seccomp_syscall_resolve_name(rule->call);
	if (number == __NR_SCMP_ERROR)
		fail("find the number of call", rule->call, ENOSYS);

	const int result = is_multiplexed(architecture, rule)
		? seccomp_rule_add_array(filter, action, number, count, compared)
		: seccomp_rule_add_exact_array(filter, action, number, count, compared);
	if (result < 0)
		fail("add a rule for", rule->call, -result);
}

static scmp_filter_ctx compile_for_one(const struct architecture *architecture,
	enum policy_filter which)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int result = 0;

	if (!filter)
		fail("allocate", "a filter", ENOMEM);
	if (seccomp_arch_exist(filter, architecture->token) != 0) {
		result = seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
		if (result == 0)
			result = seccomp_arch_add(filter, architecture->token);
	}
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(results[MISSING].error));
	/* Numbers are looked for by a binary tree. The kernel runs a filter once for every
	 * number when it is loaded, so the way to a call without a rule is what loading costs. */
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (result < 0)
		fail("choose architecture", architecture->name, -result);
	for (size_t i = 0; i < policy_rules; i++)
		if (rule_applies(&policy[i], which, architecture) && policy[i].tests[0].kind != UNLISTED)
			add_rule(filter, architecture, &policy[i]);
	return filter;
}

static scmp_filter_ctx compile(const struct architecture *architecture, enum policy_filter which)
{
	scmp_filter_ctx filter = compile_for_one(architecture, which);

	if (architecture->sibling) {
		const struct architecture *sibling = find_architecture(architecture->sibling);
		const int result = seccomp_merge(filter, compile_for_one(sibling, which));
		if (result < 0)
			fail("merge the filter of", sibling->name, -result);
	}
	return filter;
}

/* --- Lists. libseccomp has no word for "none of these": a rule of its may look at an argument
 * only once, and one for each gap between the values would be hundreds. --- */

struct program {
	struct sock_filter *instructions;
	unsigned short length;
};

/* Where a jump leads whose distance is not known yet. */
enum { TO_NEXT_ROW = 255 };

static void append(struct program *program, unsigned short code, uint32_t k, unsigned char yes, unsigned char no)
{
	program->instructions[program->length++] = (struct sock_filter){ code, yes, no, k };
}

/* struct seccomp_data has 64-bit arguments in the byte order of the machine. */
static void append_load(struct program *program, const struct architecture *architecture, unsigned argument,
	bool upper)
{
	const size_t word = offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t);

	append(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)word + (upper != architecture->big_endian ? 4 : 0), 0, 0);
}

static void append_one_of(struct program *program, const struct architecture *architecture, unsigned argument,
	uint32_t mask, const struct policy_value *values)
{
	unsigned char left = 0;

	while (values[left].name)
		left++;
	if (architecture->is_64_bit) {
		append_load(program, architecture, argument, true);
		append(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, TO_NEXT_ROW);
	}
	append_load(program, architecture, argument, false);
	if (mask != UINT32_MAX)
		append(program, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	for (; left > 0; values++, left--)
		append(program, BPF_JMP | BPF_JEQ | BPF_K, values->value, left - 1, left > 1 ? 0 : TO_NEXT_ROW);
}

static void append_row(struct program *program, const struct architecture *architecture,
	const struct policy_sockets *row)
{
	const unsigned short start = program->length;

	append_one_of(program, architecture, 0, UINT32_MAX, row->families);
	if (row->types[0].name) {
		append_one_of(program, architecture, 1, POLICY_TYPE_MASK, row->types);
		append_one_of(program, architecture, 2, UINT32_MAX, row->protocols);
	}
	append(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	for (unsigned short at = start; at < program->length; at++)
		if (program->instructions[at].jf == TO_NEXT_ROW)
			program->instructions[at].jf = (unsigned char)(program->length - at - 1);
}

/* The number of CALL there. Asked the other way round, libseccomp answers with numbers of its own
 * where socketcall exists. */
static uint32_t find_number(const struct architecture *architecture, const char *call)
{
	enum { NUMBERS = 1024 };

	for (int number = 0; number < NUMBERS; number++) {
		char *name = seccomp_syscall_resolve_num_arch(architecture->token, number);
		const bool found = name && strcmp(name, call) == 0;
		free(name);
		if (found)
			return (uint32_t)number;
	}
	fail("find the number of call", call, ENOSYS);
}

/* All other calls go on behind it. */
static void append_list(struct program *program, const struct architecture *architecture, const char *call)
{
	const unsigned short start = program->length;

	append(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	append(program, BPF_JMP | BPF_JEQ | BPF_K, architecture->token, 0, 0);
	append(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	append(program, BPF_JMP | BPF_JEQ | BPF_K, find_number(architecture, call), 0, 0);
	for (size_t i = 0; i < policy_socket_rows; i++)
		append_row(program, architecture, &policy_sockets[i]);
	append(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)results[REFUSE].error, 0, 0);
	if (program->length - start > UINT8_MAX)
		fail("jump over the list for", call, ERANGE);
	for (unsigned short at = start + 1; at <= start + 3; at += 2)
		program->instructions[at].jf = (unsigned char)(program->length - at - 1);
}

static void append_lists_for_one(struct program *program, const struct architecture *architecture,
	enum policy_filter which)
{
	for (size_t i = 0; i < policy_rules; i++)
		if (policy[i].tests[0].kind == UNLISTED && rule_applies(&policy[i], which, architecture))
			append_list(program, architecture, policy[i].call);
}

/* Behind the COUNT instructions that libseccomp has made: what those let pass goes on to the lists. */
static size_t append_lists(const struct architecture *architecture, enum policy_filter which,
	struct sock_filter *instructions, size_t count)
{
	struct program program = { instructions, (unsigned short)count };

	append_lists_for_one(&program, architecture, which);
	if (architecture->sibling)
		append_lists_for_one(&program, find_architecture(architecture->sibling), which);
	if (program.length == count)
		return count; /* no lists */
	append(&program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	for (size_t at = 0; at < count; at++)
		if (instructions[at].code == (BPF_RET | BPF_K) && instructions[at].k == SECCOMP_RET_ALLOW)
			instructions[at] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(count - at - 1));
	return program.length;
}

/* The instructions of a filter, in this machine's byte order; returns how many. */
static size_t export_instructions(const struct architecture *architecture,
	enum policy_filter which, struct sock_filter *instructions)
{
	scmp_filter_ctx filter = compile(architecture, which);
	FILE *file = tmpfile();

	if (!file)
		fail("make", "a temporary file", errno);
	const int result = seccomp_export_bpf(filter, fileno(file));
	if (result < 0)
		fail("export", policy_filter_names[which], -result);
	seccomp_release(filter);
	rewind(file);
	const size_t count = fread(instructions, sizeof *instructions, BPF_MAXINSNS, file);
	if (count == 0 || fgetc(file) != EOF || ferror(file))
		fail("read back", policy_filter_names[which], EIO);
	fclose(file);

	for (size_t i = 0; i < count; i++) {
		struct sock_filter *at = &instructions[i];
		at->code = architecture->big_endian ? be16toh(at->code) : le16toh(at->code);
		at->k = architecture->big_endian ? be32toh(at->k) : le32toh(at->k);
	}
	return append_lists(architecture, which, instructions, count);
}

static void write_value_checks(const struct policy_value *values)
{
	for (; values->name; values++)
		printf("_Static_assert(%s == %" PRIu32 "U, \"%s\");\n", values->name, values->value, values->name);
}

static void write_checks(const struct architecture *architecture)
{
	for (int i = 0; i < POLICY_RESULTS; i++)
		printf("_Static_assert(%s == %d, \"errno\");\n", results[i].name, results[i].error);
	for (size_t i = 0; i < policy_socket_rows; i++) {
		write_value_checks(policy_sockets[i].families);
		write_value_checks(policy_sockets[i].types);
		write_value_checks(policy_sockets[i].protocols);
	}
	for (size_t i = 0; i < policy_rules; i++)
		for (size_t j = 0; j < sizeof policy[i].tests / sizeof policy[i].tests[0]; j++) {
			const struct policy_test *test = &policy[i].tests[j];
			if (test->name && strcmp(test->name, "NULL") != 0 &&
				(rule_applies(&policy[i], policy[i].filter, architecture) ||
					rule_applies(&policy[i], BASE, architecture)))
				printf("_Static_assert(%s == %" PRIu32 "U, \"%s\");\n", test->name, test->value,
					test->name);
		}
}

static void write_header(const struct architecture *architecture)
{
	static struct sock_filter instructions[BPF_MAXINSNS];
	const struct scmp_version *version = seccomp_version();
	size_t length = 0, base = 0;

	printf("/* Generated by compile_policy from policy.c for %s%s%s: do not edit. */\n"
		   "#if !(%s)\n#error \"these filters are for %s\"\n#endif\n"
		   "#include <errno.h>\n#include <linux/filter.h>\n#include <linux/if_tun.h>\n"
		   "#include <linux/kd.h>\n#include <linux/net.h>\n#include <linux/netlink.h>\n#include <linux/serial.h>\n"
		   "#include <linux/vhost.h>\n#include <netinet/in.h>\n"
		   "#include <netinet/tcp.h>\n#include <sys/ioctl.h>\n#include <sys/socket.h>\n"
		   "#define FILTERS_LIBSECCOMP \"%u.%u.%u\"\n"
		   "#define FILTERS_REFUSE 0x%08xU\n",
		architecture->name, architecture->sibling ? " and " : "",
		architecture->sibling ? architecture->sibling : "", architecture->guard,
		architecture->name, version->major, version->minor, version->micro,
		SECCOMP_RET_ERRNO | (unsigned)results[REFUSE].error);
	write_checks(architecture);
	for (int which = 0; which < POLICY_FILTERS; which++) {
		const size_t count = export_instructions(architecture, which, instructions);
		if (which == BASE || which == LOOPBACK) /* of these there is one at a time */
			base = count > base ? count : base;
		else
			length += count;
		printf("static const struct sock_filter %s_filter[] = {\n", policy_filter_names[which]);
		for (size_t i = 0; i < count; i++)
			printf("\t{ 0x%02x, %u, %u, 0x%08" PRIx32 " },\n", instructions[i].code,
				instructions[i].jt, instructions[i].jf, instructions[i].k);
		printf("};\n");
	}
	printf("#define FILTERS_LENGTH %zu\n", base + length);
}

/* A list as a macro that takes a macro: the values of CALL's tests in the base filter. */
static void write_list(const struct architecture *architecture, const char *name, const char *call,
	unsigned tests)
{
	printf("#define %s(X)", name);
	for (size_t i = 0; i < policy_rules; i++) {
		const struct policy_rule *rule = &policy[i];
		if (strcmp(rule->call, call) != 0 || !rule_applies(rule, BASE, architecture))
			continue;
		printf(" \\\n\tX(%" PRIu32, rule->tests[0].value);
		if (tests > 1)
			printf(", %" PRIu32, rule->tests[1].value);
		printf(") /* %s", rule->tests[0].name);
		if (tests > 1)
			printf(", %s", rule->tests[1].name);
		printf(" */");
	}
	printf("\n");
}

static bool is_first_rule_of_call(const struct architecture *architecture, size_t rule)
{
	for (size_t i = 0; i < rule; i++)
		if (strcmp(policy[i].call, policy[rule].call) == 0 &&
			rule_applies(&policy[i], policy[i].filter, architecture))
			return false;
	return rule_applies(&policy[rule], policy[rule].filter, architecture);
}

static void write_calls_of_one(const struct architecture *architecture)
{
	for (size_t i = 0; i < policy_rules; i++)
		if (is_first_rule_of_call(architecture, i))
			printf("\t{ 0x%08" PRIx32 "U, %" PRIu32 ", \"%s\" },\n", architecture->token,
				find_number(architecture, policy[i].call), policy[i].call);
}

static void write_calls(const struct architecture *architecture)
{
	printf("/* Generated by compile_policy from policy.c for %s: do not edit. */\n"
		   "static const struct { uint32_t architecture; uint32_t number; const char *name; } calls[] = {\n",
		architecture->name);
	write_calls_of_one(architecture);
	if (architecture->sibling)
		write_calls_of_one(find_architecture(architecture->sibling));
	printf("};\n");
}

static void write_hooks(const struct architecture *architecture)
{
	printf("/* Generated by compile_policy from policy.c for %s: do not edit. */\n", architecture->name);
	write_list(architecture, "REFUSED_OPTIONS", "setsockopt", 2);
	write_list(architecture, "REFUSED_IOCTLS", "ioctl", 1);
}

static void write_data(const struct architecture *architecture)
{
	static struct sock_filter instructions[BPF_MAXINSNS];

	for (int which = 0; which < POLICY_FILTERS; which++) {
		const size_t count = export_instructions(architecture, which, instructions);
		printf("%s %zu\n", policy_filter_names[which], count);
		for (size_t i = 0; i < count; i++)
			printf("%u %u %u %" PRIu32 "\n", instructions[i].code, instructions[i].jt,
				instructions[i].jf, instructions[i].k);
	}
}

static void write_readable(const struct architecture *architecture)
{
	for (int which = 0; which < POLICY_FILTERS; which++) {
		scmp_filter_ctx filter = compile(architecture, which);
		printf("\n%s filter, %s\n\n", policy_filter_names[which], architecture->name);
		fflush(stdout);
		const int result = seccomp_export_pfc(filter, STDOUT_FILENO);
		if (result < 0)
			fail("print", policy_filter_names[which], -result);
		seccomp_release(filter);
	}
}

static void print_values(const char *before, const struct policy_value *values)
{
	for (; values->name; values++, before = "|")
		printf("%s%s", before, values->name);
}

static void print_list(void)
{
	for (size_t i = 0; i < policy_socket_rows; i++) {
		print_values(i ? "; " : " none of: ", policy_sockets[i].families);
		print_values(" ", policy_sockets[i].types);
		print_values(" ", policy_sockets[i].protocols);
	}
}

static void print_test(const struct policy_test *test)
{
	static const char *const verbs[] = { [IS] = "is", [IS_WHOLE] = "is", [HAS] = "has", [IS_NOT] = "is not",
		[AT_LEAST] = "at least" };

	if (test->kind == ALWAYS)
		return;
	if (test->kind == UNLISTED) {
		print_list();
		return;
	}
	printf(" arg%u %s ", test->argument, verbs[test->kind]);
	if (test->name)
		printf("%s", test->name);
	else
		printf("%" PRIu32, test->value);
}

static void write_table(void)
{
	for (size_t i = 0; i < policy_rules; i++) {
		const struct policy_rule *rule = &policy[i];
		printf("%-10s %-7s %s", rule->filter == NOT_LOOPBACK ? "base only" : policy_filter_names[rule->filter],
			rule->result == REFUSE ? "refuse" : results[rule->result].name, rule->call);
		for (size_t j = 0; j < sizeof rule->tests / sizeof rule->tests[0]; j++)
			print_test(&rule->tests[j]);
		printf("  # %s", rule->why);
		if (rule->architectures) {
			printf(" (");
			for (size_t j = 0; j < sizeof architectures / sizeof architectures[0]; j++)
				if (rule->architectures & architectures[j].policy_bit)
					printf(" %s", architectures[j].name);
			printf(" )");
		}
		printf("\n");
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 2 && strcmp(what, "table") == 0)
		write_table();
	else if (argc == 3 && strcmp(what, "header") == 0)
		write_header(find_architecture(argv[2]));
	else if (argc == 3 && strcmp(what, "calls") == 0)
		write_calls(find_architecture(argv[2]));
	else if (argc == 3 && strcmp(what, "hooks") == 0)
		write_hooks(find_architecture(argv[2]));
	else if (argc == 3 && strcmp(what, "data") == 0)
		write_data(find_architecture(argv[2]));
	else if (argc == 3 && strcmp(what, "readable") == 0)
		write_readable(find_architecture(argv[2]));
	else {
		fprintf(stderr, "usage: compile_policy header|data|readable|calls|hooks ARCHITECTURE\n"
						"       compile_policy table\n");
		return 100;
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		fail("write", "standard output", errno);
	return 0;
}
