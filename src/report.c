/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See report.h. Plain words, one line a fact; it decides nothing.
 */
#include "report.h"

#include "facts.h"
#include "say.h"
#include "seccomp.h"
#include "services.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

struct text {
	char line[1024];
	size_t length;
};

static __attribute__((format(printf, 2, 3))) void append(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	const int wanted = vsnprintf(text->line + text->length, sizeof text->line - text->length,
		format, arguments);
	va_end(arguments);
	if (wanted > 0)
		text->length = strlen(text->line);
}

/* What the domain keeps off, with the ABI that decides it. */
static void append_landlock(struct text *text, const struct landlock_domain *landlock)
{
	const unsigned held = facts_by_landlock(landlock);
	const char *separator = "";

	append(text, "ABI %d (", landlock->abi);
	for (int i = 0; i < FACTS; i++)
		if (held & facts[i].fact) {
			append(text, "%s%s", separator, facts[i].landlock);
			separator = ", ";
		}
	append(text, ")");
}

static void append_filters(struct text *text, unsigned filters)
{
	append(text, (filters & FILTER_LOOPBACK) ? "loopback" : "base");
	if (filters & FILTER_NO_CONNECT)
		append(text, ", no_connect");
	if (filters & FILTER_NO_LISTEN)
		append(text, ", no_listen");
	if (filters & FILTER_TRACE)
		append(text, ", trace");
}

static void append_capabilities(struct text *text, const struct network_off *off)
{
	const int kept = __builtin_popcountll(off->capabilities.kept);

	append(text, "%d capabilities dropped", off->capabilities.count);
	if (kept)
		append(text, ", %d kept", kept);
	if (off->chown_left_out)
		append(text, ", chown not, beside a network socket");
}

/* What a filter costs prog, since it cannot see the family behind a descriptor. */
static const struct {
	unsigned filter;
	const char *price;
} prices[] = {
	{ FILTER_NO_CONNECT, "connect and bind fail on AF_UNIX sockets too (no_connect)" },
	{ FILTER_NO_LISTEN, "listen fails on AF_UNIX sockets too (no_listen)" },
	{ FILTER_TRACE, "ptrace fails on prog's own children too (strace, gdb)" },
};

void report_closed(const struct network_off *off)
{
	char names[LOOSE_NAMED * 64];

	if (off->inherited.loose_count == 0)
		return;
	inherited_name_loose(&off->inherited, names, sizeof names);
	say("closed descriptor%s %s", off->inherited.loose_count > 1 ? "s" : "", names);
}

void report_unexplained(const struct network_off *off)
{
	say("warning: what is refused cannot be told: unable to %s%s%s", off->explanation.words,
		off->explanation.error ? ": " : "", off->explanation.error ? strerror(off->explanation.error) : "");
}

void report_held(const struct network_off *off)
{
	struct text text = { .length = 0 };

	append(&text, "network off%s: no_new_privs, ", off->loopback.held ? " but for a loopback of its own" : "");
	if (off->loopback.held)
		append(&text, "network namespace%s, ", off->loopback.user_namespace ? " in a user namespace" : "");
	if (off->kernel_off)
		append(&text, "kernel network-off, ");
	if (off->landlock.held) {
		append(&text, "Landlock ");
		append_landlock(&text, &off->landlock);
		append(&text, ", ");
	}
	append(&text, "seccomp (");
	append_filters(&text, off->filters);
	append(&text, "), ");
	append_capabilities(&text, off);
	for (size_t i = 0; i < sizeof prices / sizeof prices[0]; i++)
		if (off->filters & prices[i].filter)
			append(&text, "; %s", prices[i].price);
	say("%s", text.line);
}

static __attribute__((format(printf, 2, 3))) void row(const char *name, const char *format, ...)
{
	struct text text = { .length = 0 };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text.line, sizeof text.line, format, arguments);
	va_end(arguments);
	print("%-18s  %s", name, text.line);
}

