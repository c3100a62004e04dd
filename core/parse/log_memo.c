/* SPDX-License-Identifier: MIT */
#include "core/parse/log_memo.h"

#include <string.h>

static bool stands(const struct log_memo_key *key, const char *text, size_t length)
{
	for (size_t i = 0; i * sizeof(uint64_t) < key->length; i++) {
		uint64_t word;
		if ((i + 1) * sizeof(word) > length)
			return false; /* too near to the end of the line for a look at eight bytes */
		memcpy(&word, text + i * sizeof(word), sizeof(word));
		if ((word & key->masks[i]) != key->words[i])
			return false;
	}
	return true;
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
