/* SPDX-License-Identifier: MIT */
#include "core/collect/scrape_load.h"

#include <math.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/format.h"
#include "core/base/str.h"
#include "core/collect/scrape_series.h"
#include "core/msg/msg.h"
#include "core/parse/prom_text.h"

enum of { OF_UPDATES, OF_ERRORS, OF_LATENCY };

static const struct known {
	const char *name;
	size_t length;
	enum of of;
	double scale;
} known[] = {
#define KNOWN(name, of, scale) {name, sizeof(name) - 1, OF_##of, scale},
#include "core/collect/known_metrics.def"
};

void scrape_load_init(struct scrape_load *load)
{
	*load = (struct scrape_load){
		.updates = NAN, .errors = NAN, .updates_before = NAN, .errors_before = NAN};
}

void scrape_load_begin(struct scrape_load *load)
{
	load->updates_before = load->updates;
	load->errors_before = load->errors;
	load->updates = load->errors = NAN;
	for (size_t i = 0; i < load->count; i++)
		load->buckets[i].now = 0;
}

/* The row of a name, with or without _bucket. */
static const struct known *find(struct prom_span name)
{
	static const char tail[] = "_bucket";
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		size_t length = known[i].length;
		bool is_histogram = known[i].of == OF_LATENCY;
		size_t whole = length + (is_histogram ? sizeof(tail) - 1 : 0);
		if (name.length == whole && !memcmp(name.text, known[i].name, length) &&
			(!is_histogram || !memcmp(name.text + length, tail, sizeof(tail) - 1)))
			return &known[i];
	}
	return NULL;
}

/* Its label le as a number; false: it has none. */
static bool upper_of(const struct prom_sample *sample, double *ret)
{
	for (size_t i = 0; i < sample->label_count; i++) {
		const struct prom_label *label = &sample->labels[i];
		if (label->name.length == 2 && !memcmp(label->name.text, "le", 2))
			return parse_double(label->value.text, label->value.length, ret);
	}
	return false;
}

static void add_bucket(struct scrape_load *load, double upper_ms, double value)
{
	size_t at = 0;
	while (at < load->count && load->buckets[at].upper_ms < upper_ms)
		at++;
	if (at == load->count || load->buckets[at].upper_ms != upper_ms) {
		if (load->count == LOAD_BUCKETS_MAX)
			return;
		memmove(load->buckets + at + 1, load->buckets + at,
			(load->count++ - at) * sizeof(struct load_bucket));
		load->buckets[at] = (struct load_bucket){.upper_ms = upper_ms};
	}
	load->buckets[at].now += value;
}

static void add_to(double *sum, double value)
{
	*sum = isnan(*sum) ? value : *sum + value;
}

bool scrape_load_wants(const struct prom_sample *sample)
{
	return find(sample->name) != NULL;
}

void scrape_load_add(struct scrape_load *load, const struct prom_sample *sample)
{
	const struct known *row = find(sample->name);
	double upper;
	if (!row || !isfinite(sample->value))
		return;
	if (row->of == OF_UPDATES)
		add_to(&load->updates, sample->value);
	else if (row->of == OF_ERRORS)
		add_to(&load->errors, sample->value);
	else if (upper_of(sample, &upper) && !isnan(upper))
		add_bucket(load, upper * row->scale, sample->value);
}

/* ---- at the end of a look ---- */

static double per_s(double now, double before, int64_t span_ms)
{
	double growth = now < before ? now : now - before;
	return span_ms > 0 ? growth * 1000 / (double)span_ms : NAN;
}

static bool has_fallen(const struct scrape_load *load)
{
	for (size_t i = 0; i < load->count; i++)
		if (load->buckets[i].now < load->buckets[i].newer)
			return true;
	return false;
}

/* The counts that the window begins with move on; a process that began anew begins it anew. */
static void move_window(struct scrape_load *load, int64_t mono_ms)
{
	bool fell = has_fallen(load), is_first = !load->newer_ms;
	if (load->newer_ms && !fell && mono_ms - load->newer_ms < SCRAPE_WINDOW_MS)
		return;
	for (size_t i = 0; i < load->count; i++) {
		struct load_bucket *bucket = &load->buckets[i];
		bucket->older = fell ? 0 : is_first ? bucket->now : bucket->newer;
		bucket->newer = bucket->now;
	}
	load->older_ms = fell || is_first ? mono_ms : load->newer_ms;
	load->newer_ms = mono_ms;
}

static double grown(const struct load_bucket *bucket)
{
	return bucket->now - bucket->older;
}

/* As histogram_quantile: linear within its bucket, the highest bound beyond the last. */
static double p95_of(const struct scrape_load *load)
{
	double total = load->count ? grown(&load->buckets[load->count - 1]) : 0;
	double rank = 0.95 * total, lower = 0, below = 0;
	if (!(total > 0) || !load->older_ms)
		return NAN;
	for (size_t i = 0; i < load->count; i++) {
		const struct load_bucket *bucket = &load->buckets[i];
		double here = grown(bucket) - below;
		if (grown(bucket) >= rank && here > 0)
			return isinf(bucket->upper_ms)
				       ? lower
				       : lower + (bucket->upper_ms - lower) * (rank - below) / here;
		below = grown(bucket);
		lower = isinf(bucket->upper_ms) ? lower : bucket->upper_ms;
	}
	return lower;
}

void scrape_load_end(struct scrape_load *load, int64_t mono_ms, struct msg_obs_scrape *obs)
{
	int64_t span_ms = load->before_ms ? mono_ms - load->before_ms : 0;
	obs->updates_per_s = per_s(load->updates, load->updates_before, span_ms);
	obs->errors_per_min = 60 * per_s(load->errors, load->errors_before, span_ms);
	load->before_ms = mono_ms;
	obs->p95_ms = p95_of(load);
	move_window(load, mono_ms);
}
