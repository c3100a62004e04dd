/* SPDX-License-Identifier: MIT */
/* What may stand at a place of a PromQL expression that is being typed. Pure. */
#ifndef BOTSWAIN_TUI_QUERY_WORDS_H
#define BOTSWAIN_TUI_QUERY_WORDS_H

#include <stddef.h>

enum query_want {
	QUERY_NOTHING,
	QUERY_NAME,  /* of a metric, or a function */
	QUERY_LABEL, /* in braces */
	QUERY_GROUP, /* a label in by (...) and its like */
	QUERY_VALUE, /* of a label, in quotes */
};

struct query_spot {
	enum query_want want;
	size_t from;      /* the word begins here, and ends at the cursor */
	char metric[256]; /* whose label it is; "": not known */
	char label[256];  /* whose value it is */
};

struct query_spot query_spot_of(const char *text, size_t cursor);

#endif
