/* SPDX-License-Identifier: MIT */
/*
 * The streams of one Redis, read by plain XREAD from the last id: every console sees everything,
 * nothing is written, no group grows. On its own connection, since it waits in the server (at most
 * a second at a time). A connection that breaks loses nothing: reading goes on behind the last
 * entry that was taken; what the server has trimmed by then is counted and said.
 */
#include "core/collect/sources.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/parse/log_line.h"
#include "core/events/writer.h"
#include "core/collect/event_post.h"
#include "core/collect/hub.h"
#include "core/collect/places.h"
#include "core/collect/post.h"
#include "core/collect/redis_exports.h"
#include "core/collect/redis_session.h"
#include "core/collect/same.h"
#include "core/collect/roster.h"
#include "core/collect/schedule.h"
#include "core/collect/stream_back.h"
#include "core/collect/stream_info.h"
#include "core/collect/stream_list.h"
#include "core/collect/stream_place.h"
#include "core/collect/stream_read.h"

/* An entry that comes alone is there at once; where they come one after the other they are gathered for a frame. */
enum { BLOCK_MS = 1000, WALK_EVERY_MS = 5000, GATHER_MS = 16 };

struct streams {
	struct redis_session session;
	struct stream_list list;
	struct event_post post;
	struct stream_reader reader;
	struct schedule
		schedule; /* of looking at lengths and lags; of connecting after a failure */
	int64_t walk_ms;
	struct err refused; /* since the last report */
	char *name;         /* of the source: main:streams */
	uint64_t dropped;   /* entries that were gone before they were read, since the start */
	bool is_readable;   /* there is a stream to read */
	int64_t ask_ms;     /* mono: not before that */
	int64_t metrics_ms; /* mono: the next look is also for metrics then */
	struct metric_past past;
	struct stream_back back;
	struct stream_place *before; /* how far the worker before has read; NULL: there was none */
	char *place;                 /* key of ours; NULL: it is not ours */
	int64_t begun_ms,
		span_ms; /* wall: entries of before were there before us, so much is read */
	struct rng rng;
};

static void note_refusal(struct streams *streams, const struct err *err)
{
	if (streams->refused.code == ERR_NONE)
		streams->refused = *err;
}

/* A stream that was there before us is read from its last minutes on. */
static bool begin_stream(struct streams *streams, struct watched_stream *stream, struct err *err)
{
	bool is_limited;
	if (!stream_back_find(&streams->back, &streams->session, stream, &is_limited, err)) {
		if (err->code == ERR_LIMIT && streams->back.page > 1)
			streams->back.page /= 2; /* the next time */
		return false;
	}
	if (!is_limited)
		return true;
	autofree char *text = xasprintf(
		"the last %s of the stream '%s' are not all here: it holds more than may be read "
		"back at a start",
		format_duration(streams->span_ms).text, stream->name);
	event_post_left_out(&streams->post, streams->back.since_ms, stream->bot, text);
	streams->dropped++;
	return true;
}

/* False: broken. A stream that is refused is left out until the next walk. */
static bool prepare(struct streams *streams, struct err *err)
{
	for (size_t i = 0; i < streams->list.count; i++) {
		struct watched_stream *stream = &streams->list.items[i];
		if (stream->last_id[0] || stream->is_refused ||
			stream_place_resume(streams->before, stream) ||
			begin_stream(streams, stream, err))
			continue;
		if (session_is_broken(&streams->session))
			return false;
		stream->is_refused = true;
		note_refusal(streams, err);
	}
	return true;
}

/* XREAD failed as a whole: which stream does the server refuse? */
static bool find_refused(struct streams *streams, const struct err *why, struct err *err)
{
	note_refusal(streams, why);
	for (size_t i = 0; i < streams->list.count; i++) {
		struct watched_stream *stream = &streams->list.items[i];
		autoreply struct redisReply *reply = NULL;
		const char *words[] = {
			"XRANGE", stream->name, stream->last_id, "+", "COUNT", "1", NULL};
		if (stream->is_refused || session_ask(&streams->session, words, &reply, err))
			continue;
		if (session_is_broken(&streams->session))
			return false;
		stream->is_refused = true;
	}
	return true;
}

/* Until there is something else to do; 0 would be for ever. */
static int block_ms(const struct streams *streams)
{
	int64_t left_ms =
		schedule_next_ms(&streams->schedule) - worker_now_ms(streams->session.worker);
	return left_ms < 1 ? 1 : left_ms < BLOCK_MS ? (int)left_ms : BLOCK_MS;
}

/* An entry that nobody could read is no reason to read no other: it is counted, and said. */
static void skip_entry(struct streams *streams, const struct err *why)
{
	const struct watched_stream *stream = stream_reader_skip(&streams->reader, why);
	if (!stream)
		return;
	autofree char *text = xasprintf("the entry %s of the stream '%s' is not read: it has %s",
		stream->last_id, stream->name, why->text);
	event_post_lost(&streams->post, 1, stream->bot, text);
	streams->dropped++;
}

