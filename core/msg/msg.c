/* SPDX-License-Identifier: MIT */
/* The tables that msg.def expands to, and the life of a message. The wire form is codec.c, the text
 * form text.c. */
#include "core/msg/msg.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/msg/internal.h"

/* clang-format off */
#define SCALAR(m, t, f, h, T) {.name = #f, .help = h, .tag = t, .type = T, .offset = offsetof(struct msg_##m, f)},
#define VECTOR(m, t, f, h, T, K) {.name = #f, .help = h, .tag = t, .type = T, .offset = offsetof(struct msg_##m, f), \
	.count_offset = offsetof(struct msg_##m, f##_count), .kind = K},
#define MSG(name, number, help) static const struct msg_field fields_##name[] = {
#define U64(m, t, f, h) SCALAR(m, t, f, h, MSG_T_U64)
#define I64(m, t, f, h) SCALAR(m, t, f, h, MSG_T_I64)
#define TIME(m, t, f, h) SCALAR(m, t, f, h, MSG_T_TIME)
#define F64(m, t, f, h) SCALAR(m, t, f, h, MSG_T_F64)
#define BOOL(m, t, f, h) SCALAR(m, t, f, h, MSG_T_BOOL)
#define STR(m, t, f, h) SCALAR(m, t, f, h, MSG_T_STR)
#define STRS(m, t, f, h) VECTOR(m, t, f, h, MSG_T_STRS, MSG_none)
#define F64S(m, t, f, h) VECTOR(m, t, f, h, MSG_T_F64S, MSG_none)
#define LIST(m, t, f, k, h) VECTOR(m, t, f, h, MSG_T_LIST, MSG_##k)
#define END(name) };
#include "core/msg/msg.def"

/* One more that ends it: a message may own nothing. */
#define MSG(name, number, help) static const struct msg_field owned_##name[] = {
#define STR(m, t, f, h) SCALAR(m, t, f, h, MSG_T_STR)
#define STRS(m, t, f, h) VECTOR(m, t, f, h, MSG_T_STRS, MSG_none)
#define F64S(m, t, f, h) VECTOR(m, t, f, h, MSG_T_F64S, MSG_none)
#define LIST(m, t, f, k, h) VECTOR(m, t, f, h, MSG_T_LIST, MSG_##k)
#define END(n) {.name = NULL}};
#include "core/msg/msg.def"

/* Each number is greater than the one above it in msg.def, where _next is that one plus 1. */
#define MSG(n, number, h) ORDER_##n##_next, ORDER_##n = (number),
enum order {
#include "core/msg/msg.def"
};
#define MSG(n, number, h) _Static_assert((int)ORDER_##n >= (int)ORDER_##n##_next, \
	"msg.def: '" #n "' does not stand in the order of the numbers: move it below every message with a smaller one");
#include "core/msg/msg.def"

/* A tag that a message has twice is a "duplicate member" here. */
#define MSG(n, number, h) struct tags_##n {
#define U64(m, t, f, h) char tag_##t;
#define I64(m, t, f, h) char tag_##t;
#define TIME(m, t, f, h) char tag_##t;
#define F64(m, t, f, h) char tag_##t;
#define BOOL(m, t, f, h) char tag_##t;
#define STR(m, t, f, h) char tag_##t;
#define STRS(m, t, f, h) char tag_##t;
#define F64S(m, t, f, h) char tag_##t;
#define LIST(m, t, f, k, h) char tag_##t;
#define END(n) };
#include "core/msg/msg.def"

#define MSG(n, number, h) [number] = {.name = #n, .help = h, .kind = MSG_##n, .size = sizeof(struct msg_##n), \
	.fields = fields_##n, .field_count = COUNT_OF(fields_##n), \
	.owned = owned_##n, .owned_count = COUNT_OF(owned_##n) - 1},
static const struct msg_info infos[] = { /* by number, with gaps */
#include "core/msg/msg.def"
};
/* clang-format on */

const struct msg_info *msg_info_at(size_t index)
{
	for (size_t kind = 0; kind < COUNT_OF(infos); kind++)
		if (infos[kind].name && index-- == 0)
			return &infos[kind];
	return NULL;
}

const struct msg_info *msg_info(unsigned kind)
{
	return kind < COUNT_OF(infos) && infos[kind].name ? &infos[kind] : NULL;
}

const struct msg_info *msg_info_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(infos); i++)
		if (infos[i].name && strcmp(infos[i].name, name) == 0)
			return &infos[i];
	return NULL;
}