static void print_landlock(const struct landlock_domain *landlock, bool log)
{
	struct text text = { .length = 0 };

	if (landlock->held) {
		append_landlock(&text, landlock);
		if (log && !landlock->logged)
			append(&text, "; refusals are logged from ABI 7 on");
		row("Landlock", "%s", text.line);
	} else if (landlock->abi == 1) {
		row("Landlock", "not used: ABI 1 would break rename between directories (Linux 5.19 has ABI 2)");
	} else if (landlock->absent == EPERM) {
		row("Landlock", "kept away by a sandbox around this process (%s)", strerror(EPERM));
	} else {
		row("Landlock", "absent: %s (CONFIG_SECURITY_LANDLOCK, and landlock in lsm=, would help)",
			strerror(landlock->absent));
	}
}

static void print_inherited(const struct inherited *inherited, bool closed)
{
	char names[LOOSE_NAMED * 64];

	if (inherited->loose_count) {
		inherited_name_loose(inherited, names, sizeof names);
		row("descriptors", "%s: %s", closed ? "to be closed" : "could reach new peers", names);
	} else if (inherited->tcp || inherited->other_stream) {
		row("descriptors", "network streams, %s listener among them; none can reach a new peer",
			inherited->listener ? "a" : "no");
	} else {
		row("descriptors", "none that can reach a new peer");
	}
}

static void print_loopback(const struct loopback *loopback)
{
	row("loopback", "127.0.0.1%s, in a network namespace%s; nothing else was reached", loopback->ipv6 ? " and ::1" : "",
		loopback->user_namespace ? " and a user namespace" : "");
}

static void print_loopback_prices(const struct loopback *loopback)
{
	row("price", "a network namespace: some 200 kB of the kernel's memory, and a part of a millisecond");
	row("price", "services on this machine's 127.0.0.1 are out of reach");
	if (loopback->user_namespace)
		row("price", "files of others show as nobody's, and chgrp to a secondary group fails (user namespace)");
	if (!loopback->ipv6)
		row("price", "no ::1: the kernel has no IPv6, or it is switched off");
	if (!loopback->ping)
		row("price", "no ping: /proc/sys/net/ipv4/ping_group_range cannot be written");
	if (!loopback->low_ports)
		row("price", "no ports below 1024: /proc/sys/net/ipv4/ip_unprivileged_port_start cannot be written");
}

static void print_prices(const struct network_off *off)
{
	if (off->loopback.held)
		print_loopback_prices(&off->loopback);
	for (size_t i = 0; i < sizeof prices / sizeof prices[0]; i++)
		if (off->filters & prices[i].filter)
			row("price", "%s", prices[i].price);
	row("price", "setns fails (nsenter, podman exec), line disciplines of terminals (pppd), raising DTR or RTS");
	if (off->landlock.held) {
		row("price", "/proc/PID/exe, fd and maps of outside processes are hidden (fuser, lsof)");
		row("price", "beside another program's file-system Landlock, rename between directories fails");
	}
	if (off->landlock.file_system)
		row("price", "mount and pivot_root fail (bwrap, unshare -m)");
	if (off->inherited.without_proc)
		row("price", "there is no /proc: descriptors above 65535 are not inherited");
#if defined __x86_64__ || defined __i386__ || defined __s390x__
	row("price", "programs that make sockets by socketcall (%s) make %s",
#if defined __x86_64__
		"32-bit ones"
#else
		"those of glibc"
#endif
		, off->loopback.held ? "none at all" : "no AF_UNIX ones either"
	);
#endif
}

static void print_loopback_gaps(const struct loopback *loopback)
{
	row("gap", "AF_UNIX sockets from outside, inherited or passed, show the machine's interfaces, as /sys/class/net does");
	if (!loopback->user_namespace)
		row("gap", "netlink sockets for uevents hear of the machine's devices (not in a user namespace)");
	row("gap", "prog sees more of the kernel than without -L (netlink): for hostile code leave it out");
}

/* In a network of its own no kernel keeps the sockets of another. */
static void print_open_facts(const struct network_off *off)
{
	const unsigned open = ~facts_held(off) & ~(off->loopback.held ? FACT_TCP | FACT_UDP : 0U);

	for (int i = 0; i < FACTS; i++)
		if ((open & facts[i].fact) && facts[i].open)
			row("gap", "%s: %s (%s)", facts[i].word, facts[i].open, facts[i].takes);
}

