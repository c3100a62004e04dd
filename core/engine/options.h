/* SPDX-License-Identifier: MIT */
/* The command line of botswaind. */
#ifndef BOTSWAIN_ENGINE_OPTIONS_H
#define BOTSWAIN_ENGINE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/engine/engine.h"

struct err;

enum { OPTIONS_SUPERVISORS = 16, OPTIONS_LOGS = 256 };

struct options {
	const char *config; /* -c FILE, NULL: look for it */
	bool help, version;
	int client_fd; /* a connected socket: the one client of an engine that keeps nothing; -1 */
	bool known;    /* that client was greeted elsewhere: it is welcomed without its hello */
	struct engine_options engine;
	const char *logs[OPTIONS_LOGS]; /* the one client is shown these files, and nothing else */
	size_t log_count;
	int input_fd; /* of one that is open already, or lines come out of it; 0: there is none */
	bool check_rules; /* read the rule files of the configuration, say what is wrong, leave */
	bool promqltest;  /* run these tests of PromQL, leave */
	char *const *tests;
	size_t test_count;
	/* look once for bots, print a configuration, leave */
	bool discover, json;
	const char *merge;                            /* print only what this configuration lacks */
	const char *supervisors[OPTIONS_SUPERVISORS]; /* KIND=ADDRESS */
	size_t supervisor_count;
};

MUST_CHECK bool options_read(int argc, char **argv, struct options *ret, struct err *err);
const char *options_help(void);

#endif
