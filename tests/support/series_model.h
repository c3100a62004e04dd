/* SPDX-License-Identifier: MIT */
/* A store of series as one would write it without a thought for cost, beside the real one: what is put into both must come out of
 * both. Failures fail the test. */
#ifndef BOTSWAIN_TESTS_SERIES_MODEL_H
#define BOTSWAIN_TESTS_SERIES_MODEL_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/rng.h"
#include "core/series/labels.h"
#include "core/series/tsdb.h"

enum { MODEL_SERIES = 60, MODEL_MATCHERS = 3 };

struct model_series {
	struct labels *labels;
	struct sample *samples;
	size_t count, room;
	int64_t last_ms;
};

struct series_model {
	struct model_series series[MODEL_SERIES];
	struct rng rng;
	int64_t now_ms;
	uint64_t appended, refused;
	bool is_strict; /* nothing older is taken: what was last is in memory */
};

void series_model_init(struct series_model *model, uint64_t seed);
void series_model_release(struct series_model *model);
/* Some samples, into both; some are too old, which both refuse. */
void series_model_append(struct series_model *model, struct tsdb *tsdb, size_t samples);
/* A question of chance: the answers are the same, to the bit. */
void series_model_ask(struct series_model *model, struct tsdb *tsdb);
/* All of it. */
void series_model_ask_all(struct series_model *model, struct tsdb *tsdb);

/* A series of name="value" pairs, NULL behind the last. */
struct labels *labels_of_texts(const char *first, ...);
struct matcher matcher_of(enum match_op op, const char *name, const char *value);
void matcher_release(struct matcher *matcher);

#endif
