/* SPDX-License-Identifier: MIT */
#include "core/collect/stream_entry.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/scan.h"
#include "core/parse/log_level.h"
#include "core/parse/log_line.h"
#include "core/conf/settings.h"

enum {
	FIELD_BYTES_MAX = 4096,
	REST_BYTES_MAX = 16384,
	NUMBER_BYTES_MAX = 64,
	FEW_BYTES = 16,
	NEVER_OVER = 19 /* digits always fit */
};

/* What a value is; the first ones are mapped, in this order. */
enum field {
	FIELD_BOT,
	FIELD_MESSAGE,
	FIELD_CORRELATION,
	FIELD_LEVEL,
	FIELD_TIME,
	FIELD_REST,
	FIELD_TOO_MUCH
};

_Static_assert((int)FIELD_REST == (int)STREAM_FIELDS, "the mapped ones, and no other, have names");

/* Digits, as strtoull() would read them: what is too large is the largest. */
static const char *parse_digits(const char *at, uint64_t *ret)
{
	const char *from = at;
	uint64_t number = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	*ret = at - from <= NEVER_OVER ? number : strtoull(from, NULL, 10);
	return at;
}

static bool parse_id(const char *text, uint64_t *ret_ms, uint64_t *ret_seq)
{
	const char *end = parse_digits(text, ret_ms);
	*ret_seq = 0;
	if (*end == '-')
		(void)parse_digits(end + 1, ret_seq);
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

/* A few bytes, two halves that may overlap at a time: a call costs more than it copies. */
static inline void copy_few(char *to, const char *from, size_t length)
{
	if (length >= 8) {
		memcpy(to, from, 8);
		memcpy(to + length - 8, from + length - 8, 8);
	} else if (length >= 4) {
		memcpy(to, from, 4);
		memcpy(to + length - 4, from + length - 4, 4);
	} else {
		for (size_t i = 0; i < length; i++)
			to[i] = from[i];
	}
}

/* At least 16 bytes, the last ones of them twice: where the compiler knows that there are not many it makes a slow loop. */
static inline void copy_some(char *to, const char *from, size_t length)
{
	for (size_t at = 0; at + FEW_BYTES < length; at += FEW_BYTES)
		memcpy(to + at, from + at, FEW_BYTES);
	memcpy(to + length - FEW_BYTES, from + length - FEW_BYTES, FEW_BYTES);
}

/* As str_add(), where there is room as nearly always: an entry is a dozen of these. */
static inline void put(struct str *to, const char *bytes, size_t length)
{
	if (to->capacity - to->length <= length) {
		str_add(to, bytes, length);
		return;
	}
	if (length <= FEW_BYTES)
		copy_few(to->text + to->length, bytes, length);
	else
		copy_some(to->text + to->length, bytes, length);
	to->length += length;
	to->text[to->length] = '\0';
}

static void add_bytes(struct str *to, const char *bytes, size_t length)
{
	put(to, bytes, length < FIELD_BYTES_MAX ? length : FIELD_BYTES_MAX);
	if (length > FIELD_BYTES_MAX)
		str_adds(to, "…");
}

/* What a byte of a value asks of the quotes around it. */
enum { ENDS = 1, IN_QUOTES = 2, IN_APOSTROPHES = 4, ESCAPES = 8 };

static const uint8_t asks[256] = {[0 ... ' '] = ENDS,
	[','] = ENDS,
	[';'] = ENDS,
	['&'] = ENDS,
	['('] = ENDS,
	[')'] = ENDS,
	[']'] = ENDS,
	['}'] = ENDS,
	['<'] = ENDS,
	['>'] = ENDS,
	['"'] = ENDS | IN_QUOTES,
	['\''] = ENDS | IN_APOSTROPHES,
	['\\'] = ESCAPES};

/* Which quote a value needs to be read as one where fields are looked for in the line (log_scan.h); '\0': none, or none
 * would do. Nothing is escaped: a secret would be none any more. */
static char quote_of(const char *value, size_t length)
{
	unsigned all = length && value[length - 1] == '.' ? ENDS : 0;
	size_t i = 0;
	for (; i + 4 <= length; i += 4) /* none of these waits for another */
		all |= (asks[(unsigned char)value[i]] | asks[(unsigned char)value[i + 1]]) |
		       (asks[(unsigned char)value[i + 2]] | asks[(unsigned char)value[i + 3]]);
	for (; i < length; i++)
		all |= asks[(unsigned char)value[i]];
	if (!(all & ENDS) || all & ESCAPES)
		return '\0';
	return !(all & IN_QUOTES) ? '"' : !(all & IN_APOSTROPHES) ? '\'' : '\0';
}

static void add_value(struct str *to, const char *value, size_t length)
{
	char quote = quote_of(value, length < FIELD_BYTES_MAX ? length : FIELD_BYTES_MAX);
	if (!quote) {
		add_bytes(to, value, length);
		return;
	}
	put(to, &quote, 1);
	add_bytes(to, value, length);
	put(to, &quote, 1);
}

/* NUL bytes would end the text: what is behind one is not lost. */
static void blank_zeroes(struct str *text)
{
	char *at = text->text, *end = text->text + text->length;
	while ((at = memchr(at, 0, (size_t)(end - at))))
		*at = ' ';
}

/* " name=", with room for its value. */
static bool begin_rest(struct stream_entry *entry, const char *name, size_t length)
{
	struct str *rest = &entry->rest;
	if (rest->length > REST_BYTES_MAX)
		return false;
	if (rest->capacity - rest->length < length + 3 || length > FEW_BYTES) {
		put(rest, " ", rest->length > 0);
		add_bytes(rest, name, length);
		put(rest, "=", 1);
		return true;
	}
	char *at = rest->text + rest->length;
	*at = ' ';
	at += rest->length > 0;
	copy_few(at, name, length);
	at[length] = '=';
	at[length + 1] = '\0';
	rest->length = (size_t)(at + length + 1 - rest->text);
	return true;
}

/* A value as a text of its own, for what reads to the end of one. */
struct number {
	char text[NUMBER_BYTES_MAX];
};

static struct number number_of(const char *value, size_t length)
{
	struct number number = {""};
	if (length < sizeof(number.text))
		memcpy(number.text, value, length);
	return number;
}

static enum log_level read_level(const char *value, size_t length)
{
	enum log_level level = LOG_LEVEL_NONE;
	char *end;
	if (log_level_read(value, length, &level))
		return level;
	struct number text = number_of(value, length);
	long number = strtol(text.text, &end, 10);
	return end != text.text && !*end ? log_level_of_number(number) : LOG_LEVEL_NONE;
}

/* What is no time is kept as the others are. */
static void read_time(struct stream_entry *entry, const char *value, size_t length)
{
	int64_t wall_ms = stream_time_ms(number_of(value, length).text);
	if (wall_ms != LOG_NO_TIME)
		entry->event.wall_ms = wall_ms;
	else if (begin_rest(entry, entry->names[FIELD_TIME], entry->lengths[FIELD_TIME]))
		add_value(&entry->rest, value, length);
}

/* Most names are told from the mapped ones by their length and first letter. */
static inline unsigned slot_of(const char *name, size_t length)
{
	return ((unsigned)length * 5 + (unsigned char)*name) % STREAM_SLOTS;
}

/* The first of two that are called the same counts. */
static void find_by_slot(struct stream_entry *entry)
{
	for (unsigned i = STREAM_FIELDS; i-- > 0;) {
		uint8_t *first = &entry->first[slot_of(entry->names[i], entry->lengths[i])];
		if (!entry->lengths[i])
			continue;
		entry->next[i] = *first;
		*first = (uint8_t)(i + 1);
	}
}

void stream_entry_init(struct stream_entry *entry, const struct conf_fields *names)
{
	*entry = (struct stream_entry){.bot = STR_INIT,
		.message = STR_INIT,
		.rest = STR_INIT,
		.correlation = STR_INIT,
		.names = {[FIELD_BOT] = names->bot,
			[FIELD_MESSAGE] = names->msg,
			[FIELD_CORRELATION] = names->correlation_id,
			[FIELD_LEVEL] = names->level,
			[FIELD_TIME] = names->ts}};
	for (size_t i = 0; i < STREAM_FIELDS; i++)
		entry->lengths[i] = strlen(entry->names[i]);
	find_by_slot(entry);
}

void stream_entry_release(struct stream_entry *entry)
{
	str_release(&entry->bot);
	str_release(&entry->message);
	str_release(&entry->rest);
	str_release(&entry->correlation);
}

/* Eight digits at once: neighbours become numbers of two, four and eight digits. False: not all of them are digits. */
static inline bool read_eight(const char *at, uint64_t *ret)
{
	uint64_t word, high = SCAN_ONES * 0xf0;
	memcpy(&word, at, sizeof(word));
	word = le64toh(word);
	if ((word & (word + SCAN_ONES * 6) & high) != SCAN_ONES * '0')
		return false;
	word = (word & SCAN_ONES * 0x0f) * (10 << 8 | 1) >> 8;
	word = (word & UINT64_C(0x00ff00ff00ff00ff)) * (100 << 16 | 1) >> 16;
	*ret = (word & UINT64_C(0x0000ffff0000ffff)) * (UINT64_C(10000) << 32 | 1) >> 32;
	return true;
}

void stream_entry_begin(struct stream_entry *entry, const char *id, size_t length)
{
	uint64_t ms = 0;
	size_t digits = length >= 8 && read_eight(id, &ms) ? 8 : 0;
	for (; digits < length && id[digits] >= '0' && id[digits] <= '9'; digits++)
		ms = ms * 10 + (uint64_t)(id[digits] - '0');
	bool is_time = digits > 0 && digits < NEVER_OVER;
	str_clear(&entry->bot);
	str_clear(&entry->message);
	str_clear(&entry->rest);
	str_clear(&entry->correlation);
	entry->id_ms = is_time ? (int64_t)ms : LOG_NO_TIME;
	entry->event = (struct event_input){.wall_ms = entry->id_ms};
	entry->field = FIELD_TOO_MUCH;
}

static inline int field_of(const struct stream_entry *entry, const char *name, size_t length)
{
	unsigned next = length ? entry->first[slot_of(name, length)] : 0;
	for (; next; next = entry->next[next - 1])
		if (length == entry->lengths[next - 1] &&
			memcmp(name, entry->names[next - 1], length) == 0)
			return (int)next - 1;
	return FIELD_REST;
}

void stream_entry_name(struct stream_entry *entry, const char *name, size_t length)
{
	int field = field_of(entry, name, length);
	if (field == FIELD_REST && !begin_rest(entry, name, length))
		field = FIELD_TOO_MUCH;
	entry->field = field;
}

NOINLINE static void mapped_value(struct stream_entry *entry, const char *value, size_t length)
{
	switch ((enum field)entry->field) {
	case FIELD_MESSAGE:
		add_bytes(&entry->message, value, length);
		break;
	case FIELD_BOT:
		add_bytes(&entry->bot, value, length);
		break;
	case FIELD_CORRELATION:
		add_bytes(&entry->correlation, value, length);
		break;
	case FIELD_LEVEL:
		entry->event.level = read_level(value, length);
		break;
	case FIELD_TIME:
		read_time(entry, value, length);
		break;
	case FIELD_REST:
	case FIELD_TOO_MUCH:
		break;
	}
}

void stream_entry_value(struct stream_entry *entry, const char *value, size_t length)
{
	if (entry->field == FIELD_REST)
		add_value(&entry->rest, value, length);
	else
		mapped_value(entry, value, length);
}

char *stream_origin(const char *stream)
{
	struct str origin = STR_INIT;
	str_adds(&origin, "stream=");
	add_value(&origin, stream, strlen(stream));
	return str_detach(&origin);
}

void stream_entry_end(struct stream_entry *entry, const char *origin, const char *bot)
{
	if (entry->rest.length <= REST_BYTES_MAX) {
		put(&entry->rest, " ", entry->rest.length > 0);
		put(&entry->rest, origin, strlen(origin));
	}
	if (!entry->bot.length)
		str_adds(&entry->bot, bot);
	struct str *const texts[] = {
		&entry->bot, &entry->message, &entry->rest, &entry->correlation};
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (texts[i]->length)
			blank_zeroes(texts[i]);
	/* An entry without a message is all fields. */
	if (!entry->message.length) {
		str_add(&entry->message, entry->rest.text, entry->rest.length);
		str_clear(&entry->rest);
	}
	entry->event.bot = entry->bot.length ? entry->bot.text : NULL;
	entry->event.message = entry->message.text;
	entry->event.message_length = entry->message.length;
	entry->event.rest = entry->rest.text;
	entry->event.rest_length = entry->rest.length;
	entry->event.correlation = entry->correlation.length ? entry->correlation.text : NULL;
}
