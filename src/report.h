/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * What holds, in words for people.
 */
#ifndef REPORT_H
#define REPORT_H

#include "network_off.h"
#include "options.h"

#include <stdbool.h>

/* Says what -c closed. */
void report_closed(const struct network_off *off);

/* Says why refused calls are not explained (-x). */
void report_unexplained(const struct network_off *off);

/* Says in one line what holds (-v). */
void report_held(const struct network_off *off);

/* Prints what this kernel offers, which prices and gaps apply (--check). WORDS and ERROR
 * are what switch_network_off returned: NULL when prog could run. */
void report_check(const struct network_off *off, const struct options *options,
	const char *words, int error);

#endif
