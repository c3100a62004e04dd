/* SPDX-License-Identifier: MIT */
/*
 * The lines of a log up to its end as the command line prints them: of each engine in order, some pages at a time, whatever
 * there is of it. How far back a number of lines goes is found out by counting backwards; few lines are kept from that, more are
 * asked for again forwards. One thread.
 */
#ifndef BOTSWAIN_TUI_CLI_LOG_PAST_H
#define BOTSWAIN_TUI_CLI_LOG_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "tui/window.h"

struct cli;
struct client;

enum {
	LOG_PAGE_ROWS = 1000,
	LOG_PAGES_HELD = 10, /* more lines than in these are counted only, and asked for again */
	LOG_KEY_BYTES = 64,
};
/* As many lines as there are: nothing is counted. */
#define LOG_ALL SIZE_MAX

struct log_page {
	struct msg_row *rows;
	size_t count;
};

/* Of one engine. Private but for the flags. */
struct log_past {
	struct window asked;
	struct log_page newest; /* the end, given out last; its first line ends what is asked for */
	struct log_page pages[LOG_PAGES_HELD]; /* before it, newest first */
	struct log_page page;                  /* that is given out, from `at` on */
	size_t page_count, at;
	char from
		[LOG_KEY_BYTES]; /* the line that was given last, or before which nothing is wanted */
	bool is_behind;          /* lines behind `from` are wanted, and not that one itself */
	bool is_streamed;        /* they are asked for; false: all that is wanted is here */
	bool is_counted;         /* it is known how far back it goes */
	bool is_over;            /* all was given */
	bool has_more;           /* there are older lines */
	bool has_gap;            /* the engine forgot lines before they could be asked for */
	size_t rows;             /* counted; of LOG_ALL none */
	uint64_t costly;         /* lines on which a pattern was given up */
};

void log_past_init(struct log_past *past);
void log_past_release(struct log_past *past); /* legal on a zeroed struct */

struct log_asked {
	struct client *client;
	const char *filter;
	bool lines; /* whole lines, too */
};

/* Copies `end`, the newest page of a log, of which the newest `wanted` lines are to be given. */
void log_past_begin(struct log_past *past, const struct window *end, const struct log_asked *asked,
	size_t wanted);
/* An answer for `past->asked` is whole. False: it is an error, which stands there. */
MUST_CHECK bool log_past_take(struct log_past *past, const struct log_asked *asked, size_t wanted);
/* From now on the lines behind the one with this key (empty: all) up to the end of `end`. */
void log_past_again(struct log_past *past, const char *key, const struct window *end,
	const struct log_asked *asked);
/* The next line, oldest first; NULL: it has not come yet, or is_over. It is there until the next one is asked for. */
const struct msg_row *log_past_peek(struct log_past *past, const struct log_asked *asked);
void log_past_pop(struct log_past *past);

/* How far an engine's clock goes before that of the first; clocks that differ by less than seconds are one. */
int64_t log_skew_ms(const struct cli *cli, size_t engine);

#endif
