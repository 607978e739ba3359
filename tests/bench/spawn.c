/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Starts programs and measures them.
 *
 *     spawn time ROUNDS               each line of standard input, "NAME COMMAND WORD...", is
 *                                     run once a round, in any order
 *     spawn alive SECONDS NUMBER PROG...  so many at once; PROG ends in `noop hold`
 *     spawn look PROG...              PROG, a chain tool, from its start to its own execve
 *
 * Numbers go to standard output, separated by commas; see print_* for what they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "spawn: fatal: unable to %s: %s\n", what, strerror(errno));
	exit(111);
}

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		fail("allocate memory");
	return memory;
}

static double now(void) /* microseconds */
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* The number behind NAME in a file of lines "Name: number kB", such as /proc/meminfo. */
static long kilobytes(const char *file_name, const char *name)
{
	FILE *file = fopen(file_name, "re");
	char line[256];
	long value = 0;

	if (!file)
		fail("open a file in /proc");
	while (fgets(line, sizeof line, file))
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			value = atol(line + strlen(name) + 1);
	fclose(file);
	return value;
}

/* Standard input and output of the programs are given; the rest they have from us. */
static pid_t start(char **words, int input, int output)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	errno = posix_spawnp(&pid, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return errno == 0 ? pid : -1;
}

/* time */

enum { COMMANDS = 32, WORDS = 32 };

struct command {
	char *name, *words[WORDS];
	double *wall, *cpu, *faults; /* one a round; microseconds */
};

static bool read_command(struct command *command, int rounds)
{
	char *line = NULL;
	size_t size = 0;
	int count = 0;

	if (getline(&line, &size, stdin) < 0)
		return false;
	command->name = strtok(line, " \n");
	while (count < WORDS - 1 && (command->words[count] = strtok(NULL, " \n")))
		count++;
	if (count == 0) {
		errno = EINVAL;
		fail("find a command in a line");
	}
	command->wall = allocate((size_t)rounds, sizeof(double));
	command->cpu = allocate((size_t)rounds, sizeof(double));
	command->faults = allocate((size_t)rounds, sizeof(double));
	return true;
}

static int measure(const struct command *command, int null, double *wall, double *cpu, double *faults)
{
	struct rusage usage;
	int status;
	const double before = now();
	const pid_t pid = start((char **)command->words, null, null);

	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		fail(command->name);
	*wall = now() - before;
	*cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
		(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	*faults = (double)usage.ru_minflt;
	return status;
}

static int compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(const double *sorted, int count, double part)
{
	return sorted[(int)((double)(count - 1) * part + 0.5)];
}

static void print_times(const struct command *command, int rounds)
{
	qsort(command->wall, (size_t)rounds, sizeof(double), compare_doubles);
	qsort(command->cpu, (size_t)rounds, sizeof(double), compare_doubles);
	qsort(command->faults, (size_t)rounds, sizeof(double), compare_doubles);
	/* name, microseconds from start to end: median, least, 90th percentile; processor
	 * time: median, least; page faults: median */
	printf("%s,%.1f,%.1f,%.1f,%.1f,%.1f,%.0f\n", command->name,
		quantile(command->wall, rounds, 0.5), command->wall[0], quantile(command->wall, rounds, 0.9),
		quantile(command->cpu, rounds, 0.5), command->cpu[0], quantile(command->faults, rounds, 0.5));
}

static int time_commands(int rounds)
{
	static struct command commands[COMMANDS];
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	double unused[3];
	int count = 0;

	if (null < 0 || rounds < 1)
		fail("open /dev/null");
	while (count < COMMANDS && read_command(&commands[count], rounds)) {
		const int status = measure(&commands[count], null, &unused[0], &unused[1], &unused[2]);
		if (status == 0)
			count++;
		else
			fprintf(stderr, "skipped: %s does not work here (wait status %#x)\n",
				commands[count].name, (unsigned)status);
	}
	/* In another order each round, so that none always follows the same one. */
	int order[COMMANDS];
	for (int i = 0; i < count; i++)
		order[i] = i;
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < count; i++) {
			const int other = i + rand() % (count - i), chosen = order[other];
			order[other] = order[i];
			order[i] = chosen;
			const struct command *command = &commands[chosen];
			if (measure(command, null, &command->wall[round], &command->cpu[round],
					&command->faults[round]) != 0)
				fail(command->name);
		}
	for (int i = 0; i < count; i++)
		print_times(&commands[i], rounds);
	return 0;
}

