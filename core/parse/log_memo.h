/* SPDX-License-Identifier: MIT */
/*
 * What is remembered of the lines of one source, because the next one is made alike: the keys of a JSON
 * object in the order in which they came, the second in which a line was written, and what stands between the time of a line
 * for people and its message. It makes reading
 * faster and changes no result. Zeroed at the start of a source; of one thread at a time.
 */
#ifndef BOTSWAIN_PARSE_LOG_MEMO_H
#define BOTSWAIN_PARSE_LOG_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/format.h"
#include "core/parse/log_level.h"

enum {
	LOG_MEMO_KEYS = 16,
	LOG_MEMO_WAYS = 2,  /* lines of two kinds may alternate */
	LOG_MEMO_WORDS = 3, /* of eight bytes: what is longer is not remembered */
	LOG_MEMO_HEADS = 64,
	LOG_MEMO_LEVELS = 32,
	LOG_MEMO_HEAD_BYTES = 16,
};

/* "key": as it stood in a line, from behind what came before it up to its value. */
struct log_memo_key {
	uint64_t words[LOG_MEMO_WORDS], masks[LOG_MEMO_WORDS];
	uint8_t length;      /* 0: nothing is remembered */
	uint8_t place, role; /* where it stood, and what its value is for */
};

/* ` INFO `: what stands behind the time up to its level and the byte behind that. */
struct log_memo_head {
	uint64_t words[2], masks[2];
	uint8_t level; /* LOG_LEVEL_NONE: nothing is remembered */
};

/* info: a level in small letters, as one number. */
struct log_memo_word {
	uint64_t packed;
	uint8_t level; /* LOG_LEVEL_NONE: nothing is remembered */
};

struct log_memo {
	struct log_memo_key keys[LOG_MEMO_KEYS][LOG_MEMO_WAYS];
	uint8_t next_way[LOG_MEMO_KEYS];
	struct second_memo second;
	struct log_memo_head heads[LOG_MEMO_HEADS];
	struct log_memo_word words[LOG_MEMO_LEVELS];
};

/* The one of the `nth` key that stands at the start of `text`, at `place`; NULL: it is another. */
const struct log_memo_key *log_memo_find(
	const struct log_memo *memo, size_t nth, unsigned place, const char *text, size_t length);
/* The level that a head says which stands at the start of `text`; LOG_LEVEL_NONE: it is none that is remembered. */
enum log_level log_memo_level(const struct log_memo *memo, const char *text, size_t length);
/* The first `used` bytes of `text` are the head; what is too long or too near to the end is not remembered. */
void log_memo_keep_level(
	struct log_memo *memo, const char *text, size_t length, size_t used, enum log_level level);
/* As log_level_read_packed() has it; LOG_LEVEL_NONE: it is no level. */
enum log_level log_memo_word(struct log_memo *memo, uint64_t packed, size_t length);
/* `text` is the whole of the `nth` key. */
void log_memo_keep(struct log_memo *memo, size_t nth, unsigned place, unsigned role,
	const char *text, size_t length);

#endif
