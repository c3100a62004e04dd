/* SPDX-License-Identifier: MIT */
/*
 * What a page of Prometheus text becomes: values for the series store and the load of a bot. Counters
 * (also the _count and _sum of histograms and summaries) become rates under NAME:rate, which need two
 * looks; the rest goes under its own name. Buckets feed the load only. It remembers the series of one
 * page, so that one that vanishes ends with a gap, and at most `limit` of them. Of lines that tell of the same series the
 * first counts. Time is an argument.
 * Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_SCRAPE_SERIES_H
#define BOTSWAIN_COLLECT_SCRAPE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct msg_obs_scrape;
struct scrape_series;

enum {
	SCRAPE_SAMPLES_MAX = 50000,
	SCRAPE_OWN_MAX = 32,     /* labels that are given to all series of a page */
	SCRAPE_LABELS_MAX = 300, /* bytes of the labels of one series that is kept */
	SCRAPE_WINDOW_MS = 60000 /* p95 is of the updates of the last one to two of these */
};

struct scrape_rules {
	const char *own, *own_value; /* the label of all series: bot or instance */
	const char *const *labels;   /* further ones, name=value, fewer than SCRAPE_OWN_MAX */
	size_t label_count;
	char *const *names; /* to keep; none: all */
	size_t name_count, limit;
	/* Makes a text from outside fit to be shown: appends to a buffer of `size`. */
	void (*clean)(void *context, const char *text, char *ret, size_t size);
	void *context;
};

struct scrape_page {
	const char *text;
	size_t length;
	const char *content_type; /* "": it is told by its end */
	bool is_part;             /* more of it followed, which is not here */
};

/* What is wrong with a page that is believed all the same, beside `refused` of the observation. */
struct scrape_flaws {
	size_t twice;  /* lines of a series that an earlier one told of */
	bool has_more; /* than SCRAPE_SAMPLES_MAX samples: the rest was not read */
};

struct scrape_series *scrape_series_new(void) MUST_CHECK;
void scrape_series_free(struct scrape_series *series); /* NULL is legal */

/* Reads a page and fills samples, load and `refused` of the observation. False: it is no such text
 * (`err`: LINE:COLUMN: what), and nothing of it is believed. */
MUST_CHECK bool scrape_series_read(struct scrape_series *series, const struct scrape_rules *rules,
	const struct scrape_page *page, int64_t mono_ms, struct msg_obs_scrape *obs,
	struct scrape_flaws *ret_flaws, struct err *err);
/* The labels that every series has, as they are stored; the caller frees them. NULL: they are too long. */
char *scrape_series_own(const struct scrape_rules *rules) MUST_CHECK;
/* The page did not come: every series ends with a gap, once. */
void scrape_series_end(struct scrape_series *series, struct msg_obs_scrape *obs);

#endif
