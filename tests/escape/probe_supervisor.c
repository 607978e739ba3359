/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Cases about the process that answers for the kernel: behind seccomp's user notification a
 * supervisor outside decides about each refused call (seccomp_unotify(2)), so whoever gets
 * into it gets out. Behind the sandbox the cases go to the one that serves it; without, to one that
 * lies open: the victim, or for those that end it a child of the case's own.
 */
#include "netprobe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DESCRIPTORS_TRIED = 16 }; /* of the supervisor */

struct process { int parent; char name[32]; bool alive; };

static struct process look_at(int number)
{
	char file[40], line[256], state = 'Z';
	struct process process = { .parent = -1 };

	snprintf(file, sizeof file, "/proc/%d/status", number);
	FILE *const status = fopen(file, "re");
	while (status && fgets(line, sizeof line, status)) {
		sscanf(line, "State: %c", &state);
		sscanf(line, "PPid: %d", &process.parent);
		sscanf(line, "Name: %31s", process.name);
	}
	if (status)
		fclose(status);
	process.alive = state != 'Z';
	return process;
}

static bool is_above_us(int number)
{
	for (int above = getpid(); above > 1; above = look_at(above).parent)
		if (above == number)
			return true;
	return false;
}

/* The driver takes the orphans of the sandbox. Which of them is none of ours, by its name and its session, nor
 * was started by the driver before, answers for us; 0 if there is none. */
static int find_supervisor(void)
{
	const struct process own = look_at(getpid());
	int found = 0;
	DIR *const processes = opendir("/proc");
	struct dirent *entry;

	while (processes && !found && (entry = readdir(processes))) {
		const int number = atoi(entry->d_name);
		const struct process process = number > 0 ? look_at(number) : (struct process){ .alive = false };
		bool known = !process.alive || process.parent != shared->driver || is_above_us(number);
		for (int i = 0; i < HELPERS; i++)
			known |= number == shared->helpers[i];
		if (!known && strcmp(process.name, own.name) != 0 && getsid(number) != getsid(0))
			found = number;
	}
	if (processes)
		closedir(processes);
	return found;
}

static struct result no_supervisor(void)
{
	return result(NOT_HERE, shared->run > 0 ? "nobody answers for the kernel" : "no driver outside");
}

/* 0 with *NOTHING filled in: there is none. */
static int supervisor_or_victim(struct result *nothing)
{
	const int process = shared->run > 0 ? find_supervisor() : shared->run == 0 ? shared->victim : 0;

	*nothing = no_supervisor();
	return process;
}

/* --- Into it. An answer other than a refusal means that the door is open. --- */

static struct result enter_memory(const struct probe *probe)
{
	struct result nothing;
	char file[40];
	const int process = supervisor_or_victim(&nothing);

	(void)probe;
	if (!process)
		return nothing;
	snprintf(file, sizeof file, "/proc/%d/mem", process);
	if (open(file, O_RDWR | O_CLOEXEC) < 0)
		return refused("open /proc/PID/mem");
	return result(ESCAPED, "its memory is open");
}

static struct result enter_by_vm_call(const struct probe *probe)
{
	struct result nothing;
	char byte = 0;
	const struct iovec local = { &byte, 1 }, remote = { NULL, 1 };
	const int process = supervisor_or_victim(&nothing);

	if (!process)
		return nothing;
	if (syscall(probe->number, (long)process, &local, 1L, &remote, 1L, 0L) < 0 && errno != EFAULT)
		return refused("process_vm_readv or writev");
	return result(ESCAPED, "its memory is open");
}

static struct result enter_by_trace(const struct probe *probe)
{
	struct result nothing;
	const int process = supervisor_or_victim(&nothing);

	if (!process)
		return nothing;
	if (syscall(SYS_ptrace, probe->number, (long)process, 0L, 0L) != 0)
		return refused("ptrace");
	if (probe->number == PTRACE_ATTACH)
		waitpid(process, NULL, __WALL);
	return result(ESCAPED, "it is traced");
}

/* The listener is one of them. */
static struct result take_descriptor(const struct probe *probe)
{
	struct result nothing;
	const int process = supervisor_or_victim(&nothing);
	const int pidfd = process ? (int)syscall(SYS_pidfd_open, (long)process, 0L) : -1;

