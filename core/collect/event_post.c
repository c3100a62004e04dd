/* SPDX-License-Identifier: MIT */
#include "core/collect/event_post.h"

#include <stddef.h>

#include "core/base/clock.h"
#include "core/base/redact.h"
#include "core/msg/msg.h"
#include "core/events/writer.h"
#include "core/collect/hub.h"
#include "core/collect/vault.h"

void event_post_open(struct event_post *post, struct hub *hub, const char *key,
	const struct event_source *source)
{
	struct event_source about = *source;
	about.id = entity_id("events", key);
	post->hub = hub;
	post->redactor = vault_redactor(hub->vault);
	post->writer = event_writer_new(&about, post->redactor, hub->clock);
}

bool event_post_close(struct event_post *post)
{
	if (!post->writer)
		return true;
	bool is_posted = event_writer_post(post->writer, post->hub->to_engine, true);
	event_writer_free(post->writer);
	redactor_unref(post->redactor);
	*post = (struct event_post){0};
	return is_posted;
}

void event_post_renew(struct event_post *post)
{
	struct redactor *newest = vault_redactor(post->hub->vault);
	if (newest == post->redactor) {
		redactor_unref(newest);
		return;
	}
	event_writer_redact_with(post->writer, newest);
	redactor_unref(post->redactor);
	post->redactor = newest;
}

static void tell_lost(
	struct event_post *post, uint64_t lines, int64_t wall_ms, const char *bot, const char *text)
{
	const struct event_input input = {.wall_ms = wall_ms,
		.level = LOG_LEVEL_WARN,
		.bot = bot && bot[0] ? bot : NULL,
		.message = text};
	event_writer_lost(post->writer, lines);
	event_writer_event(post->writer, &input);
}

void event_post_lost(struct event_post *post, uint64_t lines, const char *bot, const char *text)
{
	tell_lost(post, lines, clock_wall_ms(post->hub->clock), bot, text);
}

void event_post_left_out(
	struct event_post *post, int64_t since_ms, const char *bot, const char *text)
{
	tell_lost(post, 1, since_ms, bot, text);
}

void event_post_say(struct event_post *post, const char *text)
{
	const struct event_input input = {.wall_ms = clock_wall_ms(post->hub->clock),
		.level = LOG_LEVEL_INFO,
		.message = text};
	event_writer_event(post->writer, &input);
}

void event_post_flush(struct event_post *post)
{
	/* When the mailbox is full it is tried again: the writer stays due. */
	if (event_writer_due_ms(post->writer) == 0) {
		bool is_posted UNUSED =
			event_writer_post(post->writer, post->hub->to_engine, false);
	}
}

bool event_post_is_waiting(const struct event_post *post)
{
	return event_writer_due_ms(post->writer) >= 0;
}

bool event_post_now(struct event_post *post)
{
	return !event_post_is_waiting(post) ||
	       event_writer_post(post->writer, post->hub->to_engine, true);
}

void event_post_soon(struct event_post *post)
{
	bool is_posted UNUSED = !post->writer || event_post_now(post);
}

int64_t event_post_until(const struct event_post *post, int64_t until_ms)
{
	enum { NEVER_BUSY_MS = 5 };
	int64_t due_ms = event_writer_due_ms(post->writer);
	int64_t now_ms = clock_mono_ms(post->hub->clock);
	if (due_ms < 0)
		return until_ms;
	if (due_ms < NEVER_BUSY_MS)
		due_ms = NEVER_BUSY_MS;
	return now_ms + due_ms < until_ms ? now_ms + due_ms : until_ms;
}
