/* SPDX-License-Identifier: MIT */
#include "core/collect/container_log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/docker_socket.h"
#include "core/collect/http.h"
#include "core/collect/hub.h"
#include "core/collect/worker.h"
#include "core/events/stamp.h"
#include "core/events/writer.h"
#include "core/parse/log_line.h"

enum {
	CONNECT_MS = 3000,
	INSPECT_MS = 10000,
	FAILS_MAX = 6,
	NS_PER_MS = 1000000,
	NS_PER_S = 1000000000
};

static int64_t now_of(const struct container_log *log)
{
	return worker_now_ms(log->place->worker);
}

/* Its timer is due at the first of all that it waits for. */
static void arm(struct container_log *log)
{
	int64_t due_ms = log->look_ms < log->quiet_ms ? log->look_ms : log->quiet_ms;
	due_ms = event_post_until(&log->post, due_ms);
	if (due_ms < INT64_MAX)
		timers_set(&log->place->timers, &log->timer, due_ms);
	else
		timers_remove(&log->place->timers, &log->timer);
}

static void look_in(struct container_log *log, int64_t wait_ms)
{
	log->look_ms = now_of(log) + wait_ms;
	arm(log);
}

struct container_log *container_log_new(
	struct container_place *place, const char *name, const char *address, const char *bot)
{
	struct container_log *log = xcalloc(1, sizeof(*log));
	autofree char *key = xasprintf("docker:%s@%s", name, address);
	autofree char *shown = xasprintf("docker:%s", name);
	*log = (struct container_log){.place = place,
		.name = xstrdup(name),
		.address = xstrdup(address),
		.bot = xstrdup(bot),
		.timer = {.owner = log},
		.look_ms = INT64_MAX,
		.quiet_ms = INT64_MAX};
	bot_memo_begin(&log->memo, place->roster);
	docker_seen_init(&log->seen);
	log->begun_ms = clock_wall_ms(place->worker->hub->clock);
	log->since_ms = log->begun_ms - place->read_back_ms;
	event_post_open(&log->post, place->worker->hub, key,
		&(struct event_source){.name = shown,
			.bot = *bot ? log->bot : NULL,
			.resolve = bot_memo_whose,
			.context = &log->memo});
	look_in(log, 0);
	return log;
}

static void forget_old(struct container_log *log)
{
	for (size_t i = 0; i < CONTAINER_LEAST_LINES; i++) {
		free(log->old[i].text);
		log->old[i].text = NULL;
	}
	log->old_count = log->old_next = 0;
}

void container_log_free(struct container_log *log)
{
	timers_remove(&log->place->timers, &log->timer);
	if (log->call)
		http_cancel(log->call);
	event_post_close(&log->post);
	docker_log_release(&log->log);
	docker_seen_release(&log->seen);
	forget_old(log);
	free(log->name);
	free(log->address);
	free(log->bot);
	free(log->socket);
	free(log);
}

void container_log_give_to(struct container_log *log, const char *bot)
{
	bot_memo_begin(&log->memo, log->place->roster);
	if (strcmp(log->bot, bot) == 0)
		return;
	free(log->bot);
	log->bot = xstrdup(bot);
	event_writer_give_to(log->post.writer, *bot ? log->bot : NULL);
}

/* ---- lines ---- */

static void write_line(struct container_log *log, int64_t wall_ms, unsigned stream,
	const char *text, size_t length, bool is_cut)
{
	const struct event_stamp stamp = {.wall_ms = wall_ms,
		.level = stream == DOCKER_LOG_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_NONE};
	bool is_back = wall_ms < log->begun_ms && !log->is_later;
	event_writer_back(log->post.writer, is_back ? wall_ms : LOG_NO_TIME);
	event_writer_stamped(log->post.writer, text, length, is_cut, &stamp);
}

/* The last lines of one that was quiet, in their order. */
static void write_old(struct container_log *log)
{
	size_t at = log->old_count < CONTAINER_LEAST_LINES ? 0 : log->old_next;
	for (size_t i = 0; i < log->old_count; i++, at = (at + 1) % CONTAINER_LEAST_LINES) {
		const struct old_line *old = &log->old[at];
		write_line(log, old->wall_ms, old->stream, old->text, old->length, old->is_cut);
	}
	forget_old(log);
}

static void keep_old(struct container_log *log, int64_t wall_ms, const struct docker_log_line *line)
{
	struct old_line *old = &log->old[log->old_next];
	free(old->text);
	*old = (struct old_line){.wall_ms = wall_ms,
		.stream = line->stream,
		.text = xstrndup(line->text, line->length),
		.length = line->length,
		.is_cut = line->is_cut};
	log->old_next = (log->old_next + 1) % CONTAINER_LEAST_LINES;
	log->old_count += log->old_count < CONTAINER_LEAST_LINES;
}

static void tell_limited(struct container_log *log)
{
	autofree char *text = xasprintf("the last minutes of the container '%s' are not all here: "
					"its log holds more than may be read back at a start",
		log->name);
	event_post_left_out(&log->post, log->since_ms, NULL, text);
	log->place->dropped++;
}

