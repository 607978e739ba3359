/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See facts.h. It prints nothing.
 */
#include "facts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct fact facts[FACTS] = {
	{ FACT_TCP, "tcp", "TCP",
		"TCP sockets that a process outside passes in reach no new peer",
		"TCP sockets that a willing process outside passes in reach new peers",
		"Landlock ABI 4, Linux 6.7", "TCP sockets passed in" },
	{ FACT_UDP, "udp", "UDP",
		"UDP sockets that a process outside passes in reach no new peer",
		"UDP sockets that a willing process outside passes in reach new peers",
		"Landlock ABI 10, Linux 7.2", NULL },
	{ FACT_UNIX, "unix", "sockets in the file system",
		"AF_UNIX sockets of others in the file system are shut, by -U",
		"services on path AF_UNIX sockets do what they are asked (D-Bus, docker.sock, nscd)",
		"-U, Linux 7.1", NULL },
	{ FACT_ABSTRACT, "abstract", "abstract sockets",
		"abstract AF_UNIX sockets of processes outside are out of reach",
		"abstract AF_UNIX sockets outside are reachable",
		"Landlock ABI 6, Linux 6.12", "abstract AF_UNIX sockets outside" },
	{ FACT_TRACING, "tracing", "tracing",
		"no process outside can be traced, nor its files in /proc opened",
		"the same user's processes outside: the pipes and files in their /proc/PID/fd, and unless Yama forbids it "
		"their memory",
		"Landlock ABI 2, Linux 5.19", "other processes by /proc" },
	{ FACT_KERNEL, "kernel", NULL,
		"the kernel's own network-off is on",
		NULL,
		"disablenetwork-lsm, Linux 6.1, neither -a nor -L", NULL },
};

unsigned facts_by_landlock(const struct landlock_domain *landlock)
{
	return (landlock->tcp ? FACT_TCP : 0U) | (landlock->udp ? FACT_UDP : 0U) | (landlock->no_unix ? FACT_UNIX : 0U) |
		(landlock->abstract ? FACT_ABSTRACT : 0U) | (landlock->held ? FACT_TRACING : 0U);
}

/* In a network of its own no abstract name of others exists; a user namespace keeps off processes
 * outside as a domain does. */
unsigned facts_held(const struct network_off *off)
{
	return facts_by_landlock(&off->landlock) | (off->no_unix ? FACT_UNIX : 0U) |
		(off->kernel_off ? FACT_KERNEL | FACT_TCP | FACT_UDP | FACT_ABSTRACT | FACT_TRACING : 0U) |
		(off->loopback.held ? FACT_ABSTRACT : 0U) | (off->loopback.user_namespace ? FACT_TRACING : 0U);
}

static const char *why_no_landlock(const struct landlock_domain *landlock)
{
	return landlock->held || landlock->abi == 1 ? ""
		: landlock->absent == EPERM ? "; a sandbox around this process keeps Landlock away"
		: "; here is no Landlock: CONFIG_SECURITY_LANDLOCK, and landlock in lsm=, would help";
}

static __attribute__((format(printf, 3, 4))) void append(char *text, size_t size, const char *format, ...)
{
	const size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + length, size - length, format, arguments);
	va_end(arguments);
}

const char *facts_refuse(unsigned required, const struct network_off *off)
{
	static char words[600];
	const unsigned missing = required & ~facts_held(off);
	const char *separator = " ";

	if (!missing)
		return NULL;
	words[0] = '\0';
	append(words, sizeof words, "keep what -r requires:");
	for (int i = 0; i < FACTS; i++)
		if (missing & facts[i].fact) {
			append(words, sizeof words, "%s%s (it takes %s)", separator, facts[i].word, facts[i].takes);
			separator = ", ";
		}
	if (missing & ~(FACT_UNIX | FACT_KERNEL))
		append(words, sizeof words, "%s", why_no_landlock(&off->landlock));
	errno = 0;
	return words;
}

bool facts_warn(const struct network_off *off, bool allow_abstract, char *text, size_t size)
{
	const char *separator = " ";
	unsigned missing = ~facts_held(off);

	if (allow_abstract)
		missing &= ~(unsigned)FACT_ABSTRACT;
	if (off->loopback.held) /* there it is so on every kernel */
		missing &= ~(unsigned)(FACT_TCP | FACT_UDP);
	snprintf(text, size, "less is kept here than Linux 6.12 keeps; open:");
	const size_t begun = strlen(text);
	for (int i = 0; i < FACTS; i++)
		if ((missing & facts[i].fact) && facts[i].expected) {
			append(text, size, "%s%s", separator, facts[i].expected);
			separator = ", ";
		}
	if (!text[begun])
		return false;
	append(text, size, "%s", why_no_landlock(&off->landlock));
	return true;
}
