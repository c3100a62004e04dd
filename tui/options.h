/* SPDX-License-Identifier: MIT */
/* The command line of botswain before a subcommand. */
#ifndef BOTSWAIN_TUI_OPTIONS_H
#define BOTSWAIN_TUI_OPTIONS_H

#include <stdbool.h>
#include "core/base/attr.h"
#include "core/engine/client_tunnel.h"

struct err;
struct str;

struct options {
	const char *config;  /* -c FILE */
	struct ways connect; /* --connect WAY: other engines */
	const char *record;  /* --record FILE: the engine that is started records there */
	const char *replay;  /* --replay FILE: a recording instead of engines */
	unsigned speed;      /* so many times as fast as it was, 0: it stands still */
	const char *script;  /* --script FILE */
	const char *print;   /* --default-config, --print-keys, ... */
	int rows, columns;   /* --size, default 80x24 */
	bool ascii, no_colour, help, version;
	bool replay_help; /* replay --help */
	char **files;     /* of `-- FILE...`: what a screen shows in place of engines */
	int file_count;
	int rest; /* index of the first argument that is no option */
};

MUST_CHECK bool options_read(int argc, char **argv, struct options *ret, struct err *err);
void options_help(void);
void options_replay_help(void); /* of `replay` alone */
/* Adds every long option, a line each. */
void options_words(struct str *to);
/* Whether an option ("--speed", "-c") takes a value. */
bool options_take_value(const char *word);
/* "80x24"; also for scripts. */
bool size_read(const char *text, int *ret_rows, int *ret_columns);

#endif
