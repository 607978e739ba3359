/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * argv to struct options, all of it before the first side effect.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "capabilities.h"

#include <stdbool.h>

struct options {
	bool allow_abstract;              /* -a */
	bool close_loose;                 /* -c */
	bool kill;                        /* -k */
	bool log;                         /* -l */
	bool quiet;                       /* -q */
	bool verbose;                     /* -v */
	bool check;                       /* --check */
	int refusal_error;                /* -e: what refused calls return */
	capability_set keep_capabilities; /* -p */
	char **program;                   /* argv of prog, ended by NULL; NULL with --check */
};

/* Parses argv up to the first word that is no option. Does not return when that says
 * all there is to do: --help and --version print and exit 0, wrong usage exits 100. */
void parse_options(struct options *options, int argc, char **argv);

#endif
