/* SPDX-License-Identifier: MIT */
#include "core/base/redact.h"

#include <ctype.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/redact_scan.h"
#include "core/base/redact_shape.h"
#include "core/base/secret.h"
#include "core/base/utf8.h"
#include "core/base/width.h"

/*
 * Known secrets are found by their first bytes: most places are passed over 64 at a time (redact_scan.h), a bitmap over the
 * first two decides at most of the others, a hash table over the first six finds the few that may start here.
 */
enum {
	SECRET_MIN = 6,
	CUT_BACK = 256, /* so far before an ellipsis a secret may begin */
	CUT_MIN = 4,    /* this much of a known secret at a cut end counts */
	PAIRS = 1 << 16,
};

struct known {
	char *bytes;
	size_t length;
	size_t next; /* in its bucket, index + 1 */
};

struct redactor {
	atomic_size_t users;
	struct known *known;
	size_t count, capacity;
	size_t *buckets, bucket_mask; /* index + 1 of the first known secret */
	size_t longest;
	uint8_t pairs[PAIRS / CHAR_BIT];
	struct redact_scan scan;
};

struct redactor *redactor_new(void)
{
	struct redactor *redactor = xcalloc(1, sizeof(*redactor));
	atomic_init(&redactor->users, 1);
	redact_scan_init(&redactor->scan);
	return redactor;
}

/* The count is the one thing of a sealed redactor that changes. */
static struct redactor *counted(const struct redactor *redactor)
{
	return (struct redactor *)(uintptr_t)redactor;
}

struct redactor *redactor_ref(const struct redactor *redactor)
{
	if (redactor)
		atomic_fetch_add(&counted(redactor)->users, 1);
	return counted(redactor);
}

void redactor_unref(const struct redactor *redactor)
{
	struct redactor *mine = counted(redactor);
	if (!mine || atomic_fetch_sub(&mine->users, 1) != 1)
		return;
	for (size_t i = 0; i < mine->count; i++) {
		wipe(mine->known[i].bytes, mine->known[i].length);
		free(mine->known[i].bytes);
	}
	free(mine->known);
	free(mine->buckets);
	free(mine);
}

static void add_known(struct redactor *redactor, const char *bytes, size_t length)
{
	if (length < SECRET_MIN)
		return;
	redactor->known = grow(
		redactor->known, redactor->count, &redactor->capacity, sizeof(*redactor->known));
	redactor->known[redactor->count++] =
		(struct known){.bytes = xmemdup(bytes, length), .length = length};
	if (length > redactor->longest)
		redactor->longest = length;
}

/* The same secret as URLs and JSON write it. */
static void add_encoded(struct redactor *redactor, const char *secret, size_t length)
{
	autostr struct str url = STR_INIT;
	autostr struct str json = STR_INIT;
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)secret[i];
		if (isalnum(byte) || (byte && strchr("-._~", byte)))
			str_addch(&url, secret[i]);
		else
			str_addf(&url, "%%%02X", byte);
		if (byte == '"' || byte == '\\')
			str_addch(&json, '\\');
		str_addch(&json, secret[i]);
	}
	if (url.length != length)
		add_known(redactor, url.text, url.length);
	if (json.length != length)
		add_known(redactor, json.text, json.length);
	wipe(url.text, url.length);
	wipe(json.text, json.length);
}

bool redactor_add(struct redactor *redactor, const char *secret, size_t length)
{
	int64_t id;
	if (length < SECRET_MIN)
		return false;
	if (token_check(secret, length, &id, NULL)) {
		const char *part = (const char *)memchr(secret, ':', length) + 1;
		add_known(redactor, part, length - (size_t)(part - secret));
		return true;
	}
	add_known(redactor, secret, length);
	add_encoded(redactor, secret, length);
	return true;
}

static size_t hash(const char *bytes)
{
	uint64_t value = 0;
	memcpy(&value, bytes, SECRET_MIN);
	value *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(value >> 32);
}

static inline unsigned pair_of(const char *bytes)
{
	return (unsigned)(unsigned char)bytes[0] << 8 | (unsigned char)bytes[1];
}

