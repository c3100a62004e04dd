/* SPDX-License-Identifier: MIT */
#include "core/collect/scrape_about.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/scrape_series.h"
#include "core/parse/prom_text.h"
#include "core/series/metadata.h"

enum { LINES_MAX = 3 * METADATA_MAX, TEXT_BYTES = 512 };

/* Where names to keep are given, only families that have some. */
static bool is_wanted(const struct scrape_rules *rules, struct prom_span family)
{
	for (size_t i = 0; i < rules->name_count; i++)
		if (strncmp(rules->names[i], family.text, family.length) == 0)
			return true;
	return !rules->name_count;
}

/* \\ and \" are what stands behind the stroke; a new line is a blank. */
static void resolve(struct prom_span text, struct str *to)
{
	for (size_t i = 0; i < text.length; i++) {
		char ch = text.text[i];
		bool is_escape = ch == '\\' && i + 1 < text.length &&
				 strchr("\\\"n", text.text[i + 1]) && text.text[i + 1];
		if (is_escape)
			ch = text.text[++i] == 'n' ? ' ' : text.text[i];
		str_addch(to, ch);
	}
}

static void tell(const struct scrape_about *about, enum prom_about what, struct prom_span family,
	struct prom_span text)
{
	autostr struct str name = STR_INIT, said = STR_INIT;
	char clean[TEXT_BYTES];
	resolve(family, &name);
	resolve(text, &said);
	about->rules->clean(about->rules->context, said.text, clean, sizeof(clean));
	const struct metadata_word word = {.help = what == PROM_ABOUT_HELP ? clean : NULL,
		.type = what == PROM_ABOUT_TYPE ? clean : NULL,
		.unit = what == PROM_ABOUT_UNIT ? clean : NULL};
	metadata_set(about->metadata, name.text, &word);
}

static void hear(
	void *context, enum prom_about what, struct prom_span family, struct prom_span text)
{
	struct scrape_about *about = context;
	size_t bytes = (size_t)(text.text + text.length - family.text);
	uint64_t line = hash64_wide(family.text, bytes) ^ what;
	if (about->next >= LINES_MAX)
		return;
	size_t at = about->next++;
	if (at < about->count && about->lines[at] == line)
		return;
	if (at == about->count)
		about->lines =
			grow(about->lines, about->count++, &about->room, sizeof(*about->lines));
	about->lines[at] = line;
	if (is_wanted(about->rules, family))
		tell(about, what, family, text);
}

void scrape_about_begin(struct scrape_about *about, struct prom_reader *reader,
	struct metadata *metadata, const struct scrape_rules *rules)
{
	about->next = 0;
	about->metadata = metadata;
	about->rules = rules;
	if (!metadata)
		return;
	reader->about = hear;
	reader->about_context = about;
}

void scrape_about_release(struct scrape_about *about)
{
	free(about->lines);
	*about = (struct scrape_about){.lines = NULL};
}
