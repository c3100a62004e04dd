/* SPDX-License-Identifier: MIT */
/*
 * Observations become facts of entities here: one function a kind of observation, listed in
 * digest.def. A digest function changes drafts and facts and appends to series; verdicts, alerts and
 * the sending of state follow from drafts_commit(). An observation of something that the
 * configuration does not know is counted and ignored. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_DIGEST_H
#define BOTSWAIN_ENGINE_DIGEST_H

#include <stdbool.h>
#include <stdint.h>
#include "core/msg/mailbox.h"

struct bot_facts;
struct engine;

/* Takes the parcel's content (what is not moved on is freed). */
void digest_parcel(struct engine *engine, struct parcel *parcel);

typedef void digest_function(struct engine *engine, const void *body);
digest_function digest_notes;
#define DIGEST(name) digest_function digest_##name;
#include "core/engine/digest.def"

/* The draft of a bot and what is remembered of it; NULL: unknown, counted. */
struct msg_bot *digest_bot(struct engine *engine, const char *name, struct bot_facts **ret_facts);
/* Who tells of series: they end together when it is not heard of any more. */
enum teller {
	TELLER_PROCESS,
	TELLER_TELEGRAM,
	TELLER_RATE,
	TELLER_P95,
	TELLER_LOG,
	TELLER_API,
	TELLER_LINES,
	TELLER_HEARTBEAT,
};
/* Of a bot; `worker`: of heartbeats, else "". */
uint64_t digest_teller(uint64_t bot, enum teller teller, const char *worker);
/* Appends name{labels}, as label_pairs.h has it, to the metrics, which are `teller`'s (0: nobody's) from then on; NaN ends it. */
void digest_value(
	struct engine *engine, uint64_t teller, const char *name, const char *labels, double value);
/* Appends name{label=value} to them. */
void digest_record(struct engine *engine, uint64_t teller, const char *name, const char *label,
	const char *label_value, double value);
/* Every figure of a list, its labels as they are. */
void digest_whole_figures(
	struct engine *engine, uint64_t teller, const struct msg_sample *figures, size_t count);
/* The same, its labels extended by one. */
void digest_figures(struct engine *engine, uint64_t teller, const struct msg_sample *figures,
	size_t count, const char *label, const char *label_value);
/* All series that are the teller's end now, as those of a page that did not come. */
void digest_end(const struct engine *engine, uint64_t teller);
/* It was not heard of for long: they ended when their last values came. */
void digest_end_silent(const struct engine *engine, uint64_t teller);
/* All of a bot's. */
void digest_end_bot(const struct engine *engine, const struct bot_facts *facts);

/* Makes the figures of a bot that depend on the time: windows, ages, stale values. Returns in how many ms time alone may
 * change one of them; INT64_MAX: never. What another entity changes (its Redis) is not in it. */
int64_t refresh_bot(struct engine *engine, struct msg_bot *bot, struct bot_facts *facts);
/* Once a second: what was counted of the lines of some of the bots, so that all have their turn. */
void lines_beat(struct engine *engine);
/* Load changed: makes the figures of now, and appends them to the spark and the series. */
void note_load(struct engine *engine, struct msg_bot *bot, struct bot_facts *facts);
/* Streams that the settings no longer name leave. */
void streams_remove_unnamed(struct engine *engine);
/* The state that a source has by its last report and the clock. */
void refresh_source(struct engine *engine, struct msg_source *source);

#endif
