/* SPDX-License-Identifier: MIT */
/* Access to a field of a message by its description. Only core/msg includes this. */
#ifndef BOTSWAIN_MSG_INTERNAL_H
#define BOTSWAIN_MSG_INTERNAL_H

#include <stdlib.h>
#include "core/msg/msg.h"

/* The description of a kind that must exist: anything else is a programmer's mistake. */
static inline const struct msg_info *known(enum msg_kind kind)
{
	const struct msg_info *info = msg_info(kind);
	if (!info)
		abort();
	return info;
}

static inline void *field_at(const struct msg_field *field, void *body)
{
	return (char *)body + field->offset;
}

static inline const void *field_of(const struct msg_field *field, const void *body)
{
	return (const char *)body + field->offset;
}

static inline size_t *count_at(const struct msg_field *field, void *body)
{
	return (size_t *)(void *)((char *)body + field->count_offset);
}

static inline size_t count_of(const struct msg_field *field, const void *body)
{
	return *(const size_t *)(const void *)((const char *)body + field->count_offset);
}

/* The i-th element of a LIST field. */
static inline const void *element_of(const struct msg_field *field, const void *body, size_t i)
{
	const char *list = *(const char *const *)field_of(field, body);
	return list + i * known(field->kind)->size;
}

/* Most strings of most messages are empty: those share one. */
extern char msg_no_text[1];

static inline void free_text(char *text)
{
	if (text != msg_no_text)
		free(text);
}

static inline const char *text_of(const struct msg_field *field, const void *body)
{
	const char *text = *(char *const *)field_of(field, body);
	return text ? text : "";
}

#endif
