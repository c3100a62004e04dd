/* SPDX-License-Identifier: MIT */
#include "core/collect/scrape_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/hash.h"
#include "core/base/id_map.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/scrape_about.h"
#include "core/parse/prom_text.h"
#include "core/series/labels.h"
#include "core/series/tsdb.h"

enum { VALUE_BYTES = 512, OWN_FIGURES = 4, BATCH = 128 };

struct kept {
	uint64_t key;               /* of the bytes that name it */
	struct tsdb_series *series; /* NULL: refused, and not tried again while it is on the page */
	uint64_t look;              /* the last one that it was found at, and what it was then */
	double value;
	int64_t time_ms;
	bool has_own_time; /* it is not ended: its times are those of the page */
	bool is_heard;
	bool is_new;      /* at that look */
	bool is_old_news; /* so may be what it says: a time of the page that is not a new one */
};

struct scrape_store {
	struct tsdb *tsdb;
	struct id_map places; /* by key, of the list */
	struct kept *list;
	size_t count, room;
	size_t next; /* in the list: where the next sample is expected, for pages keep their order */
	uint64_t look;
	struct scrape_about about;
	struct tsdb_series *figures[OWN_FIGURES];
};

struct scrape_store *scrape_store_new(struct tsdb *tsdb)
{
	struct scrape_store *store = xcalloc(1, sizeof(*store));
	store->tsdb = tsdb;
	return store;
}

static void end_series(struct kept *kept, int64_t wall_ms)
{
	if (kept->series && !kept->has_own_time)
		(void)tsdb_append(kept->series, wall_ms, stale_value());
	tsdb_release(kept->series);
	kept->series = NULL;
}

void scrape_store_end(struct scrape_store *store, int64_t wall_ms)
{
	for (size_t i = 0; i < store->count; i++)
		end_series(&store->list[i], wall_ms);
	store->count = 0;
	id_map_clear(&store->places);
}

void scrape_store_free(struct scrape_store *store, const int64_t *last_ms)
{
	if (!store)
		return;
	for (size_t i = 0; i < OWN_FIGURES; i++) {
		if (store->figures[i] && last_ms)
			(void)tsdb_append(store->figures[i], *last_ms, stale_value());
		tsdb_release(store->figures[i]);
	}
	if (last_ms)
		scrape_store_end(store, *last_ms);
	for (size_t i = 0; i < store->count; i++)
		tsdb_release(store->list[i].series);
	free(store->list);
	id_map_release(&store->places);
	scrape_about_release(&store->about);
	free(store);
}

/* ---- labels ---- */

struct gathered {
	struct label list[PROM_LABELS_MAX + SCRAPE_OWN_MAX + 2];
	size_t count, own;
	struct str texts[2 * (PROM_LABELS_MAX + SCRAPE_OWN_MAX + 2)];
	size_t text_count;
};

static struct str *new_text(struct gathered *all)
{
	struct str *text = &all->texts[all->text_count++];
	str_init(text);
	return text;
}

static void release(struct gathered *all)
{
	for (size_t i = 0; i < all->text_count; i++)
		str_release(&all->texts[i]);
}

static void add_clean(
	struct gathered *all, const struct scrape_rules *rules, const char *name, const char *value)
{
	char clean[VALUE_BYTES];
	struct str *kept = new_text(all);
	rules->clean(rules->context, value, clean, sizeof(clean));
	str_adds(kept, clean);
	all->list[all->count++] = (struct label){name, kept->text};
}

static void add_own(struct gathered *all, const struct scrape_rules *rules)
{
	add_clean(all, rules, rules->own, rules->own_value);
	for (size_t i = 0; i < rules->label_count && i < SCRAPE_OWN_MAX; i++) {
		const char *equals = strchr(rules->labels[i], '=');
		struct str *name = new_text(all);
		str_add(name, rules->labels[i], (size_t)(equals - rules->labels[i]));
		add_clean(all, rules, name->text, equals + 1);
	}
	all->own = all->count;
}

static const char *own_value(const struct gathered *all, const char *name)
{
	for (size_t i = 0; i < all->own; i++)
		if (strcmp(all->list[i].name, name) == 0)
			return all->list[i].value;
	return NULL;
}

static void add_label(
	struct gathered *all, const struct scrape_rules *rules, const struct prom_label *label)
{
	autostr struct str value = STR_INIT, bare = STR_INIT;
	struct str *name = new_text(all);
	prom_label_name(label, &bare);
	prom_label_value(label, &value);
	const char *own = own_value(all, bare.text);
	if (own && strcmp(own, value.text) == 0)
		return;
	str_addf(name, "%s%s", own ? "exported_" : "", bare.text);
	add_clean(all, rules, name->text, value.text);
}

static struct labels *labels_of(const struct scrape_rules *rules, const struct prom_sample *sample)
{
	struct gathered all;
	all.count = all.text_count = 0;
	autostr struct str name = STR_INIT;
	prom_name(sample, &name);
	add_own(&all, rules);
	for (size_t i = 0; i < sample->label_count; i++)
		add_label(&all, rules, &sample->labels[i]);
	add_clean(&all, rules, LABEL_NAME, name.text);
	struct labels *labels = labels_new(all.list, all.count);
	release(&all);
	return labels;
}

