/* SPDX-License-Identifier: MIT */
#include "core/collect/stream_metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/attr.h"
#include "core/conf/settings.h"
#include "core/collect/metric.h"
#include "core/collect/redis_session.h"
#include "core/collect/stream_entry.h"
#include "core/collect/stream_list.h"
#include "core/collect/stream_reply.h"

enum { NAME_BYTES = 64 };

/* A field of a reply and its metric; of an id the time in it. */
struct figure {
	const char *field, *name;
	enum metric_type type;
	bool is_id;
};

static const struct figure of_stream[] = {
	{"length", "length", METRIC_GAUGE, false},
	{"radix-tree-keys", "radix_tree_keys", METRIC_GAUGE, false},
	{"radix-tree-nodes", "radix_tree_nodes", METRIC_GAUGE, false},
	{"groups", "groups", METRIC_GAUGE, false},
	{"entries-added", "entries_added_total", METRIC_COUNTER, false},
	{"last-generated-id", "last_generated_id", METRIC_GAUGE, true},
	{"max-deleted-entry-id", "max_deleted_entry_id", METRIC_GAUGE, true},
};

static const struct figure of_group[] = {
	{"consumers", "group_consumers", METRIC_GAUGE, false},
	{"pending", "group_messages_pending", METRIC_GAUGE, false},
	{"last-delivered-id", "group_last_delivered_id", METRIC_GAUGE, true},
	{"entries-read", "group_entries_read", METRIC_GAUGE, false},
	{"lag", "group_lag", METRIC_GAUGE, false},
};

static void give(struct redis_session *session, const struct watched_stream *stream,
	const char *group, const char *consumer, const struct figure *figure, double value)
{
	char database[16], name[NAME_BYTES];
	if (!session->metrics)
		return;
	snprintf(database, sizeof(database), "db%d", session->conf->database);
	snprintf(name, sizeof(name), "redis_stream_%s", figure->name);
	metric_batch_add(session->metrics,
		&(struct metric){.name = name,
			.type = figure->type,
			.labels = {{"db", database, 0}, {"stream", stream->name, 0},
				{"group", group, 0}, {"consumer", consumer, 0}},
			.label_count = 4,
			.value = value});
}

static double value_of(const redisReply *reply, const struct figure *figure)
{
	if (figure->is_id) {
		const char *id = stream_id_of(reply, figure->field);
		return id[0] ? (double)stream_id_time_ms(id) : (double)NAN;
	}
	int64_t value = stream_number(reply, figure->field);
	return value >= 0 ? (double)value : (double)NAN;
}

void stream_metrics_of_stream(
	struct redis_session *session, const struct watched_stream *stream, const redisReply *reply)
{
	for (size_t i = 0; i < COUNT_OF(of_stream); i++)
		give(session, stream, "", "", &of_stream[i], value_of(reply, &of_stream[i]));
}

void stream_metrics_of_group(
	struct redis_session *session, const struct watched_stream *stream, const redisReply *reply)
{
	const redisReply *name = stream_value(reply, "name");
	for (size_t i = 0; name && name->str && i < COUNT_OF(of_group); i++)
		give(session, stream, name->str, "", &of_group[i], value_of(reply, &of_group[i]));
}

void stream_metrics_of_consumer(struct redis_session *session, const struct watched_stream *stream,
	const char *group, const struct stream_consumer *consumer)
{
	static const struct figure pending = {
		"", "group_consumer_messages_pending", METRIC_GAUGE, false};
	static const struct figure idle = {"", "group_consumer_idle_seconds", METRIC_GAUGE, false};
	give(session, stream, group, consumer->name, &pending, (double)consumer->pending);
	give(session, stream, group, consumer->name, &idle, (double)consumer->idle_ms / 1000);
}
