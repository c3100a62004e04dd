/* SPDX-License-Identifier: MIT */
#include "core/collect/scrape_series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/scrape_load.h"
#include "core/collect/scrape_store.h"
#include "core/msg/msg.h"
#include "core/parse/prom_text.h"

struct seen {
	uint64_t key;          /* of the bytes that name it */
	uint64_t id;           /* of name and labels */
	char *name, *labels;   /* as they are recorded */
	bool is_there, is_new; /* on this page; is_new: not on one before */
};

struct scrape_series {
	struct seen *list; /* those that are recorded, in order of their keys */
	size_t count, room;
	struct scrape_load load;
	bool has_ended;
};

struct scrape_series *scrape_series_new(void)
{
	struct scrape_series *series = xcalloc(1, sizeof(*series));
	scrape_load_init(&series->load);
	return series;
}

static void release_seen(struct seen *seen)
{
	free(seen->name);
	free(seen->labels);
}

void scrape_series_free(struct scrape_series *series)
{
	if (!series)
		return;
	for (size_t i = 0; i < series->count; i++)
		release_seen(&series->list[i]);
	free(series->list);
	free(series);
}

/* ---- names and labels ---- */

static bool ends_in(struct prom_span name, const char *end)
{
	size_t length = strlen(end);
	return name.length > length && !memcmp(name.text + name.length - length, end, length);
}

static bool is_wanted(const struct scrape_rules *rules, const struct prom_sample *sample)
{
	if (!rules->name_count)
		return (sample->type != PROM_HISTOGRAM && sample->type != PROM_GAUGEHISTOGRAM) ||
		       !ends_in(sample->name, "_bucket");
	for (size_t i = 0; i < rules->name_count; i++)
		if (strlen(rules->names[i]) == sample->name.length &&
			!memcmp(rules->names[i], sample->name.text, sample->name.length))
			return true;
	return false;
}

struct label {
	char name[64], value[160];
};

struct labels {
	struct label list[PROM_LABELS_MAX + SCRAPE_OWN_MAX];
	size_t count;
};

static struct label *find_label(struct labels *labels, const char *name)
{
	for (size_t i = 0; i < labels->count; i++)
		if (strcmp(labels->list[i].name, name) == 0)
			return &labels->list[i];
	return NULL;
}

static void add_own_labels(const struct scrape_rules *rules, struct labels *labels)
{
	struct label *own = &labels->list[labels->count++];
	copy_text(own->name, sizeof(own->name), rules->own);
	copy_text(own->value, sizeof(own->value), rules->own_value);
	for (size_t i = 0; i < rules->label_count; i++) {
		struct label *label = &labels->list[labels->count++];
		const char *equals = strchr(rules->labels[i], '=');
		snprintf(label->name, sizeof(label->name), "%.*s", (int)(equals - rules->labels[i]),
			rules->labels[i]);
		copy_text(label->value, sizeof(label->value), equals + 1);
	}
}

/* What the text form of a series cannot hold in a value. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (strchr(",{}\" \n", *text))
			*text = '_';
}

/* A label that the page has too is kept as exported_NAME, unless it says the same. */
static void add_label(struct labels *labels, const struct prom_label *label)
{
	autostr struct str value = STR_INIT, whole = STR_INIT;
	char name[48];
	prom_label_value(label, &value);
	prom_label_name(label, &whole);
	make_plain(whole.text);
	copy_text(name, sizeof(name), whole.text);
	const struct label *known = find_label(labels, name);
	if (known && strcmp(known->value, value.text) == 0)
		return;
	struct label *added = &labels->list[labels->count++];
	snprintf(added->name, sizeof(added->name), "%s%s", known ? "exported_" : "", name);
	copy_text(added->value, sizeof(added->value), value.text);
}

static int by_name(const void *one, const void *other)
{
	return strcmp(((const struct label *)one)->name, ((const struct label *)other)->name);
}

/* NULL: they are too long to be kept apart. */
static char *labels_of(const struct scrape_rules *rules, const struct prom_sample *sample)
{
	struct labels labels = {.count = 0};
	autostr struct str text = STR_INIT;
	add_own_labels(rules, &labels);
	for (size_t i = 0; i < sample->label_count; i++)
		add_label(&labels, &sample->labels[i]);
	qsort(labels.list, labels.count, sizeof(struct label), by_name);
	for (size_t i = 0; i < labels.count; i++) {
		char value[160];
		rules->clean(rules->context, labels.list[i].value, value, sizeof(value));
		make_plain(value);
		str_addf(&text, "%s%s=%s", i ? "," : "", labels.list[i].name, value);
	}
	return text.length <= SCRAPE_LABELS_MAX ? str_detach(&text) : NULL;
}

char *scrape_series_own(const struct scrape_rules *rules)
{
	const struct prom_sample none = {.label_count = 0};
	return labels_of(rules, &none);
}

/* ---- the series of the page ---- */

