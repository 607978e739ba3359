/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * argv to struct options, all of it before the first side effect.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "capabilities.h"

#include <stdbool.h>

/* Of the library's caller; the tool has none. */
enum other_threads {
	NO_OTHER_THREADS,
	OTHERS_COME_ALONG,
	OTHERS_STAY_OUT /* they keep their network, and share the descriptors */
};

enum { UNIX_PATHS = 64 }; /* that can be given */

struct explanation;
struct options {
	bool allow_abstract;              /* -a */
	bool close_loose;                 /* -c */
	bool kill;                        /* -k */
	bool log;                         /* -l */
	bool loopback;                    /* -L */
	bool no_unix;                     /* -U, and by --unix */
	const char *unix_paths[UNIX_PATHS]; /* --unix, as they were given */
	int unix_path_count;
	unsigned required;                /* -r: FACT_* of facts.h */
	bool quiet;                       /* -q */
	bool verbose;                     /* -v */
	bool check;                       /* --check */
	bool explain;                     /* -x */
	const char *explain_file;         /* --explain; NULL: not given */
	int refusal_error;                /* -e: what refused calls return */
	capability_set keep_capabilities; /* -p, by name: held, or prog does not run */
	capability_set keep_if_held;      /* -p, by the name of a set */
	char **program;                   /* argv of prog, ended by NULL; NULL with --check */

	/* With -x or --explain: explain_begin of explain.h. The library has none. */
	const char *(*begin_explaining)(const struct options *options, struct explanation *explanation);

	/* The library's alone. */
	bool no_exec;                     /* no prog: the caller goes on itself */
	enum other_threads other_threads;
	bool trial_kills;                 /* an older filter kills for a refused call */
	/* Called when a filter is on all threads: see quiet.h. */
	const char *(*wait_until_quiet)(bool waiting_may_stay, bool *may_accept);
};

/* Parses argv up to the first word that is no option. Does not return when that says
 * all there is to do: --help and --version print and exit 0, wrong usage exits 100. */
void parse_options(struct options *options, int argc, char **argv);

#endif
