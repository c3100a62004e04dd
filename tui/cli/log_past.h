/* SPDX-License-Identifier: MIT */
/*
 * The past of a log as the command line prints it: of each engine one page before the other, until it is as much as was asked
 * for or all there is; then one list of all engines. One thread.
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
struct log_page;

enum { LOG_PAGE_ROWS = 1000 };

/* Of one engine. Private but for the flags. */
struct log_past {
	struct window older;    /* the page before those that are there */
	struct log_page *pages; /* newest first */
	size_t page_count, page_room, rows;
	bool is_whole; /* as many lines are there as are wanted, or all there are */
	bool has_more; /* before those */
};

struct past_line {
	const struct msg_row *row; /* of a page */
	size_t engine;
	int64_t at_ms; /* by the first engine's clock, if theirs differ */
};

void log_past_init(struct log_past *past);
void log_past_release(struct log_past *past); /* legal on a zeroed struct */
/* Forgets the pages, which are printed. */
void log_past_forget(struct log_past *past);
/*
 * Copies the rows of a whole answer, `page`, which is the newest page or `past->older`, and asks the client for the page before
 * it while there is one and less than `wanted` lines are there.
 */
void log_past_take(struct log_past *past, const struct window *page, struct client *client,
	const char *filter, size_t wanted);
/* What all engines of the command line have of it (a struct log_past each), oldest first; *ret_count of them. The caller frees
 * the list, the rows stay those of the pages. */
struct past_line *log_past_list(
	const struct cli *cli, const struct log_past pasts[], size_t *ret_count) MUST_CHECK;
/* How far an engine's clock goes before that of the first; clocks that differ by less than seconds are one. */
int64_t log_skew_ms(const struct cli *cli, size_t engine);

#endif