char msg_no_text[1];

void *msg_new(enum msg_kind kind)
{
	return xcalloc(1, known(kind)->size);
}

static void release_field(const struct msg_field *field, void *body)
{
	void **pointer = field_at(field, body);
	if (field->type == MSG_T_STRS)
		for (size_t i = 0; i < count_of(field, body); i++)
			free_text(((char **)*pointer)[i]);
	if (field->type == MSG_T_LIST)
		for (size_t i = 0; i < count_of(field, body); i++)
			msg_release(field->kind, (char *)*pointer + i * known(field->kind)->size);
	free_text(*pointer);
	*pointer = NULL;
	if (field->type != MSG_T_STR)
		*count_at(field, body) = 0;
}

void msg_release(enum msg_kind kind, void *body)
{
	const struct msg_info *info = known(kind);
	for (size_t i = 0; i < info->owned_count; i++)
		release_field(&info->owned[i], body);
	memset(body, 0, info->size);
}

void msg_free(enum msg_kind kind, void *body)
{
	if (!body)
		return;
	msg_release(kind, body);
	free(body);
}

void msg_any_release(struct msg_any *any)
{
	if (any->kind != MSG_none)
		msg_free(any->kind, any->body);
	*any = (struct msg_any){.kind = MSG_none};
}

static void copy_field(const struct msg_field *field, void *to)
{
	void **pointer = field_at(field, to);
	if (field->type == MSG_T_STR) {
		const char *text = *pointer;
		*pointer = text && *text ? xstrdup(text) : msg_no_text;
		return;
	}
	size_t count = count_of(field, to);
	if (field->type == MSG_T_F64S) {
		*pointer = count ? xmemdup(*pointer, count * sizeof(double)) : NULL;
	} else if (field->type == MSG_T_STRS) {
		char **old = *pointer, **strings = count ? xcalloc(count, sizeof(*strings)) : NULL;
		for (size_t i = 0; i < count; i++)
			strings[i] = xstrdup(old[i]);
		*pointer = strings;
	} else {
		size_t size = known(field->kind)->size;
		char *list = count ? xmemdup(*pointer, count * size) : NULL;
		const struct msg_info *info = known(field->kind);
		for (size_t i = 0; i < count; i++)
			for (size_t f = 0; f < info->owned_count; f++)
				copy_field(&info->owned[f], list + i * size);
		*pointer = list;
	}
}

void *msg_copy(enum msg_kind kind, const void *body)
{
	const struct msg_info *info = known(kind);
	void *copy = xmemdup(body, info->size);
	for (size_t i = 0; i < info->owned_count; i++)
		copy_field(&info->owned[i], copy);
	return copy;
}

void msg_complete(enum msg_kind kind, void *body)
{
	const struct msg_info *info = known(kind);
	for (size_t i = 0; i < info->owned_count; i++) {
		const struct msg_field *field = &info->owned[i];
		if (field->type == MSG_T_STR) {
			char **text = field_at(field, body);
			if (!*text)
				*text = msg_no_text;
		} else if (field->type == MSG_T_LIST) {
			char *list = *(char **)field_at(field, body);
			for (size_t e = 0; e < count_of(field, body); e++)
				msg_complete(field->kind, list + e * known(field->kind)->size);
		}
	}
}

/* What is not sent is the same as what is zero: -0 is 0, and no text is an empty one. */
static bool same_double(double a, double b)
{
	uint64_t bits_a, bits_b;
	memcpy(&bits_a, &a, sizeof(bits_a));
	memcpy(&bits_b, &b, sizeof(bits_b));
	bool zero_a = bits_a << 1 == 0, zero_b = bits_b << 1 == 0;
	return bits_a == bits_b || (zero_a && zero_b);
}

static bool same_fields(const struct msg_info *info, const void *a, const void *b, bool but_rev);

