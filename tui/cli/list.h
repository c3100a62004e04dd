/* SPDX-License-Identifier: MIT */
/* Plain tables on standard output: aligned columns, a heading, no colour; for people and for grep. */
#ifndef BOTSWAIN_TUI_CLI_LIST_H
#define BOTSWAIN_TUI_CLI_LIST_H

#include <stddef.h>
#include <stdint.h>
#include "tui/cli/cli.h"

struct list_column {
	const char *title;
	bool right; /* aligned to the right */
	/* Appends the cell of one entity; nothing appended is shown as "-". */
	void (*cell)(const struct model *model, const void *body, int64_t now_ms, struct str *to);
};

struct list_view {
	const char *name; /* the key in JSON */
	enum msg_kind kind;
	const struct list_column *columns;
	size_t column_count;
	/* Worst first, and for the exit status; may be NULL. */
	uint64_t (*severity)(const struct model *model, const void *body, int64_t now_ms);
	int (*tie)(const void *one, const void *other); /* instead of the label; may be NULL */
	/* Instead of all, with the times of their engines; may be NULL. */
	int (*order)(const void *one, int64_t one_now_ms, const void *other, int64_t other_now_ms);
	const char *(*label)(
		const void *body); /* ties, and what NAME arguments choose; may be NULL */
	bool (*answers_to)(const void *body, const char *word); /* NULL: to its label alone */
	/* Some rows are sums: what they are made of follows below, in JSON as a list of its own (not with --jsonl: there
	 * a line is a row of the view). NULL: none are. */
	const struct list_view *parts;
	bool (*is_sum)(const void *body);
};

/* Prints the view (JSON when asked); argv[1..]: only these. CLI_UNHEALTHY when something shown is red or yellow. */
int list_run(struct cli *cli, const struct list_view *view, int argc, char **argv);

#endif