static size_t place_of(const struct scrape_series *series, uint64_t key)
{
	size_t low = 0, high = series->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (series->list[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct hearing {
	struct scrape_series *series;
	const struct scrape_rules *rules;
	struct msg_obs_scrape *obs;
	size_t room; /* for samples of it */
};

static bool has_room(const struct scrape_series *series, const struct scrape_rules *rules)
{
	return series->count < SCRAPE_RECORDED_MAX && series->count < rules->limit;
}

/* NULL: it is not recorded. */
static struct seen *make(struct scrape_series *series, const struct scrape_rules *rules,
	const struct prom_reader *reader, struct prom_sample *sample, size_t at)
{
	struct err err;
	if (!has_room(series, rules) || sample->name.length > 120 ||
		!prom_labels(reader, sample, &err))
		return NULL;
	char *labels = labels_of(rules, sample);
	if (!labels)
		return NULL;
	autostr struct str name = STR_INIT;
	prom_name(sample, &name);
	make_plain(name.text);
	series->list = grow(series->list, series->count, &series->room, sizeof(*series->list));
	memmove(series->list + at + 1, series->list + at,
		(series->count++ - at) * sizeof(*series->list));
	series->list[at] = (struct seen){.key = sample->key,
		.id = entity_id(name.text, labels),
		.name = str_detach(&name),
		.labels = labels,
		.is_new = true};
	return &series->list[at];
}

static struct msg_sample sample_of(const struct seen *seen, double value)
{
	return (struct msg_sample){.name = xstrdup(seen->name),
		.labels = xstrdup(seen->labels),
		.value = value,
		.id = seen->id};
}

static void end_seen(struct msg_obs_scrape *obs, const struct seen *seen)
{
	struct msg_sample *sample = msg_add(obs->samples, &obs->samples_count);
	*sample = sample_of(seen, NAN);
}

/* True: it is recorded, when it has a number to record. */
static bool record(
	struct hearing *hearing, const struct prom_reader *reader, struct prom_sample *sample)
{
	struct scrape_series *series = hearing->series;
	struct msg_obs_scrape *obs = hearing->obs;
	size_t at = place_of(series, sample->key);
	bool is_known = at < series->count && series->list[at].key == sample->key;
	if (!isfinite(sample->value) || !is_wanted(hearing->rules, sample))
		return is_known;
	struct seen *seen =
		is_known ? &series->list[at] : make(series, hearing->rules, reader, sample, at);
	if (seen && !seen->is_there) {
		seen->is_there = true;
		obs->samples = grow(
			obs->samples, obs->samples_count, &hearing->room, sizeof(*obs->samples));
		obs->samples[obs->samples_count++] = sample_of(seen, sample->value);
	}
	return seen != NULL;
}

static bool hear(void *context, const struct prom_reader *reader, struct prom_sample *sample)
{
	struct hearing *hearing = context;
	struct err err;
	bool is_load = scrape_load_wants(sample);
	if (is_load && prom_labels(reader, sample, &err))
		scrape_load_add(&hearing->series->load, sample);
	bool is_recorded = record(hearing, reader, sample);
	return is_load || is_recorded;
}

/* ---- a page ---- */

static void drop_absent(struct scrape_series *series, struct msg_obs_scrape *obs)
{
	size_t kept = 0;
	for (size_t i = 0; i < series->count; i++) {
		if (series->list[i].is_there) {
			series->list[kept++] = series->list[i];
			continue;
		}
		end_seen(obs, &series->list[i]);
		release_seen(&series->list[i]);
	}
	series->count = kept;
}

/* Half a page is not believed. */
static void take_back(struct scrape_series *series, struct msg_obs_scrape *obs)
{
	size_t kept = 0;
	for (size_t i = 0; i < series->count; i++) {
		if (series->list[i].is_new)
			release_seen(&series->list[i]);
		else
			series->list[kept++] = series->list[i];
	}
	series->count = kept;
	for (size_t i = 0; i < obs->samples_count; i++) {
		free(obs->samples[i].name);
		free(obs->samples[i].labels);
	}
	obs->samples_count = 0;
}

bool scrape_series_read(struct scrape_series *series, struct scrape_store *store,
	const struct scrape_rules *rules, const struct scrape_page *page, int64_t mono_ms,
	struct msg_obs_scrape *obs, struct scrape_look *look, struct err *err)
{
	struct hearing hearing = {series, rules, obs, .room = obs->samples_count};
	const struct scrape_ear ear = {hear, &hearing, .is_all = has_room(series, rules)};
	const struct scrape_load before = series->load;
	for (size_t i = 0; i < series->count; i++)
		series->list[i].is_there = series->list[i].is_new = false;
	scrape_load_begin(&series->load);
	if (!scrape_store_page(store, rules, page, look, &ear, err)) {
		series->load = before;
		take_back(series, obs);
		return false;
	}
	series->has_ended = false;
	drop_absent(series, obs);
	scrape_load_end(&series->load, mono_ms, obs);
	obs->refused = look->beyond + look->refused;
	return true;
}

void scrape_series_end(struct scrape_series *series, struct msg_obs_scrape *obs)
{
	for (size_t i = 0; i < series->count && !series->has_ended; i++)
		end_seen(obs, &series->list[i]);
	series->has_ended = true;
}
