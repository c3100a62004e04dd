/* SPDX-License-Identifier: MIT */
/*
 * What the engine is told of a page of Prometheus text, whose series go into the store of metrics (scrape_store.h): the load of
 * a bot, and of its series the first SCRAPE_RECORDED_MAX as they are recorded, buckets left out unless they are named. One that
 * vanishes ends with a gap. Of lines that tell of the same series the first counts. Time is an argument. Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_SCRAPE_SERIES_H
#define BOTSWAIN_COLLECT_SCRAPE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct msg_obs_scrape;
struct scrape_look;
struct scrape_series;
struct scrape_store;

enum {
	SCRAPE_SAMPLES_MAX = 50000,
	SCRAPE_RECORDED_MAX = 200,
	SCRAPE_OWN_MAX = 32,     /* labels that are given to all series of a page */
	SCRAPE_LABELS_MAX = 300, /* bytes of the labels of one series that is recorded */
	SCRAPE_WINDOW_MS = 60000 /* p95 is of the updates of the last one to two of these */
};

struct scrape_rules {
	const char *own, *own_value; /* the label of all series: bot or instance */
	const char *const *labels;   /* further ones, name=value, fewer than SCRAPE_OWN_MAX */
	size_t label_count;
	char *const *names;       /* to keep; none: all */
	size_t name_count, limit; /* of the store */
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

struct scrape_series *scrape_series_new(void) MUST_CHECK;
void scrape_series_free(struct scrape_series *series); /* NULL is legal */

/* Reads a page into the store, and fills the look, and samples, load and `refused` of the observation. False: it is no such
 * text (`err`: LINE:COLUMN: what), and nothing of it is believed. */
MUST_CHECK bool scrape_series_read(struct scrape_series *series, struct scrape_store *store,
	const struct scrape_rules *rules, const struct scrape_page *page, int64_t mono_ms,
	struct msg_obs_scrape *obs, struct scrape_look *look, struct err *err);
/* The labels that every series has, as they are stored; the caller frees them. NULL: they are too long. */
char *scrape_series_own(const struct scrape_rules *rules) MUST_CHECK;
/* The page did not come: every series ends with a gap, once. */
void scrape_series_end(struct scrape_series *series, struct msg_obs_scrape *obs);

#endif
