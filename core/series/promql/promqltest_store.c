/* SPDX-License-Identifier: MIT */
/* The series that a test loaded: few, so nothing is indexed. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/parse/regex.h"
#include "core/series/labels.h"
#include "core/series/promql/promqltest_internal.h"

static struct test_series *series_of(struct test_store *store, const struct labels *labels)
{
	for (size_t i = 0; i < store->count; i++) {
		if (labels_equal(store->list[i].labels, labels))
			return &store->list[i];
	}
	store->list = grow(store->list, store->count, &store->capacity, sizeof(*store->list));
	store->list[store->count] = (struct test_series){.labels = labels_ref(labels)};
	return &store->list[store->count++];
}

/* In order of time; the last of a moment counts. */
static void put(struct test_series *series, int64_t time_ms, double value)
{
	size_t at = series->count;
	while (at && series->samples[at - 1].time_ms > time_ms)
		at--;
	if (at && series->samples[at - 1].time_ms == time_ms) {
		series->samples[at - 1].value = value;
		return;
	}
	series->samples =
		grow(series->samples, series->count, &series->capacity, sizeof(*series->samples));
	memmove(series->samples + at + 1, series->samples + at,
		(series->count - at) * sizeof(*series->samples));
	series->samples[at] = (struct sample){.time_ms = time_ms, .value = value};
	series->count++;
}

static void put_native(struct test_series *series, int64_t time_ms)
{
	series->natives = grow(series->natives, series->native_count, &series->native_capacity,
		sizeof(*series->natives));
	series->natives[series->native_count++] = time_ms;
}

/* The labels of the histogram that a bucket belongs to; NULL: it is none. */
static const struct labels *histogram_of(const struct labels *labels)
{
	static const char ending[] = "_bucket";
	const char *name = labels_get(labels, LABEL_NAME);
	size_t length = strlen(name), tail = strlen(ending), count = 0;
	if (length <= tail || strcmp(name + length - tail, ending) != 0)
		return NULL;
	autofree char *base = xstrndup(name, length - tail);
	autofree struct label *list = xreallocarray(NULL, labels_count(labels), sizeof(*list));
	for (size_t i = 0; i < labels_count(labels); i++) {
		const struct label *label = labels_at(labels, i);
		if (strcmp(label->name, "le") == 0)
			continue;
		list[count++] = *label;
		if (strcmp(label->name, LABEL_NAME) == 0)
			list[count - 1].value = base;
	}
	return labels_new(list, count);
}

void test_store_load(struct test_store *store, const struct sequence *sequence, int64_t step_ms,
	bool with_natives)
{
	const struct labels *histogram = with_natives ? histogram_of(sequence->labels) : NULL;
	for (size_t i = 0; i < sequence->count; i++) {
		int64_t time_ms = (int64_t)i * step_ms;
		const struct point *point = &sequence->list[i];
		if (point->kind == POINT_VALUE)
			put(series_of(store, sequence->labels), time_ms, point->value);
		else if (point->kind == POINT_NATIVE)
			put_native(series_of(store, sequence->labels), time_ms);
		if (histogram && point->kind != POINT_NONE)
			put_native(series_of(store, histogram), time_ms);
	}
	labels_unref(histogram);
}

void test_store_clear(struct test_store *store)
{
	for (size_t i = 0; i < store->count; i++) {
		labels_unref(store->list[i].labels);
		free(store->list[i].samples);
		free(store->list[i].natives);
	}
	free(store->list);
	*store = (struct test_store){.count = 0};
}

/* ---- asking ---- */

static bool matches(const struct matcher *matcher, const struct labels *labels)
{
	const char *value = labels_get(labels, matcher->name);
	bool is_pattern = matcher->op == MATCH_REGEX || matcher->op == MATCH_NOT_REGEX;
	bool is_so = is_pattern ? regex_match(matcher->regex, value, strlen(value), 0, NULL,
					  NULL) == REGEX_YES
				: strcmp(value, matcher->value) == 0;
	return is_so == (matcher->op == MATCH_EQUAL || matcher->op == MATCH_REGEX);
}

static bool is_selected(const struct selection *selection, const struct labels *labels)
{
	for (size_t i = 0; i < selection->matcher_count; i++) {
		if (!matches(&selection->matchers[i], labels))
			return false;
	}
	return true;
}

static bool has_native(const struct test_series *series, const struct selection *selection)
{
	for (size_t i = 0; i < series->native_count; i++) {
		if (series->natives[i] >= selection->from_ms &&
			series->natives[i] <= selection->to_ms)
			return true;
	}
	return false;
}

static struct selected cut(const struct test_series *series, const struct selection *selection)
{
	size_t from = 0, to = series->count;
	while (from < to && series->samples[from].time_ms < selection->from_ms)
		from++;
	while (to > from && series->samples[to - 1].time_ms > selection->to_ms)
		to--;
	if (selection->last_only && to > from)
		from = to - 1;
	if (from == to)
		return (struct selected){.count = 0};
	return (struct selected){.labels = labels_ref(series->labels),
		.samples = xmemdup(series->samples + from, (to - from) * sizeof(struct sample)),
		.count = to - from};
}

static int by_labels(const void *one, const void *other)
{
	return labels_compare(
		((const struct selected *)one)->labels, ((const struct selected *)other)->labels);
}

static bool is_within(
	const struct selection *selection, size_t series, size_t samples, struct err *err)
{
	if (selection->series_max && series > selection->series_max)
		return err_set(err, ERR_LIMIT, "more than %zu series", selection->series_max);
	return !selection->samples_max || samples <= selection->samples_max ||
	       err_set(err, ERR_LIMIT, "more than %zu samples", selection->samples_max);
}

static bool select_series(
	void *context, const struct selection *selection, struct selected_set *ret, struct err *err)
{
	struct test_store *store = context;
	struct selected_set set = {
		.list = xcalloc(store->count + 1, sizeof(*set.list)), .count = 0};
	size_t samples = 0;
	for (size_t i = 0; i < store->count; i++) {
		const struct test_series *series = &store->list[i];
		if (!is_selected(selection, series->labels))
			continue;
		store->met_native = store->met_native || has_native(series, selection);
		struct selected selected = cut(series, selection);
		samples += selected.count;
		if (selected.count)
			set.list[set.count++] = selected;
		if (is_within(selection, set.count, samples, err))
			continue;
		selected_set_release(&set);
		return false;
	}
	qsort(set.list, set.count, sizeof(*set.list), by_labels);
	*ret = set;
	return true;
}

struct querier test_store_querier(struct test_store *store)
{
	return (struct querier){.select = select_series, .context = store};
}
