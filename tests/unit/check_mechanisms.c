/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * The mechanisms in force, each in a process of its own, with the filters loaded for
 * real (under the sanitizers too).
 */
#include "capabilities.h"
#include "kernel_off.h"
#include "landlock.h"
#include "network_off.h"
#include "seccomp.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#define FULL(number) (UINT64_C(1) << (number))

static void set_no_new_privs(void)
{
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
}

static void refuse(unsigned filters, struct refusal refusal)
{
	set_no_new_privs();
	const char *words = seccomp_refuse(filters, &refusal);
	ck_assert_msg(words == NULL, "unable to %s: %s", words, strerror(errno));
}

/* Direct calls: libc may go by socketcall. */
static long make_socket(int family)
{
	return syscall(SYS_socket, (long)family, (long)SOCK_STREAM, 0L);
}

START_TEST(base_refuses_with_the_chosen_error)
{
	static const int errors[] = { EPERM, EACCES, EAFNOSUPPORT, ENETDOWN };

	ck_assert_int_ge(make_socket(AF_INET), 0); /* the control */
	refuse(FILTER_BASE, (struct refusal){ .error = errors[_i] });
	ck_assert_int_eq(make_socket(AF_INET), -1);
	ck_assert_int_eq(errno, errors[_i]);
	ck_assert_int_eq(make_socket(AF_NETLINK), -1);
	ck_assert_int_eq(errno, errors[_i]);
	ck_assert_int_ge(make_socket(AF_UNIX), 0);
	ck_assert_int_eq(syscall(425 /* io_uring_setup */, 1L, NULL), -1);
	ck_assert_int_eq(errno, ENOSYS);
	ck_assert_int_eq(prctl(PR_GET_SECCOMP, 0L, 0L, 0L, 0L), 2);
}
END_TEST

START_TEST(killing_kills)
{
	refuse(FILTER_BASE, (struct refusal){ .error = EPERM, .kill = true });
	make_socket(AF_INET);
}
END_TEST

START_TEST(killing_leaves_probing_alone)
{
	refuse(FILTER_BASE, (struct refusal){ .error = EPERM, .kill = true });
	ck_assert_int_eq(syscall(425 /* io_uring_setup */, 1L, NULL), -1);
	ck_assert_int_eq(errno, ENOSYS);
	ck_assert_int_eq(syscall(SYS_bpf, -1L, NULL, 0L), -1);
	ck_assert_int_eq(errno, ENOSYS);
	ck_assert_int_ge(make_socket(AF_UNIX), 0);
}
END_TEST

START_TEST(logging_still_refuses)
{
	refuse(FILTER_BASE, (struct refusal){ .error = EACCES, .log = true });
	ck_assert_int_eq(make_socket(AF_INET), -1);
	ck_assert_int_eq(errno, EACCES);
}
END_TEST

