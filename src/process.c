/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See process.h.
 */
#include "process.h"

#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel refuses to unshare the threads of a process that has several, and otherwise
 * does nothing. A sandbox may refuse it: then /proc tells, where each thread is a
 * directory, and so a link to the one they are in. */
bool has_other_threads(void)
{
	struct stat status;

	if (unshare(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM) != 0) {
		if (errno == EINVAL)
			return true;
	} else if (unshare(1) != 0) /* no such flag: it was not a sandbox that answered */
		return false;
	const int directory = open_proc("/proc/self/task", O_DIRECTORY);
	if (directory < 0)
		return true;
	const bool alone = fstat(directory, &status) == 0 && status.st_nlink == 3;
	close(directory);
	return !alone;
}

/* A thread of the kernel's that serves an io_uring, which need not have a descriptor
 * or a mapping (IORING_SETUP_NO_MMAP, IORING_SETUP_REGISTERED_FD_ONLY). */
static const char *judge_thread(int directory, const char *thread, bool capabilities)
{
	enum { IO_WORKER = 0x10 /* PF_IO_WORKER of <linux/sched.h> */ };
	char text[4096], state;
	unsigned long flags;

	if (!read_state_of_thread(directory, thread, &state, &flags))
		return errno == ESRCH ? NULL : "read /proc/self/task";
	if (flags & IO_WORKER) {
		errno = EBUSY;
		return "keep this process from reaching new peers through an io_uring that the kernel serves: close it first";
	}
	if (!capabilities)
		return NULL;
	if (!read_of_thread(directory, thread, "status", text, sizeof text))
		return errno == ESRCH ? NULL : "read /proc/self/task";
	const char *at = strstr(text, "\nCapPrm:\t");
	errno = at ? EBUSY : 0;
	if (!at || strspn(at + strlen("\nCapPrm:\t"), "0") != 16)
		return "drop the capabilities of every thread: call it before other threads are started, or "
			   "without capabilities, or use DISABLENETWORK_THIS_THREAD";
	return NULL;
}

const char *refuse_threads(bool capabilities)
{
	enum { TRIES = 100 };
	struct thread_list list = { .count = 0 };
	const int directory = open_proc("/proc/self/task", O_DIRECTORY);
	const char *words = NULL;
	bool whole = false;
	char name[12];

	for (int i = 0; !words && !whole && i < TRIES; i++) {
		if (directory < 0 || !list_threads(directory, &list, &whole))
			words = "list the threads in /proc/self/task";
		for (size_t j = 0; !words && j < list.count; j++) {
			snprintf(name, sizeof name, "%d", list.threads[j].number);
			words = judge_thread(directory, name, capabilities);
		}
	}
	if (!words && !whole) {
		errno = EBUSY;
		words = "list the threads in /proc/self/task, which come and go";
	}
	const int error = errno;
	free(list.threads);
	if (directory >= 0)
		close(directory);
	errno = error;
	return words;
}

/* A file that has such words in its name is taken for one, too: then we refuse. */
static bool names_a_ring(const char *text)
{
	return strstr(text, " anon_inode:[io_uring]") || strstr(text, " socket:[");
}

const char *refuse_mapped_rings(void)
{
	enum { OVERLAP = sizeof " anon_inode:[io_uring]" };
	char text[OVERLAP + 4096 + 1];
	size_t kept = 0;
	ssize_t size;
	bool found = false, any = false;
	const int maps = open_proc("/proc/thread-self/maps", 0); /* the first thread may have ended */

	if (maps < 0)
		return "look for an io_uring in /proc/self/maps";
	while (!found && (size = read(maps, text + kept, 4096)) > 0) {
		const size_t length = kept + (size_t)size;
		any = true;
		text[length] = '\0';
		found = names_a_ring(text);
		kept = length < OVERLAP ? length : OVERLAP;
		memmove(text, text + length - kept, kept); /* a name may be cut in two */
	}
	const int error = errno;
	close(maps);
	errno = error;
	if (!any || (!found && size < 0))
		return "look for an io_uring in /proc/self/maps";
	errno = 0;
	return found ? "keep this process from reaching new peers through an io_uring or socket that is mapped "
				   "into its memory: unmap it first" : NULL;
}

const char *refuse_registered_rings(bool may_kill)
{
	enum { REGISTERED = 16, ENTER_REGISTERED_RING = 1 << 4 }; /* Linux 5.18 */

	for (long number = 0; number < REGISTERED && !may_kill; number++) {
		if (syscall(SYS_io_uring_enter, number, 0L, 0L, (long)ENTER_REGISTERED_RING, NULL, 0L) < 0) {
			if (errno == EBADF)
				continue;
			if (errno != EBADFD) /* that is one which is not enabled yet */
				break; /* no such flag, no ring at all, a filter */
		}
		errno = EBUSY;
		return "keep this process from reaching new peers through an io_uring that is registered with "
			   "this thread: unregister or close it first";
	}
	return NULL;
}
