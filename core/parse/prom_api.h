/* SPDX-License-Identifier: MIT */
/*
 * Answers of Prometheus' HTTP API (api/v1: query, query_range; labels, label/NAME/values) -> structs. Values keep their exact doubles; members
 * that are not known are passed over. What is no such answer is one sentence. Bounded before anything is built: nesting,
 * values, series and points; and then labels. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_PROM_API_H
#define BOTSWAIN_PARSE_PROM_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;

enum { PROM_API_LABELS_MAX = 1000 /* of one series */ };

enum prom_api_type { PROM_API_SCALAR, PROM_API_STRING, PROM_API_VECTOR, PROM_API_MATRIX };

struct prom_api_point {
	int64_t time_ms;
	double value;
};

struct prom_api_label {
	char *name, *value;
};

struct prom_api_series {
	struct prom_api_label *labels;
	size_t label_count;
	struct prom_api_point *points;
	size_t point_count;
};

struct prom_api_answer {
	char *error_type, *error; /* it refuses; NULL: it answers */
	enum prom_api_type type;
	char *string; /* of PROM_API_STRING */
	/* one point each but for a matrix; of a scalar one without labels */
	struct prom_api_series *series;
	size_t series_count;
	char **names; /* of prom_api_read_names() alone */
	size_t name_count;
	char **notes; /* warnings, then infos */
	size_t note_count;
	size_t histograms; /* series, or parts of them, of native histograms: left out */
};

struct prom_api_limits {
	size_t series, points; /* points of all series together */
};

/* False: it is no answer (ERR_PROTOCOL), or a larger one than that (ERR_LIMIT). */
bool prom_api_read(const char *body, size_t length, const struct prom_api_limits *limits,
	struct prom_api_answer *ret, struct err *err) MUST_CHECK;
/* The same of a list of names, at most `most` of them. */
bool prom_api_read_names(const char *body, size_t length, size_t most, struct prom_api_answer *ret,
	struct err *err) MUST_CHECK;
void prom_api_release(struct prom_api_answer *answer); /* legal on a zeroed struct */

#endif