void redactor_seal(struct redactor *redactor)
{
	size_t buckets = 8;
	while (buckets < redactor->count * 2)
		buckets *= 2;
	redactor->buckets = xcalloc(buckets, sizeof(*redactor->buckets));
	redactor->bucket_mask = buckets - 1;
	for (size_t i = 0; i < redactor->count; i++) {
		struct known *known = &redactor->known[i];
		unsigned pair = pair_of(known->bytes);
		size_t *bucket = &redactor->buckets[hash(known->bytes) & redactor->bucket_mask];
		redactor->pairs[pair / CHAR_BIT] |= (uint8_t)(1u << pair % CHAR_BIT);
		redact_scan_add(&redactor->scan, known->bytes);
		known->next = *bucket;
		*bucket = i + 1;
	}
}

/* Without a time that depends on where they differ. */
static bool same_bytes(const struct known *one, const struct known *other)
{
	unsigned char differ = 0;
	if (one->length != other->length)
		return false;
	for (size_t i = 0; i < one->length; i++)
		differ |= (unsigned char)(one->bytes[i] ^ other->bytes[i]);
	return !differ;
}

bool redactor_equal(const struct redactor *one, const struct redactor *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (!same_bytes(&one->known[i], &other->known[i]))
			return false;
	return true;
}

size_t redactor_bytes(const struct redactor *redactor)
{
	if (!redactor)
		return 0;
	size_t bytes = sizeof(*redactor) + redactor->capacity * sizeof(*redactor->known) +
		       (redactor->bucket_mask + 1) * sizeof(*redactor->buckets);
	for (size_t i = 0; i < redactor->count; i++)
		bytes += redactor->known[i].length;
	return bytes;
}

/* Whether a known secret begins with these two bytes. */
static inline bool may_start(const struct redactor *redactor, const char *bytes)
{
	unsigned pair = pair_of(bytes);
	return redactor->pairs[pair / CHAR_BIT] & 1u << pair % CHAR_BIT;
}

/* The length of the longest known secret that starts at `bytes` (of at least SECRET_MIN), 0 if none does. */
static size_t known_at(const struct redactor *redactor, const char *bytes, size_t length)
{
	size_t longest = 0;
	for (size_t i = redactor->buckets[hash(bytes) & redactor->bucket_mask]; i;
		i = redactor->known[i - 1].next) {
		const struct known *known = &redactor->known[i - 1];
		if (known->length > longest && known->length <= length &&
			memcmp(known->bytes, bytes, known->length) == 0)
			longest = known->length;
	}
	return longest;
}

/* Where a known secret starts that the end of the text cuts off; `length` when none does. */
static size_t cut_start(const struct redactor *redactor, const char *bytes, size_t length)
{
	size_t at = length > redactor->longest ? length - redactor->longest : 0;
	for (; at + CUT_MIN <= length; at++) {
		for (size_t i = 0; i < redactor->count; i++) {
			const struct known *known = &redactor->known[i];
			size_t left = length - at;
			if (left < known->length && memcmp(known->bytes, bytes + at, left) == 0)
				return at;
		}
	}
	return length;
}

/* What one pass over a text found: spans in order, none touching the next. */
struct finds {
	struct span *spans;
	size_t count, capacity;
};

/* Adds a span and joins it with those that it overlaps; later triggers may announce earlier spans.
 */
static void add_find(struct finds *finds, struct span span)
{
	size_t at = finds->count;
	while (at > 0 && finds->spans[at - 1].start > span.start)
		at--;
	if (at > 0 && finds->spans[at - 1].end >= span.start)
		at--;
	size_t last = at;
	for (; last < finds->count && finds->spans[last].start <= span.end; last++) {
		if (finds->spans[last].start < span.start)
			span.start = finds->spans[last].start;
		if (finds->spans[last].end > span.end)
			span.end = finds->spans[last].end;
	}
	finds->spans = grow(finds->spans, finds->count, &finds->capacity, sizeof(*finds->spans));
	memmove(finds->spans + at + 1, finds->spans + last, (finds->count - last) * sizeof(span));
	finds->spans[at] = span;
	finds->count = finds->count - (last - at) + 1;
}

