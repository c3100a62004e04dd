/* SPDX-License-Identifier: MIT */
/* One entry of a Redis stream, or a row of a table of Postgres, -> an event, field after field as they come. Any fields: the
 * mapped ones have a meaning, the others are kept as text, in quotes where it would not be read as one value otherwise. Pure. */
#ifndef BOTSWAIN_COLLECT_STREAM_ENTRY_H
#define BOTSWAIN_COLLECT_STREAM_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/str.h"
#include "core/events/writer.h"

struct conf_fields;

enum { STREAM_FIELDS = 5, STREAM_SLOTS = 32 };

/* What an event is made of; used again for each entry. */
struct stream_entry {
	struct event_input event; /* points into the strings below, once it is complete */
	int64_t id_ms;            /* LOG_NO_TIME: its id is none */
	/* private */
	struct str bot, message, rest, correlation;
	const char
		*names[STREAM_FIELDS]; /* of the mapped fields; lengths: 0 is mapped to nothing */
	size_t lengths[STREAM_FIELDS];
	uint8_t first[STREAM_SLOTS], next[STREAM_FIELDS]; /* a mapped name and 1; 0: no more */
	int field;                                        /* what the value that comes next is */
};

/* The names are borrowed. */
void stream_entry_init(struct stream_entry *entry, const struct conf_fields *names);
void stream_entry_release(struct stream_entry *entry); /* legal on a zeroed struct */

/* `id`: ms-seq, as it came. */
void stream_entry_begin(struct stream_entry *entry, const char *id, size_t length);
void stream_entry_name(struct stream_entry *entry, const char *name, size_t length);
void stream_entry_value(struct stream_entry *entry, const char *value, size_t length);
/* All fields were there: `event` is complete. `origin`: the field that says of which stream it is, "stream=events"; `bot`:
 * whose stream that is, "" not known. */
void stream_entry_end(struct stream_entry *entry, const char *origin, const char *bot);
/* That field. The caller frees it. */
char *stream_origin(const char *stream) MUST_CHECK;

/* Unix seconds, ms or us, whole or with decimals, or RFC 3339; LOG_NO_TIME for anything else. */
int64_t stream_time_ms(const char *text);
/* The time that an id is made of; 0: ids of this stream are numbers, not times. */
int64_t stream_id_time_ms(const char *id);
/* Orders two ids; a text that is none counts as 0-0. */
int stream_id_compare(const char *one, const char *other);

#endif
