/* SPDX-License-Identifier: MIT */
#include "core/events/text.h"

#include <string.h>

#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/width.h"
#include "core/events/chunk.h"
#include "core/parse/log_field.h"

static struct log_part part_of(const struct record *record, enum event_part part)
{
	bool hides = record->flags & RECORD_HIDES;
	switch (part) {
	case EVENT_MESSAGE:
		return (struct log_part){record->message_offset, record->message_length,
			record->flags & RECORD_ESCAPED};
	case EVENT_CORRELATION:
		return (struct log_part){
			record->correlation_offset, record->correlation_length, hides};
	case EVENT_LINE:
		break;
	}
	return (struct log_part){0, record->length, hides};
}

/* Text as it may be matched: borrowed from the chunk when nothing had to be done to it, else in `made`. */
struct view {
	const char *text;
	size_t length;
	struct str made;
};

static void release_view(struct view *view)
{
	str_release(&view->made);
}

struct event_line event_line_of(const struct chunk *chunk, const struct record *record)
{
	return (struct event_line){.stream = chunk_stream(chunk),
		.record = record,
		.bytes = chunk_bytes_of(chunk, record),
		.bot = chunk_bot(chunk, record),
		.is_raw = chunk_is_reread(chunk)};
}

static void open_view(struct view *view, struct event_line *line, enum event_part part,
	const struct redactor *redactor)
{
	if (part == EVENT_LINE)
		event_line_take(line);
	else
		event_line_read(line);
	struct log_part of = part_of(line->record, part);
	*view = (struct view){.text = line->bytes + of.offset, .length = of.length};
	str_init(&view->made);
	if (of.is_escaped) {
		log_part_text(line->bytes, of, &view->made);
		view->text = view->made.text;
		view->length = view->made.length;
	}
	bool is_clean = !of.is_escaped && !line->is_raw && line->stream->redactor == redactor;
	if (is_clean || !redact_has_candidate(redactor, view->text, view->length))
		return;
	struct str redacted = STR_INIT;
	redact(redactor, &redacted, view->text, view->length, 0);
	str_release(&view->made);
	view->made = redacted;
	view->text = redacted.text;
	view->length = redacted.length;
}

/* What the sanitiser drops (a selector between two letters) may have kept a secret apart. True: it had to be cut for that. */
static bool redact_shown(
	const struct redactor *redactor, size_t cells, size_t start, struct str *text)
{
	if (!redact_has_candidate(redactor, text->text + start, text->length - start))
		return false;
	autostr struct str redacted = STR_INIT;
	redact(redactor, &redacted, text->text + start, text->length - start, REDACT_CUT);
	str_truncate(text, start);
	size_t kept = text_clip(redacted.text, redacted.length, cells, NULL);
	str_add(text, redacted.text, kept);
	return kept < redacted.length;
}

bool event_text(struct event_line *line, enum event_part part, const struct redactor *redactor,
	size_t cells, struct str *to)
{
	CLEANUP(release_view) struct view view;
	size_t start = to->length;
	open_view(&view, line, part, redactor);
	bool is_cut = sanitize_cut(to, view.text, view.length, cells);
	return redact_shown(redactor, cells, start, to) || is_cut;
}

bool event_safe_text(const struct redactor *redactor, const char *text, size_t length, size_t cells,
	struct str *to)
{
	autostr struct str redacted = STR_INIT;
	size_t start = to->length;
	if (redact_has_candidate(redactor, text, length)) {
		redact(redactor, &redacted, text, length, 0);
		text = redacted.text;
		length = redacted.length;
	}
	bool is_cut = sanitize_cut(to, text, length, cells);
	return redact_shown(redactor, cells, start, to) || is_cut;
}

/* One row for the filter; views are opened when they are first asked for. */
struct row {
	struct event_line *line;
	const struct redactor *redactor;
	struct view views[EVENT_CORRELATION + 1];
	bool is_open[EVENT_CORRELATION + 1];
	struct str redacted; /* all of it, where it holds a candidate secret */
	bool is_looked_through;
	struct str
		value; /* of the field that was asked for last, if something had to be done to it */
};

