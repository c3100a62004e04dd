/* SPDX-License-Identifier: MIT */
/*
 * Each link keeps a replica of its own, as if it were the only one: an engine's complete state replaces what was known of
 * that engine alone. What changed in a replica is copied into the common model, by revision. A screen on one engine has no
 * common model: the replica is it.
 */
#include "tui/links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"

struct member {
	struct link *link;
	struct model *replica;
	uint64_t seen;               /* revision up to which the common model has it */
	char wish[WAY_NAME_MAX + 8]; /* the name that was asked for; "": the engine's environment */
	char name[WAY_NAME_MAX + 8];
};

struct links {
	struct member members[LINKS_MAX];
	size_t count;
	struct model *common; /* NULL: only one link */
};

struct links *links_over(struct link *link)
{
	struct links *links = xcalloc(1, sizeof(*links));
	links->members[0].link = link;
	links->members[0].replica = model_new();
	links->count = 1;
	return links;
}

struct links *links_new(const struct settings *settings, const struct ways *ways, const char *kind)
{
	struct links *links =
		links_over(link_new(settings, ways->count ? ways->list[0] : NULL, kind));
	for (size_t i = 0; i < ways->count; i++) {
		char name[WAY_NAME_MAX];
		client_tunnel_name(ways->list[i], name);
		if (i > 0)
			links_add(links, name, link_new(settings, ways->list[i], kind));
		else
			(void)copy_text(links->members[0].wish, WAY_NAME_MAX, name);
	}
	return links;
}

struct links *links_past(const struct links *links)
{
	struct links *past = NULL;
	for (size_t i = 0; i < links->count; i++) {
		const struct member *member = &links->members[i];
		const char *name = links->count > 1 ? member->name : member->wish;
		struct link *link = link_past(member->link);
		if (!link) {
			links_free(past);
			return NULL;
		}
		if (past)
			links_add(past, name, link);
		else
			past = links_over(link);
		(void)copy_text(past->members[i].wish, sizeof(member->wish), name);
	}
	return past;
}

void links_free(struct links *links)
{
	if (!links)
		return;
	for (size_t i = 0; i < links->count; i++) {
		link_free(links->members[i].link);
		model_free(links->members[i].replica);
	}
	model_free(links->common);
	free(links);
}

void links_recall(struct links *links, int64_t now_wall_ms, int64_t now_mono_ms)
{
	struct member *only = &links->members[0];
	if (links->count == 1)
		(void)link_recall(only->link, only->replica, now_wall_ms, now_mono_ms);
}

size_t links_count(const struct links *links)
{
	return links->count;
}

struct link *links_at(const struct links *links, size_t index)
{
	return links->members[index].link;
}

const struct model *links_model(const struct links *links)
{
	return links->common ? links->common : links->members[0].replica;
}

struct model *links_model_edit(struct links *links)
{
	return links->common ? links->common : links->members[0].replica;
}

/* ---- names ---- */

static bool is_taken(const struct links *links, size_t below, const char *name)
{
	for (size_t i = 0; i < below; i++)
		if (strcmp(links->members[i].name, name) == 0)
			return true;
	return false;
}

/* Until a socket's engine has said how its fleet is called it has a number. */
static void name_one(struct links *links, size_t index)
{
	struct member *member = &links->members[index];
	const struct msg_engine *engine = model_engine(member->replica);
	const char *base = member->wish[0] ? member->wish : engine ? engine->environment : "";
	char name[sizeof(member->name)];
	(void)print_text(name, sizeof(name), "%.*s", WAY_NAME_MAX - 1, base);
	if (!name[0])
		(void)print_text(name, sizeof(name), "engine-%zu", index + 1);
	for (int n = 2; is_taken(links, index, name); n++)
		(void)print_text(name, sizeof(name), "%.*s-%d", WAY_NAME_MAX - 1, base, n);
	memcpy(member->name, name, sizeof(name));
}

static void name_all(struct links *links)
{
	for (size_t i = 0; i < links->count; i++)
		name_one(links, i);
}