	(void)probe;
	if (!process)
		return nothing;
	if (pidfd < 0)
		return refused("pidfd_open");
	for (long number = 0; number < DESCRIPTORS_TRIED; number++)
		if (syscall(SYS_pidfd_getfd, (long)pidfd, number, 0L) >= 0 || errno == EBADF)
			return result(ESCAPED, "its descriptors can be taken");
	return refused("pidfd_getfd");
}

static struct result open_descriptor(const struct probe *probe)
{
	struct result nothing;
	char file[40], link[64];
	const int process = supervisor_or_victim(&nothing);

	(void)probe;
	if (!process)
		return nothing;
	for (int number = 0; number < DESCRIPTORS_TRIED; number++) {
		snprintf(file, sizeof file, "/proc/%d/fd/%d", process, number);
		if (open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) >= 0 || readlink(file, link, sizeof link) > 0)
			return result(ESCAPED, "its descriptors are open");
		if (errno != ENOENT) /* of all of them alike */
			break;
	}
	return refused("open /proc/PID/fd/N");
}

/* --- Without it: what is asked meanwhile fails or waits, and never comes to be. --- */

enum loss { STOPPED, WITHOUT_LIMITS, KILLED };

static bool lose(int process, enum loss loss)
{
	const struct rlimit none = { 0, 0 };

	switch (loss) {
	case STOPPED:
		return kill(process, SIGSTOP) == 0;
	case WITHOUT_LIMITS: /* a user may do that to all processes of the same; these two would end it */
		for (long limit = 0; limit < RLIM_NLIMITS; limit++)
			if (limit != RLIMIT_CPU && limit != RLIMIT_NOFILE && syscall(SYS_prlimit64, (long)process, limit, &none, NULL) != 0)
				return false;
		return true;
	case KILLED:
		return kill(process, SIGKILL) == 0;
	}
	return false;
}

static pid_t start_decoy(void)
{
	const pid_t decoy = fork();

	if (decoy == 0) {
		alarm(60);
		for (;;)
			pause();
	}
	return decoy;
}

static struct result probe_loss(const struct probe *probe)
{
	enum { WAITED = 200 /* times 10 ms, for what waits */ };
	const int process = shared->run > 0 ? find_supervisor() : shared->run == 0 ? start_decoy() : 0;
	int status = 0;

	if (process <= 0)
		return no_supervisor();
	const bool lost = lose(process, (enum loss)probe->number);
	const int error = errno;
	const pid_t child = fork();
	if (child == 0) {
		const int made = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC); /* not even in a network of one's own */
		_exit(made >= 0 ? 0 : errno);
	}
	bool ended = false;
	for (int i = 0; i < WAITED && !(ended = waitpid(child, &status, WNOHANG) == child); i++)
		usleep(10000);
	if (probe->number == STOPPED)
		kill(process, SIGCONT);
	if (!ended) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	if (shared->run == 0)
		kill(process, SIGKILL);
	if (ended && status == 0)
		return result(ESCAPED, "a socket was made");
	if (!lost)
		return result(BLOCKED, "it is out of reach: %s", strerror(error));
	if (ended && WIFEXITED(status))
		return result(BLOCKED, "socket: %s", strerror(WEXITSTATUS(status)));
	return result(BLOCKED, "socket waits");
}

void add_supervisor_probes(void)
{
	add_probe(false, enter_memory, "supervisor-mem");
	add_probe(false, enter_by_vm_call, "supervisor-vm-readv")->number = SYS_process_vm_readv;
	add_probe(false, enter_by_vm_call, "supervisor-vm-writev")->number = SYS_process_vm_writev;
	add_probe(false, enter_by_trace, "supervisor-ptrace-seize")->number = PTRACE_SEIZE;
	add_probe(false, enter_by_trace, "supervisor-ptrace-attach")->number = PTRACE_ATTACH;
	add_probe(false, take_descriptor, "supervisor-pidfd-getfd");
	add_probe(false, open_descriptor, "supervisor-fd");
}

/* These take it away from all that comes after them. */
void add_supervisor_losses(void)
{
	add_probe(false, probe_loss, "supervisor-stopped")->number = STOPPED;
	add_probe(false, probe_loss, "supervisor-without-limits")->number = WITHOUT_LIMITS;
	add_probe(false, probe_loss, "supervisor-killed")->number = KILLED;
}