START_TEST(no_connect_and_no_listen_refuse_af_unix_too)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int bound = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(bound, (const void *)&address, sizeof address.sun_family), 0);
	refuse(FILTER_BASE | FILTER_NO_CONNECT | FILTER_NO_LISTEN, (struct refusal){ .error = EPERM });
	ck_assert_int_eq(syscall(SYS_bind, (long)other, &address, sizeof address.sun_family), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(syscall(SYS_connect, (long)other, &address, sizeof address), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(syscall(SYS_listen, (long)bound, 1L), -1);
	ck_assert_int_eq(errno, EPERM);
}
END_TEST

START_TEST(trace_refuses_ptrace)
{
	refuse(FILTER_BASE | FILTER_TRACE, (struct refusal){ .error = EPERM });
	ck_assert_int_eq(ptrace(PTRACE_TRACEME, 0, NULL, NULL), -1);
	ck_assert_int_eq(errno, EPERM);
}
END_TEST

/* All sets of filters: one array behind the other must neither hide it nor refuse for it.
 * No descriptor is -1, no process too: what is not refused fails otherwise. */
START_TEST(each_filter_refuses_its_own_calls)
{
	enum { OTHER_ERROR = ENETDOWN };
	static const struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct {
		unsigned filter;
		long number, arguments[6];
	} calls[] = {
		{ FILTER_BASE, SYS_socket, { AF_INET, SOCK_STREAM } },
		{ FILTER_BASE, SYS_sendto, { -1, 0, 0, MSG_FASTOPEN } },
		{ FILTER_BASE, SYS_sendto, { -1, 0, 0, MSG_FASTOPEN, (long)&address, sizeof address } },
		{ FILTER_BASE, SYS_sendmmsg, { -1, 0, 0, MSG_FASTOPEN } },
		{ FILTER_BASE, SYS_setsockopt, { -1, SOL_SOCKET, SO_BINDTODEVICE } },
		{ FILTER_BASE, SYS_ioctl, { -1, TIOCSTI } },
		{ FILTER_NO_CONNECT, SYS_connect, { -1, (long)&address, sizeof address } },
		{ FILTER_NO_CONNECT, SYS_bind, { -1, (long)&address, sizeof address } },
		{ FILTER_NO_CONNECT, SYS_sendto, { -1, 0, 0, 0, (long)&address, sizeof address } },
		{ FILTER_NO_LISTEN, SYS_listen, { -1, 1 } },
		{ FILTER_TRACE, SYS_ptrace, { PTRACE_PEEKDATA, -1 } },
		{ FILTER_TRACE, SYS_process_vm_readv, { -1, 0, 1 } },
		{ FILTER_TRACE, SYS_process_vm_writev, { -1, 0, 1 } },
		{ FILTER_TRACE, 438 /* pidfd_getfd */, { -1 } },
		{ 0, SYS_sendto, { -1 } },
		{ 0, SYS_ioctl, { -1, FIONREAD } },
		{ 0, SYS_setsockopt, { -1, SOL_SOCKET, SO_SNDBUF } },
		{ 0, SYS_close, { -1 } },
	};
	const unsigned set = FILTER_BASE | (unsigned)_i << 1;

	refuse(set, (struct refusal){ .error = OTHER_ERROR });
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		const long *arguments = calls[i].arguments;
		ck_assert_int_eq(syscall(calls[i].number, arguments[0], arguments[1], arguments[2],
			arguments[3], arguments[4], arguments[5]), -1);
		ck_assert_msg((errno == OTHER_ERROR) == ((calls[i].filter & set) != 0),
			"call %zu with filters %u: %s", i, set, strerror(errno));
	}
	ck_assert_int_ge(make_socket(AF_UNIX), 0);
	ck_assert_int_eq(syscall(425 /* io_uring_setup */, 1L, NULL), -1);
	ck_assert_int_eq(errno, ENOSYS);
}
END_TEST

static long make(long family, long type, long protocol)
{
	return syscall(SYS_socket, family, type, protocol);
}

