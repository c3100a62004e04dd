/* SPDX-License-Identifier: MIT */
/*
 * The Prometheus text format (and what OpenMetrics adds to it), one sample after the other:
 *   http_requests_total{method="post",code="400"} 3 1395066363000
 * HELP and unknown comments are skipped, TYPE is remembered, exemplars are ignored. A sample points into the text;
 * label values keep their escapes until prom_label_value() resolves them. A bad line ends the reading with its line
 * and byte: half a scrape is not believed. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_PROM_TEXT_H
#define BOTSWAIN_PARSE_PROM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"

enum {
	PROM_LABELS_MAX = 64,
	PROM_NAME_MAX = 512,   /* bytes of a name */
	PROM_VALUE_MAX = 8192, /* bytes of a label's value */
};

enum prom_type {
	PROM_UNTYPED,
	PROM_COUNTER,
	PROM_GAUGE,
	PROM_HISTOGRAM,
	PROM_SUMMARY,
};

struct prom_span {
	const char *text;
	size_t length;
};

struct prom_label {
	struct prom_span name, value; /* the value as written between its quotes */
};

struct prom_sample {
	struct prom_span name;
	enum prom_type type; /* of its family, as the last TYPE line said */
	struct prom_label labels[PROM_LABELS_MAX];
	size_t label_count;
	double value;
	bool has_time;
	int64_t time_ms;
};

/* Zeroed but for text and length at the start. */
struct prom_reader {
	const char *text;
	size_t length, at, line;
	struct prom_span family;
	enum prom_type family_type;
};

enum prom_result {
	PROM_SAMPLE,
	PROM_END,
	PROM_BAD, /* see the error */
};

enum prom_result prom_next(
	struct prom_reader *reader, struct prom_sample *ret_sample, struct err *err) MUST_CHECK;

/* Appends the value with \\ \" and \n resolved. */
void prom_label_value(const struct prom_label *label, struct str *to);
/* Appends a=b,c=d in order of the names, values resolved: the identity of a series besides its name. */
void prom_labels_text(const struct prom_sample *sample, struct str *to);

#endif
