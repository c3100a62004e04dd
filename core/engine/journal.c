/* SPDX-License-Identifier: MIT */
#include "core/engine/journal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/model.h"
#include "core/parse/log_line.h"
#include "core/events/writer.h"

/* What was last said of an entity: a hash of its state word. */
struct said {
	uint64_t id, state;
};

struct journal_book {
	const struct clock *clock;
	const struct model *model;
	struct mailbox *to_engine;
	struct event_writer *writer;
	bool quiet;
	int64_t begun_ms; /* wall */
	uint64_t mark;    /* revision up to which changes were said */
	struct said *said;
	size_t count, room; /* sorted by id: an entity's id is unique over kinds */
};

struct journal_book *journal_new(
	const struct clock *clock, const struct model *model, struct mailbox *to_engine)
{
	struct journal_book *book = xcalloc(1, sizeof(*book));
	const struct event_source source = {.id = entity_id("source", JOURNAL_BOT),
		.name = JOURNAL_BOT,
		.bot = JOURNAL_BOT,
		.is_own = true};
	*book = (struct journal_book){.clock = clock,
		.model = model,
		.to_engine = to_engine,
		.begun_ms = clock_wall_ms(clock),
		.writer = event_writer_new(&source, NULL, clock)};
	return book;
}

void journal_free(struct journal_book *book)
{
	if (!book)
		return;
	event_writer_free(book->writer);
	free(book->said);
	free(book);
}

void journal_redact_with(struct journal_book *book, const struct redactor *redactor)
{
	event_writer_redact_with(book->writer, redactor);
}

/* `bot`: in whose log it stands; NULL: botswain's own. */
static void say(struct journal_book *book, const char *bot, enum log_level level,
	const char *format, va_list args)
{
	autostr struct str text = STR_INIT;
	str_vaddf(&text, format, args);
	event_writer_event(book->writer,
		&(struct event_input){
			.wall_ms = LOG_NO_TIME, .level = level, .bot = bot, .message = text.text});
}

void journal_say(struct journal_book *book, enum log_level level, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(book, NULL, level, format, args);
	va_end(args);
}

PRINTF_LIKE(4, 5)
static void say_of(
	struct journal_book *book, const char *bot, enum log_level level, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(book, bot, level, format, args);
	va_end(args);
}

static enum log_level level_of(uint64_t severity)
{
	return severity == SEVERITY_CRIT   ? LOG_LEVEL_ERROR
	       : severity == SEVERITY_WARN ? LOG_LEVEL_WARN
					   : LOG_LEVEL_INFO;
}

static const char *text_of(const char *text)
{
	return text ? text : "";
}

/* ---- one function a kind: what is its state, and the sentence ---- */

static const char *state_of_bot(const void *body)
{
	return ((const struct msg_bot *)body)->state;
}

/* Of a reason that begins with the word of the state, `slow: p95 2.6s`, what follows. */
static const char *why_of(const struct msg_bot *bot)
{
	const char *why = text_of(bot->why);
	size_t length = strlen(bot->state);
	bool repeats = starts_with(why, bot->state) && starts_with(why + length, ": ");
	return why + (repeats ? length + 2 : 0);
}

static void say_bot(struct journal_book *book, const void *body)
{
	const struct msg_bot *bot = body;
	const char *why = why_of(bot);
	say_of(book, bot->name, level_of(bot->severity), "%s is %s%s%s", bot->name, bot->state,
		why[0] ? ": " : "", why);
}

static const char *state_of_source(const void *body)
{
	return ((const struct msg_source *)body)->state;
}

static void say_source(struct journal_book *book, const void *body)
{
	const struct msg_source *source = body;
	journal_say(book, level_of(source->severity), "source %s %s is %s%s%s", source->kind,
		source->name, source->state, text_of(source->error)[0] ? ": " : "",
		text_of(source->error));
}

static const char *state_of_alert(const void *body)
{
	const char *state = ((const struct msg_alert *)body)->state;
	return strcmp(text_of(state), "pending") == 0 ? "" : state;
}

/* The sentence is of when it fired: it was so. */
static void say_resolved(struct journal_book *book, const char *bot, const struct msg_alert *alert)
{
	const char *of = text_of(alert->target_name), *was = text_of(alert->text);
	say_of(book, bot, LOG_LEVEL_INFO, "alert %s%s%s resolved after %s%s%s%s", alert->rule,
		of[0] ? " of " : "", of, format_duration(alert->resolved_ms - alert->since_ms).text,
		was[0] ? " (was: " : "", was, was[0] ? ")" : "");
}