START_TEST(loopback_refuses_all_but_whole_triples)
{
	ck_assert_int_ge(make(AF_NETLINK, SOCK_RAW, 16), 0); /* the control: generic netlink */
	refuse(FILTER_LOOPBACK, (struct refusal){ .error = EAFNOSUPPORT });
	ck_assert_int_ge(make(AF_INET, SOCK_STREAM, 0), 0);
	ck_assert_int_ge(make(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP), 0);
	ck_assert_int_ge(make(AF_NETLINK, SOCK_RAW, 0), 0);
	ck_assert_int_ge(make(AF_UNIX, SOCK_SEQPACKET, 0), 0);
	ck_assert_int_eq(make(AF_NETLINK, SOCK_RAW, 16), -1);
	ck_assert_int_eq(errno, EAFNOSUPPORT);
	ck_assert_int_eq(make(AF_INET, SOCK_RAW, IPPROTO_ICMP), -1);
	ck_assert_int_eq(errno, EAFNOSUPPORT);
	ck_assert_int_eq(make(AF_INET, 10 /* SOCK_PACKET */, 0), -1);
	ck_assert_int_eq(errno, EAFNOSUPPORT);
	/* What guards inherited sockets only: no descriptor is -1. */
	ck_assert_int_eq(syscall(SYS_sendto, -1L, NULL, 0L, (long)MSG_FASTOPEN, NULL, 0L), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(ioctl(-1, TIOCSTI, ""), -1);
	ck_assert_int_eq(errno, EAFNOSUPPORT);
}
END_TEST

START_TEST(without_no_new_privs_nothing_is_loaded)
{
	const struct refusal refusal = { .error = EPERM };

	if (geteuid() == 0) /* CAP_SYS_ADMIN would do instead */
		ck_assert_int_eq(setuid(65534), 0);
	ck_assert_ptr_nonnull(seccomp_refuse(FILTER_BASE, &refusal));
	ck_assert_int_ge(make_socket(AF_INET), 0);
}
END_TEST

START_TEST(a_kernel_without_network_off_is_no_error)
{
	const bool on = kernel_off();

	ck_assert(!on || make_socket(AF_INET) == -1);
	ck_assert(on || make_socket(AF_INET) >= 0);
}
END_TEST

/* The path is an outsider's: its socket was made before. */
START_TEST(a_kernel_without_no_unix_is_no_error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/check_mechanisms-XXXXXX";
	const int outside = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder);
	ck_assert_int_eq(bind(outside, (const void *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(outside, 1), 0);
	set_no_new_privs();
	const bool on = kernel_off_no_unix();
	const int answer = connect(other, (const void *)&address, sizeof address);
	unlink(address.sun_path);
	rmdir(folder);
	ck_assert_int_eq(answer, on ? -1 : 0);
	ck_assert_int_ge(make_socket(AF_INET), 0); /* nothing else is asked for */
}
END_TEST

/* True if this kernel refuses this process to look into its parent, or its parent is
 * not there to be looked into. */
static bool parent_is_closed(void)
{
	char name[64];

	snprintf(name, sizeof name, "/proc/%d/mem", (int)getppid());
	const int memory = open(name, O_RDONLY | O_CLOEXEC);
	return memory < 0;
}

START_TEST(a_domain_keeps_from_outside_processes)
{
	struct landlock_domain domain;

	set_no_new_privs();
	const bool was_closed = parent_is_closed();
	ck_assert_ptr_null(landlock_restrict(&domain, &(struct landlock_wishes){ 0 }));
	if (!domain.held)
		printf("# no Landlock here: %s\n", strerror(domain.absent));
	else if (was_closed)
		printf("# this process could not look into its parent before, either\n");
	else
		ck_assert(parent_is_closed());
	ck_assert_int_eq(domain.tcp, domain.abi >= 4);
	ck_assert_int_eq(domain.udp, domain.abi >= 10);
	ck_assert_int_eq(domain.abstract, domain.abi >= 6);
}
END_TEST

START_TEST(abstract_sockets_outside)
{
	const bool allowed = _i;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct landlock_domain domain;
	socklen_t size = sizeof address;
	const int outside = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(outside, (const void *)&address, sizeof address.sun_family), 0);
	ck_assert_int_eq(getsockname(outside, (void *)&address, &size), 0);
	ck_assert_int_eq(listen(outside, 1), 0);
	set_no_new_privs();
	ck_assert_ptr_null(landlock_restrict(&domain, &(struct landlock_wishes){ .allow_abstract = allowed }));
	if (domain.abi < 6) {
		printf("# Landlock here does not know of them\n");
		return;
	}
	const int inside = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(inside, (const void *)&address, size), allowed ? 0 : -1);
}
END_TEST

/* In a network of one's own no port is refused, and abstract names outside are, -a or not. */
START_TEST(a_domain_for_a_loopback)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct landlock_domain domain;
	const int made = socket(AF_INET, SOCK_STREAM, 0);

	set_no_new_privs();
	ck_assert_ptr_null(landlock_restrict(&domain, &(struct landlock_wishes){ .loopback = true, .allow_abstract = _i }));
	ck_assert(!domain.tcp && !domain.udp);
	ck_assert_int_eq(domain.held, domain.abi >= 2);
	ck_assert_int_eq(domain.abstract, domain.abi >= 6);
	ck_assert_int_eq(domain.abstract, landlock_keeps_abstract());
	ck_assert_int_eq(domain.file_system, domain.abi >= 2 && domain.abi < 6);
	ck_assert_int_eq(bind(made, (const void *)&address, sizeof address), 0);
}
END_TEST

static void read_capabilities(capability_set *permitted, capability_set *inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	*permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	*inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
}