static void release_row(struct row *row)
{
	for (size_t i = 0; i < COUNT_OF(row->views); i++) {
		if (row->is_open[i])
			release_view(&row->views[i]);
	}
	str_release(&row->redacted);
	str_release(&row->value);
}

static void give_part(struct row *row, enum event_part part, struct filter_value *value)
{
	struct view *view = &row->views[part];
	if (!row->is_open[part])
		open_view(view, row->line, part, row->redactor);
	row->is_open[part] = true;
	value->text = view->text;
	value->length = view->length;
	value->is_known = part != EVENT_CORRELATION || view->length > 0;
}

static void give_text(const char *text, struct filter_value *value)
{
	value->text = text;
	value->length = strlen(text);
	value->is_known = value->length > 0;
}

static void resolve(const char *text, size_t length, struct str *to)
{
	log_part_text(text, (struct log_part){0, (uint32_t)length, true}, to);
}

static void redact_again(const struct redactor *redactor, struct str *text)
{
	struct str redacted = STR_INIT;
	redact(redactor, &redacted, text->text, text->length, 0);
	str_release(text);
	*text = redacted;
}

/* All of the line as fields are looked for in it. A secret that only shows where escapes are resolved takes its escapes with
 * it: of what that leaves no JSON, nothing is told. */
static void look_through(struct row *row)
{
	const struct event_line *line = row->line;
	size_t length = line->record->length;
	bool hides = line->record->flags & RECORD_HIDES;
	bool is_kept = !line->is_raw && line->stream->redactor == row->redactor;
	row->is_looked_through = true;
	if (!is_kept && redact_has_candidate(row->redactor, line->bytes, length))
		redact(row->redactor, &row->redacted, line->bytes, length, 0);
	if (!hides)
		return;
	autostr struct str plain = STR_INIT;
	if (row->redacted.length)
		resolve(row->redacted.text, row->redacted.length, &plain);
	else
		resolve(line->bytes, length, &plain);
	if (!redact_has_candidate(row->redactor, plain.text, plain.length))
		return;
	str_clear(&row->redacted);
	redact(row->redactor, &row->redacted, plain.text, plain.length, 0);
}

static void give_field(struct row *row, struct filter_value *value)
{
	struct log_part part;
	event_line_take(row->line);
	if (!row->is_looked_through)
		look_through(row);
	bool is_redacted = row->redacted.length > 0;
	const char *text = is_redacted ? row->redacted.text : row->line->bytes;
	value->is_known =
		log_field_find(text, is_redacted ? row->redacted.length : row->line->record->length,
			value->field, &part);
	if (!value->is_known)
		return;
	value->text = text + part.offset;
	value->length = part.length;
	if (!part.is_escaped)
		return;
	str_clear(&row->value);
	log_part_text(text, part, &row->value);
	if (redact_has_candidate(row->redactor, row->value.text, row->value.length))
		redact_again(row->redactor, &row->value);
	value->text = row->value.text;
	value->length = row->value.length;
}

static void get(const void *of, size_t column, struct filter_value *value)
{
	struct row *row = (struct row *)(uintptr_t)of;
	switch (column) {
	case LOG_COLUMN_BOT:
		give_text(row->line->bot, value);
		break;
	case LOG_COLUMN_SOURCE:
		give_text(row->line->stream->name, value);
		break;
	case LOG_COLUMN_LEVEL:
		value->is_known = row->line->record->level != LOG_LEVEL_NONE;
		value->number = row->line->record->level;
		break;
	case LOG_COLUMN_TIME:
		value->is_known = true;
		value->number = (double)row->line->record->wall_ms;
		break;
	case FILTER_FIELD:
		give_field(row, value);
		break;
	default:
		give_part(row,
			column == LOG_COLUMN_MSG  ? EVENT_MESSAGE
			: column == LOG_COLUMN_ID ? EVENT_CORRELATION
						  : EVENT_LINE,
			value);
		break;
	}
}

bool event_fits(struct event_line *line, const struct redactor *redactor, struct filter *filter)
{
	if (filter_is_empty(filter))
		return true;
	CLEANUP(release_row)
	struct row row = {
		.line = line, .redactor = redactor, .redacted = STR_INIT, .value = STR_INIT};
	return filter_match(filter, get, &row);
}
