/* SPDX-License-Identifier: MIT */
#include "core/collect/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/series/label_pairs.h"

enum { OWN_LABELS = 3 };

const char *metric_type_word(enum metric_type type)
{
	static const char *const words[] = {[METRIC_UNTYPED] = "untyped",
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_SUMMARY] = "summary"};
	return words[type];
}

/* ---- labels ---- */

static int by_name(const void *one, const void *other)
{
	return strcmp(((const struct metric_label *)one)->name,
		((const struct metric_label *)other)->name);
}

/* Of what is ours nothing has to be made harmless. */
static void add_label(
	const struct metric_batch *batch, const struct metric_label *label, struct str *text)
{
	size_t length = label->length ? label->length : strlen(label->value);
	bool is_own = label->value == batch->instance || label->value == batch->job ||
		      label->value == batch->server;
	autofree char *value = is_own ? xstrdup(label->value) : NULL;
	if (!is_own && length)
		set_text(batch->hub, &value, label->value,
			length < METRIC_LABEL_BYTES ? length : METRIC_LABEL_BYTES,
			METRIC_LABEL_BYTES);
	if (value && value[0])
		label_pairs_add(text, label->name, value);
}

static size_t own_labels(const struct metric_batch *batch, struct metric_label *labels)
{
	size_t count = 0;
	labels[count++] = (struct metric_label){.name = "instance", .value = batch->instance};
	labels[count++] = (struct metric_label){.name = "job", .value = batch->job};
	if (batch->server)
		labels[count++] = (struct metric_label){.name = "server", .value = batch->server};
	return count;
}

bool metric_sample(const struct metric_batch *batch, const struct metric *metric,
	struct msg_sample *ret_sample)
{
	struct metric_label labels[METRIC_LABELS_MAX + OWN_LABELS];
	size_t count = own_labels(batch, labels);
	autostr struct str text = STR_INIT;
	memcpy(labels + count, metric->labels, metric->label_count * sizeof(*labels));
	count += metric->label_count;
	qsort(labels, count, sizeof(*labels), by_name);
	for (size_t i = 0; i < count; i++)
		add_label(batch, &labels[i], &text);
	if (text.length > METRIC_TEXT_BYTES)
		return false;
	msg_set(&ret_sample->name, metric->name);
	msg_set(&ret_sample->labels, text.text);
	ret_sample->value = metric->value;
	return true;
}

/* ---- a batch ---- */

static struct msg_obs_samples *observation(struct metric_batch *batch)
{
	if (!batch->obs) {
		batch->obs = msg_new(MSG_obs_samples);
		batch->obs->whole = true;
	}
	return batch->obs;
}

/* One whose labels are too long is left out. */
static void add(struct metric_batch *batch, const struct metric *metric)
{
	struct msg_obs_samples *obs = observation(batch);
	struct msg_sample *sample = msg_add(obs->samples, &obs->samples_count);
	if (!metric_sample(batch, metric, sample))
		obs->samples_count--;
}

void metric_batch_add(void *context, const struct metric *metric)
{
	if (isfinite(metric->value))
		add(context, metric);
}

void metric_batch_bare(struct metric_batch *batch, const char *name, double value)
{
	const char *server = batch->server;
	batch->server = NULL;
	metric_batch_add(batch, &(struct metric){.name = name, .value = value});
	batch->server = server;
}

void metric_batch_end(struct metric_batch *batch, const char *name)
{
	const char *server = batch->server;
	batch->server = NULL;
	add(batch, &(struct metric){.name = name, .value = NAN});
	batch->server = server;
}

void metric_batch_release(struct metric_batch *batch)
{
	if (batch->obs)
		msg_free(MSG_obs_samples, batch->obs);
	batch->obs = NULL;
}

/* ---- what is gone ---- */

static int by_text(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

/* A name holds no blank. What ends now is not there the next time. */
static char **make_keys(const struct msg_obs_samples *obs, size_t *ret_count)
{
	char **keys = xcalloc(obs->samples_count + 1, sizeof(*keys));
	size_t count = 0;
	for (size_t i = 0; i < obs->samples_count; i++)
		if (!isnan(obs->samples[i].value))
			keys[count++] =
				xasprintf("%s %s", obs->samples[i].name, obs->samples[i].labels);
	if (count)
		qsort(keys, count, sizeof(*keys), by_text);
	*ret_count = count;
	return keys;
}

static void add_end(struct msg_obs_samples *obs, const char *key)
{
	size_t length = strcspn(key, " ");
	struct msg_sample *sample = msg_add(obs->samples, &obs->samples_count);
	autofree char *name = xasprintf("%.*s", (int)length, key);
	msg_set(&sample->name, name);
	msg_set(&sample->labels, key + length + 1);
	sample->value = NAN;
}

static void end_absent(const struct metric_past *past, char *const *keys, size_t count,
	struct msg_obs_samples *obs)
{
	size_t at = 0;
	for (size_t i = 0; i < past->count; i++) {
		int order = -1;
		while (at < count && (order = strcmp(keys[at], past->keys[i])) < 0)
			at++;
		if (at == count || order != 0)
			add_end(obs, past->keys[i]);
	}
}

void metric_past_release(struct metric_past *past)
{
	for (size_t i = 0; i < past->count; i++)
		free(past->keys[i]);
	free(past->keys);
	*past = (struct metric_past){.keys = NULL};
}

void metric_past_take(struct metric_past *past, struct msg_obs_samples *obs)
{
	size_t count;
	char **keys = make_keys(obs, &count);
	end_absent(past, keys, count, obs);
	metric_past_release(past);
	*past = (struct metric_past){.keys = keys, .count = count};
}

void metric_batch_post(struct metric_batch *batch, struct metric_past *past, const char *source)
{
	if (!batch->obs && !past->count)
		return;
	struct msg_obs_samples *obs = observation(batch);
	metric_past_take(past, obs);
	msg_set(&obs->source, source);
	mailbox_post(batch->hub->to_engine, MSG_obs_samples, obs);
	batch->obs = NULL;
}
