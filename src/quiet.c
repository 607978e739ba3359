/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See quiet.h. It asks and waits; nothing is changed, and no thread is disturbed.
 */
#include "quiet.h"

#include "proc.h"
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* For a thread to leave the call that it waits in, and for one that never waits to be found in user mode, where
 * it may seldom be: with 24 threads on one slow processor some have their turn late. */
enum { MS_TO_LEAVE = 5000, MS_TO_BE_FOUND = 30000 };

/* Not on every architecture. */
#define NO_SUCH_CALL -1
#ifdef SYS_fork
#define NUMBER_OF_FORK SYS_fork
#define NUMBER_OF_VFORK SYS_vfork
#define NUMBER_OF_DUP2 SYS_dup2
#else
#define NUMBER_OF_FORK NO_SUCH_CALL
#define NUMBER_OF_VFORK NO_SUCH_CALL
#define NUMBER_OF_DUP2 NO_SUCH_CALL
#endif
#ifdef SYS_accept
#define NUMBER_OF_ACCEPT SYS_accept
#else
#define NUMBER_OF_ACCEPT NO_SUCH_CALL
#endif
#ifdef SYS_socketcall
#define NUMBER_OF_SOCKETCALL SYS_socketcall
#else
#define NUMBER_OF_SOCKETCALL NO_SUCH_CALL
#endif
#ifdef SYS_fcntl64
#define NUMBER_OF_FCNTL64 SYS_fcntl64
#else
#define NUMBER_OF_FCNTL64 NO_SUCH_CALL
#endif
#ifdef SYS_mmap2
#define NUMBER_OF_MMAP2 SYS_mmap2
#else
#define NUMBER_OF_MMAP2 NO_SUCH_CALL
#endif
#ifdef SYS_mmap
#define NUMBER_OF_MMAP SYS_mmap
#else
#define NUMBER_OF_MMAP NO_SUCH_CALL
#endif
#ifdef SYS_recvmmsg
#define NUMBER_OF_RECVMMSG SYS_recvmmsg
#else
#define NUMBER_OF_RECVMMSG NO_SUCH_CALL
#endif
#ifdef SYS_recvmmsg_time64
#define NUMBER_OF_RECVMMSG_TIME64 SYS_recvmmsg_time64
#else
#define NUMBER_OF_RECVMMSG_TIME64 NO_SUCH_CALL
#endif
/* The same everywhere; older headers lack them. */
#define NUMBER_OF_CLONE3 435
#define NUMBER_OF_PIDFD_GETFD 438

/* Some numbers of x86_64 are those of another call on i386: 41 is socket and dup, 2 open and fork.
 * getuid (socketcall) and getresgid (clone) never wait. */
