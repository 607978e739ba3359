/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Reading proc(5), which somebody may have mounted something else over.
 */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Opens a file of /proc close-on-exec, and makes sure that it is one. -1 with errno set. */
int open_proc(const char *name, int flags);

/* What /proc says of a thread: by its folder in the open DIRECTORY, since its number may be that
 * of another process namespace. False with errno set: ESRCH when it has ended, which is its folder's end. */
bool read_of_thread(int directory, const char *thread, const char *name, char *text, size_t size);

/* Its state, as a letter, and the kernel's flags (PF_* of <linux/sched.h>), as /proc/PID/stat has them. */
bool read_state_of_thread(int directory, const char *thread, char *state, unsigned long *flags);

struct listed_thread {
	int number;
	ino_t inode; /* of its folder: another one if another thread has the number by now */
};
struct thread_list {
	struct listed_thread *threads;
	size_t count, room;
};

/* Writes the threads of DIRECTORY, an open /proc/PID/task, into *LIST, whose threads the caller frees. The kernel may
 * skip one where another ends meanwhile: *WHOLE says that there were as many as were listed, which are there still.
 * False, with errno set, if it cannot be read. */
bool list_threads(int directory, struct thread_list *list, bool *whole);

#endif