START_TEST(a_loopback_of_its_own)
{
	const struct options options = { .refusal_error = EPERM, .loopback = true };
	struct sockaddr_in outside = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof outside;
	struct network_off off;
	capability_set permitted, inheritable;
	const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (void *)&outside, &size), 0);
	outside.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	const char *words = switch_network_off(&options, &off);
	if (words && !off.loopback.held) {
		printf("# not on this machine: unable to %s: %s\n", words, strerror(errno));
		return;
	}
	ck_assert_msg(words == NULL, "unable to %s: %s", words, strerror(errno));
	ck_assert_uint_eq(off.filters & ~(unsigned)FILTER_TRACE, FILTER_LOOPBACK);
	ck_assert_int_eq(off.steps_done, DONE_SECCOMP);
	ck_assert(!off.kernel_off);
	read_capabilities(&permitted, &inheritable);
	ck_assert_uint_eq(permitted | inheritable, 0);
	ck_assert_int_eq(prctl(PR_CAPBSET_READ, (long)CAP_NET_ADMIN, 0L, 0L, 0L), 0);
	/* The machine's own is not there. */
	ck_assert_int_eq(connect(socket(AF_INET, SOCK_STREAM, 0), (const void *)&outside, size), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
}
END_TEST

START_TEST(capabilities_go)
{
	struct capabilities_dropped dropped;
	capability_set permitted, inheritable;

	read_capabilities(&permitted, &inheritable);
	const int held = __builtin_popcountll(permitted);
	const bool setpcap = permitted & FULL(CAP_SETPCAP);
	ck_assert_ptr_null(capabilities_drop(0, 0, NULL, &dropped));
	ck_assert_int_eq(dropped.count, held);
	ck_assert_int_eq(dropped.bounding, setpcap);
	read_capabilities(&permitted, &inheritable);
	ck_assert_uint_eq(permitted | inheritable, 0);
	if (setpcap) {
		ck_assert_int_eq(prctl(PR_CAPBSET_READ, (long)CAP_CHOWN, 0L, 0L, 0L), 0);
		ck_assert_int_eq(prctl(PR_GET_SECUREBITS, 0L, 0L, 0L, 0L),
			0xeb); /* noroot, no_cap_ambient_raise, and the four locks */
	} else {
		printf("# without CAP_SETPCAP the bounding set stays\n");
	}
	/* Twice is fine. */
	ck_assert_ptr_null(capabilities_drop(0, 0, NULL, &dropped));
	ck_assert_int_eq(dropped.count, 0);
}
END_TEST

START_TEST(kept_capabilities_stay_alone)
{
	struct capabilities_dropped dropped;
	capability_set permitted, inheritable, keep = 0;

	ck_assert(capability_add(&keep, "chown") && capability_add(&keep, "CAP_SETUID"));
	read_capabilities(&permitted, &inheritable);
	if (keep & ~permitted) {
		const char *words = capabilities_drop(keep, 0, NULL, &dropped);
		ck_assert_ptr_nonnull(strstr(words, "keep capability chown, which is not held here"));
		ck_assert_int_eq(errno, EPERM);
		return;
	}
	ck_assert_ptr_null(capabilities_drop(keep, 0, NULL, &dropped));
	read_capabilities(&permitted, &inheritable);
	ck_assert_uint_eq(permitted, keep);
	ck_assert_uint_eq(inheritable, keep);
	ck_assert_int_eq(prctl(PR_CAP_AMBIENT, (long)PR_CAP_AMBIENT_IS_SET, (long)CAP_CHOWN, 0L, 0L), 1);
	ck_assert_int_eq(prctl(PR_CAP_AMBIENT, (long)PR_CAP_AMBIENT_IS_SET, (long)CAP_KILL, 0L, 0L), 0);
	ck_assert_int_eq(setuid(65534), 0);
	read_capabilities(&permitted, &inheritable);
	ck_assert_uint_eq(permitted, 0);
}
END_TEST