static bool is_inside(const struct finds *finds, size_t at)
{
	return finds->count && at < finds->spans[finds->count - 1].end &&
	       at >= finds->spans[finds->count - 1].start;
}

/* What begins at this place. */
static void look_at(const struct redactor *redactor, const struct shape_text *text, size_t at,
	struct finds *ret_finds)
{
	const char *bytes = text->bytes + at;
	size_t left = text->length - at;
	struct span span;
	bool may = redactor && left >= SECRET_MIN && may_start(redactor, bytes);
	size_t size = may ? known_at(redactor, bytes, left) : 0;
	if (size)
		add_find(ret_finds, (struct span){at, at + size});
	if (redact_is_trigger(text->bytes, at) &&
		redact_shape(text, at, is_inside(ret_finds, at), &span))
		add_find(ret_finds, span);
}

/* Looks at every place where something may begin, also inside what was found: a find may begin in one and end behind it.
 * False: nothing in it is a character that shows nothing, or an ellipsis (of what was looked at: with `first_only` not
 * more than up to a find). */
static bool search(const struct redactor *redactor, const char *bytes, size_t length, bool is_cut,
	bool first_only, struct finds *ret_finds)
{
	const struct shape_text text = {.bytes = bytes,
		.length = length,
		.is_cut = is_cut,
		.last_word = is_cut ? redact_last_word(bytes, length) : length};
	const struct redact_scan *scan = redactor ? &redactor->scan : redact_scan_bare();
	bool may_hide = false;
	for (size_t from = 0; from < length; from += REDACT_SCAN_PLACES) {
		uint64_t places = redact_scan(scan, bytes, length, from, &may_hide);
		for (; places && !(first_only && ret_finds->count); places &= places - 1)
			look_at(redactor, &text, from + (size_t)__builtin_ctzll(places), ret_finds);
	}
	bool knows = redactor && redactor->count;
	size_t cut = knows && is_cut ? cut_start(redactor, bytes, length) : length;
	if (cut < length)
		add_find(ret_finds, (struct span){cut, length});
	return may_hide;
}

/* ---- parted by what nobody sees ---- */

/* As sanitize() names it: <U+200B>. */
static unsigned named_at(const char *bytes, size_t length)
{
	static const char start[] = "<U+";
	unsigned digits = 0, first = sizeof(start) - 1;
	if (length < first || memcmp(bytes, start, first) != 0)
		return 0;
	while (digits < 7 && first + digits < length &&
		isxdigit((unsigned char)bytes[first + digits]))
		digits++;
	bool closes = digits >= 4 && digits < 7 && first + digits < length &&
		      bytes[first + digits] == '>';
	return closes ? first + digits + 1 : 0;
}

/* A character that shows nothing, which a reader's eye takes for not there; 0: none is here. */
static unsigned unseen_at(const char *bytes, size_t length)
{
	if (*bytes == '<')
		return named_at(bytes, length);
	if ((unsigned char)*bytes < 0x80 ||
		!strchr("\xc2\xcd\xd8\xe1\xe2\xe3\xef\xf0\xf3", *bytes) || !*bytes)
		return 0; /* the first bytes that such characters have */
	struct utf8_char now = utf8_next(bytes, length);
	return now.valid && code_is_hidden(now.code) ? now.size : 0;
}

enum { AT_ONCE = 8 };

/* Of eight bytes one may begin something unseen: it is `<`, or no ASCII. */
static bool may_be_unseen(const char *bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t word;
	memcpy(&word, bytes, sizeof(word));
	uint64_t other = word ^ ones * '<';
	return ((other - ones) & ~other & tops) | (word & tops);
}

static bool has_unseen(const char *bytes, size_t length)
{
	for (size_t at = 0; at < length; at++) {
		while (length - at >= AT_ONCE && !may_be_unseen(bytes + at))
			at += AT_ONCE;
		if (at < length && unseen_at(bytes + at, length - at))
			return true;
	}
	return false;
}

