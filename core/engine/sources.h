/* SPDX-License-Identifier: MIT */
/* Sources and services of the model, by kind and name. Engine thread. */
#ifndef BOTSWAIN_ENGINE_SOURCES_H
#define BOTSWAIN_ENGINE_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct msg_service;
struct msg_source;

struct source_facts {
	uint64_t id;
	char reported[24];     /* the state of its last report */
	int64_t heard_mono_ms; /* when that came */
};

struct sources {
	struct source_facts *list;
	size_t count, room;
};

/* entity_id(scope, "kind/name") */
uint64_t source_id(const char *scope, const char *kind, const char *name);
/* Found or made; valid until the next call. */
struct source_facts *sources_facts(struct engine *engine, uint64_t id);
/* The draft of a source or a service, made when it is new: `checking`, every figure unknown. */
struct msg_source *source_draft(struct engine *engine, const char *kind, const char *name);
struct msg_service *service_draft(struct engine *engine, const char *kind, const char *name);
/* The source whose state decides over this service; NULL: none. */
const struct msg_source *source_of_service(
	const struct engine *engine, const struct msg_service *service);
/* It is gone, or was silent, as its worker hangs: all series that it told of end. */
void source_end(const struct engine *engine, const char *kind, const char *name, bool was_silent);
/* Takes the figures out of a service whose source does not answer. */
void refresh_service(struct engine *engine, struct msg_service *service);

#endif