START_TEST(of_a_set_those_are_kept_that_are_held)
{
	struct capabilities_dropped dropped;
	capability_set permitted, inheritable, set = 0;

	ck_assert(capability_add_set(&set, "all"));
	const capability_set wanted = set;
	read_capabilities(&permitted, &inheritable);
	if (permitted & ~set) { /* one that is never kept */
		ck_assert_ptr_nonnull(capabilities_drop(0, permitted, NULL, &dropped));
		ck_assert_int_eq(errno, EINVAL);
	}
	set &= permitted;
	for (int round = 0; round < 2; round++) { /* the second holds no more than the first left */
		ck_assert_ptr_null(capabilities_drop(0, wanted, NULL, &dropped));
		ck_assert_uint_eq(dropped.kept, set);
		read_capabilities(&permitted, &inheritable);
		ck_assert_uint_eq(permitted, set);
		ck_assert_uint_eq(inheritable, set);
	}
}
END_TEST

START_TEST(names_of_capabilities)
{
	capability_set set = 0, all = 0, one = 0, members = 0;
	const char *name;

	for (int i = 0; (name = capability_name(i)); i++)
		ck_assert(capability_add(&set, name));
	ck_assert(capability_add_set(&all, "ALL"));
	ck_assert_uint_eq(all, set);
	for (int i = 0; (name = capability_set_name(i, &members)); i++) {
		ck_assert_uint_ne(members, 0);
		ck_assert_uint_eq(members & ~set, 0);
		ck_assert(!capability_add(&one, name));
	}
	ck_assert(!capability_add_set(&one, "cap_all") && !capability_add_set(&one, "") && !capability_add_set(&one, "chown"));
	ck_assert_uint_eq(one, 0);
	ck_assert_int_eq(__builtin_popcountll(set), 16);
	/* What could bring the network back, or undo the rest. */
	ck_assert_uint_eq(set & (FULL(CAP_NET_ADMIN) | FULL(CAP_NET_RAW) | FULL(CAP_SYS_ADMIN) |
		FULL(CAP_SYS_PTRACE) | FULL(CAP_SYS_MODULE) | FULL(CAP_SYS_RAWIO) | FULL(CAP_BPF) |
		FULL(CAP_SETPCAP) | FULL(CAP_SETFCAP) | FULL(CAP_MKNOD) | FULL(CAP_MAC_ADMIN) |
		FULL(CAP_MAC_OVERRIDE) | FULL(CAP_PERFMON) | FULL(CAP_CHECKPOINT_RESTORE)), 0);
	ck_assert(!capability_add(&set, "net_admin"));
	ck_assert(!capability_add(&set, ""));
	ck_assert(!capability_add(&set, "chownx"));
}
END_TEST

START_TEST(all_of_it_twice)
{
	const struct options options = { .refusal_error = EACCES, .close_loose = true };
	struct network_off off;

	for (int i = 0; i < 2; i++) {
		const char *words = switch_network_off(&options, &off);
		ck_assert_msg(words == NULL, "unable to %s: %s", words, strerror(errno));
		ck_assert_int_eq(off.steps_done, DONE_SECCOMP);
		ck_assert_int_eq(make_socket(AF_INET), -1);
		ck_assert_int_eq(errno, EACCES);
	}
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L), 1);
}
END_TEST

static unsigned filters_with(int inherited_socket)
{
	const struct options options = { .refusal_error = EPERM };
	struct network_off off;

	ck_assert_int_ge(inherited_socket, 0);
	const char *words = switch_network_off(&options, &off);
	ck_assert_msg(words == NULL, "unable to %s: %s", words, strerror(errno));
	if (off.kernel_off)
		ck_assert_uint_eq(off.filters, FILTER_BASE);
	else
		ck_assert_int_eq(!(off.filters & FILTER_TRACE), off.landlock.held);
	/* Landlock's TCP rights are the only reason to do without it. */
	if (off.landlock.tcp)
		return off.filters & ~(unsigned)FILTER_TRACE;
	return off.filters & ~(unsigned)(FILTER_TRACE | FILTER_NO_CONNECT);
}

START_TEST(left_behind_a_connection_stops_it)
{
	const struct options options = { .refusal_error = EPERM, .loopback = true };
	struct network_off off;

	ck_assert_int_ge(socket(AF_INET, SOCK_STREAM, 0), 0);
	const char *words = switch_network_off(&options, &off);
	ck_assert_ptr_nonnull(words);
	ck_assert_ptr_nonnull(strstr(words, "(a TCP socket)"));
	ck_assert(!off.loopback.held);
}
END_TEST