/* Searches the text as it looks without them; what is found there covers them too. */
static void search_joined(const struct redactor *redactor, const char *bytes, size_t length,
	bool is_cut, bool first_only, struct finds *ret_finds)
{
	struct finds finds = {0};
	autofree char *seen = xcalloc(length + 1, 1);
	autofree size_t *places = xcalloc(length + 1, sizeof(*places));
	size_t count = 0;
	for (size_t at = 0, unseen; at < length; at += unseen ? unseen : 1) {
		unseen = unseen_at(bytes + at, length - at);
		if (unseen)
			continue;
		places[count] = at;
		seen[count++] = bytes[at];
	}
	(void)search(redactor, seen, count, is_cut, first_only, &finds);
	for (size_t i = 0; i < finds.count; i++)
		add_find(ret_finds, (struct span){places[finds.spans[i].start],
					    places[finds.spans[i].end - 1] + 1});
	free(finds.spans);
	wipe(seen, count);
}

/* Before an ellipsis a text was cut: what starts like a secret there counts as one. */
static void search_cuts(
	const struct redactor *redactor, const char *bytes, size_t length, struct finds *ret_finds)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	const char *at = bytes, *end = bytes + length, *found;
	while ((found = memmem(at, (size_t)(end - at), ellipsis, sizeof(ellipsis) - 1))) {
		size_t cut = (size_t)(found - bytes), from = cut > CUT_BACK ? cut - CUT_BACK : 0;
		struct finds finds = {0};
		(void)search(redactor, bytes + from, cut - from, true, false, &finds);
		for (size_t i = 0; i < finds.count; i++)
			if (from + finds.spans[i].end == cut)
				add_find(
					ret_finds, (struct span){from + finds.spans[i].start, cut});
		free(finds.spans);
		at = found + sizeof(ellipsis) - 1;
	}
}

static void find(const struct redactor *redactor, const char *bytes, size_t length, bool is_cut,
	bool first_only, struct finds *ret_finds)
{
	if (!search(redactor, bytes, length, is_cut, first_only, ret_finds))
		return;
	if (has_unseen(bytes, length) && !(first_only && ret_finds->count))
		search_joined(redactor, bytes, length, is_cut, first_only, ret_finds);
	if (!(first_only && ret_finds->count))
		search_cuts(redactor, bytes, length, ret_finds);
}

static void rewrite(struct str *to, const char *bytes, size_t length, const struct finds *finds)
{
	size_t copied = 0;
	for (size_t i = 0; i < finds->count; i++) {
		str_add(to, bytes + copied, finds->spans[i].start - copied);
		str_adds(to, REDACTED);
		copied = finds->spans[i].end;
	}
	str_add(to, bytes + copied, length - copied);
}

/* A replacement may complete another shape (a quote inside a known secret); a few rounds settle it.
 */
enum { ROUNDS_MAX = 8 };

size_t redact(const struct redactor *redactor, struct str *to, const char *bytes, size_t length,
	unsigned flags)
{
	size_t start = to->length, total = 0;
	struct finds finds = {0};
	find(redactor, bytes, length, flags & REDACT_CUT, false, &finds);
	rewrite(to, bytes, length, &finds);
	for (int round = 1; finds.count && round < ROUNDS_MAX; round++) {
		autostr struct str before = STR_INIT;
		total += finds.count;
		finds.count = 0;
		str_add(&before, to->text + start, to->length - start);
		find(redactor, before.text, before.length, flags & REDACT_CUT, false, &finds);
		str_truncate(to, start);
		rewrite(to, before.text, before.length, &finds);
		wipe(before.text, before.length);
	}
	free(finds.spans);
	return total;
}

bool redact_has_candidate(const struct redactor *redactor, const char *bytes, size_t length)
{
	struct finds finds = {0};
	find(redactor, bytes, length, false, true, &finds);
	free(finds.spans);
	return finds.count > 0;
}
