/* SPDX-License-Identifier: MIT */
/* Shared by filter.c and filter_parse.c; nobody else includes this. */
#ifndef BOTSWAIN_PARSE_FILTER_INTERNAL_H
#define BOTSWAIN_PARSE_FILTER_INTERNAL_H

#include "core/base/limits.h"
#include "core/base/needle.h"
#include "core/parse/filter.h"
#include "core/parse/regex.h"

enum filter_op {
	OP_AND,
	OP_OR,
	OP_NOT,
	OP_MATCHES, /* regex on text */
	OP_EQ,      /* the rest compare numbers */
	OP_NE,
	OP_GT,
	OP_GE,
	OP_LT,
	OP_LE,
};

struct filter_node {
	enum filter_op op;
	bool is_negated;      /* != and !~ on text: known and not matching */
	unsigned left, right; /* nodes */
	size_t column;
	double number;
	struct regex *regex;
	const struct filter_field *field; /* of FILTER_FIELD */
};

struct filter_field {
	char *name;
	bool has_needle;
	struct needle needle; /* of its name: stands in each line that has it */
};

enum { FILTER_NODES_MAX = LIMIT_FILTER_TERMS * 3 };

struct filter {
	struct filter_node nodes[FILTER_NODES_MAX];
	struct filter_field fields[LIMIT_FILTER_TERMS];
	unsigned field_count;
	unsigned count, root; /* count 0: empty */
	uint64_t costly;
};

/* Fills an empty filter. */
bool filter_parse(struct filter *filter, const char *expression, const struct filter_schema *schema,
	size_t *ret_at, struct err *err);

/* The number that `text` stands for in a column of `kind`. */
bool filter_read_value(const char *text, enum filter_kind kind, const struct filter_schema *schema,
	double *ret_number, struct err *err);

#endif
