/* SPDX-License-Identifier: MIT */
/* An event writer as the workers use it: with the newest redactor, posting to the engine whenever
 * that is due. Its worker's thread. */
#ifndef BOTSWAIN_COLLECT_EVENT_POST_H
#define BOTSWAIN_COLLECT_EVENT_POST_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct event_source;
struct event_writer;
struct hub;
struct redactor;

struct event_post {
	struct hub *hub;
	struct event_writer *writer;
	const struct redactor *redactor; /* a reference on what the writer uses */
};

/* `key` is unique: of it the id of the source is made. */
void event_post_open(struct event_post *post, struct hub *hub, const char *key,
	const struct event_source *source);
/* Posts what waits, then frees; legal when not open. False: there was no room for it, and it is gone. */
bool event_post_close(struct event_post *post);
/* Takes the newest redactor: before a batch of lines, and now and then without one, since the writer
 * keeps the one it has. Costs little when it has the newest. */
void event_post_renew(struct event_post *post);
/* Something of the source is gone before it was read: counted as so many lines, and said by `text`
 * as an event of the source (a warning). `bot` NULL or "": the source's. */
void event_post_lost(struct event_post *post, uint64_t lines, const char *bot, const char *text);
/* What became of the source, where nothing is lost by it: an event of the source (info). */
void event_post_say(struct event_post *post, const char *text);
/* As event_post_lost(), of what should have been read back from `since_ms` (wall) on, where it will be missed. */
void event_post_left_out(
	struct event_post *post, int64_t since_ms, const char *bot, const char *text);
/* Posts if it is due. */
void event_post_flush(struct event_post *post);
/* Something was written that is not posted yet. */
bool event_post_is_waiting(const struct event_post *post);
/* Posts what waits, due or not: before something is said that follows from it. False: the mailbox is full. */
MUST_CHECK bool event_post_now(struct event_post *post);
/* The same; when the mailbox is full it is tried again with the next lines. */
void event_post_soon(struct event_post *post);
/* The earlier of `until_ms` (mono) and the next post. */
int64_t event_post_until(const struct event_post *post, int64_t until_ms);

#endif
