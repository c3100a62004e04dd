/* SPDX-License-Identifier: MIT */
/* A store of series under test: opened, fed with counters, asked. Failures fail the test. */
#ifndef BOTSWAIN_TESTS_SERIES_STORE_H
#define BOTSWAIN_TESTS_SERIES_STORE_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/series/tsdb.h"

enum { SECOND_MS = 1000, STORE_MINUTE_MS = 60000, HOUR_MS = 3600000 };

/* A multiple of a minute. */
#define SERIES_BEGIN_MS INT64_C(1790000040000)

struct tsdb *series_store_open(
	const char *folder_or_none, const struct tsdb_limits *limits) MUST_CHECK;
struct tsdb_statistics series_store_statistics(struct tsdb *tsdb);
/* Series {__name__="counter", number="..."}: a sample each `step_ms` of from_ms .. to_ms (without it), whose value is its number
 * of seconds since SERIES_BEGIN_MS. */
void series_store_feed(
	struct tsdb *tsdb, size_t series, int64_t from_ms, int64_t to_ms, int64_t step_ms);
/* One sample. */
enum tsdb_result series_store_put(struct tsdb *tsdb, size_t series, int64_t time_ms, double value);
/* Everything of that counter. */
struct selected_set series_store_all(struct tsdb *tsdb, const char *number);
/* The counters' samples, each of which must be as it was fed. */
size_t series_store_count(struct tsdb *tsdb);

#endif
