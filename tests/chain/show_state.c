/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Prints everything that a process inherits through exec and that disablenetwork must
 * leave alone, one line a fact, so that two runs can be compared. Written to the file
 * named by STATE_FILE, or to standard output. Process ids that are our own read "self".
 *
 *     show_state network    only whether the network is off; needs neither files nor /proc
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { DESCRIPTORS = 4096 };

extern char **environ;

static FILE *state;

/* Bytes as they are: nothing in them may look like another line. */
static void put(const char *name, int number, const char *bytes)
{
	fprintf(state, "%s %d: ", name, number);
	for (; *bytes; bytes++)
		if (*bytes < ' ' || *bytes > '~' || *bytes == '\\')
			fprintf(state, "\\%02x", (unsigned char)*bytes);
		else
			putc(*bytes, state);
	putc('\n', state);
}

static void put_id(const char *name, pid_t id)
{
	if (id == getpid())
		fprintf(state, "%s: self\n", name);
	else
		fprintf(state, "%s: %d\n", name, (int)id);
}

/* The lines of /proc/self/status that begin with one of these. */
static void put_status(void)
{
	static const char *const wanted[] = { "Name:", "Umask:", "Uid:", "Gid:", "Groups:", "SigPnd:", "ShdPnd:",
		"SigBlk:", "SigIgn:", "SigCgt:", "Speculation", "Cpus_allowed:", "Mems_allowed:", "THP_enabled:", "TracerPid:",
		"Threads:" };
	char line[4096];
	FILE *status = fopen("/proc/self/status", "re");

	while (status && fgets(line, sizeof line, status))
		for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				fprintf(state, "%s", line);
	if (status)
		fclose(status);
}

static void put_file(const char *name)
{
	char line[256] = "";
	FILE *file = fopen(name, "re");

	if (file && fgets(line, sizeof line, file))
		put(name, 0, line);
	if (file)
		fclose(file);
}

static void put_descriptors(void)
{
	struct stat status;

	fprintf(state, "descriptors:\n"); /* there may be none */
	for (int number = 0; number < DESCRIPTORS; number++) {
		const int flags = fcntl(number, F_GETFD);
		if (flags < 0 || fstat(number, &status) != 0)
			continue;
		fprintf(state, "descriptor %d: %#x %#x %llu %#o %llx:%llu %lld %d\n", number, (unsigned)flags,
			(unsigned)fcntl(number, F_GETFL), (unsigned long long)status.st_rdev, status.st_mode,
			(unsigned long long)status.st_dev, (unsigned long long)status.st_ino,
			(long long)lseek(number, 0, SEEK_CUR), fcntl(number, F_GETOWN));
	}
}

static void put_limits(void)
{
	struct rlimit limit;

	for (int number = 0; number < RLIM_NLIMITS; number++)
		if (getrlimit(number, &limit) == 0)
			fprintf(state, "limit %d: %lld %lld\n", number, (long long)limit.rlim_cur, (long long)limit.rlim_max);
}

static void put_prctls(void)
{
	int pdeath = 0, subreaper = 0;

	prctl(PR_GET_PDEATHSIG, &pdeath);
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
	fprintf(state, "dumpable: %d\n", prctl(PR_GET_DUMPABLE));
	fprintf(state, "parent-death signal: %d\n", pdeath);
	fprintf(state, "subreaper: %d\n", subreaper);
	fprintf(state, "timer slack: %d\n", prctl(PR_GET_TIMERSLACK));
	fprintf(state, "timing: %d\n", prctl(PR_GET_TIMING));
	fprintf(state, "keepcaps: %d\n", prctl(PR_GET_KEEPCAPS));
	fprintf(state, "machine-check kill: %d\n", prctl(PR_MCE_KILL_GET, 0L, 0L, 0L, 0L));
	fprintf(state, "no huge pages: %d\n", prctl(PR_GET_THP_DISABLE, 0L, 0L, 0L, 0L));
	for (long which = 0; which < 3; which++)
		fprintf(state, "speculation %ld: %d\n", which, prctl(PR_GET_SPECULATION_CTRL, which, 0L, 0L, 0L));
}

static void put_scheduling(void)
{
	struct sched_param param = { 0 };
	struct itimerval timer = { 0 };

	syscall(SYS_sched_getparam, 0, &param); /* musl has none of its own */
	errno = 0;
	fprintf(state, "nice: %d\n", getpriority(PRIO_PROCESS, 0));
	fprintf(state, "policy: %#x %d\n", (unsigned)syscall(SYS_sched_getscheduler, 0), param.sched_priority);
	fprintf(state, "io priority: %ld\n", syscall(SYS_ioprio_get, 1L, 0L));
	getitimer(ITIMER_REAL, &timer);
	fprintf(state, "alarm: %s\n", timer.it_value.tv_sec ? "set" : "none");
}

/* The terminal that controls us, if any, and who is in front of it. */
static void put_terminal(void)
{
	const int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	put_id("session", getsid(0));
	put_id("group", getpgrp());
	put_id("parent", getppid());
	if (tty < 0) {
		fprintf(state, "terminal: none\n");
		return;
	}
	put_id("terminal's group", tcgetpgrp(tty));
	put_id("terminal's session", tcgetsid(tty));
	close(tty);
}

/* Off is off by our filter, not by a limit or a lack of it. */
static int show_network(void)
{
	const int network = socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
	const int ours = network == EPERM && prctl(PR_GET_SECCOMP) == 2 && prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 1;
	const char *text = ours ? "network: off\n" : network ? "network: not ours\n" : "network: on\n";

	return write(STDOUT_FILENO, text, strlen(text)) < 0;
}

int main(int argc, char **argv)
{
	char *text, directory[8192];
	size_t size;
	struct rlimit limit;
	const char *file = getenv("STATE_FILE");

	if (argc == 2 && strcmp(argv[1], "network") == 0)
		return show_network();
	state = open_memstream(&text, &size);
	if (!state)
		return 1;
	put_descriptors();
	for (int i = 0; i < argc; i++)
		put("argument", i, argv[i]);
	for (int i = 0; environ[i]; i++)
		put("environment", i, environ[i]);
	put("file name", 0, (const char *)getauxval(AT_EXECFN));
	fprintf(state, "secure: %lu\n", getauxval(AT_SECURE));
	put("directory", 0, getcwd(directory, sizeof directory) ? directory : strerror(errno));
	fprintf(state, "personality: %#x\n", (unsigned)personality(0xffffffff));
	put_limits();
	put_prctls();
	put_scheduling();
	put_terminal();
	put_status();
	put_file("/proc/self/comm");
	put_file("/proc/self/oom_score_adj");
	put_file("/proc/self/coredump_filter");
	put_file("/proc/self/cgroup");
	fprintf(state, "children: %s\n", waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? "none" : "some");
	if (fclose(state) != 0)
		return 1;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max; /* room for the file */
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	const int out = file ? open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644) : STDOUT_FILENO;
	return out < 0 || write(out, text, size) != (ssize_t)size;
}
