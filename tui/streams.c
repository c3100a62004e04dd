/* SPDX-License-Identifier: MIT */
#include "tui/streams.h"

#include <math.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/verdict.h"
#include "tui/links.h"
#include "tui/show.h"

enum { OLD_INTERVALS = 3, OLD_LEAST_MS = 3000 };

/* Of the source that looks at it; 0: there is none. */
static int64_t interval_of(const struct model *model, const struct msg_stream *stream)
{
	autofree char *path = xasprintf("redis/%s:streams", stream->service);
	const struct msg_source *source =
		model_source(model, links_id(links_of(stream->id), entity_id("source", path)));
	return source ? source->interval_ms : 0;
}

bool stream_is_old(const struct model *model, const struct msg_stream *stream, int64_t now_ms)
{
	int64_t age_ms = now_ms - stream->at_ms;
	if (age_ms <= OLD_LEAST_MS)
		return false;
	int64_t interval_ms = interval_of(model, stream);
	return interval_ms > 0 && age_ms > OLD_INTERVALS * interval_ms;
}

unsigned stream_severity(const struct model *model, const struct msg_stream *stream, int64_t now_ms)
{
	return stream_is_old(model, stream, now_ms) ? SEVERITY_UNKNOWN : (unsigned)stream->severity;
}

int stream_compare(const struct msg_stream *one, const struct msg_stream *other)
{
	int order = strcmp(one->service, other->service);
	if (!order)
		order = strcmp(one->name, other->name);
	if (!order)
		order = strcmp(one->group, other->group);
	return order ? order : (one->id > other->id) - (one->id < other->id);
}

const struct msg_stream *stream_of(const struct model *model, const struct msg_stream *group)
{
	if (!stream_is_group(group))
		return group;
	uint64_t id = model_stream_id(group->service, group->name, "");
	return model_stream(model, links_id(links_of(group->id), id));
}

static double known(int64_t number)
{
	return number < 0 ? (double)NAN : (double)number;
}

static double of_group(const struct msg_stream *stream, int64_t number)
{
	return stream_is_group(stream) ? known(number) : (double)NAN;
}

double stream_length(const struct model *model, const struct msg_stream *stream)
{
	const struct msg_stream *whole = stream_of(model, stream);
	return whole ? known(whole->length) : (double)NAN;
}

double stream_in(const struct model *model, const struct msg_stream *stream)
{
	const struct msg_stream *whole = stream_of(model, stream);
	return whole ? whole->rate : (double)NAN;
}

double stream_read(const struct msg_stream *stream)
{
	return stream_is_group(stream) ? stream->rate : (double)NAN;
}

double stream_lag(const struct msg_stream *stream)
{
	return of_group(stream, stream->lag);
}

double stream_pending(const struct msg_stream *stream)
{
	return of_group(stream, stream->pending);
}

double stream_oldest_ms(const struct msg_stream *stream)
{
	return stream->pending > 0 ? of_group(stream, stream->oldest_idle_ms) : (double)NAN;
}

bool stream_waits(const struct msg_stream *stream)
{
	return strcmp(stream->why, STREAM_NOT_ACKNOWLEDGED) == 0;
}

int64_t stream_trouble_ms(const struct msg_stream *stream, int64_t now_ms)
{
	int64_t ms = stream_waits(stream) ? now_ms - stream->at_ms + stream->oldest_idle_ms
					  : now_ms - stream->since_ms;
	return ms > 0 ? ms : 0;
}

double stream_consumers(const struct msg_stream *stream)
{
	return of_group(stream, stream->consumers);
}

double stream_dead(const struct msg_stream *stream)
{
	return of_group(stream, stream->dead);
}
