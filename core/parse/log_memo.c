/* SPDX-License-Identifier: MIT */
#include "core/parse/log_memo.h"

#include <string.h>

static inline bool is_word(const struct log_memo_key *key, const char *text, size_t at)
{
	uint64_t word;
	memcpy(&word, text + at * sizeof(word), sizeof(word));
	return (word & key->masks[at]) == key->words[at];
}

/* False also when it stands too near to the end of the line for a look at eight bytes. */
static inline bool stands(const struct log_memo_key *key, const char *text, size_t length)
{
	size_t words = (key->length + sizeof(uint64_t) - 1) / sizeof(uint64_t);
	if (words * sizeof(uint64_t) > length || !is_word(key, text, 0))
		return false;
	return words == 1 || (is_word(key, text, 1) && (words == 2 || is_word(key, text, 2)));
}

const struct log_memo_key *log_memo_find(
	const struct log_memo *memo, size_t nth, unsigned place, const char *text, size_t length)
{
	if (nth >= LOG_MEMO_KEYS)
		return NULL;
	for (size_t way = 0; way < LOG_MEMO_WAYS; way++) {
		const struct log_memo_key *key = &memo->keys[nth][way];
		if (key->length && key->place == place && stands(key, text, length))
			return key;
	}
	return NULL;
}

void log_memo_keep(struct log_memo *memo, size_t nth, unsigned place, unsigned role,
	const char *text, size_t length)
{
	if (nth >= LOG_MEMO_KEYS || length > LOG_MEMO_WORDS * sizeof(uint64_t))
		return;
	struct log_memo_key *key = &memo->keys[nth][memo->next_way[nth]];
	memo->next_way[nth] = (uint8_t)((memo->next_way[nth] + 1) % LOG_MEMO_WAYS);
	*key = (struct log_memo_key){
		.length = (uint8_t)length, .place = (uint8_t)place, .role = (uint8_t)role};
	memcpy(key->words, text, length);
	memset(key->masks, 0xff, length);
}

struct head {
	uint64_t words[2];
};

static struct head head_at(const char *text)
{
	struct head head;
	memcpy(&head, text, sizeof(head));
	return head;
}

static size_t slot_of(struct head head)
{
	return (head.words[0] * UINT64_C(0x9e3779b97f4a7c15) >> 32) % LOG_MEMO_HEADS;
}

enum log_level log_memo_level(const struct log_memo *memo, const char *text, size_t length)
{
	if (length < LOG_MEMO_HEAD_BYTES)
		return LOG_LEVEL_NONE;
	struct head head = head_at(text);
	const struct log_memo_head *known = &memo->heads[slot_of(head)];
	bool is_same = (head.words[0] & known->masks[0]) == known->words[0] &&
		       (head.words[1] & known->masks[1]) == known->words[1];
	return is_same ? (enum log_level)known->level : LOG_LEVEL_NONE;
}

void log_memo_keep_level(
	struct log_memo *memo, const char *text, size_t length, size_t used, enum log_level level)
{
	if (length < LOG_MEMO_HEAD_BYTES || used > LOG_MEMO_HEAD_BYTES)
		return;
	struct log_memo_head *known = &memo->heads[slot_of(head_at(text))];
	*known = (struct log_memo_head){.level = (uint8_t)level};
	memcpy(known->words, text, used);
	memset(known->masks, 0xff, used);
}

enum log_level log_memo_word(struct log_memo *memo, uint64_t packed, size_t length)
{
	enum log_level level = LOG_LEVEL_NONE;
	size_t slot = (packed * UINT64_C(0x9e3779b97f4a7c15) >> 32) % LOG_MEMO_LEVELS;
	struct log_memo_word *known = &memo->words[slot];
	if (known->level && known->packed == packed)
		return (enum log_level)known->level;
	if (log_level_read_packed(packed, length, &level))
		*known = (struct log_memo_word){packed, (uint8_t)level};
	return level;
}
