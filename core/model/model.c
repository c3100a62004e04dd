/* SPDX-License-Identifier: MIT */
/*
 * One sorted array of entities a kind, and one list over all of them by revision. A lookup is a
 * binary search; with 10,000 bots that is 14 compares. Tombstones stay in the list until
 * MODEL_TOMBSTONES_MAX newer ones came; a client that was away longer gets everything again (its
 * mark is older than the oldest tombstone dropped).
 */
#include "core/model/model.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/model/figures.h"
#include "core/model/pulse.h"

enum { KINDS = MODEL_KIND_LAST - MODEL_KIND_FIRST + 1 };

struct shelf {
	struct entity **entities; /* sorted by id, no tombstones */
	const void **bodies;      /* the same order */
	size_t count, capacity, bodies_capacity;
};

struct model {
	struct shelf shelves[KINDS];
	struct entity *oldest, *newest;
	uint64_t rev, forgotten, hurried;
	size_t tombstones;
};

struct model *model_new(void)
{
	return xcalloc(1, sizeof(struct model));
}

static void free_entity(struct entity *entity)
{
	msg_free(entity->kind, entity->body);
	free(entity);
}

void model_free(struct model *model)
{
	if (!model)
		return;
	for (struct entity *next, *entity = model->oldest; entity; entity = next) {
		next = entity->newer;
		free_entity(entity);
	}
	for (size_t i = 0; i < KINDS; i++) {
		free(model->shelves[i].entities);
		free(model->shelves[i].bodies);
	}
	free(model);
}

static struct shelf *shelf_of(const struct model *model, enum msg_kind kind)
{
	if (!is_entity(kind))
		abort();
	return (struct shelf *)(uintptr_t)&model->shelves[(unsigned)kind - MODEL_KIND_FIRST];
}

