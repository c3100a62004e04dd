/* SPDX-License-Identifier: MIT */
/*
 * A page of Prometheus text as it goes into the store of metrics: every sample as it is, with the labels of the page beside its own.
 * A series that is found again is known by its bytes, without a look at its labels; one that vanishes, and all of a page that does
 * not come, end with the stale value at once (Prometheus: staleness). Labels that the page has too are kept as exported_NAME.
 * Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_SCRAPE_STORE_H
#define BOTSWAIN_COLLECT_SCRAPE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/collect/scrape_series.h"

struct err;
struct prom_reader;
struct prom_sample;
struct scrape_store;
struct tsdb;

/* What is said of a look besides its samples. */
struct scrape_look {
	int64_t wall_ms;
	double duration_s;
	bool is_up;
	size_t samples;   /* on the page */
	size_t added;     /* series that were not there at the look before */
	uint64_t beyond;  /* series that are more than the limit */
	uint64_t refused; /* further samples that the store did not take, */
	char why[160];    /* and why the first of them */
	size_t twice;     /* lines of a series that an earlier one told of */
	bool has_more;    /* than SCRAPE_SAMPLES_MAX samples: the rest was not read */
};

/* Hears a sample of the page that counts. Its labels are not read. */
typedef void scrape_hear(
	void *context, const struct prom_reader *reader, struct prom_sample *sample);

/* `tsdb` NULL: nothing is kept. */
struct scrape_store *scrape_store_new(struct tsdb *tsdb) MUST_CHECK;
/* Series end where they are: with a NULL `last` without a word, else stale at that time. */
void scrape_store_free(struct scrape_store *store, const int64_t *last_ms);

/* Bytes with this key were on the last page, and are good. */
bool scrape_store_knows(const struct scrape_store *store, uint64_t key);
/* Takes a page that is well-formed, `limit` series of it. Fills what the look has of it; `hear` may be NULL. */
void scrape_store_page(struct scrape_store *store, const struct scrape_rules *rules,
	const struct scrape_page *page, struct scrape_look *look, scrape_hear *hear, void *context);
/* The page did not come: all series of it end. */
void scrape_store_end(struct scrape_store *store, int64_t wall_ms);
/* up, scrape_duration_seconds, scrape_samples_scraped and scrape_series_added of the look. */
void scrape_store_look(struct scrape_store *store, const struct scrape_rules *rules,
	const struct scrape_look *look);

#endif