const struct birth births[] = {
	{ "socket", SYS_socket, 359, MUST_LEAVE, "makes a socket of any family" },
	{ "socketpair", SYS_socketpair, 360, MUST_LEAVE, "the same, in pairs" },
	{ "socketcall", NUMBER_OF_SOCKETCALL, 102, AS_THE_CALL_IN_IT, "each of those on sockets" },
	{ "io_uring_setup", SYS_io_uring_setup, 425, MUST_LEAVE, "makes a ring, which makes sockets" },
	{ "io_uring_enter", SYS_io_uring_enter, 426, MUST_LEAVE_BY_ITSELF, "works off what waits in a ring, also at rest" },
	{ "io_uring_register", SYS_io_uring_register, 427, MUST_LEAVE, "hides a ring from the list of descriptors" },
	{ "bpf", SYS_bpf, 357, MUST_LEAVE, "makes programs, which send frames" },
	{ "pidfd_getfd", NUMBER_OF_PIDFD_GETFD, 438, MUST_LEAVE, "takes another process's socket" },
	{ "connect", SYS_connect, 362, MUST_LEAVE, "reaches a new peer" },
	{ "bind", SYS_bind, 361, MUST_LEAVE, "takes an address" },
	{ "listen", SYS_listen, 363, MUST_LEAVE, "lets peers come" },
	{ "setsockopt", SYS_setsockopt, 366, MUST_LEAVE, "redirects a connection" },
	{ "ptrace", SYS_ptrace, NO_SUCH_CALL, MUST_LEAVE, "takes a process outside, which Landlock keeps off only then" },
	{ "process_vm_writev", SYS_process_vm_writev, 348, MUST_LEAVE, "writes into one, which has its network" },
	{ "request_key", SYS_request_key, 287, MUST_LEAVE, "has the kernel's helper ask the DNS" },

	/* A socket that is moved from number to number may pass the look at descriptors. */
	{ "dup", SYS_dup, 41, MUST_LEAVE, "moves a descriptor" },
	{ "dup2", NUMBER_OF_DUP2, 63, MUST_LEAVE, "the same" },
	{ "dup3", SYS_dup3, 330, MUST_LEAVE, "the same" },
	{ "fcntl64", NUMBER_OF_FCNTL64, 221, MUST_LEAVE_UNLESS_AT_REST, "the same; but locks are waited for in it" },
	{ "fcntl", SYS_fcntl, 55, MUST_LEAVE_UNLESS_AT_REST, "the same" },
	{ "recvmsg", SYS_recvmsg, 372, MUST_LEAVE_UNLESS_AT_REST, "has taken descriptors out of sight, if not at rest" },
	{ "recvmmsg", NUMBER_OF_RECVMMSG, 337, MUST_LEAVE_UNLESS_AT_REST, "the same" },
	{ "recvmmsg_time64", NUMBER_OF_RECVMMSG_TIME64, 417, MUST_LEAVE_UNLESS_AT_REST, "the same" },
#ifdef __x86_64__ /* x32 has numbers of its own for some */
	{ "ptrace", 521, NO_SUCH_CALL, MUST_LEAVE, "takes a process outside" },
	{ "process_vm_writev", 540, NO_SUCH_CALL, MUST_LEAVE, "writes into one" },
	{ "sendmmsg", 538, NO_SUCH_CALL, MUST_LEAVE, "reads addresses, one after the other" },
	{ "sendmsg", 518, NO_SUCH_CALL, MUST_LEAVE, "sends to an address that it has read" },
	{ "recvmsg", 519, NO_SUCH_CALL, MUST_LEAVE_UNLESS_AT_REST, "the same" },
	{ "recvmmsg", 537, NO_SUCH_CALL, MUST_LEAVE_UNLESS_AT_REST, "the same" },
	{ "setsockopt", 541, NO_SUCH_CALL, MUST_LEAVE, "redirects a connection" },
#endif
	/* So may a ring or a socket that is mapped. */
	{ "mmap", NUMBER_OF_MMAP, 90, MUST_LEAVE, "maps a ring, whose descriptor is closed then" },
	{ "mmap2", NUMBER_OF_MMAP2, 192, MUST_LEAVE, "the same" },
	{ "accept", NUMBER_OF_ACCEPT, NO_SUCH_CALL, MUST_LEAVE_UNLESS_LISTENING, "brings a stream of the kind of its listener" },
	{ "accept4", SYS_accept4, 364, MUST_LEAVE_UNLESS_LISTENING, "the same" },
	/* The header of a message is in memory: what stands there now is not always what was read. */
	{ "sendmmsg", SYS_sendmmsg, 345, MUST_LEAVE, "reads addresses, one after the other" },
	{ "sendmsg", SYS_sendmsg, 370, MUST_LEAVE, "sends to an address that it has read, or will" },
	{ "sendto", SYS_sendto, 369, MUST_LEAVE_UNLESS_STREAM, "the same; send(2) has none" },

	/* A child has what its parent had when it began. */
	{ "fork", NUMBER_OF_FORK, NO_SUCH_CALL, MUST_LEAVE, "brings a child with the descriptors and the domain of before" },
	{ "vfork", NUMBER_OF_VFORK, 190, MUST_LEAVE_BY_ITSELF, "the same, which shares our memory until it execs" },
	{ "clone", SYS_clone, 120, MUST_LEAVE_BY_ITSELF, "the same" },
	{ "clone3", NUMBER_OF_CLONE3, 435, MUST_LEAVE_BY_ITSELF, "the same" },
#ifdef __x86_64__ /* by int 0x80: else the numbers of open, which may wait for somebody, and msync */
	{ "fork", NO_SUCH_CALL, 2, MUST_LEAVE_UNLESS_AT_REST, "brings a child" },
	{ "ptrace", NO_SUCH_CALL, 26, MUST_LEAVE, "takes a process outside" },
#endif

	/* No filter refuses these, so that what one brings late could be had later as well. */
#define MAY_STAY_IN(call, why) { call, NO_SUCH_CALL, NO_SUCH_CALL, MAY_STAY, why }
	MAY_STAY_IN("open", "files"),
	MAY_STAY_IN("creat", "files"),
	MAY_STAY_IN("openat", "files"),
	MAY_STAY_IN("openat2", "files"),
	MAY_STAY_IN("open_by_handle_at", "files"),
	MAY_STAY_IN("open_tree", "names of files"),
	MAY_STAY_IN("open_tree_attr", "names of files"),
	MAY_STAY_IN("fsopen", "mounts"),
	MAY_STAY_IN("fspick", "mounts"),
	MAY_STAY_IN("fsmount", "mounts"),
	MAY_STAY_IN("pipe", "pipes"),
	MAY_STAY_IN("pipe2", "pipes"),
	MAY_STAY_IN("eventfd", "counters"),
	MAY_STAY_IN("eventfd2", "counters"),
	MAY_STAY_IN("epoll_create", "readiness"),
	MAY_STAY_IN("epoll_create1", "readiness"),
	MAY_STAY_IN("signalfd", "signals"),
	MAY_STAY_IN("signalfd4", "signals"),
	MAY_STAY_IN("timerfd_create", "timers"),
	MAY_STAY_IN("inotify_init", "news of files"),
	MAY_STAY_IN("inotify_init1", "news of files"),
	MAY_STAY_IN("fanotify_init", "news of files"),
	MAY_STAY_IN("memfd_create", "memory"),
	MAY_STAY_IN("memfd_secret", "memory"),
	MAY_STAY_IN("userfaultfd", "our own memory"),
	MAY_STAY_IN("perf_event_open", "measures of our own"),
	MAY_STAY_IN("mq_open", "queues of this machine"),
	MAY_STAY_IN("pidfd_open", "a process, which pidfd_getfd takes nothing from any more"),
	MAY_STAY_IN("landlock_create_ruleset", "less rights"),
	MAY_STAY_IN("seccomp", "a listener to our own calls"),
	MAY_STAY_IN("mremap", "what is mapped already, and so is in the list"),
	MAY_STAY_IN("map_shadow_stack", "memory"),
	MAY_STAY_IN("shmat", "memory"),
	MAY_STAY_IN("ipc", "memory"),
	MAY_STAY_IN("io_setup", "requests for files; for sockets they need a descriptor, which is in the list"),
	MAY_STAY_IN("getsockopt", "the process at the other end"),
	MAY_STAY_IN("read", "files of which fanotify tells, our own memory's users"),
	MAY_STAY_IN("readv", "the same"),
	MAY_STAY_IN("spu_create", "contexts of a processor"),
	MAY_STAY_IN("uselib", "memory"),
	MAY_STAY_IN("execve", "ends the other threads, the caller among them"),
	MAY_STAY_IN("execveat", "the same"),
	MAY_STAY_IN("ioctl", "a terminal's other end, namespaces; its ways out need a loose descriptor, which is seen"),
};
const int birth_count = sizeof births / sizeof births[0];

