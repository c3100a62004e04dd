/* SPDX-License-Identifier: MIT */
#include "core/series/metadata.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/id_map.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/utf8.h"

enum { NAME_MAX_BYTES = 512 };

struct family {
	char *name, *help, *unit; /* NULL: not told */
	const char *type;
};

struct metadata {
	pthread_mutex_t filling; /* held while it is filled; taken before the other */
	void (*fill)(struct metadata *metadata);
	pthread_mutex_t lock;
	struct id_map places; /* by the hash of a name, in the list */
	struct family *list;
	size_t count, room, bytes;
};

struct metadata *metadata_new(void)
{
	struct metadata *metadata = xcalloc(1, sizeof(*metadata));
	pthread_mutex_init(&metadata->filling, NULL);
	pthread_mutex_init(&metadata->lock, NULL);
	return metadata;
}

void metadata_free(struct metadata *metadata)
{
	if (!metadata)
		return;
	for (size_t i = 0; i < metadata->count; i++) {
		free(metadata->list[i].name);
		free(metadata->list[i].help);
		free(metadata->list[i].unit);
	}
	free(metadata->list);
	id_map_release(&metadata->places);
	pthread_mutex_destroy(&metadata->filling);
	pthread_mutex_destroy(&metadata->lock);
	free(metadata);
}

static const char *type_of(const char *word)
{
	static const char *const types[] = {
		"counter", "gauge", "histogram", "summary", "gaugehistogram", "info", "stateset"};
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (strcmp(types[i], word) == 0)
			return types[i];
	return "unknown";
}

/* ---- writing ---- */

static uint64_t key_of(const char *name, size_t length)
{
	return hash64_wide(name, length);
}

/* NULL: it is not there. Two names of one key: the first has it. */
static struct family *find(const struct metadata *metadata, const char *name, size_t length)
{
	size_t place;
	if (!id_map_find(&metadata->places, key_of(name, length), &place))
		return NULL;
	struct family *family = &metadata->list[place];
	return strlen(family->name) == length && !memcmp(family->name, name, length) ? family
										     : NULL;
}

static bool has_room(const struct metadata *metadata, size_t bytes)
{
	return metadata->bytes + bytes <= METADATA_BYTES;
}

static struct family *add(struct metadata *metadata, const char *name)
{
	size_t length = strlen(name), bytes = length + 1 + sizeof(struct family);
	if (metadata->count >= METADATA_MAX || length > NAME_MAX_BYTES ||
		!has_room(metadata, bytes) ||
		!id_map_add(&metadata->places, key_of(name, length), metadata->count))
		return NULL;
	metadata->list =
		grow(metadata->list, metadata->count, &metadata->room, sizeof(*metadata->list));
	metadata->bytes += bytes;
	metadata->list[metadata->count] = (struct family){.name = xstrdup(name), .type = ""};
	return &metadata->list[metadata->count++];
}

static void set_text(struct metadata *metadata, char **to, const char *text, size_t most)
{
	size_t whole = strlen(text), before = *to ? strlen(*to) + 1 : 0;
	size_t length = whole <= most ? whole : utf8_cut(text, whole, most);
	if (*to && strlen(*to) == length && !memcmp(*to, text, length))
		return;
	if (!has_room(metadata, length + 1))
		return;
	free(*to);
	*to = xstrndup(text, length);
	metadata->bytes += length + 1 - before;
}

static void set(struct metadata *metadata, const char *family, const struct metadata_word *word,
	bool is_offer)
{
	const size_t unit_max = sizeof(((struct metadata_told *)0)->unit) - 1;
	pthread_mutex_lock(&metadata->lock);
	struct family *known = find(metadata, family, strlen(family));
	struct family *to = known ? known : add(metadata, family);
	if (to && word->type && !(is_offer && *to->type))
		to->type = type_of(word->type);
	if (to && word->help && !(is_offer && to->help))
		set_text(metadata, &to->help, word->help, METADATA_HELP_MAX);
	if (to && word->unit && !(is_offer && to->unit))
		set_text(metadata, &to->unit, word->unit, unit_max);
	pthread_mutex_unlock(&metadata->lock);
}

void metadata_set(struct metadata *metadata, const char *family, const struct metadata_word *word)
{
	set(metadata, family, word, false);
}

void metadata_offer(struct metadata *metadata, const char *family, const struct metadata_word *word)
{
	set(metadata, family, word, true);
}

void metadata_fill_later(struct metadata *metadata, void (*fill)(struct metadata *metadata))
{
	metadata->fill = fill;
}

/* Who comes meanwhile waits for it. */
static void fill_once(struct metadata *metadata)
{
	pthread_mutex_lock(&metadata->filling);
	if (metadata->fill)
		metadata->fill(metadata);
	metadata->fill = NULL;
	pthread_mutex_unlock(&metadata->filling);
}

/* ---- reading ---- */

/* What a sample of a family of that type may be named besides; "": any. */
static const struct suffix {
	const char *text, *types;
	bool counts;
} suffixes[] = {
	{"_total", "counter", true},
	{"_created", "counter histogram summary", false},
	{"_bucket", "histogram", true},
	{"_count", "histogram summary", true},
	{"_sum", "histogram summary", true},
	{"_bucket", "gaugehistogram", false},
	{"_gcount", "gaugehistogram", false},
	{"_gsum", "gaugehistogram", false},
	{"_info", "info", false},
};

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = words; length && (at = strstr(at, word)); at += length)
		if ((at == words || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' '))
			return true;
	return false;
}

/* The family of one of its parts. */
static const struct family *find_part(
	const struct metadata *metadata, const char *metric, bool *ret_counts)
{
	size_t length = strlen(metric);
	for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
		size_t tail = strlen(suffixes[i].text);
		if (length <= tail || strcmp(metric + length - tail, suffixes[i].text) != 0)
			continue;
		const struct family *family = find(metadata, metric, length - tail);
		if (!family || !has_word(suffixes[i].types, family->type))
			continue;
		*ret_counts = suffixes[i].counts;
		return family;
	}
	return NULL;
}

bool metadata_find(struct metadata *metadata, const char *metric, struct metadata_told *ret)
{
	bool counts = false;
	fill_once(metadata);
	pthread_mutex_lock(&metadata->lock);
	const struct family *family = find(metadata, metric, strlen(metric));
	if (family)
		counts = strcmp(family->type, "counter") == 0;
	else
		family = find_part(metadata, metric, &counts);
	if (family) {
		ret->type = family->type;
		ret->counts = counts;
		(void)copy_text(ret->help, sizeof(ret->help), family->help ? family->help : "");
		(void)copy_text(ret->unit, sizeof(ret->unit), family->unit ? family->unit : "");
	}
	pthread_mutex_unlock(&metadata->lock);
	return family != NULL;
}
