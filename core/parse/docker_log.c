/* SPDX-License-Identifier: MIT */
#include "core/parse/docker_log.h"

#include <string.h>

#include "core/base/format.h"
#include "core/base/limits.h"

enum {
	NS_PER_MS = 1000000,
	FRACTION_DIGITS = 9,
	MS_DIGITS = 3,
	SECOND_AT = 19,
	STAMP_BYTES = 64,
	TEXT_BYTES_MAX = LIMIT_LOG_STORED_BYTES + STAMP_BYTES /* of more nothing would be kept */
};

void docker_log_init(struct docker_log *log, bool is_raw, docker_log_take *take, void *context)
{
	*log = (struct docker_log){.take = take, .context = context, .is_raw = is_raw};
	str_init(&log->text);
	for (size_t i = 0; i < DOCKER_LOG_STREAMS; i++)
		str_init(&log->parts[i].line);
}

void docker_log_release(struct docker_log *log)
{
	str_release(&log->text);
	for (size_t i = 0; i < DOCKER_LOG_STREAMS; i++)
		str_release(&log->parts[i].line);
}

/* ---- the time before a text ---- */

/* What its digits say beyond milliseconds: 2026-11-20T10:00:21.744111222Z. */
static int64_t finer_ns(const char *text, size_t length)
{
	int64_t ns = 0;
	size_t digits = 0;
	if (length <= SECOND_AT || text[SECOND_AT] != '.')
		return 0;
	for (size_t at = SECOND_AT + 1; digits < FRACTION_DIGITS; digits++) {
		bool is_digit = at < length && text[at] >= '0' && text[at] <= '9';
		int digit = is_digit ? text[at++] - '0' : 0;
		ns = digits < MS_DIGITS ? 0 : ns * 10 + digit;
		if (!is_digit)
			length = at;
	}
	return ns;
}

/* How much of the text is its time and the blank behind it. */
static size_t read_stamp(const char *text, size_t length, int64_t *ret_wall_ns)
{
	int64_t wall_ms;
	bool has_zone = false;
	size_t used = parse_rfc3339(text, length, &wall_ms, &has_zone);
	if (!used || !has_zone || used >= length || text[used] != ' ' || wall_ms < 0 ||
		wall_ms > INT64_MAX / NS_PER_MS - 1)
		return 0;
	*ret_wall_ns = wall_ms * NS_PER_MS + finer_ns(text, used);
	return used + 1;
}

/* ---- lines ---- */

static void give(struct docker_log *log, unsigned stream, size_t length)
{
	struct docker_log_part *part = &log->parts[stream];
	if (length && part->line.text[length - 1] == '\r')
		length--;
	log->take(log->context, &(struct docker_log_line){.stream = stream,
					.wall_ns = part->wall_ns,
					.text = length ? part->line.text : "",
					.length = length,
					.is_cut = part->is_cut});
}

/* False: not all of it has room. */
static bool add(struct str *to, const char *bytes, size_t length)
{
	size_t room = TEXT_BYTES_MAX - to->length;
	str_add(to, bytes, length < room ? length : room);
	return length <= room;
}

static void begin(struct docker_log_part *part)
{
	str_clear(&part->line);
	part->is_cut = false;
}

static void add_to_line(struct docker_log_part *part, const char *bytes, size_t length)
{
	if (!add(&part->line, bytes, length))
		part->is_cut = true;
}

static void end_line(struct docker_log *log, unsigned stream)
{
	give(log, stream, log->parts[stream].line.length);
	begin(&log->parts[stream]);
}