/* Of those that a call may have, and what some of them are. */
enum { ARGUMENTS = 5, DESCRIPTOR = 0, ADDRESS = 4 /* of sendto */ };

/* socketcall(2) has these by number, of <linux/net.h>; no birth comes of the others (send, 9, has
 * no address). */
static const char *const socketcalls[] = { [1] = "socket", [2] = "bind", [3] = "connect", [4] = "listen", [5] = "accept",
	[8] = "socketpair", [11] = "sendto", [14] = "setsockopt", [16] = "sendmsg",
	[17] = "recvmsg", [18] = "accept4", [19] = "recvmmsg", [20] = "sendmmsg" };

/* A thread beside the caller. */
struct thread {
	int number;            /* in /proc, which may be of another process namespace */
	bool quiet;
	bool measured;
	long call;             /* that it was first seen in, of those in the way; 0 before */
	int task;              /* its number in the namespace that it is in; 0 if that cannot be told */
	struct used {
		long long user;       /* time on the processor in user mode, in ns */
		unsigned long calls;  /* to read and write that have returned */
	} used;
	int steps;             /* that the former has made since we look */
};

struct threads {
	int directory;
	size_t count, room;
	struct thread *list;
	bool *may_accept;
};

static _Thread_local char words_of_refusal[160];
static const char unknown_call[] = "a system call"; /* of a thread on the processor, if it is in one */