static size_t place_of(const struct shelf *shelf, uint64_t id)
{
	size_t low = 0, high = shelf->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (shelf->entities[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct entity *find(const struct model *model, enum msg_kind kind, uint64_t id)
{
	const struct shelf *shelf = shelf_of(model, kind);
	size_t at = place_of(shelf, id);
	return at < shelf->count && shelf->entities[at]->id == id ? shelf->entities[at] : NULL;
}

static void unlink_entity(struct model *model, struct entity *entity)
{
	*(entity->older ? &entity->older->newer : &model->oldest) = entity->newer;
	*(entity->newer ? &entity->newer->older : &model->newest) = entity->older;
	entity->older = entity->newer = NULL;
}

static void link_newest(struct model *model, struct entity *entity)
{
	entity->older = model->newest;
	*(model->newest ? &model->newest->newer : &model->oldest) = entity;
	model->newest = entity;
}

static uint64_t *rev_field(void *body)
{
	return (uint64_t *)body + 1;
}

static uint64_t body_id(const void *body)
{
	return *(const uint64_t *)body;
}

static void stamp(struct model *model, struct entity *entity)
{
	entity->rev = entity->whole_rev = ++model->rev;
	if (entity->body)
		*rev_field(entity->body) = entity->rev;
}

static struct entity *insert(struct model *model, enum msg_kind kind, void *body)
{
	struct shelf *shelf = shelf_of(model, kind);
	uint64_t id = body_id(body);
	size_t at = place_of(shelf, id);
	struct entity *entity = xcalloc(1, sizeof(*entity));
	*entity = (struct entity){.kind = kind, .id = id, .body = body};
	shelf->entities =
		grow(shelf->entities, shelf->count, &shelf->capacity, sizeof(struct entity *));
	shelf->bodies = grow(shelf->bodies, shelf->count, &shelf->bodies_capacity, sizeof(void *));
	memmove(shelf->entities + at + 1, shelf->entities + at,
		(shelf->count - at) * sizeof(struct entity *));
	memmove(shelf->bodies + at + 1, shelf->bodies + at, (shelf->count - at) * sizeof(void *));
	shelf->entities[at] = entity;
	shelf->bodies[at] = body;
	shelf->count++;
	return entity;
}

/* Only the engine's model is asked what changed. */
static bool is_pulse(const struct entity *entity, const void *body)
{
	if (!entity->body || entity->body == body)
		return false;
	if (entity->kind == MSG_bot)
		return pulse_is_all(entity->body, body);
	return figures_are_all(entity->kind, entity->body, body);
}

static struct entity *put(struct model *model, enum msg_kind kind, void *body, bool asks)
{
	struct entity *entity = find(model, kind, body_id(body));
	uint64_t whole_rev = entity && asks && is_pulse(entity, body) ? entity->whole_rev : 0;
	if (entity) {
		struct shelf *shelf = shelf_of(model, kind);
		unlink_entity(model, entity);
		if (entity->body != body)
			msg_free(kind, entity->body);
		entity->body = body;
		shelf->bodies[place_of(shelf, entity->id)] = body;
	} else {
		entity = insert(model, kind, body);
	}
	link_newest(model, entity);
	stamp(model, entity);
	if (whole_rev)
		entity->whole_rev = whole_rev;
	return entity;
}

struct entity *model_put(struct model *model, enum msg_kind kind, void *body)
{
	return put(model, kind, body, true);
}

bool model_put_if_changed(struct model *model, enum msg_kind kind, void *body)
{
	const void *old = model_find(model, kind, body_id(body));
	if (old && msg_equal(kind, old, body, true)) {
		msg_free(kind, body);
		return false;
	}
	model_put(model, kind, body);
	return true;
}

void *model_edit(struct model *model, enum msg_kind kind, uint64_t id)
{
	struct entity *entity = find(model, kind, id);
	return entity ? entity->body : NULL;
}

void model_touch(struct model *model, enum msg_kind kind, uint64_t id)
{
	struct entity *entity = find(model, kind, id);
	if (!entity)
		return;
	unlink_entity(model, entity);
	link_newest(model, entity);
	stamp(model, entity);
}

static void drop_oldest_tombstone(struct model *model)
{
	for (struct entity *entity = model->oldest; entity; entity = entity->newer) {
		if (entity->body)
			continue;
		model->forgotten = entity->rev;
		unlink_entity(model, entity);
		free_entity(entity);
		model->tombstones--;
		return;
	}
}

bool model_remove(struct model *model, enum msg_kind kind, uint64_t id)
{
	struct entity *entity = find(model, kind, id);
	if (!entity)
		return false;
	struct shelf *shelf = shelf_of(model, kind);
	size_t at = place_of(shelf, id), after = --shelf->count - at;
	memmove(shelf->entities + at, shelf->entities + at + 1, after * sizeof(struct entity *));
	memmove(shelf->bodies + at, shelf->bodies + at + 1, after * sizeof(void *));
	msg_free(kind, entity->body);
	entity->body = NULL;
	unlink_entity(model, entity);
	link_newest(model, entity);
	stamp(model, entity);
	if (++model->tombstones > MODEL_TOMBSTONES_MAX)
		drop_oldest_tombstone(model);
	return true;
}

static bool apply_pulse(struct model *model, const struct msg_pulse *pulse)
{
	struct entity *entity = find(model, MSG_bot, pulse->id);
	if (!entity)
		return false;
	unlink_entity(model, entity);
	link_newest(model, entity);
	stamp(model, entity);
	pulse_give(pulse, entity->body);
	return true;
}

bool model_apply(struct model *model, struct msg_any message)
{
	if (message.kind == MSG_pulse) {
		bool known = apply_pulse(model, message.body);
		msg_any_release(&message);
		return known;
	}
	if (message.kind == MSG_gone) {
		struct msg_gone *gone = message.body;
		bool known = gone->kind <= MODEL_KIND_LAST && is_entity((unsigned)gone->kind) &&
			     model_remove(model, (enum msg_kind)gone->kind, gone->id);
		msg_any_release(&message);
		return known;
	}
	if (!is_entity(message.kind)) {
		msg_any_release(&message);
		return false;
	}
	uint64_t rev = *rev_field(message.body);
	struct entity *entity = put(model, message.kind, message.body, false);
	*rev_field(entity->body) = rev; /* the engine's revision: plans are bound to it */
	return true;
}

const void *model_find(const struct model *model, enum msg_kind kind, uint64_t id)
{
	const struct entity *entity = find(model, kind, id);
	return entity ? entity->body : NULL;
}

const void *const *model_list(const struct model *model, enum msg_kind kind, size_t *ret_count)
{
	const struct shelf *shelf = shelf_of(model, kind);
	*ret_count = shelf->count;
	return shelf->bodies;
}

uint64_t model_rev(const struct model *model)
{
	return model->rev;
}

void model_hurry(struct model *model)
{
	model->hurried = model->rev;
}

uint64_t model_hurried(const struct model *model)
{
	return model->hurried;
}

uint64_t model_forgotten(const struct model *model)
{
	return model->forgotten;
}

const struct entity *model_newer(const struct model *model, uint64_t rev)
{
	const struct entity *newer = model->newest, *older = model->oldest;
	if (!newer || newer->rev <= rev)
		return NULL;
	/* From both ends: a screen has all but the newest, who goes through everything in parts begins with the oldest. */
	for (; older->rev <= rev; older = older->newer, newer = newer->older)
		if (!newer->older || newer->older->rev <= rev)
			return newer;
	return older;
}