static bool read_entries(struct streams *streams, struct err *err)
{
	struct redis_session *session = &streams->session;
	struct net_limit limit = session_limit(session, BLOCK_MS);
	event_post_renew(&streams->post);
	if (!stream_reader_take(&streams->reader, session->conn, &limit, err)) {
		skip_entry(streams, err);
		return false;
	}
	bool is_calm = !streams->reader.entries && !event_post_is_waiting(&streams->post);
	streams->ask_ms =
		streams->reader.is_full || is_calm ? 0 : worker_now_ms(session->worker) + GATHER_MS;
	return streams->reader.refused.code == ERR_NONE ||
	       find_refused(streams, &streams->reader.refused, err);
}

/* ---- the round ---- */

static bool walk(struct streams *streams, struct err *err)
{
	int64_t now_ms = worker_now_ms(streams->session.worker);
	if (now_ms < streams->walk_ms)
		return true;
	streams->walk_ms = now_ms + WALK_EVERY_MS;
	if (!stream_list_walk(&streams->list, &streams->session, err)) {
		if (session_is_broken(&streams->session))
			return false;
		note_refusal(streams, err);
	}
	return true;
}

/* What its server has thrown away before we came to read it. */
static void tell_lost(struct streams *streams, struct watched_stream *stream)
{
	if (!stream->lost)
		return;
	autofree char *text = xasprintf(
		"%s%" PRIu64 " entries of the stream '%s' are lost: they were trimmed or deleted "
		"before they were read",
		stream->is_at_least ? "at least " : "", stream->lost, stream->name);
	event_post_lost(&streams->post, stream->lost, stream->bot, text);
	streams->dropped += stream->lost;
	stream->lost = 0;
	stream->is_at_least = false;
}

/* A named stream that nobody has written to yet, or that was deleted, is no trouble: it will begin at its first entry. */
static bool is_absent(struct streams *streams, struct watched_stream *stream, const struct err *err)
{
	if (!strstr(err->text, "no such key"))
		return false;
	stream->position = 0;
	if (!stream->is_gone)
		stream_info_gone(&streams->session, stream);
	stream->is_gone = true;
	return true;
}

static bool look_at_all(struct streams *streams, struct err *err)
{
	for (size_t i = 0; i < streams->list.count; i++) {
		struct watched_stream *stream = &streams->list.items[i];
		bool is_good =
			stream->is_refused || stream_info_look(&streams->session, stream, err);
		tell_lost(streams, stream);
		if (is_good)
			continue;
		if (session_is_broken(&streams->session))
			return false;
		if (!is_absent(streams, stream, err))
			note_refusal(streams, err);
	}
	return true;
}

static bool look(struct streams *streams, struct err *err)
{
	struct redis_session *session = &streams->session;
	struct metric_batch batch = redis_batch(session);
	int64_t now_ms = worker_now_ms(session->worker), every_ms = session->conf->metrics_ms;
	bool is_due = every_ms && now_ms >= streams->metrics_ms;
	session->metrics = is_due ? &batch : NULL;
	bool is_whole = look_at_all(streams, err);
	session->metrics = NULL;
	if (is_due && is_whole) {
		streams->metrics_ms = now_ms + every_ms;
		metric_batch_post(&batch, &streams->past, streams->name);
	}
	metric_batch_release(&batch);
	return is_whole;
}

static void report(struct streams *streams, struct err *err)
{
	if (err->code != ERR_NONE)
		session_name_error(&streams->session, err);
	event_post_soon(&streams->post);
	post_source(streams->session.worker->hub, &(struct attempt){.kind = "redis",
							  .name = streams->name,
							  .schedule = &streams->schedule,
							  .err = err,
							  .latency_ms = NAN,
							  .dropped = streams->dropped});
}

static void failed(struct streams *streams, struct err *err)
{
	struct worker *worker = streams->session.worker;
	struct metric_batch none = redis_batch(&streams->session);
	session_close(&streams->session);
	metric_batch_post(&none, &streams->past, streams->name);
	streams->metrics_ms = 0;
	streams->is_readable = false;
	streams->ask_ms = 0;
	if (worker_stopping(worker))
		return;
	schedule_fail(&streams->schedule, worker_now_ms(worker), &streams->rng);
	report(streams, err);
}

static bool look_when_due(struct streams *streams, struct err *err)
{
	struct worker *worker = streams->session.worker;
	if (!schedule_is_due(&streams->schedule, worker_now_ms(worker)))
		return true;
	if (!look(streams, err))
		return false;
	schedule_ok(&streams->schedule, worker_now_ms(worker), &streams->rng);
	report(streams, &streams->refused);
	streams->refused = (struct err){0};
	return true;
}