START_TEST(filters_for_a_connection)
{
	ck_assert_uint_eq(filters_with(socket(AF_INET, SOCK_STREAM, 0)), FILTER_BASE | FILTER_NO_LISTEN);
}
END_TEST

START_TEST(filters_for_a_listener)
{
	const int made = socket(AF_INET6, SOCK_STREAM, 0);

	ck_assert_int_eq(listen(made, 1), 0);
	ck_assert_uint_eq(filters_with(made), FILTER_BASE);
}
END_TEST

START_TEST(filters_for_an_af_unix_socket)
{
	ck_assert_uint_eq(filters_with(socket(AF_UNIX, SOCK_STREAM, 0)), FILTER_BASE);
}
END_TEST

START_TEST(filters_for_mptcp)
{
	const struct options options = { .refusal_error = EPERM };
	struct network_off off;

	if (socket(AF_INET, SOCK_STREAM, 262) < 0) {
		printf("# not on this machine: MPTCP: %s\n", strerror(errno));
		return;
	}
	ck_assert_ptr_null(switch_network_off(&options, &off));
	ck_assert_uint_eq(off.filters & ~(unsigned)FILTER_TRACE,
		off.kernel_off ? FILTER_BASE : FILTER_BASE | FILTER_NO_CONNECT | FILTER_NO_LISTEN);
}
END_TEST

START_TEST(with_a_child_there_is_no_ptrace)
{
	const struct options options = { .refusal_error = EPERM };
	struct network_off off;
	const pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	ck_assert_ptr_null(switch_network_off(&options, &off));
	ck_assert(off.kernel_off || (off.filters & FILTER_TRACE));
	ck_assert_int_eq(ptrace(PTRACE_SEIZE, child, NULL, NULL), -1);
	ck_assert_int_eq(errno, EPERM);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}
END_TEST

START_TEST(a_loose_descriptor_stops_it_before_anything_else)
{
	const struct options options = { .refusal_error = EPERM };
	struct network_off off;

	ck_assert_int_ge(socket(AF_INET, SOCK_DGRAM, 0), 0);
	const char *words = switch_network_off(&options, &off);
	if (off.kernel_off)
		return;
	ck_assert_ptr_nonnull(strstr(words, "(a UDP socket)"));
	ck_assert_int_eq(off.steps_done, DONE_KERNEL_OFF);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mechanisms");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, base_refuses_with_the_chosen_error, 0, 4);
	tcase_add_test_raise_signal(all, killing_kills, SIGSYS);
	tcase_add_test(all, killing_leaves_probing_alone);
	tcase_add_test(all, logging_still_refuses);
	tcase_add_test(all, no_connect_and_no_listen_refuse_af_unix_too);
	tcase_add_test(all, trace_refuses_ptrace);
	tcase_add_loop_test(all, each_filter_refuses_its_own_calls, 0, 8);
	tcase_add_test(all, loopback_refuses_all_but_whole_triples);
	tcase_add_test(all, without_no_new_privs_nothing_is_loaded);
	tcase_add_test(all, a_kernel_without_network_off_is_no_error);
	tcase_add_test(all, a_kernel_without_no_unix_is_no_error);
	tcase_add_test(all, a_domain_keeps_from_outside_processes);
	tcase_add_loop_test(all, abstract_sockets_outside, 0, 2);
	tcase_add_loop_test(all, a_domain_for_a_loopback, 0, 2);
	tcase_add_test(all, a_loopback_of_its_own);
	tcase_add_test(all, left_behind_a_connection_stops_it);
	tcase_add_test(all, capabilities_go);
	tcase_add_test(all, kept_capabilities_stay_alone);
	tcase_add_test(all, of_a_set_those_are_kept_that_are_held);
	tcase_add_test(all, names_of_capabilities);
	tcase_add_test(all, all_of_it_twice);
	tcase_add_test(all, filters_for_a_connection);
	tcase_add_test(all, filters_for_a_listener);
	tcase_add_test(all, filters_for_an_af_unix_socket);
	tcase_add_test(all, filters_for_mptcp);
	tcase_add_test(all, with_a_child_there_is_no_ptrace);
	tcase_add_test(all, a_loose_descriptor_stops_it_before_anything_else);
	suite_add_tcase(suite, all);
	return run_suite(suite);
}