/* Its time goes, and what it ends is given out. */
static void take_piece(struct docker_log *log, unsigned stream)
{
	struct docker_log_part *part = &log->parts[stream];
	size_t stamp = 0;
	if (!log->is_long) {
		log->wall_ns = INT64_MIN;
		stamp = read_stamp(log->text.text, log->text.length, &log->wall_ns);
	}
	const char *at = log->text.text + stamp, *end = log->text.text + log->text.length;
	if (!part->line.length)
		part->wall_ns = log->wall_ns;
	for (const char *newline; (newline = memchr(at, '\n', (size_t)(end - at)));
		at = newline + 1) {
		add_to_line(part, at, (size_t)(newline - at));
		end_line(log, stream);
		part->wall_ns = log->wall_ns;
	}
	add_to_line(part, at, (size_t)(end - at));
	str_clear(&log->text);
}

/* The text is whole. */
static void take_text(struct docker_log *log, unsigned stream)
{
	const struct docker_log_part *part = &log->parts[stream];
	take_piece(log, stream);
	if (log->is_long && part->is_cut && part->line.length)
		end_line(log, stream); /* nobody writes on at a line of that length */
	log->is_long = false;
}

/* One that is longer than a line may be is taken piece by piece. */
static void add_to_text(struct docker_log *log, unsigned stream, const char *bytes, size_t length)
{
	while (length) {
		size_t room = TEXT_BYTES_MAX - log->text.length;
		size_t taken = length < room ? length : room;
		str_add(&log->text, bytes, taken);
		bytes += taken;
		length -= taken;
		if (length) {
			take_piece(log, stream);
			log->is_long = true;
		}
	}
}

/* ---- frames ---- */

/* Three zeros, and a stream that there is. */
static bool is_header(const struct docker_log *log)
{
	const unsigned char *header = log->header;
	return header[0] < DOCKER_LOG_STREAMS && !header[1] && !header[2] && !header[3];
}

static size_t take_header(struct docker_log *log, const char *bytes, size_t length)
{
	size_t wanted = sizeof(log->header) - log->header_length;
	size_t taken = length < wanted ? length : wanted;
	memcpy(log->header + log->header_length, bytes, taken);
	log->header_length += taken;
	const unsigned char *size = log->header + 4;
	log->left = (uint32_t)size[0] << 24 | (uint32_t)size[1] << 16 | (uint32_t)size[2] << 8 |
		    size[3];
	return taken;
}

static bool feed_frames(struct docker_log *log, const char *bytes, size_t length)
{
	while (length) {
		size_t taken;
		if (log->header_length < sizeof(log->header)) {
			taken = take_header(log, bytes, length);
			if (log->header_length < sizeof(log->header))
				return true;
			if (!is_header(log))
				return false;
		} else {
			taken = length < log->left ? length : log->left;
			add_to_text(log, log->header[0], bytes, taken);
			log->left -= (uint32_t)taken;
		}
		bytes += taken;
		length -= taken;
		if (log->header_length == sizeof(log->header) && !log->left) {
			log->header_length = 0;
			take_text(log, log->header[0]);
		}
	}
	return true;
}

static void feed_raw(struct docker_log *log, const char *bytes, size_t length)
{
	const char *end = bytes + length;
	for (const char *newline; (newline = memchr(bytes, '\n', (size_t)(end - bytes)));
		bytes = newline + 1) {
		add_to_text(log, 0, bytes, (size_t)(newline + 1 - bytes));
		take_text(log, 0);
	}
	add_to_text(log, 0, bytes, (size_t)(end - bytes));
}

bool docker_log_feed(struct docker_log *log, const char *bytes, size_t length)
{
	if (!log->is_raw)
		return feed_frames(log, bytes, length);
	feed_raw(log, bytes, length);
	return true;
}

void docker_log_end(struct docker_log *log, bool is_whole)
{
	if (is_whole && log->is_raw && log->text.length)
		take_text(log, 0);
	for (unsigned i = 0; i < DOCKER_LOG_STREAMS; i++) {
		if (is_whole && log->parts[i].line.length)
			give(log, i, log->parts[i].line.length);
		begin(&log->parts[i]);
	}
	str_clear(&log->text);
	log->is_long = false;
	log->header_length = 0;
	log->left = 0;
}
