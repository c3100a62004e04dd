/* SPDX-License-Identifier: MIT */
/* One entry of a Redis stream -> an event. Any stream, any fields: the mapped ones have a meaning,
 * the others are kept as text. Pure. */
#ifndef BOTSWAIN_COLLECT_STREAM_ENTRY_H
#define BOTSWAIN_COLLECT_STREAM_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/str.h"
#include "core/events/writer.h"

struct conf_fields;
struct redisReply;

/* What an event is made of; zeroed before the first use, used again for each entry. */
struct stream_entry {
	struct event_input event; /* points into the strings below */
	struct str bot, message, rest, correlation;
};

/* `fields`: the reply's list of names and values; `id`: ms-seq; `bot`: whose stream it is, "" not
 * known. */
void stream_entry_read(struct stream_entry *entry, const struct conf_fields *names,
	const char *stream, const char *bot, const char *id, const struct redisReply *fields);
void stream_entry_release(struct stream_entry *entry);

/* Unix seconds, ms or us, whole or with decimals, or RFC 3339; LOG_NO_TIME for anything else. */
int64_t stream_time_ms(const char *text);
/* The time that an id is made of; 0: ids of this stream are numbers, not times. */
int64_t stream_id_time_ms(const char *id);
/* Orders two ids; a text that is none counts as 0-0. */
int stream_id_compare(const char *one, const char *other);

#endif
