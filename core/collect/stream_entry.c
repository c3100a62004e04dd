/* SPDX-License-Identifier: MIT */
#include "core/collect/stream_entry.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/attr.h"
#include "core/base/format.h"
#include "core/parse/log_level.h"
#include "core/parse/log_line.h"
#include "core/conf/settings.h"

enum { FIELD_BYTES_MAX = 4096, REST_BYTES_MAX = 16384 };

static bool parse_id(const char *text, uint64_t *ret_ms, uint64_t *ret_seq)
{
	char *end;
	*ret_ms = strtoull(text, &end, 10);
	*ret_seq = *end == '-' ? strtoull(end + 1, NULL, 10) : 0;
	return end != text;
}

int64_t stream_id_time_ms(const char *id)
{
	static const uint64_t since = 100000000000; /* 1973: what is less is a number */
	uint64_t ms, seq;
	bool is_time = parse_id(id, &ms, &seq) && ms >= since && ms < INT64_MAX;
	return is_time ? (int64_t)ms : 0;
}

int stream_id_compare(const char *one, const char *other)
{
	uint64_t ms[2], seq[2];
	parse_id(one, &ms[0], &seq[0]);
	parse_id(other, &ms[1], &seq[1]);
	if (ms[0] != ms[1])
		return ms[0] < ms[1] ? -1 : 1;
	return (seq[0] > seq[1]) - (seq[0] < seq[1]);
}

int64_t stream_time_ms(const char *text)
{
	/* The size tells the unit: seconds until the year 5138, ms until then as well. */
	static const double seconds_below = 1e11, ms_below = 1e14, us_below = 1e17;
	int64_t wall_ms;
	char *end;
	size_t length = strlen(text);
	if (length && parse_rfc3339(text, length, &wall_ms, NULL) == length)
		return wall_ms;
	double number = strtod(text, &end);
	if (end == text || *end || !isfinite(number) || number <= 0 || number >= us_below)
		return LOG_NO_TIME;
	if (number < seconds_below)
		return (int64_t)(number * 1000);
	return (int64_t)(number < ms_below ? number : number / 1000);
}

struct field {
	const char *name, *value;
	size_t name_length, value_length;
};

static bool is_named(const struct field *field, const char *name)
{
	size_t length = strlen(name);
	return length && field->name_length == length && memcmp(field->name, name, length) == 0;
}

/* NUL bytes would end the text: what is behind one is not lost. */
static void add_bytes(struct str *to, const char *bytes, size_t length)
{
	size_t kept = length < FIELD_BYTES_MAX ? length : FIELD_BYTES_MAX;
	for (size_t i = 0; i < kept; i++)
		str_addch(to, bytes[i] ? bytes[i] : ' ');
	if (kept < length)
		str_adds(to, "…");
}

static void add_rest(struct str *rest, const struct field *field)
{
	if (rest->length > REST_BYTES_MAX)
		return;
	if (rest->length)
		str_addch(rest, ' ');
	add_bytes(rest, field->name, field->name_length);
	str_addch(rest, '=');
	add_bytes(rest, field->value, field->value_length);
}

static enum log_level read_level(const struct field *field)
{
	enum log_level level = LOG_LEVEL_NONE;
	char *end;
	if (log_level_read(field->value, field->value_length, &level))
		return level;
	long number = strtol(field->value, &end, 10);
	return end != field->value && !*end ? log_level_of_number(number) : LOG_LEVEL_NONE;
}

static void take_field(
	struct stream_entry *entry, const struct conf_fields *names, const struct field *field)
{
	if (is_named(field, names->bot))
		add_bytes(&entry->bot, field->value, field->value_length);
	else if (is_named(field, names->msg))
		add_bytes(&entry->message, field->value, field->value_length);
	else if (is_named(field, names->correlation_id))
		add_bytes(&entry->correlation, field->value, field->value_length);
	else if (is_named(field, names->level))
		entry->event.level = read_level(field);
	else if (is_named(field, names->ts) && stream_time_ms(field->value) != LOG_NO_TIME)
		entry->event.wall_ms = stream_time_ms(field->value);
	else
		add_rest(&entry->rest, field);
}

static void clear(struct stream_entry *entry)
{
	struct str *texts[] = {&entry->bot, &entry->message, &entry->rest, &entry->correlation};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		if (!texts[i]->text)
			str_init(texts[i]);
		str_clear(texts[i]);
	}
	entry->event = (struct event_input){0};
}

void stream_entry_read(struct stream_entry *entry, const struct conf_fields *names,
	const char *stream, const char *bot, const char *id, const struct redisReply *fields)
{
	uint64_t ms, seq;
	clear(entry);
	entry->event.wall_ms =
		parse_id(id, &ms, &seq) && ms < INT64_MAX ? (int64_t)ms : LOG_NO_TIME;
	const struct field origin = {.name = "stream",
		.name_length = strlen("stream"),
		.value = stream,
		.value_length = strlen(stream)};
	for (size_t i = 0; i + 1 < fields->elements; i += 2) {
		const redisReply *name = fields->element[i], *value = fields->element[i + 1];
		const struct field field = {.name = name->str,
			.name_length = name->len,
			.value = value->str,
			.value_length = value->len};
		if (name->str && value->str)
			take_field(entry, names, &field);
	}
	add_rest(&entry->rest, &origin);
	if (!entry->bot.length)
		str_adds(&entry->bot, bot);
	/* An entry without a message is all fields. */
	if (!entry->message.length) {
		str_add(&entry->message, entry->rest.text, entry->rest.length);
		str_clear(&entry->rest);
	}
	entry->event.bot = entry->bot.length ? entry->bot.text : NULL;
	entry->event.message = entry->message.text;
	entry->event.rest = entry->rest.text;
	entry->event.correlation = entry->correlation.length ? entry->correlation.text : NULL;
}

void stream_entry_release(struct stream_entry *entry)
{
	str_release(&entry->bot);
	str_release(&entry->message);
	str_release(&entry->rest);
	str_release(&entry->correlation);
}