/* While notes wait to be posted the server must not let us wait. */
static bool ask(struct streams *streams)
{
	bool may_wait = !event_post_is_waiting(&streams->post);
	return stream_reader_ask(
		&streams->reader, streams->session.conn, may_wait ? block_ms(streams) : 0);
}

/* Connected: one round takes what is there, or waits for it in the server. */
static bool round_of(struct streams *streams, struct err *err)
{
	if (!session_open(&streams->session, err))
		return false;
	event_post_renew(&streams->post); /* opening it may have told a new password */
	if (!walk(streams, err) || !prepare(streams, err) || !look_when_due(streams, err))
		return false;
	if (worker_now_ms(streams->session.worker) < streams->ask_ms)
		return true;
	streams->is_readable = ask(streams);
	return !streams->is_readable || read_entries(streams, err);
}

/* When the next round begins. With a stream to read that is now, and the server lets us wait; except that entries are
 * gathered, and that what was read is posted in time. */
static int64_t next_ms(const struct streams *streams)
{
	int64_t next = schedule_next_ms(&streams->schedule);
	int64_t also = streams->is_readable ? streams->ask_ms : streams->walk_ms;
	if (streams->session.conn && also < next)
		next = also;
	return event_post_until(&streams->post, next);
}

/* Goes on where the worker of other settings was. */
static void enter_place(struct streams *streams)
{
	void *before;
	streams->place = places_settle(
		streams->session.worker, stream_place_key(streams->session.conf), &before);
	streams->before = before;
	streams->dropped = stream_place_dropped(before);
}

/* What could not be posted is read again. */
static void leave_place(struct streams *streams, bool is_posted)
{
	struct stream_place *place =
		is_posted ? stream_place_new(&streams->list, streams->before, streams->dropped)
			  : NULL;
	places_move_on(streams->session.worker, streams->place, place, stream_place_free);
}

static void begin(struct streams *streams)
{
	struct hub *hub = streams->session.worker->hub;
	struct roster *roster = hub_roster(hub);
	streams->begun_ms = clock_wall_ms(hub->clock);
	streams->span_ms = roster->settings->event_read_back_ms;
	roster_unref(roster);
	streams->back = (struct stream_back){.since_ms = streams->begun_ms - streams->span_ms,
		.is_off = streams->span_ms == 0,
		.left = STREAM_BACK_TOTAL,
		.page = STREAM_BACK_PAGE};
}

static void run(struct worker *worker)
{
	struct streams *streams = worker->context;
	streams->session.worker = worker;
	enter_place(streams);
	begin(streams);
	rng_init(&streams->rng, (uint64_t)clock_cost_us());
	schedule_init(
		&streams->schedule, streams->session.conf->interval_ms, worker_now_ms(worker));
	autofree char *source = xasprintf("redis/%s", streams->session.conf->name);
	event_post_open(
		&streams->post, worker->hub, source, &(struct event_source){.name = source});
	stream_reader_init(&streams->reader, &streams->list, &streams->session.conf->fields,
		streams->post.writer, streams->begun_ms);
	while (worker_wait(worker, -1, 0, next_ms(streams)) != WAIT_STOP) {
		struct err err = {0};
		bool is_due = streams->session.conn ||
			      schedule_is_due(&streams->schedule, worker_now_ms(worker));
		if (is_due && !round_of(streams, &err))
			failed(streams, &err);
		event_post_renew(&streams->post); /* also when nothing is read for long */
		event_post_flush(&streams->post);
	}
	leave_place(streams, event_post_close(&streams->post));
	session_release(&streams->session);
}

static void release(void *context)
{
	struct streams *streams = context;
	stream_list_release(&streams->list);
	stream_reader_release(&streams->reader);
	stream_place_free(streams->before);
	metric_past_release(&streams->past);
	free(streams->place);
	free(streams->name);
	free(streams);
}

static struct worker_spec make(const void *part)
{
	const struct conf_redis *conf = part;
	struct streams *streams = xcalloc(1, sizeof(*streams));
	streams->session.conf = conf;
	streams->name = xasprintf("%s:streams", conf->name);
	stream_list_init(&streams->list, conf);
	return (struct worker_spec){
		.name = "streams", .run = run, .context = streams, .release = release};
}

static size_t count(const struct settings *settings)
{
	return settings->redis_count;
}

static const void *part(const struct settings *settings, size_t index)
{
	return settings->redis[index].stream_count ? &settings->redis[index] : NULL;
}

static bool same(const void *one, const void *other)
{
	return same_redis(one, other);
}

const struct source_kind source_redis_streams = {
	.name = "redis streams",
	.help = "the event streams of a Redis, and the lag of their groups",
	.count = count,
	.part = part,
	.same = same,
	.make = make,
};
