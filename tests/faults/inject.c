/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * For faults.py: one system call of the processes that the tool starts under -x, in front of prog's
 * exec, fails. strace counts the calls of all of them alike, and cannot choose one.
 *
 *     inject TRACE WHO AT FAULT TOOL ARGUMENT...
 *
 * writes a line for each call to TRACE, "WHO AT NAME(WHICH". WHO is 0 for the tool, and goes up
 * with each process that it comes to. Call AT of WHO, if there is one, is not made, and returns FAULT; or
 * the process is killed in front of it, if that is "kill". prog and what it starts are not traced.
 * Exits as prog does, when all that was traced has ended.
 */
#include <elf.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static struct tracee {
	pid_t pid;
	long at;
	bool is_injected; /* at the end of this call */
} tracees[16];

static int tracee_count;

static _Noreturn void fail(const char *words)
{
	fprintf(stderr, "inject: fatal: unable to %s: %s\n", words, strerror(errno));
	_exit(99);
}

static struct tracee *find(pid_t pid)
{
	for (int i = 0; i < tracee_count; i++)
		if (tracees[i].pid == pid)
			return &tracees[i];
	if (tracee_count == 16)
		fail("remember so many processes");
	tracees[tracee_count].pid = pid;
	return &tracees[tracee_count++];
}

static void change_registers(pid_t pid, bool entering, long value)
{
#if defined __x86_64__
	struct user_regs_struct registers;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) != 0)
		return; /* it was killed */
	if (entering)
		registers.orig_rax = (unsigned long long)-1;
	else
		registers.rax = (unsigned long long)value;
	(void)ptrace(PTRACE_SETREGS, pid, NULL, &registers);
#elif defined __aarch64__
	struct user_regs_struct registers;
	int none = -1;
	struct iovec number = { &none, sizeof none }, all = { &registers, sizeof registers };

	if (entering) {
		(void)ptrace(PTRACE_SETREGSET, pid, (void *)0x404 /* NT_ARM_SYSTEM_CALL */, &number);
		return;
	}
	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &all) != 0)
		return;
	registers.regs[0] = (unsigned long long)value;
	(void)ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &all);
#else
	(void)pid, (void)entering, (void)value;
	errno = ENOSYS;
	fail("change registers of this architecture");
#endif
}

/* Of calls that are many things the one that it is. */
static const char *which(uint64_t number, uint64_t first, uint64_t second, char text[32])
{
	static const struct { unsigned long request; const char *name; } requests[] = {
		{ SECCOMP_IOCTL_NOTIF_RECV, "NOTIF_RECV" }, { SECCOMP_IOCTL_NOTIF_SEND, "NOTIF_SEND" },
		{ SECCOMP_IOCTL_NOTIF_ID_VALID, "NOTIF_ID_VALID" },
	};

	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
		if (number == (uint64_t)SCMP_SYS(ioctl) && second == requests[i].request)
			return requests[i].name;
	if (number != (uint64_t)SCMP_SYS(prctl) && number != (uint64_t)SCMP_SYS(rt_sigprocmask))
		return "";
	snprintf(text, 32, "%ju", (uintmax_t)first);
	return text;
}

static void stop_at_call(FILE *trace, struct tracee *tracee, int who, long at, const char *fault)
{
	struct __ptrace_syscall_info info;
	char text[32];

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof info, &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		if (tracee->is_injected)
			change_registers(tracee->pid, false, atol(fault));
		tracee->is_injected = false;
		return;
	}
	const bool is_it = tracee - tracees == who && tracee->at == at;
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)info.entry.nr);
	fprintf(trace, "%d %ld %s(%s%s\n", (int)(tracee - tracees), tracee->at++, name ? name : "unknown",
		which(info.entry.nr, info.entry.args[0], info.entry.args[1], text), is_it ? " INJECTED" : "");
	free(name);
	if (!is_it)
		return;
	if (strcmp(fault, "kill") == 0) {
		kill(tracee->pid, SIGKILL);
	} else {
		tracee->is_injected = true;
		change_registers(tracee->pid, true, 0);
	}
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int status, result = 99, execs = 0;
	FILE *trace;

	if (argc < 6 || !(trace = fopen(argv[1], "we")))
		return 100;
	const pid_t tool = fork();
	if (tool == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		kill(getpid(), SIGSTOP);
		execv(argv[5], argv + 5);
		_exit(99);
	}
	if (tool < 0 || waitpid(tool, &status, 0) != tool || ptrace(PTRACE_SETOPTIONS, tool, NULL, options) != 0)
		fail("trace");
	(void)find(tool);
	ptrace(PTRACE_SYSCALL, tool, NULL, 0L);
	for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
		if (pid < 0)
			continue;
		if (!WIFSTOPPED(status)) {
			if (pid == tool)
				result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			continue;
		}
		const int known = tracee_count, event = status >> 16, signal = WSTOPSIG(status);
		struct tracee *tracee = find(pid);
		if (pid == tool && event == PTRACE_EVENT_EXEC && execs++ > 0) {
			ptrace(PTRACE_DETACH, pid, NULL, 0L);
			continue;
		}
		if (signal == (SIGTRAP | 0x80))
			stop_at_call(trace, tracee, atoi(argv[2]), atol(argv[3]), argv[4]);
		const bool is_ours = event || signal == (SIGTRAP | 0x80) || tracee_count > known;
		ptrace(PTRACE_SYSCALL, pid, NULL, is_ours ? 0L : (long)signal);
	}
	return fclose(trace) == 0 ? result : 99;
}
