/* SPDX-License-Identifier: MIT */
/* Values for the metrics and the recording, and their ends. */
#include <math.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/str.h"
#include "core/engine/digest.h"
#include "core/engine/internal.h"
#include "core/engine/metrics.h"
#include "core/engine/recorder.h"
#include "core/series/label_pairs.h"

uint64_t digest_teller(uint64_t bot, enum teller teller, const char *worker)
{
	uint64_t hash = *worker ? hash64_text(HASH64_BEGIN, worker) : 0;
	return hash_fold(bot ^ hash, UINT64_C(0x9e3779b97f4a7c15) + 2 * (uint64_t)teller) | 1;
}

static void record(const struct engine *engine, uint64_t id, const char *name, const char *labels,
	int64_t time_ms, double value)
{
	if (engine->recorder)
		recorder_value(engine->recorder, id, name, labels, time_ms, value);
}

void digest_value(
	struct engine *engine, uint64_t teller, const char *name, const char *labels, double value)
{
	uint64_t id = metrics_id(name, labels);
	int64_t time_ms = metrics_free_ms(engine->metrics, id, now_wall(engine), value);
	if (time_ms == INT64_MIN)
		return;
	(void)metrics_add(engine->metrics, id, name, labels, time_ms, value);
	metrics_own(engine->metrics, id, teller);
	record(engine, id, name, labels, time_ms, value);
}

void digest_record(struct engine *engine, uint64_t teller, const char *name, const char *label,
	const char *label_value, double value)
{
	autostr struct str labels = STR_INIT;
	if (label[0])
		label_pairs_add(&labels, label, label_value);
	digest_value(engine, teller, name, labels.text, value);
}

/* Labels are sorted by name; ours goes to its place among them. */
static void merge_label(struct str *to, const char *labels, const char *label)
{
	bool is_in = false;
	for (const char *at = labels; *at || !is_in;) {
		bool is_next = !is_in && (!*at || strcmp(at, label) > 0);
		size_t length = is_next ? strlen(label) : label_pairs_first(at);
		if (to->length)
			str_addch(to, ',');
		str_add(to, is_next ? label : at, length);
		is_in |= is_next;
		if (!is_next)
			at += length + (at[length] == ',');
	}
}

void digest_whole_figures(
	struct engine *engine, uint64_t teller, const struct msg_sample *figures, size_t count)
{
	for (size_t i = 0; i < count; i++)
		digest_value(engine, teller, figures[i].name, figures[i].labels, figures[i].value);
}

void digest_figures(struct engine *engine, uint64_t teller, const struct msg_sample *figures,
	size_t count, const char *label, const char *label_value)
{
	autostr struct str own = STR_INIT;
	label_pairs_add(&own, label, label_value);
	for (size_t i = 0; i < count; i++) {
		autostr struct str labels = STR_INIT;
		merge_label(&labels, figures[i].labels, own.text);
		digest_value(engine, teller, figures[i].name, labels.text, figures[i].value);
	}
}

/* ---- ends ---- */

static void record_end(
	void *context, uint64_t id, const char *name, const char *labels, int64_t time_ms)
{
	record(context, id, name, labels, time_ms, NAN);
}

static void end(const struct engine *engine, uint64_t teller, int64_t time_ms)
{
	metrics_end(engine->metrics, teller, time_ms, engine->recorder ? record_end : NULL,
		(void *)(uintptr_t)engine);
}

void digest_end(const struct engine *engine, uint64_t teller)
{
	end(engine, teller, now_wall(engine));
}

void digest_end_silent(const struct engine *engine, uint64_t teller)
{
	end(engine, teller, INT64_MIN);
}

void digest_end_bot(const struct engine *engine, const struct bot_facts *facts)
{
	for (int teller = 0; teller <= TELLER_HEARTBEAT; teller++)
		digest_end(engine, digest_teller(facts->id, (enum teller)teller, ""));
	for (size_t i = 0; i < facts->worker_count; i++)
		digest_end(
			engine, digest_teller(facts->id, TELLER_HEARTBEAT, facts->workers[i].id));
}
