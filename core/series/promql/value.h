/* SPDX-License-Identifier: MIT */
/* What a query yields, and what was noticed on the way. It belongs to who asked; any thread. */
#ifndef BOTSWAIN_SERIES_PROMQL_VALUE_H
#define BOTSWAIN_SERIES_PROMQL_VALUE_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/str.h"
#include "core/series/promql/ast.h"
#include "core/series/querier.h"

struct labels;

struct vector_sample {
	const struct labels *labels;
	double value;
};

enum annotation_kind { ANNOTATION_WARNING, ANNOTATION_INFO };

/* Not wrong, but perhaps not what was meant. */
struct annotation {
	enum annotation_kind kind;
	char *text;
	struct place place;
};

struct query_result {
	enum value_type type;
	int64_t time_ms; /* of a scalar, a string and a vector */
	double scalar;
	char *string;
	struct vector_sample
		*vector; /* in the order of the query; each with a reference of its own */
	size_t vector_count;
	struct selected_set matrix; /* in order of the labels */
	struct annotation *annotations;
	size_t annotation_count;
};

void query_result_release(struct query_result *result); /* legal on a zeroed struct */

/* Appends "PromQL warning: sort is ineffective ... (1:5)": line and column, in characters, of where it is in `query`. */
void annotation_text(const struct annotation *annotation, const char *query, struct str *to);
/* Appends the shortest decimal that reads back as this value, without an exponent; NaN, +Inf, -Inf. */
void value_text(double value, struct str *to);

#endif
