/* SPDX-License-Identifier: MIT */
#include "core/collect/journal_target.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/hub.h"
#include "core/collect/journal_entry.h"
#include "core/events/stamp.h"
#include "core/events/writer.h"
#include "core/parse/log_line.h"

struct journal_target *journal_target_new(struct hub *hub, const struct roster *roster,
	const char *path, const char *unit, const char *bot)
{
	struct journal_target *target = xcalloc(1, sizeof(*target));
	const char *slash = strrchr(path, '/');
	autofree char *key = xasprintf("journal:%s%s%s", path, *path && *unit ? "#" : "", unit);
	autofree char *name = xasprintf("journal:%s", *unit ? unit : slash ? slash + 1 : path);
	*target = (struct journal_target){.unit = xstrdup(unit),
		.bot = xstrdup(bot),
		.is_new = true,
		.memo = {.knows_units = true}};
	bot_memo_begin(&target->memo, roster);
	event_post_open(&target->post, hub, key,
		&(struct event_source){.name = name,
			.bot = *bot ? target->bot : NULL,
			.resolve = bot_memo_whose,
			.context = &target->memo});
	return target;
}

void journal_target_free(struct journal_target *target)
{
	event_post_close(&target->post);
	free(target->unit);
	free(target->bot);
	free(target);
}

void journal_target_give_to(
	struct journal_target *target, const struct roster *roster, const char *bot)
{
	bot_memo_begin(&target->memo, roster);
	if (strcmp(target->bot, bot) == 0)
		return;
	free(target->bot);
	target->bot = xstrdup(bot);
	event_writer_give_to(target->post.writer, *bot ? target->bot : NULL);
}

/* The lines of one entry are one: what follows the first belongs to it. */
static void take_lines(struct event_writer *writer, const struct journal_entry *entry,
	const struct event_stamp *stamp)
{
	struct event_stamp more = *stamp;
	const char *line = entry->message.text, *end = line + entry->message.length;
	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((newline ? newline : end) - line);
		size_t kept = length && line[length - 1] == '\r' ? length - 1 : length;
		bool is_last = line + length + 1 >= end;
		if (kept)
			event_writer_stamped(writer, line, kept, is_last && entry->is_cut, &more);
		more.is_more |= kept > 0;
		if (kept)
			more.rest = more.correlation = NULL;
		line += length + 1;
	}
}

uint64_t journal_target_take(
	struct journal_target *target, const struct journal_entry *entry, bool is_back)
{
	static const char none[] = "(an entry without a message)";
	struct event_writer *writer = target->post.writer;
	const char *by = *entry->unit ? entry->unit : entry->identifier.text;
	const struct event_stamp stamp = {.wall_ms = (int64_t)(entry->wall_us / 1000),
		.level = entry->level,
		.bot = *target->unit || !*by ? NULL : by,
		.correlation = entry->correlation.length ? entry->correlation.text : NULL,
		.rest = entry->rest.length ? entry->rest.text : NULL};
	event_writer_back(writer, is_back ? stamp.wall_ms : LOG_NO_TIME);
	if (entry->message.length)
		take_lines(writer, entry, &stamp);
	else if (stamp.rest)
		event_writer_stamped(writer, none, strlen(none), false, &stamp);
	if (entry->suppressed)
		event_writer_lost(writer, entry->suppressed);
	return entry->suppressed;
}