static void print_kept_facts(const struct network_off *off)
{
	struct text text = { .length = 0 };
	const unsigned held = facts_held(off);

	for (int i = 0; i < FACTS; i++)
		if (held & facts[i].fact)
			append(&text, "%s%s", text.length ? ", " : "", facts[i].word);
	row("kept", "%s", text.length ? text.line : "none of the facts of -r");
}

/* It is prog's eyes that look: rights are gone by now. */
static void print_services(const struct network_off *off, const struct options *options)
{
	struct service service = { .row = 0 };

	while (services_next(&service))
		if (off->no_unix && !is_at_or_beneath(service.path, options->unix_paths, options->unix_path_count))
			row("shut", "%s, %s", service.name, service.path);
		else
			row("gap", "%s, %s: %s", service.name, service.path, service.does);
}

static void print_gaps(const struct network_off *off, const struct options *options)
{
	if (off->loopback.held)
		print_loopback_gaps(&off->loopback);
	print_open_facts(off);
	print_services(off, options);
	row("gap", "files that others execute later; core-dump handlers; network file systems");
	row("gap", "device files that are a network by themselves (macvtap, RDMA) or type (uinput), where prog may open them");
	if (!off->kernel_off)
		row("gap", "sockets that a willing process outside passes in: %s", off->loopback.held ? "all kinds"
			: "kinds other than TCP and UDP; TCP ones listen, UDP ones take routing headers");
	if (!off->unshared)
		row("gap", "if a process outside shares its directory with prog (CLONE_FS), prog can move it: unshare is refused here");
	if (!off->kernel_off && off->inherited.listener)
		row("gap", "the inherited listener is a licence to listen, on any port");
	if (geteuid() == 0)
		row("gap", "as root: root's files can make others act (change the user first)");
}

void report_check(const struct network_off *off, const struct options *options,
	const char *words, int error)
{
	struct text text = { .length = 0 };
	struct utsname kernel;

	if (uname(&kernel) == 0)
		row("kernel", "%s %s %s", kernel.sysname, kernel.release, kernel.machine);
	row("here", off->was_off ? "the network is off already" : "the network is on");
	if (off->steps_done >= DONE_NO_NEW_PRIVS)
		row("no_new_privs", "on");
	if (off->steps_done >= DONE_KERNEL_OFF)
		row("kernel network-off", off->kernel_off ? "on: sees every socket"
			: options->loopback ? "not asked: it knows no loopback of prog's own"
			: off->was_off ? "not asked: no socket to try it with"
			: options->allow_abstract ? "not asked: it keeps off abstract sockets, which -a leaves"
			: "absent: no prctl(PR_SET_NETWORK) here, or it refused, see disablenetwork-lsm(8)");
	if (off->steps_done >= DONE_INHERITED)
		print_inherited(&off->inherited, options->close_loose);
	if (off->loopback.held)
		print_loopback(&off->loopback);
	if (off->steps_done >= DONE_LANDLOCK)
		print_landlock(&off->landlock, options->log);
	if (off->steps_done >= DONE_CAPABILITIES) {
		append_capabilities(&text, off);
		row("capabilities", "%s; the bounding set %s", text.line, off->capabilities.bounding
			? "too, and securebits locked"
			: "stays (no CAP_SETPCAP), no_new_privs makes up for it");
	}
	if (off->steps_done >= DONE_SECCOMP) {
		text.length = 0;
		append_filters(&text, off->filters);
		row("seccomp", "filter %s; a trial socket was refused", text.line);
		print_kept_facts(off);
		print_prices(off);
		if ((facts_held(off) & FACT_ABSTRACT) && !options->loopback && x_server_is_abstract())
			row("price", "the X server of DISPLAY listens on an abstract socket, which is shut: -a leaves it open");
		print_gaps(off, options);
	}
	if (!words)
		row("verdict", "yes: disablenetwork%s prog would run prog", options->loopback ? " -L" : "");
	else if (error)
		row("verdict", "no: unable to %s: %s", words, strerror(error));
	else
		row("verdict", "no: unable to %s", words);
}