static void end_past(struct container_log *log)
{
	if (!log->is_past)
		return;
	log->is_past = false;
	log->quiet_ms = INT64_MAX;
	write_old(log);
	if (log->is_limited && log->past_lines >= CONTAINER_PAST_LINES)
		tell_limited(log);
}

/* Nothing of the past is wanted, and its time says that it is of the moment before: a whole second may mean any moment of it. */
static bool is_just_before(
	const struct container_log *log, int64_t wall_ms, const struct docker_log_line *line)
{
	return !log->is_later && log->since_ms == log->begun_ms && wall_ms < log->begun_ms &&
	       line->wall_ns % NS_PER_S != 0;
}

/* True: it is of the past, and not wanted, or not yet. */
static bool is_held_back(
	struct container_log *log, int64_t wall_ms, const struct docker_log_line *line)
{
	if (!log->is_past)
		return is_just_before(log, wall_ms, line);
	if (wall_ms >= log->begun_ms) {
		end_past(log);
		return false;
	}
	/* The first of as many as were asked for is young: there are others before it. */
	if (!log->past_lines++)
		log->is_limited = wall_ms >= log->since_ms;
	if (wall_ms >= log->since_ms) {
		write_old(log);
		return false;
	}
	keep_old(log, wall_ms, line);
	return true;
}

static void take_line(void *context, const struct docker_log_line *line)
{
	struct container_log *log = context;
	int64_t wall_ms = line->wall_ns == INT64_MIN ? clock_wall_ms(log->place->worker->hub->clock)
						     : line->wall_ns / NS_PER_MS;
	if (!docker_seen_take(&log->seen, line->wall_ns, line->stream, line->text, line->length))
		return;
	if (line->length && !is_held_back(log, wall_ms, line))
		write_line(log, wall_ms, line->stream, line->text, line->length, line->is_cut);
}

static bool take_piece(void *context, const char *bytes, size_t length)
{
	struct container_log *log = context;
	event_post_renew(&log->post);
	bool is_good = docker_log_feed(&log->log, bytes, length);
	if (!is_good)
		err_set(&log->err, ERR_PROTOCOL, "the log of the container '%.80s' is no log",
			log->name);
	event_post_flush(&log->post);
	log->quiet_ms = log->is_past ? now_of(log) + CONTAINER_QUIET_MS : INT64_MAX;
	arm(log);
	return is_good;
}

/* ---- trouble ---- */

static void fail(struct container_log *log)
{
	if (log->fails < FAILS_MAX)
		log->fails++;
	int64_t wait_ms = (int64_t)CONTAINER_AGAIN_MS << log->fails;
	look_in(log, wait_ms < CONTAINER_LOOK_MS ? wait_ms : CONTAINER_LOOK_MS);
}

static void say_status(struct container_log *log, const struct http_reply *reply)
{
	autostr struct str message = STR_INIT;
	docker_read_message(reply->body, reply->length, &message);
	err_set(&log->err, reply->status == 403 ? ERR_DENIED : ERR_PROTOCOL,
		"cannot read the log of the container '%.60s': '%.60s' answers %ld%s%.100s",
		log->name, log->socket, reply->status, message.length ? ": " : "", message.text);
}

static void tell_torn(struct container_log *log)
{
	autofree char *text = xasprintf(
		"what the container '%s' said last may be lost: it was removed while its log could "
		"not be read",
		log->name);
	event_post_lost(&log->post, 1, NULL, text);
	log->place->dropped++;
	log->is_torn = false;
}

/* ---- its stream ---- */

static void stream_ended(void *context, const struct http_reply *reply)
{
	struct container_log *log = context;
	bool is_well = reply->err.code == ERR_NONE && reply->status == 200;
	log->call = NULL;
	/* Of one that ran until now more may come, of the line that did not end too. */
	docker_log_end(&log->log, is_well && !log->is_running && log->is_last);
	end_past(log);
	log->is_torn = !is_well && reply->status == 200;
	if (is_well) {
		/* One that ends at once though its container runs: not again and again. */
		bool is_short = log->is_running && now_of(log) - log->asked_ms < CONTAINER_LOOK_MS;
		log->is_settled = !log->is_running && log->is_last;
		log->is_last = !log->is_running;
		log->fails = is_short ? log->fails : 0;
		look_in(log, log->is_running ? CONTAINER_AGAIN_MS : CONTAINER_LOOK_MS);
		if (is_short)
			fail(log);
	} else {
		if (reply->err.code != ERR_NONE && log->err.code == ERR_NONE)
			err_set(&log->err, reply->err.code,
				"the log of the container '%.60s' broke off: %.100s", log->name,
				reply->err.text);
		else if (reply->err.code == ERR_NONE && reply->status != 404)
			say_status(log, reply);
		fail(log);
	}
	event_post_flush(&log->post);
}

