/* SPDX-License-Identifier: MIT */
/*
 * Prometheus text (0.0.4) and OpenMetrics (1.0), one sample after the other:
 *   http_requests_total{method="post",code="400"} 3 1395066363000
 * Text is read as a Prometheus server reads it: HELP and TYPE may come late or twice, blanks and unknown comments do not
 * matter. OpenMetrics is held to its words: one space, families that stand together, their suffixes, exemplars (which are
 * checked and skipped), `# EOF` and nothing behind it. Both take names in quotes: {"my.metric",a="b"}.
 *
 * prom_next() finds where the name and the labels of a line end, and reads the value; it does not look into the labels.
 * `series` are their bytes as they are written, and `key` is a hash of those. Who has met the same bytes before, and had
 * prom_labels() read them then, knows that they are good and what they say: a page that is read again costs a look into a
 * table for each line. For bytes that are new prom_labels() must be called: it reads and checks them. The same series may be written in two ways (blanks, order): it then has two keys. A key is no secret and can be
 * met by other bytes on purpose: compare the bytes as well where that matters. prom_read() is both calls in one.
 *
 * A bad line ends the reading, and the error is `LINE:COLUMN: what`, both from 1, the column in bytes: half a page is not
 * believed. Spans point into the text. Pure; one reader, one thread.
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
	PROM_NAME_MAX = 512,         /* bytes of a name */
	PROM_VALUE_MAX = 8192,       /* bytes of a label's value, as written */
	PROM_LINE_MAX = 256 << 10,   /* bytes of a line */
	PROM_NUMBER_MAX = 512,       /* bytes of a number */
	PROM_FAMILIES_MAX = 1 << 16, /* of a page in OpenMetrics */
};

enum prom_format {
	PROM_GUESS, /* OpenMetrics where the last line is `# EOF`, else text */
	PROM_TEXT,
	PROM_OPENMETRICS,
};

enum prom_type {
	PROM_UNTYPED, /* `unknown` in OpenMetrics */
	PROM_COUNTER,
	PROM_GAUGE,
	PROM_HISTOGRAM,
	PROM_SUMMARY,
	PROM_GAUGEHISTOGRAM, /* this and the following: OpenMetrics only */
	PROM_INFO,
	PROM_STATESET,
	PROM_TYPES
};

struct prom_span {
	const char *text;
	size_t length;
};

struct prom_label {
	struct prom_span name, value; /* as written between quotes: prom_label_value() resolves */
	bool is_quoted;               /* the name */
};

struct prom_sample {
	struct prom_span name;   /* as written, without its quotes */
	bool is_quoted;          /* the name: prom_name() resolves */
	enum prom_type type;     /* of its family */
	struct prom_span family; /* the beginning of `name`; all of it where no TYPE tells of it */
	struct prom_span series; /* name and labels as written */
	uint64_t key;            /* of `series` */
	double value;
	bool has_time;
	int64_t time_ms;
	/* after prom_labels() or prom_read() */
	size_t label_count;
	struct prom_label labels[PROM_LABELS_MAX];
	/* private */
	size_t line;
	const char *line_text;
	unsigned rules;
};

struct prom_families;

enum prom_about { PROM_ABOUT_HELP, PROM_ABOUT_TYPE, PROM_ABOUT_UNIT };

/* Hears what a comment tells of a family of metrics: both as written, in one line. */
typedef void prom_hear_about(
	void *context, enum prom_about what, struct prom_span family, struct prom_span text);

struct prom_reader {
	const char *text, *at, *end; /* what is before `at` was read */
	enum prom_format format;     /* never PROM_GUESS */
	bool is_part;                /* may be set: of a longer text; no `# EOF` is asked for */
	prom_hear_about *about;      /* may be set, with its context */
	void *about_context;
	/* private */
	size_t line;
	const char *line_text, *value_text;
	struct {
		struct prom_span name;
		enum prom_type type;
		bool is_set, has_type, has_help, has_unit, has_samples;
	} family;
	struct prom_families *families; /* met so far; OpenMetrics only */
	struct prom_span last_name;     /* of the sample before, its type and its rules */
	enum prom_type last_type;
	unsigned last_rules;
	size_t last_family; /* bytes of the name that are its family's */
	bool has_ended;
};

enum prom_result {
	PROM_SAMPLE,
	PROM_END,
	PROM_BAD, /* see the error */
};

/* By a Content-Type; an empty one is PROM_GUESS. */
enum prom_format prom_format_of(const char *content_type);
/* "counter" */
const char *prom_type_word(enum prom_type type);

/* Borrows the text. */
void prom_begin(
	struct prom_reader *reader, const char *text, size_t length, enum prom_format format);
void prom_end(struct prom_reader *reader); /* legal on a zeroed struct */

enum prom_result prom_next(
	struct prom_reader *reader, struct prom_sample *ret_sample, struct err *err) MUST_CHECK;
/* Reads and checks the labels of a sample that prom_next() gave. */
MUST_CHECK bool prom_labels(
	const struct prom_reader *reader, struct prom_sample *sample, struct err *err);
/* Both. */
enum prom_result prom_read(
	struct prom_reader *reader, struct prom_sample *ret_sample, struct err *err) MUST_CHECK;

/* They append, with \\ \" and \n resolved where it stood in quotes; other escapes stay as they are. */
void prom_name(const struct prom_sample *sample, struct str *to);
void prom_family(const struct prom_sample *sample, struct str *to);
void prom_label_name(const struct prom_label *label, struct str *to);
void prom_label_value(const struct prom_label *label, struct str *to);
/* Appends a=b,c=d in order of the names, values resolved: the identity of a series besides its name. */
void prom_labels_text(const struct prom_sample *sample, struct str *to);

#endif