static bool same_element(const struct msg_field *field, const void *a, const void *b, size_t i)
{
	if (field->type == MSG_T_F64S)
		return same_double((*(double *const *)field_of(field, a))[i],
			(*(double *const *)field_of(field, b))[i]);
	if (field->type == MSG_T_STRS)
		return strcmp((*(char **const *)field_of(field, a))[i],
			       (*(char **const *)field_of(field, b))[i]) == 0;
	return same_fields(
		known(field->kind), element_of(field, a, i), element_of(field, b, i), false);
}

static bool same_list(const struct msg_field *field, const void *a, const void *b)
{
	size_t count = count_of(field, a);
	if (count != count_of(field, b))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!same_element(field, a, b, i))
			return false;
	return true;
}

static bool same_field(const struct msg_field *field, const void *a, const void *b)
{
	const void *at_a = field_of(field, a), *at_b = field_of(field, b);
	switch (field->type) {
	case MSG_T_U64:
	case MSG_T_I64:
	case MSG_T_TIME:
		return memcmp(at_a, at_b, sizeof(uint64_t)) == 0;
	case MSG_T_F64:
		return same_double(*(const double *)at_a, *(const double *)at_b);
	case MSG_T_BOOL:
		return *(const bool *)at_a == *(const bool *)at_b;
	case MSG_T_STR:
		return text_of(field, a) == text_of(field, b) ||
		       strcmp(text_of(field, a), text_of(field, b)) == 0;
	case MSG_T_STRS:
	case MSG_T_F64S:
	case MSG_T_LIST:
		break;
	}
	return same_list(field, a, b);
}

static bool same_fields(const struct msg_info *info, const void *a, const void *b, bool but_rev)
{
	for (size_t i = 0; i < info->field_count; i++)
		if (!(but_rev && i == 1) && !same_field(&info->fields[i], a, b))
			return false;
	return true;
}

bool msg_equal(enum msg_kind kind, const void *a, const void *b, bool but_rev)
{
	return same_fields(known(kind), a, b, but_rev);
}

static void each_text_of(const struct msg_field *field, void *body,
	void (*visit)(void *context, char **text), void *context)
{
	if (field->type == MSG_T_STR) {
		char **text = field_at(field, body);
		if (*text)
			visit(context, text);
		return;
	}
	if (field->type != MSG_T_STRS && field->type != MSG_T_LIST)
		return;
	char *list = *(char **)field_at(field, body);
	for (size_t i = 0; i < *count_at(field, body); i++)
		if (field->type == MSG_T_STRS)
			visit(context, (char **)(void *)list + i);
		else
			msg_each_text(
				field->kind, list + i * known(field->kind)->size, visit, context);
}

void msg_each_text(
	enum msg_kind kind, void *body, void (*visit)(void *context, char **text), void *context)
{
	const struct msg_info *info = known(kind);
	for (size_t i = 0; i < info->owned_count; i++)
		each_text_of(&info->owned[i], body, visit, context);
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static void make_safe(void *context, char **text)
{
	autostr struct str safe = STR_INIT;
	(void)context;
	if (is_plain(*text))
		return;
	sanitize(&safe, *text, strlen(*text));
	(void)msg_set(text, safe.text);
}

void msg_sanitize(enum msg_kind kind, void *body)
{
	msg_each_text(kind, body, make_safe, NULL);
}

bool msg_set(char **field, const char *text)
{
	if (*field && strcmp(*field, text) == 0)
		return false;
	char *copy = xstrdup(text);
	free_text(*field);
	*field = copy;
	return true;
}

void *msg_add_(void *list_pointer, size_t *count, size_t size)
{
	void **list = list_pointer;
	*list = xreallocarray(*list, *count + 1, size);
	char *added = (char *)*list + *count * size;
	memset(added, 0, size);
	++*count;
	return added;
}

void msg_add_str(char ***list, size_t *count, const char *text)
{
	*list = xreallocarray(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = xstrdup(text);
}

uint64_t entity_id(const char *scope, const char *name)
{
	uint64_t hash = hash64_byte(hash64_text(HASH64_BEGIN, scope), '/');
	hash = hash64_text(hash, name);
	hash &= (UINT64_C(1) << 53) - 1; /* exact as a JSON number everywhere */
	return hash ? hash : 1;
}
