/* SPDX-License-Identifier: MIT */
/* Which pages are asked for: those that the roster names, each going on where it was when that changes. */
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/roster.h"
#include "core/collect/target_files.h"
#include "core/collect/web.h"
#include "core/conf/settings.h"
#include "core/conf/targets.h"

struct web_list {
	const struct web_kind *kind; /* of what is being added */
	const struct target_files *files;
	struct web_page **pages;
	size_t count, capacity;
};

static const struct web_kind *const kinds[] = {
#define WEB(name) &web_##name,
#include "core/collect/web.def"
#undef WEB
};

static struct web_page *add(struct web_list *list, const struct web_place *place)
{
	struct web_page *page = xcalloc(1, sizeof(*page));
	page->kind = list->kind;
	page->next = *place;
	page->timer.owner = page;
	list->pages = grow(list->pages, list->count, &list->capacity, sizeof(struct web_page *));
	list->pages[list->count++] = page;
	return page;
}

void web_add(struct web_list *list, const struct web_place *place)
{
	(void)add(list, place);
}

/* Its name is ENTRY/ADDRESS; both texts are the page's own. */
static void add_target(struct web_list *list, const struct conf_scrape *scrape,
	const struct web_place *place, const struct target *target)
{
	struct web_page *page = add(list, place);
	autofree char *url = url_of_target(scrape->url, target->address);
	page->own = xasprintf("%s/%s%c%s", scrape->name, target->address, '\0', url);
	page->next.name = page->own;
	page->next.url = page->own + strlen(page->own) + 1;
	page->next.target = target;
}

void web_add_targets(
	struct web_list *list, const struct conf_scrape *scrape, const struct web_place *place)
{
	size_t count;
	const struct target *targets = target_files_list(list->files, scrape, &count);
	for (size_t i = 0; i < count; i++)
		add_target(list, scrape, place, &targets[i]);
}

void web_page_free(struct web_page *page)
{
	free(page->own);
	free(page);
}

void web_bare_url(char *to, size_t size, const char *url)
{
	size_t length = strcspn(url, "?#");
	if (length >= size)
		length = size - 1;
	memcpy(to, url, length);
	to[length] = '\0';
}

static int by_identity(const void *one, const void *other)
{
	const struct web_page *const *a = one, *const *b = other;
	int order = strcmp((*a)->kind->name, (*b)->kind->name);
	if (!order)
		order = strcmp((*a)->next.name, (*b)->next.name);
	return order ? order : strcmp((*a)->next.bot, (*b)->next.bot);
}

static bool same_text(const char *one, const char *other)
{
	return strcmp(one, other) == 0;
}

static bool same_target(const struct target *one, const struct target *other)
{
	return one && other ? same_text(one->labels_text, other->labels_text) : one == other;
}

/* It can go on: the same is asked of the same server as often. What is expected may differ. */
static bool is_same(const struct web_place *one, const struct web_place *other)
{
	return same_text(one->url, other->url) && same_text(one->socket, other->socket) &&
	       same_text(one->ca_file, other->ca_file) && same_text(one->bot, other->bot) &&
	       one->interval_ms == other->interval_ms && same_target(one->target, other->target);
}

static struct web_page *find(const struct web_pages *pages, const struct web_page *wanted)
{
	for (size_t i = 0; i < pages->count; i++) {
		struct web_page *page = pages->list[i];
		if (!page->is_kept && page->kind == wanted->kind &&
			same_text(page->place.name, wanted->next.name) &&
			is_same(&page->place, &wanted->next))
			return page;
	}
	return NULL;
}

/* Of two with one name and bot the first counts. */
static size_t drop_doubles(struct web_list *list)
{
	size_t kept = 0;
	if (list->count)
		qsort(list->pages, list->count, sizeof(struct web_page *), by_identity);
	for (size_t i = 0; i < list->count; i++) {
		if (kept && by_identity(&list->pages[kept - 1], &list->pages[i]) == 0)
			web_page_free(list->pages[i]);
		else
			list->pages[kept++] = list->pages[i];
	}
	return kept;
}

static void list_all(const struct roster *roster, struct web_list *list)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		list->kind = kinds[i];
		kinds[i]->list(roster, list);
	}
	list->count = drop_doubles(list);
}

/* What is asked goes on; what it is called and what is expected are the new ones. */
static void keep(struct web_page *old, struct web_page **page)
{
	old->is_kept = true;
	old->next = (*page)->next;
	old->next_own = (*page)->own;
	free(*page);
	*page = old;
}

static void enter_place(struct web_page *page)
{
	page->place = page->next;
	if (page->is_kept) {
		free(page->own);
		page->own = page->next_own;
		page->next_own = NULL;
	}
}

void web_pages_set(struct web_pages *pages, struct roster *roster, const struct target_files *files,
	void (*begin)(void *context, struct web_page *page),
	void (*end)(void *context, struct web_page *page), void *context)
{
	struct web_list list = {.files = files};
	list_all(roster, &list);
	for (size_t i = 0; i < pages->count; i++)
		pages->list[i]->is_kept = false;
	for (size_t i = 0; i < list.count; i++) {
		struct web_page *old = find(pages, list.pages[i]);
		if (old)
			keep(old, &list.pages[i]);
	}
	for (size_t i = 0; i < pages->count; i++)
		if (!pages->list[i]->is_kept)
			end(context, pages->list[i]);
	for (size_t i = 0; i < list.count; i++) {
		struct web_page *page = list.pages[i];
		enter_place(page);
		if (!page->is_kept)
			begin(context, page);
	}
	free(pages->list);
	roster_unref(pages->roster);
	*pages = (struct web_pages){.list = list.pages, .count = list.count, .roster = roster};
}
