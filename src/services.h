/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Services that listen on AF_UNIX sockets and do for whoever asks what he could not: which of
 * those that we know are here. For --check; it connects to nothing.
 */
#ifndef SERVICES_H
#define SERVICES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Start with { .row = 0 }. */
struct service {
	const char *name;
	const char *does; /* for prog */
	char path[PATH_MAX];
	size_t row, place; /* where the search goes on */
};

/* Finds the next socket that is there and that this user may connect to; false at the end. */
bool services_next(struct service *service);

/* Whether PATH is one of COUNT paths, or lies beneath one, whatever names lead there. */
bool is_at_or_beneath(const char *path, const char *const *paths, int count);

/* Whether the X server of DISPLAY listens on an abstract socket, too. */
bool x_server_is_abstract(void);

#endif
