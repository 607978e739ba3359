/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See proc.h.
 */
#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
	if (file < 0) {
		if (errno == ENOENT && faccessat(directory, thread, F_OK, 0) != 0)
			errno = ESRCH; /* it is not that this file is hidden */
		return false;
	}
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

static bool add_listed(struct thread_list *list, const struct dirent *entry)
{
	enum { MORE = 64 };

	if (list->count == list->room) {
		struct listed_thread *longer = realloc(list->threads, (list->room + MORE) * sizeof *longer);
		if (!longer)
			return false;
		list->threads = longer;
		list->room += MORE;
	}
	list->threads[list->count++] = (struct listed_thread){ atoi(entry->d_name), entry->d_ino };
	return true;
}

static nlink_t count_present(int directory, const struct thread_list *list)
{
	nlink_t count = 0;
	struct stat folder;
	char name[12];

	for (size_t i = 0; i < list->count; i++) {
		snprintf(name, sizeof name, "%d", list->threads[i].number);
		if (fstatat(directory, name, &folder, 0) == 0 && folder.st_ino == list->threads[i].inode)
			count++;
	}
	return count;
}

bool list_threads(int directory, struct thread_list *list, bool *whole)
{
	enum { OF_ITSELF = 2 }; /* links of a folder, beside one for each in it */
	struct stat folder;
	const int opened = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = opened < 0 ? NULL : fdopendir(opened);
	struct dirent *entry;
	bool added = true;

	if (!listing) {
		if (opened >= 0)
			close(opened);
		return false;
	}
	list->count = 0;
	while (added && (errno = 0, entry = readdir(listing)))
		if (entry->d_name[0] != '.')
			added = add_listed(list, entry);
	const int error = errno;
	*whole = fstat(opened, &folder) == 0 && folder.st_nlink == count_present(directory, list) + OF_ITSELF;
	closedir(listing);
	errno = error;
	return added && error == 0;
}
