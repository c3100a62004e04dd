/* SPDX-License-Identifier: MIT */
/*
 * Messages: what crosses the socket, what workers tell the engine, what a recording holds.
 *
 * Everything is declared in msg.def. A message is a plain struct (`struct msg_bot`) whose strings
 * and lists are owned by it (heap); msg_new() gives a zeroed one, msg_free() frees it deeply. A
 * string may be NULL in a struct that our code fills; a decoded or parsed message never has a NULL
 * string. Any thread, one at a time.
 *
 * Frame on the wire: u32 little-endian length of what follows, u16 little-endian kind, then fields
 * as varint(tag << 2 | wire type): 0 varint, 1 eight bytes (IEEE double, little-endian), 2 varint
 * length and bytes. Zero, empty and false are not sent; NaN is. Unknown tags are skipped by wire
 * type.
 */
#ifndef BOTSWAIN_MSG_MSG_H
#define BOTSWAIN_MSG_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct redact_memo;
struct redactor;
struct str;

enum {
	MSG_PROTOCOL = 1,
	MSG_FRAME_MAX_UNKNOWN = 1 << 20, /* before the peer is known */
	MSG_FRAME_MAX = 16 << 20,
	MSG_LIST_MAX = 65536, /* elements of one list */
	MSG_DEPTH_MAX = 4,
};
/* Times beyond are read as 0: 142,000 years. */
#define MSG_TIME_MOST_MS (INT64_C(1) << 52)

/* clang-format off */
#define MSG(name, number, help) MSG_##name = (number),
enum msg_kind {
	MSG_none = 0,
#include "core/msg/msg.def"
};

#define MSG(name, number, help) struct msg_##name;
#include "core/msg/msg.def"

#define MSG(name, number, help)               struct msg_##name {
#define U64(message, tag, field, help)        uint64_t field;
#define I64(message, tag, field, help)        int64_t field;
#define TIME(message, tag, field, help)        int64_t field;
#define F64(message, tag, field, help)        double field;
#define BOOL(message, tag, field, help)       bool field;
#define STR(message, tag, field, help)        char *field;
#define STRS(message, tag, field, help)       char **field; size_t field##_count;
#define F64S(message, tag, field, help)       double *field; size_t field##_count;
#define LIST(message, tag, field, kind, help) struct msg_##kind *field; size_t field##_count;
#define END(name) };
#include "core/msg/msg.def"

/* clang-format on */

enum msg_type {
	MSG_T_U64,
	MSG_T_I64,
	MSG_T_TIME, /* an I64: wall clock in ms */
	MSG_T_F64,
	MSG_T_BOOL,
	MSG_T_STR,
	MSG_T_STRS,
	MSG_T_F64S,
	MSG_T_LIST
};

struct msg_field {
	const char *name, *help;
	unsigned tag;
	enum msg_type type;
	size_t offset;       /* of the value, or of the list's pointer */
	size_t count_offset; /* lists: of their size_t count */
	enum msg_kind kind;  /* MSG_T_LIST: of the elements */
};

struct msg_info {
	const char *name, *help;
	enum msg_kind kind;
	size_t size;
	const struct msg_field *fields;
	size_t field_count;
	const struct msg_field *owned; /* of these the strings and lists: what a copy copies */
	size_t owned_count;
};

/* A message whose kind is known at run time. `body` is owned by whoever holds the struct. */
struct msg_any {
	enum msg_kind kind;
	void *body;
};

/* What workers, drivers and the ledger tell the engine: the ranges of msg.def. */
static inline bool msg_is_observation(unsigned kind)
{
	return (kind >= 64 && kind <= 89) || (kind >= 100 && kind <= 127);
}

/* The description of a kind, NULL when there is none; by name for the text form. */
const struct msg_info *msg_info(unsigned kind);
const struct msg_info *msg_info_by_name(const char *name);
/* All kinds in order of their numbers: msg_info_at(0 .. until NULL). */
const struct msg_info *msg_info_at(size_t index);

/* Strings are the message's own: change them with msg_set() and let msg_release() free them. An empty one of a message that
 * was copied, decoded or completed is shared by all and must not be freed or written to. */
void *msg_new(enum msg_kind kind) MUST_CHECK;
/* Frees what the fields own, and zeroes them; not the struct itself (for elements and for structs
 * on the stack). */
void msg_release(enum msg_kind kind, void *body);
void msg_free(enum msg_kind kind, void *body); /* NULL is legal */
void msg_any_release(struct msg_any *any);
void *msg_copy(enum msg_kind kind, const void *body) MUST_CHECK;
/* Same wire bytes. `but_rev`: entities, revision not compared. */
bool msg_equal(enum msg_kind kind, const void *a, const void *b, bool but_rev);

/* Gives every NULL string of `body` (and of its elements) an empty one, as readers are promised. */
void msg_complete(enum msg_kind kind, void *body);

/* Shows every string of `body`, those of its lists and elements too, to `visit`, which may replace it with
 * msg_set(). NULL strings are left out. */
void msg_each_text(
	enum msg_kind kind, void *body, void (*visit)(void *context, char **text), void *context);

/* Appends a text as a JSON string, in quotes; one that may hold NULs. */
void msg_json_text(const char *text, struct str *out);
void msg_json_bytes(const char *text, size_t length, struct str *out);

/* Makes every text of `body` one that a cell may show (core/base/sanitize.h): for what a peer sent. */
void msg_sanitize(enum msg_kind kind, void *body);

/* Every text of `body` without secrets (core/base/redact.h). `redactor` NULL: shapes alone. */
void msg_redact(
	enum msg_kind kind, void *body, const struct redactor *redactor, struct redact_memo *memo);

/* Replaces a string field: frees the old one, copies the new one. Returns true when the text
 * changed. */
bool msg_set(char **field, const char *text);
/* Appends a zeroed element to a list and returns it: `msg_add(plan->targets,
 * &plan->targets_count)`. */
#define msg_add(list, count) (__typeof__(list))msg_add_(&(list), (count), sizeof(*(list)))
void *msg_add_(void *list_pointer, size_t *count, size_t size);
void msg_add_str(char ***list, size_t *count, const char *text);

/* Appends one frame. */
void msg_encode(enum msg_kind kind, const void *body, struct str *out);
/*
 * Reads one frame from the start of `bytes`. True with *ret_used 0: more bytes are needed. A frame
 * of a kind that we do not know is skipped: true, ret->kind MSG_none, *ret_used its length. False:
 * the peer is broken, hang up.
 */
MUST_CHECK bool msg_decode(const void *bytes, size_t length, size_t max, struct msg_any *ret,
	size_t *ret_used, struct err *err);

/* `bot id=3 name="orders" reasons=[{severity=2 text="down"}]`: one line, for tests, scripts and
 * debugging. */
void msg_dump(enum msg_kind kind, const void *body, struct str *out);
/* Reads msg_dump()'s form (fields in any order, those left out are zero; a double may be nan). */
MUST_CHECK bool msg_parse(const char *line, struct msg_any *ret, struct err *err);
/* {"id":3,"name":"orders",...}: NaN is null, a TIME field is RFC 3339 without its _ms. */
void msg_json(enum msg_kind kind, const void *body, struct str *out);

/* The id of an entity: 53 bits of FNV-1a of its parts (exact as a JSON number), never 0. */
uint64_t entity_id(const char *scope, const char *name);

#endif
