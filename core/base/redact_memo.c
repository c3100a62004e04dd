/* SPDX-License-Identifier: MIT */
#include "core/base/redact_memo.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/base/mem.h"
#include "core/base/redact.h"

enum { PLACES = 1024 };

__extension__ typedef unsigned __int128 wide;

struct redact_memo {
	const struct redactor *redactor; /* a reference: another one has another address */
	uint64_t seeds[2];
	uint64_t clean[PLACES]; /* each in the one place that its low bits name; 0: none */
};

struct redact_memo *redact_memo_new(void)
{
	struct redact_memo *memo = xcalloc(1, sizeof(*memo));
	if (getrandom(memo->seeds, sizeof(memo->seeds), 0) != (ssize_t)sizeof(memo->seeds))
		abort(); /* it cannot fail for so few bytes: getrandom(2) */
	return memo;
}

void redact_memo_free(struct redact_memo *memo)
{
	if (memo)
		redactor_unref(memo->redactor);
	free(memo);
}

static inline uint64_t mix(uint64_t a, uint64_t b)
{
	wide product = (wide)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t mark_of(const struct redact_memo *memo, const char *bytes, size_t length)
{
	uint64_t mark = memo->seeds[0] ^ length, word;
	for (; length >= sizeof(word); bytes += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		mark = mix(mark ^ word, memo->seeds[1] | 1);
	}
	word = 0;
	memcpy(&word, bytes, length);
	mark = mix(mark ^ word, memo->seeds[1] | 1);
	return mix(mark, memo->seeds[0] | 1) | 1;
}

static void serve(struct redact_memo *memo, const struct redactor *redactor)
{
	redactor_unref(memo->redactor);
	memo->redactor = redactor_ref(redactor);
	memset(memo->clean, 0, sizeof(memo->clean));
}

size_t redact_once(struct redact_memo *memo, const struct redactor *redactor, struct str *to,
	const char *bytes, size_t length)
{
	if (memo->redactor != redactor)
		serve(memo, redactor);
	uint64_t mark = mark_of(memo, bytes, length);
	uint64_t *place = &memo->clean[mark >> 1 & (PLACES - 1)];
	if (*place == mark)
		return 0;
	size_t found = redact(redactor, to, bytes, length, 0);
	if (!found)
		*place = mark;
	return found;
}