const char *links_name(const struct links *links, size_t index)
{
	return index < links->count ? links->members[index].name : "";
}

size_t links_find(const struct links *links, const char *name)
{
	size_t at = 0;
	while (at < links->count && strcmp(links->members[at].name, name) != 0)
		at++;
	return at;
}

void links_add(struct links *links, const char *name, struct link *link)
{
	struct member *member = &links->members[links->count++];
	member->link = link;
	member->replica = model_new();
	(void)copy_text(member->wish, sizeof(member->wish), name);
	if (!links->common)
		links->common = model_new();
	name_all(links);
}

/* ---- what engines know ---- */

static void tag_bot(void *body, size_t link)
{
	struct msg_bot *bot = body;
	bot->busy_op = links_id(link, bot->busy_op);
}

static void tag_alert(void *body, size_t link)
{
	struct msg_alert *alert = body;
	alert->target = links_id(link, alert->target);
}

static void tag_operation(void *body, size_t link)
{
	struct msg_operation *operation = body;
	for (size_t i = 0; i < operation->steps_count; i++)
		operation->steps[i].target = links_id(link, operation->steps[i].target);
}

/* The entities that name others. */
static const struct {
	enum msg_kind kind;
	void (*tag)(void *body, size_t link);
} references[] = {{MSG_bot, tag_bot}, {MSG_alert, tag_alert}, {MSG_operation, tag_operation}};

static void copy_entity(struct links *links, size_t index, const struct entity *entity)
{
	uint64_t id = links_id(index, entity->id);
	if (!entity->body) {
		(void)model_remove(links->common, entity->kind, id);
		return;
	}
	void *body = msg_copy(entity->kind, entity->body);
	*(uint64_t *)body = id; /* the first field of every entity */
	for (size_t i = 0; i < COUNT_OF(references); i++)
		if (references[i].kind == entity->kind)
			references[i].tag(body, index);
	(void)model_put_if_changed(links->common, entity->kind, body);
}

/* What left so long ago that the replica no longer says so. */
static void remove_forgotten(struct links *links, size_t index, enum msg_kind kind)
{
	size_t count;
	const void *const *bodies = model_list(links->common, kind, &count);
	autofree uint64_t *ids = xcalloc(count + 1, sizeof(*ids));
	for (size_t i = 0; i < count; i++)
		ids[i] = *(const uint64_t *)bodies[i];
	for (size_t i = 0; i < count; i++)
		if (links_of(ids[i]) == index &&
			!model_find(links->members[index].replica, kind, links_raw(ids[i])))
			(void)model_remove(links->common, kind, ids[i]);
}

static void merge(struct links *links, size_t index)
{
	struct member *member = &links->members[index];
	const struct model *replica = member->replica;
	for (unsigned kind = MODEL_KIND_FIRST;
		member->seen < model_forgotten(replica) && kind <= MODEL_KIND_LAST; kind++)
		remove_forgotten(links, index, (enum msg_kind)kind);
	for (const struct entity *entity = model_newer(replica, member->seen); entity;
		entity = entity->newer)
		copy_entity(links, index, entity);
	member->seen = model_rev(replica);
	name_all(links);
}

/* ---- the turn ---- */

struct heard {
	links_take *take;
	void *context;
	size_t link;
};

static void hear(void *context, enum msg_kind kind, const void *body)
{
	const struct heard *heard = context;
	if (heard->take)
		heard->take(heard->context, heard->link, kind, body);
}

uint32_t links_step(struct links *links, int64_t now_mono_ms, links_take *take, void *context)
{
	uint32_t turned = 0;
	for (size_t i = 0; i < links->count; i++) {
		struct member *member = &links->members[i];
		struct heard heard = {take, context, i};
		if (!link_step(member->link, member->replica, now_mono_ms, hear, &heard))
			continue;
		turned |= UINT32_C(1) << i;
		if (links->common)
			merge(links, i);
	}
	return turned;
}