static void ask_stream(struct container_log *log)
{
	autostr struct str url = STR_INIT;
	int64_t since_s = docker_seen_resume(&log->seen);
	bool wants_past = log->since_ms < log->begun_ms;
	str_addf(&url,
		"http://localhost/containers/%s/logs?stdout=1&stderr=1&timestamps=1&follow=%d",
		log->name, log->is_running);
	if (since_s >= 0)
		str_addf(&url, "&since=%" PRId64, since_s);
	else if (!log->is_later && wants_past)
		str_addf(&url, "&tail=%d", CONTAINER_PAST_LINES);
	else if (!log->is_later)
		str_addf(&url, "&since=%" PRId64, log->begun_ms / 1000);
	log->is_past = since_s < 0 && !log->is_later && wants_past;
	log->past_lines = 0;
	log->asked_ms = now_of(log);
	log->call = http_get(log->place->http, &(const struct http_request){.url = url.text,
						       .socket = log->socket,
						       .allow_plain = true,
						       .is_single = true,
						       .is_fresh = true,
						       .connect_ms = CONNECT_MS,
						       .piece = take_piece,
						       .done = stream_ended,
						       .context = log});
}

/* ---- what it is ---- */

static void begin_stream(struct container_log *log, const struct docker_container *container)
{
	bool is_another = log->id[0] && strcmp(log->id, container->id) != 0;
	if (is_another) {
		if (log->is_torn)
			tell_torn(log);
		docker_seen_release(&log->seen);
	}
	log->is_later |= is_another;
	log->is_running = strcmp(container->status, "running") == 0 ||
			  strcmp(container->status, "paused") == 0;
	bool is_same_start = log->started_ms == container->started_ms && !is_another;
	copy_text(log->id, sizeof(log->id), container->id);
	if (log->is_settled && is_same_start && !log->is_running) {
		look_in(log, CONTAINER_LOOK_MS);
		return;
	}
	log->is_settled = false;
	log->is_last &= is_same_start && !log->is_running;
	log->started_ms = container->started_ms;
	docker_log_release(&log->log);
	docker_log_init(&log->log, container->has_tty, take_line, log);
	ask_stream(log);
}

static void ignore(void *context, const char *variable, size_t length)
{
	(void)context, (void)variable, (void)length;
}

static void take_absent(struct container_log *log)
{
	if (log->is_torn)
		tell_torn(log);
	docker_seen_release(&log->seen);
	log->id[0] = '\0';
	log->is_settled = false;
	log->is_later = true;
	log->fails = 0;
	err_set(&log->warning, ERR_NOT_FOUND,
		"there is no container '%.80s': its log is read once there is", log->name);
	event_post_flush(&log->post);
	look_in(log, CONTAINER_LOOK_MS);
}

static void take_container(struct container_log *log, const struct http_reply *reply)
{
	struct docker_container container;
	struct err why = {0};
	if (!docker_read_container(reply->body, reply->length, ignore, NULL, &container, &why)) {
		err_set(&log->err, why.code, "'%.80s' answers strangely: %.120s", log->socket,
			why.text);
		fail(log);
		return;
	}
	log->warning = (struct err){0};
	begin_stream(log, &container);
	docker_container_release(&container);
}

static void looked_at(void *context, const struct http_reply *reply)
{
	struct container_log *log = context;
	log->call = NULL;
	log->err = (struct err){0};
	if (reply->err.code != ERR_NONE) {
		err_set(&log->err, reply->err.code,
			"cannot ask '%.80s' for the container '%.60s': %.80s", log->socket,
			log->name, reply->err.text);
		fail(log);
	} else if (reply->status == 404) {
		take_absent(log);
	} else if (reply->status != 200) {
		say_status(log, reply);
		fail(log);
	} else {
		take_container(log, reply);
	}
	log->is_begun = true;
}

static void look(struct container_log *log)
{
	autofree char *url = xasprintf("http://localhost/containers/%s/json", log->name);
	struct err why = {0};
	free(log->socket);
	log->socket = NULL;
	if (!docker_socket_find(log->address, &log->socket, &why)) {
		log->err = why;
		if (why.code == ERR_NOT_FOUND)
			log->err.code = ERR_UNREACHABLE;
		log->is_begun = true;
		fail(log);
		return;
	}
	log->call = http_get(log->place->http, &(const struct http_request){.url = url,
						       .socket = log->socket,
						       .allow_plain = true,
						       .is_secret = true,
						       .is_single = true,
						       .is_fresh = true,
						       .connect_ms = CONNECT_MS,
						       .total_ms = INSPECT_MS,
						       .done = looked_at,
						       .context = log});
}

void container_log_turn(struct container_log *log)
{
	int64_t now_ms = now_of(log);
	event_post_renew(&log->post);
	if (log->quiet_ms <= now_ms)
		end_past(log);
	event_post_flush(&log->post);
	if (!log->call && log->look_ms <= now_ms) {
		log->look_ms = INT64_MAX;
		look(log);
	}
	arm(log);
}
