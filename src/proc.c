/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See proc.h.
 */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

int open_proc(const char *name, int flags)
{
	struct statfs file_system;
	const int file = open(name, O_RDONLY | O_CLOEXEC | flags);

	if (file < 0)
		return -1;
	if (fstatfs(file, &file_system) == 0 && file_system.f_type == PROC_SUPER_MAGIC)
		return file;
	close(file);
	errno = ENOENT;
	return -1;
}

bool read_of_thread(int directory, const char *thread, const char *name, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof path, "%s/%s", thread, name);
	const int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	const ssize_t length = read(file, text, size - 1);
	const int error = errno;
	close(file);
	errno = length == 0 ? EIO : error; /* no kernel does that: let it not be taken for a thread that has ended */
	text[length > 0 ? length : 0] = '\0';
	return length > 0;
}

bool read_state_of_thread(int directory, const char *thread, char *state, unsigned long *flags)
{
	char text[512];

	if (!read_of_thread(directory, thread, "stat", text, sizeof text))
		return false;
	const char *at = strrchr(text, ')'); /* the name before may have anything in it */
	errno = EIO;
	return at && sscanf(at, ") %c %*d %*d %*d %*d %*d %lu", state, flags) == 2;
}