/* alive */

/* In kB. Filters are in VmallocUsed and SUnreclaim, network namespaces in SUnreclaim and
 * Percpu. Kernel stacks are in VmallocUsed too; there are as many of them without a tool.
 * Cached names and inodes (of /proc/PID/fd) go when memory is short: counted apart. */
struct kernel_memory {
	long held, cached;
};

static struct kernel_memory kernel_memory(void)
{
	static const char *const names[] = { "SUnreclaim", "VmallocUsed", "Percpu", "PageTables" };
	struct kernel_memory memory = { .cached = kilobytes("/proc/meminfo", "SReclaimable") };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		memory.held += kilobytes("/proc/meminfo", names[i]);
	return memory;
}

static int keep_alive(double seconds, int wanted, char **words)
{
	enum { A_CHECK = 100, LEAST_AVAILABLE = 200 * 1024 /* kB, left to the machine */ };
	int hold[2], ready[2];
	char bytes[4096];

	if (pipe2(hold, O_CLOEXEC) != 0 || pipe2(ready, O_CLOEXEC) != 0)
		fail("make a pipe");
	const struct kernel_memory memory_before = kernel_memory();
	const double before = now();
	int started = 0, alive = 0;
	while (started < wanted) {
		if (started % A_CHECK == 0 && (now() - before > seconds * 1e6 ||
				kilobytes("/proc/meminfo", "MemAvailable") < LEAST_AVAILABLE))
			break;
		if (start(words, hold[0], ready[1]) < 0)
			break;
		started++;
	}
	close(ready[1]);
	while (alive < started) {
		const ssize_t size = read(ready[0], bytes, sizeof bytes);
		if (size <= 0)
			break; /* some have ended: they do not work here */
		alive += (int)size;
	}
	const double took = now() - before;
	const struct kernel_memory memory = kernel_memory();
	close(hold[1]);
	while (wait(NULL) > 0)
		;
	const double each = alive ? 1.0 / alive : 0.0;
	/* wanted, alive, seconds, kB of kernel memory each, and kB of cache each */
	printf("%d,%d,%.3f,%.2f,%.2f\n", wanted, alive, took / 1e6,
		(double)(memory.held - memory_before.held) * each,
		(double)(memory.cached - memory_before.cached) * each);
	return alive == 0;
}

/* look */

static long minor_faults(pid_t pid)
{
	char name[64], text[1024];
	unsigned long faults = 0;

	snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
	FILE *file = fopen(name, "re");
	if (!file || !fgets(text, sizeof text, file))
		fail("read /proc/PID/stat");
	fclose(file);
	/* The tenth field; the second may have spaces in it. */
	const char *after_name = strrchr(text, ')');
	if (!after_name || sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %*u %lu", &faults) != 1)
		fail("understand /proc/PID/stat");
	return (long)faults;
}

static int look(char **words)
{
	struct __ptrace_syscall_info call;
	char name[64];
	bool runs = false;
	int status;
	long calls = 0, faults = 0;
	const pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(words[0], words);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
		ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) != 0)
		fail("trace");
	snprintf(name, sizeof name, "/proc/%d/status", (int)pid);
	while (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0 && waitpid(pid, &status, 0) == pid) {
		if (!WIFSTOPPED(status))
			break;
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
			runs = true;
			faults = minor_faults(pid);
			continue;
		}
		if (!runs || WSTOPSIG(status) != (SIGTRAP | 0x80) ||
			ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof call, &call) <= 0 ||
			call.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		if (call.entry.nr == SYS_execve) {
			/* system calls, page faults, kB resident at most, kB of that its own */
			printf("%ld,%ld,%ld,%ld\n", calls, minor_faults(pid) - faults,
				kilobytes(name, "VmHWM"), kilobytes(name, "RssAnon"));
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return 0;
		}
		calls++;
	}
	errno = ECHILD;
	fail("follow the program to its execve");
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "time") == 0)
		return time_commands(atoi(argv[2]));
	if (argc > 4 && strcmp(argv[1], "alive") == 0)
		return keep_alive(atof(argv[2]), atoi(argv[3]), argv + 4);
	if (argc > 2 && strcmp(argv[1], "look") == 0)
		return look(argv + 2);
	fprintf(stderr, "usage: spawn time ROUNDS | alive SECONDS NUMBER PROG... | look PROG...\n");
	return 100;
}