/* ---- a page ---- */

static bool is_wanted(const struct scrape_rules *rules, const struct prom_sample *sample)
{
	bool is_all = rules->name_count == 0;
	for (size_t i = 0; i < rules->name_count && !is_all; i++)
		is_all = strlen(rules->names[i]) == sample->name.length &&
			 memcmp(rules->names[i], sample->name.text, sample->name.length) == 0;
	return is_all;
}

static void refuse(struct scrape_look *look, const char *why)
{
	if (look->refused++ == 0)
		(void)copy_text(look->why, sizeof(look->why), why);
}

static struct kept *add(struct scrape_store *store, const struct scrape_rules *rules,
	const struct prom_reader *reader, struct prom_sample *sample, struct scrape_look *look)
{
	struct err err = {.code = ERR_NONE};
	struct tsdb_series *series = NULL;
	if (store->tsdb && prom_labels(reader, sample, &err)) {
		struct labels *labels = labels_of(rules, sample);
		series = tsdb_refer(store->tsdb, labels, &err);
		labels_unref(labels);
	}
	if (!series && store->tsdb)
		refuse(look, err.text);
	store->list = grow(store->list, store->count, &store->room, sizeof(*store->list));
	store->list[store->count] =
		(struct kept){.key = sample->key, .series = series, .is_new = true};
	bool is_new UNUSED = id_map_add(&store->places, sample->key, store->count);
	look->added += series != NULL;
	return &store->list[store->count++];
}

static void note(struct scrape_store *store, struct kept *kept, const struct prom_sample *sample,
	const struct scrape_look *look)
{
	kept->is_old_news = sample->has_time && (kept->is_new || sample->time_ms == kept->time_ms);
	kept->look = store->look;
	kept->value = sample->value;
	kept->time_ms = sample->has_time ? sample->time_ms : look->wall_ms;
	kept->has_own_time = sample->has_time;
	if (!kept->series)
		return;
	/* it is appended to when the page is read, and hardly ever near the processor */
	__builtin_prefetch(kept->series, 1);
	__builtin_prefetch((const char *)kept->series + 64, 1);
}

/* NULL: it was not there before. */
static struct kept *find(struct scrape_store *store, uint64_t key)
{
	size_t place = store->next;
	if ((place >= store->count || store->list[place].key != key) &&
		!id_map_find(&store->places, key, &place))
		return NULL;
	store->next = place + 1;
	return &store->list[place];
}

static struct kept *add_wanted(struct scrape_store *store, const struct scrape_rules *rules,
	const struct prom_reader *reader, struct prom_sample *sample, struct scrape_look *look)
{
	if (!is_wanted(rules, sample))
		return NULL;
	if (store->count >= rules->limit) {
		look->beyond++;
		return NULL;
	}
	struct kept *kept = add(store, rules, reader, sample, look);
	note(store, kept, sample, look);
	return kept;
}

static void begin(struct prom_reader *reader, const struct scrape_page *page)
{
	prom_begin(reader, page->text, page->length, prom_format_of(page->content_type));
	reader->is_part = page->is_part;
}

/* A page is believed once it was read to its end: until then values are noted, and what is new is counted. */
struct reading {
	struct scrape_store *store;
	const struct scrape_rules *rules;
	struct scrape_look *look;
	const struct scrape_ear *ear;
	struct prom_reader reader;
	bool has_rest; /* samples that are not done with */
};

static void tell(const struct reading *reading, struct kept *kept, struct prom_sample *sample)
{
	const struct scrape_ear *ear = reading->ear;
	bool is_heard = ear && ear->hear(ear->context, &reading->reader, sample);
	if (kept)
		kept->is_heard = is_heard;
}

static bool read_sample(struct reading *reading, struct prom_sample *sample, struct err *err)
{
	struct kept *kept = find(reading->store, sample->key);
	if (!kept || !is_wanted(reading->rules, sample)) {
		reading->has_rest = true;
		return prom_labels(&reading->reader, sample, err);
	}
	if (kept->look == reading->store->look) {
		reading->look->twice++;
		return true;
	}
	note(reading->store, kept, sample, reading->look);
	kept->is_new = false;
	if (kept->is_heard || (reading->ear && reading->ear->is_all))
		tell(reading, kept, sample);
	return true;
}

static bool read_page(struct reading *reading, const struct scrape_page *page, struct err *err)
{
	struct prom_sample sample;
	enum prom_result result;
	struct scrape_look *look = reading->look;
	begin(&reading->reader, page);
	scrape_about_begin(&reading->store->about, &reading->reader,
		reading->store->tsdb ? tsdb_metadata(reading->store->tsdb) : NULL, reading->rules);
	while ((result = prom_next(&reading->reader, &sample, err)) == PROM_SAMPLE) {
		look->has_more = look->samples == SCRAPE_SAMPLES_MAX;
		if (look->has_more)
			break;
		look->samples++;
		if (!read_sample(reading, &sample, err)) {
			result = PROM_BAD;
			break;
		}
	}
	prom_end(&reading->reader);
	return result != PROM_BAD &&
	       (look->samples || err_set(err, ERR_SYNTAX, "the page holds no sample"));
}