/* Time is counted by ticks of the timer, each for where it found the thread, on all but two
 * architectures, where what was used before may be added later, once. So a step in user mode
 * means that the thread was there. Steps in the kernel mean nothing: io_uring_enter and sendmmsg take as
 * long as they are given work for. */
#if defined __s390x__ || defined __powerpc__
enum { STEPS_IN_USER_MODE = 2 };
#else
enum { STEPS_IN_USER_MODE = 1 };
#endif
enum { SHORTEST_STEP = 900000 /* ns: 1000 ticks a second */ };

/* In the process namespace that it is in itself: the last that is listed. */
static int task_of(int directory, const char *name)
{
	char text[4096];

	if (!read_of_thread(directory, name, "status", text, sizeof text))
		return 0;
	const char *at = strstr(text, "\nNSpid:");
	const char *end = at ? strchr(at + 1, '\n') : NULL;
	if (!end)
		return 0;
	while (end[-1] != '\t')
		end--;
	return atoi(end);
}

/* The clock of another thread, as clock_getcpuclockid(3) makes that of a process; the lower
 * bits say which (CPUCLOCK_VIRT of the kernel). */
static long long read_user_clock(int task)
{
	enum { VIRTUAL = 1, PER_THREAD = 4 };
	struct timespec time = { .tv_nsec = 0 };
	const clockid_t clock = (clockid_t)(~(unsigned)task << 3 | PER_THREAD | VIRTUAL);

	return task && clock_gettime(clock, &time) == 0 ? time.tv_sec * 1000000000LL + time.tv_nsec : 0;
}

static struct used measure(const struct thread *thread, int directory, const char *name)
{
	char text[512];
	unsigned long reads, writes;
	const char *at;
	struct used used = { .user = read_user_clock(thread->task) };

	if (read_of_thread(directory, name, "io", text, sizeof text) && (at = strstr(text, "syscr:")) &&
		sscanf(at, "syscr: %lu syscw: %lu", &reads, &writes) == 2)
		used.calls = reads + writes;
	return used;
}

/* Whether a thread that is always on the processor, or waiting for it, is known to have left
 * the call that it may have been in. */
static bool has_moved_on(struct thread *thread, const struct threads *threads, const char *name)
{
	if (!thread->measured) {
		thread->task = task_of(threads->directory, name);
		thread->used = measure(thread, threads->directory, name);
		thread->measured = true;
		return false;
	}
	const struct used now = measure(thread, threads->directory, name);
	if (now.user - thread->used.user >= SHORTEST_STEP) {
		thread->steps++;
		thread->used.user = now.user;
	}
	return now.calls > thread->used.calls || thread->steps >= STEPS_IN_USER_MODE;
}

static const struct birth *find_birth_named(const char *call)
{
	for (int i = 0; i < birth_count; i++)
		if (strcmp(births[i].call, call) == 0)
			return &births[i];
	return NULL;
}

/* NUMBER and its ARGUMENTS are socketcall's; they become those of the call in it, as far as it matters and can
 * be told: the memory that they stand in may be written meanwhile, so an address is taken for there. NULL if no birth
 * comes of that call. */
