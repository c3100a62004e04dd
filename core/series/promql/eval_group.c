/* SPDX-License-Identifier: MIT */
#include "core/series/promql/eval_group.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/series/labels.h"

/* ---- which labels ---- */

static int by_name(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

void label_choice_init(
	struct label_choice *choice, bool is_listed, char *const *names, size_t count)
{
	*choice = (struct label_choice){.is_listed = is_listed, .no_name = !is_listed};
	if (!count)
		return;
	choice->names = xreallocarray(NULL, count, sizeof(*choice->names));
	for (size_t i = 0; i < count; i++)
		choice->names[i] = names[i];
	choice->count = count;
	qsort(choice->names, count, sizeof(*choice->names), by_name);
}

void label_choice_release(struct label_choice *choice)
{
	free(choice->names);
	*choice = (struct label_choice){0};
}

static bool is_name(const char *label)
{
	return *label == '_' && strcmp(label, LABEL_NAME) == 0;
}

bool label_choice_takes(const struct label_choice *choice, const char *name)
{
	bool is_there = false;
	if (choice->no_name && is_name(name))
		return false;
	for (size_t i = 0; i < choice->count && !is_there; i++)
		is_there = *choice->names[i] == *name && strcmp(choice->names[i], name) == 0;
	return is_there == choice->is_listed;
}

size_t label_choice_pick(
	const struct label_choice *choice, const struct labels *labels, struct label *to)
{
	size_t count = 0;
	for (size_t i = 0; i < labels_count(labels); i++) {
		const struct label *label = labels_at(labels, i);
		if (label_choice_takes(choice, label->name))
			to[count++] = *label;
	}
	return count;
}

/* A wide product whose halves are folded. */
static uint64_t fold(uint64_t hash, uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)(hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* ---- memo ---- */

struct memo_entry {
	const struct labels *labels;
	uint32_t number;
};

static size_t slot_of(const struct memo *memo, const struct labels *labels)
{
	size_t at = (size_t)fold((uintptr_t)labels, HASH64_BEGIN) & (memo->slot_count - 1);
	while (memo->slots[at] && memo->list[memo->slots[at] - 1].labels != labels)
		at = (at + 1) & (memo->slot_count - 1);
	return at;
}

static void memo_widen(struct memo *memo)
{
	enum { FIRST = 64 };
	memo->slot_count = memo->slot_count ? memo->slot_count * 2 : FIRST;
	free(memo->slots);
	memo->slots = xcalloc(memo->slot_count, sizeof(*memo->slots));
	for (size_t i = 0; i < memo->count; i++)
		memo->slots[slot_of(memo, memo->list[i].labels)] = (uint32_t)i + 1;
}

void memo_release(struct memo *memo)
{
	free(memo->list);
	free(memo->slots);
	*memo = (struct memo){0};
}

uint32_t *memo_find(struct memo *memo, const struct labels *labels)
{
	if (!memo->count)
		return NULL;
	if (memo->next == memo->count)
		memo->next = 0;
	if (memo->list[memo->next].labels != labels) {
		uint32_t place = memo->slots[slot_of(memo, labels)];
		if (!place)
			return NULL;
		memo->next = place - 1;
	}
	return &memo->list[memo->next++].number;
}

void memo_put(struct memo *memo, const struct labels *labels, uint32_t number)
{
	uint32_t *known = memo_find(memo, labels);
	if (known) {
		*known = number;
		return;
	}
	if ((memo->count + 1) * 2 > memo->slot_count)
		memo_widen(memo);
	memo->list = grow(memo->list, memo->count, &memo->capacity, sizeof(*memo->list));
	memo->slots[slot_of(memo, labels)] = (uint32_t)memo->count + 1;
	memo->list[memo->count++] = (struct memo_entry){.labels = labels, .number = number};
}

/* ---- groups ---- */

static struct label_choice choice_with(const struct grouping *grouping, bool no_name)
{
	struct label_choice choice = grouping->choice;
	choice.no_name = choice.no_name || no_name;
	return choice;
}

/* Eight bytes at a time. */
static uint64_t mix(uint64_t hash, const char *text)
{
	size_t length = strlen(text);
	uint64_t word;
	for (hash += length; length >= sizeof(word); text += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		hash = fold(hash, word);
	}
	word = 0;
	memcpy(&word, text, length);
	return fold(hash, word);
}

static uint64_t hash_of(const struct label_choice *choice, const struct labels *labels)
{
	uint64_t hash = HASH64_BEGIN;
	for (size_t i = 0; i < labels_count(labels); i++) {
		const struct label *label = labels_at(labels, i);
		if (label_choice_takes(choice, label->name))
			hash = mix(mix(hash, label->name), label->value);
	}
	return hash;
}

static const struct label *next_of(
	const struct label_choice *choice, const struct labels *labels, size_t *at)
{
	while (*at < labels_count(labels)) {
		const struct label *label = labels_at(labels, (*at)++);
		if (label_choice_takes(choice, label->name))
			return label;
	}
	return NULL;
}

static bool is_same(const struct label_choice *choice, const struct labels *one,
	const struct label_choice *other_choice, const struct labels *other)
{
	size_t at = 0, other_at = 0;
	if (one == other && choice->no_name == other_choice->no_name)
		return true;
	for (;;) {
		const struct label *label = next_of(choice, one, &at);
		const struct label *next = next_of(other_choice, other, &other_at);
		if (!label || !next)
			return !label && !next;
		if (strcmp(label->name, next->name) != 0 || strcmp(label->value, next->value) != 0)
			return false;
	}
}

static void widen(struct grouping *grouping)
{
	enum { FIRST = 64 };
	size_t count = grouping->slot_count ? grouping->slot_count * 2 : FIRST;
	free(grouping->slots);
	grouping->slots = xcalloc(count, sizeof(*grouping->slots));
	grouping->slot_count = count;
	for (size_t i = 0; i < grouping->count; i++) {
		size_t at = (size_t)grouping->list[i].hash & (count - 1);
		while (grouping->slots[at])
			at = (at + 1) & (count - 1);
		grouping->slots[at] = (uint32_t)i + 1;
	}
}

static uint32_t find(struct grouping *grouping, const struct labels *labels, bool no_name)
{
	struct label_choice choice = choice_with(grouping, no_name);
	uint64_t hash = grouping->is_whole ? labels_hash(labels) : hash_of(&choice, labels);
	if ((grouping->count + 1) * 2 > grouping->slot_count)
		widen(grouping);
	size_t at = (size_t)hash & (grouping->slot_count - 1);
	for (; grouping->slots[at]; at = (at + 1) & (grouping->slot_count - 1)) {
		const struct group_entry *entry = &grouping->list[grouping->slots[at] - 1];
		struct label_choice theirs = choice_with(grouping, entry->no_name);
		if (entry->hash == hash &&
			(grouping->is_whole ? labels_equal(labels, entry->first)
					    : is_same(&choice, labels, &theirs, entry->first)))
			return grouping->slots[at] - 1;
	}
	grouping->list =
		grow(grouping->list, grouping->count, &grouping->capacity, sizeof(*grouping->list));
	grouping->list[grouping->count] =
		(struct group_entry){.first = labels, .hash = hash, .no_name = no_name};
	grouping->slots[at] = (uint32_t)++grouping->count;
	return (uint32_t)grouping->count - 1;
}

uint32_t grouping_find(struct grouping *grouping, const struct labels *labels, bool no_name)
{
	if (grouping->count && grouping->choice.is_listed && !grouping->choice.count)
		return 0;
	struct memo *memo = no_name ? &grouping->nameless_memo : &grouping->memo;
	const uint32_t *known = grouping->is_remembered ? memo_find(memo, labels) : NULL;
	if (known)
		return *known;
	uint32_t number = find(grouping, labels, no_name);
	if (grouping->is_remembered)
		memo_put(memo, labels, number);
	return number;
}

void grouping_release(struct grouping *grouping)
{
	label_choice_release(&grouping->choice);
	memo_release(&grouping->memo);
	memo_release(&grouping->nameless_memo);
	free(grouping->list);
	free(grouping->slots);
	*grouping = (struct grouping){.count = 0};
}