/* It fired before this start, and goes on. */
static bool is_older(const struct journal_book *book, const struct msg_alert *alert)
{
	return alert->fired_ms && alert->fired_ms < book->begun_ms;
}

static void say_alert(struct journal_book *book, const void *body)
{
	const struct msg_alert *alert = body;
	bool of_bot = strcmp(text_of(alert->target_kind), "bot") == 0;
	const char *bot = of_bot ? alert->target_name : NULL;
	if (strcmp(alert->state, "resolved") == 0)
		say_resolved(book, bot, alert);
	else
		say_of(book, bot, level_of(alert->severity), "alert %s %s%s: %s", alert->rule,
			is_older(book, alert) ? "is still " : "", alert->state,
			text_of(alert->text));
}

static const char *state_of_operation(const void *body)
{
	return ((const struct msg_operation *)body)->state;
}

/* An operation on one bot is that bot's; on several it is told once, of none. */
static const char *bot_of(const struct msg_operation *operation)
{
	const struct msg_step *only = operation->steps_count == 1 ? operation->steps : NULL;
	return only && only->target ? only->name : NULL;
}

static void say_operation(struct journal_book *book, const void *body)
{
	const struct msg_operation *operation = body;
	bool failed = strcmp(operation->state, "failed") == 0;
	say_of(book, bot_of(operation), failed ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
		"%s by %s is %s%s%s", operation->title, operation->by, operation->state,
		text_of(operation->result)[0] ? ": " : "", text_of(operation->result));
}

struct subject {
	enum msg_kind kind;
	bool quiet_first; /* what it is at first sight is no event */
	const char *(*state)(const void *body);
	void (*say)(struct journal_book *book, const void *body);
};

static const struct subject subjects[] = {
	{MSG_bot, true, state_of_bot, say_bot},
	{MSG_source, true, state_of_source, say_source},
	{MSG_alert, false, state_of_alert, say_alert},
	{MSG_operation, false, state_of_operation, say_operation},
};

static const struct subject *subject_of(enum msg_kind kind)
{
	for (size_t i = 0; i < COUNT_OF(subjects); i++)
		if (subjects[i].kind == kind)
			return &subjects[i];
	return NULL;
}

/* ---- what was said ---- */

static size_t place_of(const struct journal_book *book, uint64_t id)
{
	size_t low = 0, high = book->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (book->said[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void forget(struct journal_book *book, uint64_t id)
{
	size_t at = place_of(book, id);
	if (at == book->count || book->said[at].id != id)
		return;
	book->count--;
	memmove(book->said + at, book->said + at + 1, (book->count - at) * sizeof(*book->said));
}

static struct said *remember(struct journal_book *book, uint64_t id, bool *ret_new)
{
	size_t at = place_of(book, id);
	*ret_new = at == book->count || book->said[at].id != id;
	if (*ret_new) {
		book->said = grow(book->said, book->count, &book->room, sizeof(*book->said));
		memmove(book->said + at + 1, book->said + at,
			(book->count - at) * sizeof(*book->said));
		book->said[at] = (struct said){.id = id};
		book->count++;
	}
	return &book->said[at];
}

static void look_at(struct journal_book *book, const struct entity *entity)
{
	const struct subject *subject = subject_of(entity->kind);
	if (!subject)
		return;
	if (!entity->body) {
		forget(book, entity->id);
		return;
	}
	const char *word = text_of(subject->state(entity->body));
	uint64_t state = entity_id("", word);
	bool new;
	struct said *said = remember(book, entity->id, &new);
	bool old = new && (subject->quiet_first || book->quiet);
	bool checked = strcmp(word, "ok") == 0 && said->state == entity_id("", "checking");
	if (said->state == state || !word[0])
		return;
	said->state = state;
	if (!old && !checked)
		subject->say(book, entity->body);
}

static void look_at_changes(struct journal_book *book)
{
	const struct entity *entity = model_newer(book->model, book->mark);
	for (; entity; entity = entity->newer)
		look_at(book, entity);
	book->mark = model_rev(book->model);
}

void journal_begin(struct journal_book *book)
{
	book->quiet = true;
	look_at_changes(book);
	book->quiet = false;
}

void journal_turn(struct journal_book *book)
{
	look_at_changes(book);
	if (event_writer_due_ms(book->writer) == 0)
		(void)event_writer_post(book->writer, book->to_engine, false);
}

int64_t journal_due_ms(const struct journal_book *book)
{
	return event_writer_due_ms(book->writer);
}