static const struct birth *look_into_socketcall(long number, unsigned long arguments[static ARGUMENTS])
{
	const size_t call = arguments[0], size = number == NUMBER_OF_SOCKETCALL ? sizeof arguments[0] : 4; /* i386 on x86_64 */
	unsigned long descriptor = 0;

	if (call >= sizeof socketcalls / sizeof socketcalls[0] || !socketcalls[call])
		return NULL;
	const int memory = open_proc("/proc/self/mem", 0);
	arguments[DESCRIPTOR] = memory >= 0 && pread(memory, &descriptor, size, (off_t)arguments[1]) == (ssize_t)size
		? descriptor : ULONG_MAX;
	arguments[ADDRESS] = ULONG_MAX;
	if (memory >= 0)
		close(memory);
	return find_birth_named(socketcalls[call]);
}

static const struct birth *find_birth(long number)
{
	enum { X32 = 0x40000000 };

	for (int i = 0; number >= 0 && i < birth_count; i++)
		if (births[i].leaving != MAY_STAY && ((number & ~X32) == births[i].number
#ifdef __x86_64__
			|| number == births[i].number32
#endif
			))
			return &births[i];
	return NULL;
}

/* As proc(5) has it: S is at rest, Z has ended; 0 if it cannot be told. */
static char state_of(int directory, const char *name)
{
	char text[512], state = 0;
	const char *at;

	if (!read_of_thread(directory, name, "stat", text, sizeof text) || !(at = strrchr(text, ')')) ||
		sscanf(at, ") %c", &state) != 1)
		return 0;
	return state;
}

static bool is_at_rest(int directory, const char *name) { return state_of(directory, name) == 'S'; }

