/* SPDX-License-Identifier: MIT */
#include "core/collect/stream_place.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/stream_list.h"

struct left_stream {
	char *name;
	char last_id[STREAM_ID_BYTES];
	int64_t position;
};

struct stream_place {
	uint64_t dropped;
	size_t count;
	struct left_stream items[];
};

char *stream_place_key(const struct conf_redis *conf)
{
	return xasprintf("streams/%s/%s:%d%s/%d", conf->name, conf->host, conf->port, conf->socket,
		conf->database);
}

static void add(struct stream_place *place, const char *name, const char *last_id, int64_t position)
{
	struct left_stream *to = &place->items[place->count++];
	*to = (struct left_stream){.name = xstrdup(name), .position = position};
	copy_text(to->last_id, sizeof(to->last_id), last_id);
}

/* It left before it came to this one. */
static bool was_not_reached(struct stream_list *list, const char *name)
{
	const struct watched_stream *stream = stream_list_find(list, name);
	return stream ? !stream->last_id[0] : !list->has_walked;
}

struct stream_place *stream_place_new(
	struct stream_list *list, const struct stream_place *before, uint64_t dropped)
{
	size_t most = list->count + (before ? before->count : 0);
	struct stream_place *place = xcalloc(1, sizeof(*place) + most * sizeof(place->items[0]));
	place->dropped = dropped;
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].last_id[0])
			add(place, list->items[i].name, list->items[i].last_id,
				list->items[i].position);
	for (size_t i = 0; before && i < before->count; i++)
		if (was_not_reached(list, before->items[i].name))
			add(place, before->items[i].name, before->items[i].last_id,
				before->items[i].position);
	return place;
}

void stream_place_free(void *data)
{
	struct stream_place *place = data;
	for (size_t i = 0; place && i < place->count; i++)
		free(place->items[i].name);
	free(place);
}

uint64_t stream_place_dropped(const struct stream_place *place)
{
	return place ? place->dropped : 0;
}

bool stream_place_resume(const struct stream_place *place, struct watched_stream *stream)
{
	for (size_t i = 0; place && i < place->count; i++) {
		const struct left_stream *from = &place->items[i];
		if (strcmp(from->name, stream->name) != 0)
			continue;
		copy_text(stream->last_id, sizeof(stream->last_id), from->last_id);
		stream->position = from->position;
		stream->is_resumed = true;
		return true;
	}
	return false;
}