static void drop_absent(struct scrape_store *store, int64_t wall_ms)
{
	size_t left = 0;
	for (size_t i = 0; i < store->count; i++) {
		if (store->list[i].look == store->look)
			store->list[left++] = store->list[i];
		else
			end_series(&store->list[i], wall_ms);
	}
	if (left == store->count)
		return;
	store->count = left;
	id_map_clear(&store->places);
	for (size_t i = 0; i < left; i++) {
		bool is_new UNUSED = id_map_add(&store->places, store->list[i].key, i);
	}
}

static void take_sample(struct reading *reading, struct prom_sample *sample)
{
	struct scrape_store *store = reading->store;
	struct kept *kept = is_wanted(reading->rules, sample) ? find(store, sample->key) : NULL;
	if (kept) {
		reading->look->twice += kept->is_new;
		return;
	}
	kept = add_wanted(store, reading->rules, &reading->reader, sample, reading->look);
	tell(reading, kept, sample);
}

static void take_rest(struct reading *reading, const struct scrape_page *page)
{
	struct prom_sample sample;
	struct err err;
	begin(&reading->reader, page);
	reading->store->next = 0;
	for (size_t left = reading->look->samples;
		left && prom_next(&reading->reader, &sample, &err) == PROM_SAMPLE; left--)
		take_sample(reading, &sample);
	prom_end(&reading->reader);
}

static void append(
	struct tsdb_point *points, const bool *is_old_news, size_t count, struct scrape_look *look)
{
	static const char *const words[TSDB_RESULTS] = {
		[TSDB_OLD] = "their times are older than what is there",
		[TSDB_AGAIN] = "they have the time of what is there",
		[TSDB_NO_ROOM] = "its memory is used up (metrics: {memory: ...})",
		[TSDB_BAD_TIME] = "their times are of no calendar",
	};
	tsdb_append_many(points, count);
	for (size_t i = 0; i < count; i++) {
		enum tsdb_result result = points[i].result;
		/* one with a time of its own says the same again until there is news; a start has ended it since */
		bool is_known = result == TSDB_AGAIN || result == TSDB_OLD;
		if (result != TSDB_TAKEN && !(is_old_news[i] && is_known))
			refuse(look, words[result]);
	}
}

static void append_all(const struct scrape_store *store, struct scrape_look *look)
{
	struct tsdb_point points[BATCH];
	bool is_old_news[BATCH];
	size_t count = 0;
	for (size_t i = 0; i < store->count; i++) {
		const struct kept *kept = &store->list[i];
		if (kept->look != store->look)
			continue;
		if (!kept->series && store->tsdb && !kept->is_new)
			refuse(look, "they were refused before");
		if (!kept->series)
			continue;
		is_old_news[count] = kept->is_old_news;
		points[count++] = (struct tsdb_point){
			.series = kept->series, .time_ms = kept->time_ms, .value = kept->value};
		if (count == BATCH) {
			append(points, is_old_news, count, look);
			count = 0;
		}
	}
	append(points, is_old_news, count, look);
}

bool scrape_store_page(struct scrape_store *store, const struct scrape_rules *rules,
	const struct scrape_page *page, struct scrape_look *look, const struct scrape_ear *ear,
	struct err *err)
{
	struct reading reading = {.store = store, .rules = rules, .look = look, .ear = ear};
	store->look++;
	store->next = 0;
	if (!read_page(&reading, page, err))
		return false;
	if (reading.has_rest)
		take_rest(&reading, page);
	append_all(store, look);
	drop_absent(store, look->wall_ms);
	return true;
}

/* ---- of the look itself ---- */

static struct tsdb_series *refer_own(
	struct scrape_store *store, const struct scrape_rules *rules, const char *name)
{
	struct err err;
	struct gathered all;
	all.count = all.text_count = 0;
	add_own(&all, rules);
	all.list[all.count++] = (struct label){LABEL_NAME, name};
	struct labels *labels = labels_new(all.list, all.count);
	struct tsdb_series *series = store->tsdb ? tsdb_refer(store->tsdb, labels, &err) : NULL;
	labels_unref(labels);
	release(&all);
	return series;
}

void scrape_store_look(struct scrape_store *store, const struct scrape_rules *rules,
	const struct scrape_look *look)
{
	const struct {
		const char *name;
		double value;
	} figures[OWN_FIGURES] = {{"up", look->is_up},
		{"scrape_duration_seconds", look->duration_s},
		{"scrape_samples_scraped", (double)look->samples},
		{"scrape_series_added", (double)look->added}};
	for (size_t i = 0; i < OWN_FIGURES; i++) {
		if (!store->figures[i])
			store->figures[i] = refer_own(store, rules, figures[i].name);
		if (store->figures[i])
			(void)tsdb_append(store->figures[i], look->wall_ms, figures[i].value);
	}
}