static int ask_socket(unsigned long descriptor, int option)
{
	int value = -1;
	socklen_t size = sizeof value;

	return getsockopt((int)descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

/* What it waits in may go on. A number says what is there now, not what the call holds: that it is closed says
 * that the look at descriptors may have missed that, no more. */
static bool may_stay(const struct birth *birth, const unsigned long arguments[static ARGUMENTS], const struct threads *threads,
	const char *name)
{
	const unsigned long descriptor = arguments[DESCRIPTOR];

	switch (birth->leaving) {
	case MUST_LEAVE_UNLESS_AT_REST:
		return is_at_rest(threads->directory, name);
	case MUST_LEAVE_UNLESS_LISTENING:
		if (!is_at_rest(threads->directory, name) || ask_socket(descriptor, SO_ACCEPTCONN) != 1)
			return false;
		*threads->may_accept = true;
		return true;
	case MUST_LEAVE_UNLESS_STREAM:
		return !arguments[ADDRESS] &&
			(ask_socket(descriptor, SO_DOMAIN) == AF_UNIX || ask_socket(descriptor, SO_TYPE) == SOCK_STREAM);
	default:
		return false;
	}
}

/* Seen in another call since, or else by what it has done. */
static bool has_left(struct thread *thread, long number, const struct threads *threads, const char *name)
{
	if (thread->call && thread->call != number)
		return true;
	thread->call = number;
	return has_moved_on(thread, threads, name);
}

/* The call that this thread must leave first, or NULL: "" if it cannot be told. */
static const char *call_in_the_way(struct thread *thread, const struct threads *threads, bool waiting_may_stay)
{
	char text[256], name[12];
	unsigned long arguments[ARGUMENTS] = { 0 };
	long number;

	snprintf(name, sizeof name, "%d", thread->number);
	if (!read_of_thread(threads->directory, name, "syscall", text, sizeof text)) {
		if (errno == ENOENT || errno == ESRCH)
			return NULL;
		const int error = errno;
		const bool ended = state_of(threads->directory, name) == 'Z'; /* the first one stays in the list */
		errno = error;
		return ended ? NULL : "";
	}
	if (sscanf(text, "%ld %lx %lx %lx %lx %lx", &number, &arguments[0], &arguments[1], &arguments[2], &arguments[3],
			&arguments[4]) < 1) /* "running" */
		return has_moved_on(thread, threads, name) ? NULL : unknown_call;
	const struct birth *birth = find_birth(number);
	if (birth && birth->leaving == AS_THE_CALL_IN_IT)
		birth = look_into_socketcall(number, arguments);
	if (!birth || (waiting_may_stay && birth->leaving != MUST_LEAVE_BY_ITSELF) ||
		may_stay(birth, arguments, threads, name) || has_left(thread, number, threads, name))
		return NULL;
	return birth->call;
}

static bool add_thread(struct threads *threads, int number)
{
	for (size_t i = 0; i < threads->count; i++)
		if (threads->list[i].number == number)
			return true;
	if (threads->count == threads->room) {
		struct thread *longer = realloc(threads->list, (threads->room + 64) * sizeof *longer);
		if (!longer)
			return false;
		threads->list = longer;
		threads->room += 64;
	}
	threads->list[threads->count++] = (struct thread){ .number = number };
	return true;
}

/* Adds those that are not in the list yet. New threads have had the filter from the first.
 * The kernel may skip one where another ends meanwhile: *whole says that as many were listed as
 * there are. False, with errno set, if it cannot be read. */
static bool list_threads(struct threads *threads, bool *whole)
{
	struct stat before, after;
	const int directory = openat(threads->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = directory < 0 ? NULL : fdopendir(directory);
	struct dirent *entry;
	nlink_t seen = 2; /* a folder has two links, and one for each in it */
	bool added = true;

	if (!listing) {
		if (directory >= 0)
			close(directory);
		return false;
	}
	const bool counted = fstat(directory, &before) == 0;
	while (added && (errno = 0, entry = readdir(listing)))
		if (entry->d_name[0] != '.') {
			seen++;
			added = add_thread(threads, atoi(entry->d_name));
		}
	const int error = errno;
	*whole = counted && fstat(directory, &after) == 0 && before.st_nlink == seen && after.st_nlink == seen;
	closedir(listing);
	errno = error;
	return added && error == 0;
}

/* Asks each thread that is not known to be quiet. *call is the last answer that was not, one with a name
 * before the other. */
static bool all_are_quiet(struct threads *threads, bool waiting_may_stay, const char **call, int *number)
{
	bool all = true;

	*call = NULL;
	for (size_t i = 0; i < threads->count; i++) {
		struct thread *thread = &threads->list[i];
		const char *in_the_way = thread->quiet ? NULL : call_in_the_way(thread, threads, waiting_may_stay);
		thread->quiet = !in_the_way;
		if (!in_the_way)
			continue;
		all = false;
		if (!*call || in_the_way != unknown_call) {
			*call = in_the_way;
			*number = thread->number;
		}
		if (!*in_the_way)
			break;
	}
	return all;
}

static const char *wait_for(struct threads *threads, bool waiting_may_stay)
{
	struct timespec begun, now, pause = { .tv_nsec = 50000 };
	const char *call = NULL;
	int number = 0;
	bool whole = false;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	for (;;) {
		if (!list_threads(threads, &whole))
			return "list the threads in /proc/self/task";
		if (all_are_quiet(threads, waiting_may_stay, &call, &number) && whole)
			return NULL;
		if (call && !*call)
			return "see in /proc/self/task/*/syscall what the other threads do: call it before they are started, "
				   "or make the process dumpable (prctl(2))";
		clock_gettime(CLOCK_MONOTONIC, &now);
		if ((now.tv_sec - begun.tv_sec) * 1000 + (now.tv_nsec - begun.tv_nsec) / 1000000 >
			(call == unknown_call ? MS_TO_BE_FOUND : MS_TO_LEAVE))
			break;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 400000)
			pause.tv_nsec *= 2;
	}
	if (call)
		snprintf(words_of_refusal, sizeof words_of_refusal,
			"wait until thread %d has left %s that it entered before%s", number, call,
			strcmp(call, "vfork") == 0 || strncmp(call, "clone", 5) == 0 ? " (its child has not yet called exec)" : "");
	errno = EBUSY;
	return call ? words_of_refusal : "list the threads in /proc/self/task, which come and go";
}

const char *wait_until_quiet(bool waiting_may_stay, bool *may_accept)
{
	struct threads threads = { .directory = open_proc("/proc/self/task", O_DIRECTORY), .may_accept = may_accept };

	if (threads.directory < 0)
		return "list the threads in /proc/self/task";
	/* The caller is in the list too, and in no call but its own. */
	const char *words = wait_for(&threads, waiting_may_stay);
	const int error = errno;
	free(threads.list);
	close(threads.directory);
	errno = error;
	return words;
}
