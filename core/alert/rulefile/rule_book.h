/* SPDX-License-Identifier: MIT */
/*
 * Rule files of Prometheus as they are: groups of alerting and recording rules, read and checked. A rule that is wrong is refused
 * alone and said with file, line and reason, as is a group or a file; nothing is left out without a word. The files are read
 * by who may wait for a disk.
 */
#ifndef BOTSWAIN_ALERT_RULE_BOOK_H
#define BOTSWAIN_ALERT_RULE_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/str.h"

struct err;
struct expr;
struct template;

enum {
	RULE_FILE_BYTES_MAX = 4 << 20,
	RULE_FILES_MAX = 512,
	RULE_RULES_MAX = 10000,
	RULE_LABELS_MAX = 64, /* of a rule, and as many annotations */
	RULE_SAID_MAX = 200,  /* findings in words; more are counted */
};

struct rule_text {
	char *name, *text; /* as it was written */
	struct template *template;
};

struct rule_texts {
	struct rule_text *list; /* in order of the names */
	size_t count;
};

struct rule_spec {
	bool is_record;
	char *name; /* of the alert, or of the metric */
	char *query;
	struct expr *expr; /* NULL: somebody took it */
	int64_t for_ms, keep_ms;
	struct rule_texts labels, annotations;
	int line;
};

struct rule_group_spec {
	char *file, *name;
	int64_t interval_ms, offset_ms;
	size_t limit; /* 0: none */
	struct rule_spec *rules;
	size_t count, room;
	int line;
};

struct rule_book {
	struct rule_group_spec *groups;
	size_t count, room;
	size_t loaded, refused, warned; /* rules; warned: findings that refuse nothing */
	struct str said;                /* FILE:LINE: what, a line each */
	size_t said_count;
};

struct rule_book_from {
	char *const *globs;
	size_t glob_count;
	int64_t interval_ms; /* of groups that name none */
	int64_t history_ms;  /* that is kept of metrics; a rule that wants more is warned of */
};

/* Reads all of them; what cannot be read is said in the book. */
void rule_book_load(struct rule_book *book, const struct rule_book_from *from);
/* One file's text. */
void rule_book_parse(struct rule_book *book, const struct rule_book_from *from, const char *path,
	const char *text, size_t length);
void rule_book_release(struct rule_book *book); /* legal on a zeroed struct */
void rule_group_spec_release(struct rule_group_spec *group);
/* Appends "112 rules loaded, 3 refused". */
void rule_book_sum(const struct rule_book *book, struct str *to);
/* An expression of a rule. NULL: `err` says why not. */
struct expr *rule_expr_read(const char *query, struct err *err) MUST_CHECK;
void rule_expr_free(struct expr *expr); /* NULL is legal */
/* How much of the past an expression looks at. */
int64_t rule_reach_ms(const struct expr *expr);

#endif
