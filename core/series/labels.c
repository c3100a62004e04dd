/* SPDX-License-Identifier: MIT */
/* A head, the labels, then their names and values in one block; a reference is counted before the head, which stays const. */
#include "core/series/labels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/series/label_text.h"

enum { FEW_LABELS = 32 };

struct block;

struct labels {
	struct block *block; /* it begins there */
	uint64_t hash;
	size_t count, bytes;
	struct label list[];
};

struct block {
	atomic_size_t references;
	struct labels labels;
};

/* ---- hash: 8 bytes at a time, folded by a wide product ---- */

static const uint64_t mix_first = UINT64_C(0x9e3779b97f4a7c15),
		      mix_second = UINT64_C(0xd6e8feb86659fd93);

static uint64_t fold(uint64_t one, uint64_t other)
{
	unsigned __int128 product = (unsigned __int128)one * other;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The length goes in as well, so that no two sets run together. */
static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t length)
{
	uint64_t word = 0;
	hash = fold(hash ^ length ^ mix_second, mix_first);
	for (; length >= sizeof(word); bytes += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = fold(hash ^ word, mix_first) + mix_second;
	}
	word = 0;
	memcpy(&word, bytes, length);
	return fold(hash ^ word, mix_second);
}

/* ---- making ---- */

/* Where `name` is or belongs. Labels mostly come in order, so the end is looked at first. */
static size_t place_of(const struct label *list, size_t count, const char *name, bool *ret_is)
{
	size_t low = 0, high = count;
	*ret_is = false;
	if (count && strcmp(list[count - 1].name, name) < 0)
		return count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(list[middle].name, name);
		if (order == 0) {
			*ret_is = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Into `to` in order; how many. */
static size_t put_in_order(struct label *to, const struct label *list, size_t count)
{
	size_t used = 0, kept = 0;
	for (size_t i = 0; i < count; i++) {
		bool is_there;
		size_t at = place_of(to, used, list[i].name, &is_there);
		if (!is_there) {
			memmove(to + at + 1, to + at, (used - at) * sizeof(*to));
			used++;
		}
		to[at] = list[i];
	}
	for (size_t i = 0; i < used; i++) {
		if (*to[i].value)
			to[kept++] = to[i];
	}
	return kept;
}

static const char *put_text(char **at, const char *text, uint64_t *hash)
{
	size_t length = strlen(text);
	const char *put = memcpy(*at, text, length + 1);
	*hash = hash_bytes(*hash, text, length);
	*at += length + 1;
	return put;
}

static struct labels *make(const struct label *sorted, size_t count)
{
	const size_t head = sizeof(struct block) + count * sizeof(*sorted);
	size_t bytes = head;
	for (size_t i = 0; i < count; i++)
		bytes += strlen(sorted[i].name) + strlen(sorted[i].value) + 2;
	struct block *block = xmalloc(bytes);
	struct labels *labels = &block->labels;
	char *at = (char *)block + head;
	atomic_init(&block->references, 1);
	*labels = (struct labels){.block = block, .count = count, .bytes = bytes};
	uint64_t hash = mix_first;
	for (size_t i = 0; i < count; i++) {
		labels->list[i].name = put_text(&at, sorted[i].name, &hash);
		labels->list[i].value = put_text(&at, sorted[i].value, &hash);
	}
	labels->hash = hash;
	return labels;
}

struct labels *labels_new(const struct label *list, size_t count)
{
	struct label few[FEW_LABELS];
	autofree struct label *many =
		count > FEW_LABELS ? xreallocarray(NULL, count, sizeof(*many)) : NULL;
	struct label *sorted = many ? many : few;
	return make(sorted, put_in_order(sorted, list, count));
}

struct labels *labels_ref(const struct labels *labels)
{
	atomic_fetch_add_explicit(&labels->block->references, 1, memory_order_relaxed);
	return &labels->block->labels;
}

void labels_unref(const struct labels *labels)
{
	if (labels && atomic_fetch_sub(&labels->block->references, 1) == 1)
		free(labels->block);
}

/* ---- reading ---- */

size_t labels_count(const struct labels *labels)
{
	return labels->count;
}

const struct label *labels_at(const struct labels *labels, size_t index)
{
	return &labels->list[index];
}

const char *labels_get(const struct labels *labels, const char *name)
{
	for (size_t i = 0; i < labels->count; i++) {
		if (strcmp(labels->list[i].name, name) == 0)
			return labels->list[i].value;
	}
	return "";
}

uint64_t labels_hash(const struct labels *labels)
{
	return labels->hash;
}

bool labels_equal(const struct labels *one, const struct labels *other)
{
	return one == other || (one->hash == other->hash && one->bytes == other->bytes &&
				       labels_compare(one, other) == 0);
}

int labels_compare(const struct labels *one, const struct labels *other)
{
	for (size_t i = 0; i < one->count && i < other->count; i++) {
		int order = strcmp(one->list[i].name, other->list[i].name);
		if (!order)
			order = strcmp(one->list[i].value, other->list[i].value);
		if (order)
			return order;
	}
	return (one->count > other->count) - (one->count < other->count);
}

size_t labels_bytes(const struct labels *labels)
{
	return labels->bytes;
}

void labels_text(const struct labels *labels, struct str *to)
{
	const char *metric = labels_get(labels, LABEL_NAME);
	bool is_plain = is_plain_metric(metric);
	const char *between = "{";
	if (is_plain)
		str_adds(to, metric);
	if (*metric &&
		!is_plain) { /* a metric that needs quotes stands in the braces, without a name */
		str_addch(to, '{');
		quote_label_text(to, metric);
		between = ",";
	}
	for (size_t i = 0; i < labels->count; i++) {
		if (strcmp(labels->list[i].name, LABEL_NAME) == 0)
			continue;
		str_adds(to, between);
		add_label_name(to, labels->list[i].name);
		str_addch(to, '=');
		quote_label_text(to, labels->list[i].value);
		between = ",";
	}
	if (*between == ',')
		str_addch(to, '}');
	else if (!*metric)
		str_adds(to, "{}");
}
