/* SPDX-License-Identifier: MIT */
/*
 * What is known: entities (msg.def kinds 16-31) by kind and id. The engine owns one and changes it;
 * each screen holds a replica that model_apply() fills. Every change gives the entity a new
 * revision from one counter, and the entities are linked in order of revision: what a client has
 * not seen is what is newer than its mark, so an update is state, never a delta, and the latest
 * wins. One thread owns a model.
 */
#ifndef BOTSWAIN_MODEL_MODEL_H
#define BOTSWAIN_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/msg/msg.h"

enum { MODEL_KIND_FIRST = 16, MODEL_KIND_LAST = 31, MODEL_TOMBSTONES_MAX = 4096 };

/* Worst last, so that max() works on it. Letters: . w ! ? x (reference: docs/states.md). */
enum severity { SEVERITY_OK, SEVERITY_STOPPED, SEVERITY_UNKNOWN, SEVERITY_WARN, SEVERITY_CRIT };

/* True for the kinds that a model holds. */
static inline bool is_entity(unsigned kind)
{
	return kind >= MODEL_KIND_FIRST && kind <= MODEL_KIND_LAST;
}

struct entity {
	enum msg_kind kind;
	uint64_t id, rev;
	uint64_t
		whole_rev; /* of the last change that was more than a pulse (pulse.h) or figures (figures.h) */
	void *body;                   /* struct msg_<kind>; NULL: gone (a tombstone) */
	struct entity *older, *newer; /* by revision */
};

struct model;

struct model *model_new(void) MUST_CHECK;
void model_free(struct model *model); /* NULL is legal */

/* Puts an entity's new state; takes ownership of `body`, whose rev is set. Engine: the model gives
 * the revision. */
struct entity *model_put(struct model *model, enum msg_kind kind, void *body);
/* As model_put(), but an equal state (revision aside) is freed and changes nothing: returns false.
 */
bool model_put_if_changed(struct model *model, enum msg_kind kind, void *body);
/* Screen: applies a decoded entity, `pulse` or `gone` message; takes ownership of the body. Others are
 * freed: false. */
bool model_apply(struct model *model, struct msg_any message);
/* The entity leaves; a tombstone tells the clients. False when it was not there. */
bool model_remove(struct model *model, enum msg_kind kind, uint64_t id);
/* Engine: the body of an entity, to be changed in place; the change becomes visible with
 * model_touch(). */
void *model_edit(struct model *model, enum msg_kind kind, uint64_t id);
void model_touch(struct model *model, enum msg_kind kind, uint64_t id);

/* NULL when there is none. Valid until the next change of this entity. */
const void *model_find(const struct model *model, enum msg_kind kind, uint64_t id);
/* The bodies of a kind, ordered by id; valid until the next put, apply or remove of this kind. */
const void *const *model_list(const struct model *model, enum msg_kind kind, size_t *ret_count);
/* The last revision given; anything newer than a client's mark is dirty for it. */
uint64_t model_rev(const struct model *model);
/* What was changed last is not to wait for more (an alert that begins): who has not seen this revision is told at once. */
void model_hurry(struct model *model);
uint64_t model_hurried(const struct model *model);
/* The revision of the newest tombstone that was dropped for want of room: a mark older than this needs
 * everything again. */
uint64_t model_forgotten(const struct model *model);
/* The oldest entity (or tombstone) newer than `rev`; go on with ->newer. NULL: nothing. */
const struct entity *model_newer(const struct model *model, uint64_t rev);

/* Typed views: `const struct msg_bot *bot = model_bot(model, id)`. */
#define MODEL_VIEW(kind)                                                                           \
	static inline const struct msg_##kind *model_##kind(                                       \
		const struct model *model, uint64_t id)                                            \
	{                                                                                          \
		return (const struct msg_##kind *)model_find(model, MSG_##kind, id);               \
	}
MODEL_VIEW(bot)
MODEL_VIEW(source)
MODEL_VIEW(service)
MODEL_VIEW(alert)
MODEL_VIEW(operation)
MODEL_VIEW(verb)
MODEL_VIEW(stream)
MODEL_VIEW(backup)
MODEL_VIEW(check)
static inline const struct msg_engine *model_engine(const struct model *model)
{
	return (const struct msg_engine *)model_find(model, MSG_engine, 1);
}

/*
 * Typed lists, ordered by id; valid until the next put, apply or remove of the kind:
 *   size_t count; const struct msg_bot *const *bots = model_bots(model, &count);
 */
#define MODEL_LIST(kind, plural)                                                                   \
	static inline const struct msg_##kind *const *model_##plural(                              \
		const struct model *model, size_t *ret_count)                                      \
	{                                                                                          \
		return (const struct msg_##kind *const *)model_list(model, MSG_##kind, ret_count); \
	}
MODEL_LIST(bot, bots)
MODEL_LIST(source, sources)
MODEL_LIST(service, services)
MODEL_LIST(alert, alerts)
MODEL_LIST(operation, operations)
MODEL_LIST(verb, verbs)
MODEL_LIST(stream, streams)
MODEL_LIST(backup, backups)
MODEL_LIST(check, checks)

/* Of a consumer group; of the stream itself: `group` "". */
uint64_t model_stream_id(const char *service, const char *name, const char *group);

#endif
