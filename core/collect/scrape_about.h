/* SPDX-License-Identifier: MIT */
/*
 * What pages of figures tell of their metrics (TYPE, HELP, UNIT), as it goes into the metadata of the store. A line that was on
 * the page before, in its place, costs a hash of its bytes. Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_SCRAPE_ABOUT_H
#define BOTSWAIN_COLLECT_SCRAPE_ABOUT_H

#include <stddef.h>
#include <stdint.h>

struct metadata;
struct prom_reader;
struct scrape_rules;

/* Zeroed at first. Private. */
struct scrape_about {
	uint64_t *lines; /* hashes of those of the last page, in their order */
	size_t count, room, next;
	struct metadata *metadata;
	const struct scrape_rules *rules;
};

/* The reader, which has begun, tells it the lines of its page. Metadata NULL: nothing is kept. Both outlive the reading. */
void scrape_about_begin(struct scrape_about *about, struct prom_reader *reader,
	struct metadata *metadata, const struct scrape_rules *rules);
void scrape_about_release(struct scrape_about *about);

#endif
