/* SPDX-License-Identifier: MIT */
#include "core/engine/facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/msg/msg.h"

/* What is looked at of all bots every second stands together: their entities are spread over the memory, and to go from one
 * to the other would take longer than a turn. */
struct slot {
	uint64_t id;
	int64_t due_mono_ms;
	struct bot_facts *bot;
	double updates_per_s;
	int64_t pending, recalled_ms;
	unsigned char severity;
	bool is_known, is_busy;
};

struct place {
	uint64_t id;
	size_t slot;
};

struct facts {
	struct place *places; /* sorted by id */
	struct slot *slots;
	size_t count, place_room, room;
};

struct facts *facts_new(void)
{
	return xcalloc(1, sizeof(struct facts));
}

static void free_bot(struct bot_facts *bot)
{
	free(bot->name);
	free(bot->database);
	free(bot->halted_by);
	free(bot->halted_why);
	free(bot->workers);
	free(bot->lines);
	free(bot->starts);
	free(bot->spark);
	free(bot);
}

void facts_free(struct facts *facts)
{
	if (!facts)
		return;
	for (size_t i = 0; i < facts->count; i++)
		free_bot(facts->slots[i].bot);
	free(facts->places);
	free(facts->slots);
	free(facts);
}

static size_t place_of(const struct facts *facts, uint64_t id)
{
	size_t low = 0, high = facts->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (facts->places[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct slot *slot_of(const struct facts *facts, uint64_t id)
{
	size_t at = place_of(facts, id);
	return at < facts->count && facts->places[at].id == id
		       ? &facts->slots[facts->places[at].slot]
		       : NULL;
}

struct bot_facts *facts_find(const struct facts *facts, uint64_t id)
{
	const struct slot *slot = slot_of(facts, id);
	return slot ? slot->bot : NULL;
}

static struct bot_facts *new_bot(uint64_t id, const char *name)
{
	struct bot_facts *bot = xcalloc(1, sizeof(*bot));
	*bot = (struct bot_facts){.id = id,
		.name = xstrdup(name),
		.process_mono_ms = NEVER,
		.telegram_mono_ms = NEVER,
		.heartbeat_mono_ms = NEVER,
		.metrics = {.updates_per_s = NAN,
			.p95_ms = NAN,
			.errors_per_min = NAN,
			.mono_ms = NEVER},
		.api_mono_ms = NEVER,
		.look_mono_ms = NEVER,
		.load_mono_ms = NEVER};
	return bot;
}

struct bot_facts *facts_add(struct facts *facts, const char *name)
{
	uint64_t id = entity_id("bot", name);
	size_t at = place_of(facts, id), slot = facts->count;
	if (at < facts->count && facts->places[at].id == id)
		return facts->slots[facts->places[at].slot].bot;
	facts->places = grow(facts->places, slot, &facts->place_room, sizeof(struct place));
	facts->slots = grow(facts->slots, slot, &facts->room, sizeof(struct slot));
	memmove(facts->places + at + 1, facts->places + at, (slot - at) * sizeof(struct place));
	facts->places[at] = (struct place){.id = id, .slot = slot};
	facts->slots[slot] =
		(struct slot){.id = id, .due_mono_ms = NEVER, .bot = new_bot(id, name)};
	facts->count++;
	return facts->slots[slot].bot;
}

/* The last one takes its slot. */
void facts_remove(struct facts *facts, uint64_t id)
{
	size_t at = place_of(facts, id);
	if (at == facts->count || facts->places[at].id != id)
		return;
	size_t hole = facts->places[at].slot, last = --facts->count;
	free_bot(facts->slots[hole].bot);
	memmove(facts->places + at, facts->places + at + 1, (last - at) * sizeof(struct place));
	if (hole == last)
		return;
	facts->slots[hole] = facts->slots[last];
	facts->places[place_of(facts, facts->slots[hole].id)].slot = hole;
}

struct line_facts *facts_lines(struct bot_facts *bot)
{
	if (!bot->lines)
		bot->lines = xcalloc(1, sizeof(*bot->lines));
	return bot->lines;
}

void facts_add_start(struct bot_facts *bot, int64_t wall_ms)
{
	if (!bot->starts)
		bot->starts = xcalloc(1, sizeof(*bot->starts));
	times_add(bot->starts, wall_ms);
}

void facts_add_load(struct bot_facts *bot, int64_t mono_ms, double updates_per_s)
{
	if (!bot->spark)
		bot->spark = xcalloc(1, sizeof(*bot->spark));
	spark_add(bot->spark, mono_ms, updates_per_s);
}

size_t facts_count(const struct facts *facts)
{
	return facts->count;
}

struct bot_facts *facts_at(const struct facts *facts, size_t index)
{
	return facts->slots[index].bot;
}

void facts_judged(struct facts *facts, const struct msg_bot *bot, int64_t due_mono_ms)
{
	struct slot *slot = slot_of(facts, bot->id);
	if (!slot)
		return;
	slot->due_mono_ms = due_mono_ms;
	slot->updates_per_s = bot->updates_per_s;
	slot->pending = bot->pending;
	slot->recalled_ms = bot->last_ms;
	slot->severity = (unsigned char)bot->severity;
	slot->is_known = true;
	slot->is_busy = bot->busy_op != 0;
}

static void add_to(struct fleet_sums *sums, const struct slot *slot)
{
	if (!isnan(slot->updates_per_s))
		sums->updates_per_s = (isnan(sums->updates_per_s) ? 0 : sums->updates_per_s) +
				      slot->updates_per_s;
	sums->pending += slot->pending > 0 ? (double)slot->pending : 0;
	if (slot->severity <= SEVERITY_CRIT)
		sums->severities[slot->severity]++;
	sums->recalled += slot->recalled_ms != 0;
	if (slot->recalled_ms > sums->recalled_ms)
		sums->recalled_ms = slot->recalled_ms;
}

struct fleet_sums facts_sums(const struct facts *facts)
{
	struct fleet_sums sums = {.updates_per_s = NAN};
	for (size_t i = 0; i < facts->count; i++)
		if (facts->slots[i].is_known)
			add_to(&sums, &facts->slots[i]);
	return sums;
}

bool facts_is_busy(const struct facts *facts, size_t index)
{
	return facts->slots[index].is_busy;
}

void facts_plan_all(struct facts *facts, int64_t mono_ms)
{
	for (size_t i = 0; i < facts->count; i++)
		facts->slots[i].due_mono_ms = mono_ms;
}

bool facts_is_due(const struct facts *facts, size_t index, int64_t mono_ms)
{
	return facts->slots[index].due_mono_ms <= mono_ms;
}

void spark_add(struct spark *spark, int64_t mono_ms, double value)
{
	int64_t slot = mono_ms / SPARK_SLOT_MS + 1;
	if (spark->slot == 0 || slot - spark->slot > SPARK_POINTS)
		spark->slot = slot - SPARK_POINTS;
	while (spark->slot < slot) {
		spark->means[(size_t)(++spark->slot + SPARK_POINTS) % SPARK_POINTS] = NAN;
		spark->values = 0;
	}
	double *mean = &spark->means[(size_t)slot % SPARK_POINTS];
	spark->values++;
	*mean = spark->values == 1 ? value : *mean + (value - *mean) / spark->values;
}

void spark_read(const struct spark *spark, int64_t mono_ms, double ret[SPARK_POINTS])
{
	int64_t newest = mono_ms / SPARK_SLOT_MS + 1;
	for (int64_t i = 0; i < SPARK_POINTS; i++) {
		int64_t slot = newest - SPARK_POINTS + 1 + i;
		bool held = spark->slot && slot > 0 && slot <= spark->slot &&
			    slot > spark->slot - SPARK_POINTS;
		ret[i] = held ? spark->means[(size_t)slot % SPARK_POINTS] : NAN;
	}
}
