/* SPDX-License-Identifier: MIT */
/*
 * The wire form. One encoder and one decoder walk the tables of msg.def, so a new field needs no
 * code. The decoder trusts nothing: every length is checked against what is left, lists and depth
 * are bounded, and whatever it leaves half-built on failure is released.
 */
#include "core/msg/msg.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/internal.h"

enum wire { WIRE_VARINT = 0, WIRE_FIXED8 = 1, WIRE_BYTES = 2 };

static void put_varint(struct str *out, uint64_t value)
{
	char bytes[10];
	size_t count = 0;
	do {
		bytes[count] = (char)(value & 0x7f);
		value >>= 7;
		if (value)
			bytes[count] |= (char)0x80;
		count++;
	} while (value);
	str_add(out, bytes, count);
}

static void put_key(struct str *out, const struct msg_field *field, enum wire wire)
{
	put_varint(out, (uint64_t)field->tag << 2 | wire);
}

static uint64_t zigzag(int64_t value)
{
	return value < 0 ? ~((uint64_t)value << 1) : (uint64_t)value << 1;
}

static int64_t unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static void put_le(struct str *out, uint64_t value, size_t bytes)
{
	char text[8];
	for (size_t i = 0; i < bytes; i++)
		text[i] = (char)(value >> (8 * i) & 0xff);
	str_add(out, text, bytes);
}

static void put_double(struct str *out, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof(bits));
	put_le(out, bits, 8);
}

static void put_bytes(
	struct str *out, const struct msg_field *field, const char *text, size_t length)
{
	put_key(out, field, WIRE_BYTES);
	put_varint(out, length);
	str_add(out, text, length);
}

static void put_fields(enum msg_kind kind, const void *body, struct str *out);

/* In place: the length, which mostly takes a byte, is known behind it. */
static void put_element(const struct msg_field *field, const void *element, struct str *out)
{
	put_key(out, field, WIRE_BYTES);
	size_t at = out->length;
	str_addch(out, 0);
	put_fields(field->kind, element, out);
	size_t length = out->length - at - 1;
	out->text[at] = (char)(length & 0x7f);
	if (length <= 0x7f)
		return;
	char more[10];
	size_t count = 0;
	out->text[at] |= (char)0x80;
	while (length >>= 7)
		more[count++] = (char)((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
	str_insert(out, at + 1, more, count);
}

static void put_list(const struct msg_field *field, const void *body, struct str *out)
{
	size_t count = count_of(field, body);
	if (field->type == MSG_T_F64S && count) {
		const double *values = *(double *const *)field_of(field, body);
		put_key(out, field, WIRE_BYTES);
		put_varint(out, count * 8);
		for (size_t i = 0; i < count; i++)
			put_double(out, values[i]);
	} else if (field->type == MSG_T_STRS) {
		char *const *strings = *(char **const *)field_of(field, body);
		for (size_t i = 0; i < count; i++)
			put_bytes(out, field, strings[i], strlen(strings[i]));
	} else if (field->type == MSG_T_LIST) {
		for (size_t i = 0; i < count; i++)
			put_element(field, element_of(field, body, i), out);
	}
}

static void put_field(const struct msg_field *field, const void *body, struct str *out)
{
	const void *at = field_of(field, body);
	uint64_t number = 0;
	double real = 0;
	switch (field->type) {
	case MSG_T_U64:
		number = *(const uint64_t *)at;
		break;
	case MSG_T_I64:
	case MSG_T_TIME:
		number = zigzag(*(const int64_t *)at);
		break;
	case MSG_T_BOOL:
		number = *(const bool *)at;
		break;
	case MSG_T_F64:
		real = *(const double *)at;
		if (real < 0 || real > 0 || real != real) {
			put_key(out, field, WIRE_FIXED8);
			put_double(out, real);
		}
		return;
	case MSG_T_STR:
		if (*text_of(field, body))
			put_bytes(out, field, text_of(field, body), strlen(text_of(field, body)));
		return;
	case MSG_T_STRS:
	case MSG_T_F64S:
	case MSG_T_LIST:
		put_list(field, body, out);
		return;
	}
	if (number) {
		put_key(out, field, WIRE_VARINT);
		put_varint(out, number);
	}
}

static void put_fields(enum msg_kind kind, const void *body, struct str *out)
{
	const struct msg_info *info = known(kind);
	for (size_t i = 0; i < info->field_count; i++)
		put_field(&info->fields[i], body, out);
}

void msg_encode(enum msg_kind kind, const void *body, struct str *out)
{
	size_t start = out->length;
	put_le(out, 0, 4);
	put_le(out, kind, 2);
	put_fields(kind, body, out);
	size_t length = out->length - start - 4;
	for (size_t i = 0; i < 4; i++)
		out->text[start + i] = (char)(length >> (8 * i) & 0xff);
}

/* ---- decoding ---- */

struct reader {
	const unsigned char *at, *end;
};

static bool get_varint(struct reader *in, uint64_t *ret)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
		unsigned char byte = *in->at++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static uint64_t get_le(const unsigned char *at, size_t bytes)
{
	uint64_t value = 0;
	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

static double to_double(uint64_t bits)
{
	double value;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

static const struct msg_field *field_by_tag(const struct msg_info *info, uint64_t tag)
{
	for (size_t i = 0; i < info->field_count; i++)
		if (info->fields[i].tag == tag)
			return &info->fields[i];
	return NULL;
}

static enum wire wire_of(enum msg_type type)
{
	if (type == MSG_T_F64)
		return WIRE_FIXED8;
	return type >= MSG_T_STR ? WIRE_BYTES : WIRE_VARINT;
}

/* No clock goes further, and ages are computed from times: one that does is none. */
static int64_t time_of(int64_t ms)
{
	return ms < -MSG_TIME_MOST_MS || ms > MSG_TIME_MOST_MS ? 0 : ms;
}

static void take_number(const struct msg_field *field, void *body, uint64_t value)
{
	void *at = field_at(field, body);
	if (field->type == MSG_T_U64)
		*(uint64_t *)at = value;
	else if (field->type == MSG_T_TIME)
		*(int64_t *)at = time_of(unzigzag(value));
	else if (field->type != MSG_T_BOOL)
		*(int64_t *)at = unzigzag(value);
	else
		*(bool *)at = value != 0;
}

static bool get_fields(struct reader *in, const struct msg_info *info, void *body, unsigned depth,
	struct err *err);

static bool take_doubles(
	const struct msg_field *field, void *body, const unsigned char *at, size_t length)
{
	size_t count = length / 8;
	if (length % 8 || count > MSG_LIST_MAX || *count_at(field, body))
		return false;
	double *values = count ? xreallocarray(NULL, count, sizeof(*values)) : NULL;
	for (size_t i = 0; i < count; i++)
		values[i] = to_double(get_le(at + i * 8, 8));
	*(double **)field_at(field, body) = values;
	*count_at(field, body) = count;
	return true;
}

static bool take_element(const struct msg_field *field, void *body, struct reader *in,
	unsigned depth, struct err *err)
{
	size_t *count = count_at(field, body);
	if (*count >= MSG_LIST_MAX || depth >= MSG_DEPTH_MAX)
		return err_set(err, ERR_LIMIT,
			"cannot read message: list '%s' too long or too deep", field->name);
	const struct msg_info *info = known(field->kind);
	void *element = msg_add_(field_at(field, body), count, info->size);
	return get_fields(in, info, element, depth + 1, err);
}

static bool take_bytes(const struct msg_field *field, void *body, const unsigned char *at,
	size_t length, unsigned depth, struct err *err)
{
	struct reader inner = {.at = at, .end = at + length};
	char **text = field_at(field, body);
	switch (field->type) {
	case MSG_T_STR:
		free_text(*text);
		*text = xstrndup((const char *)at, length);
		return true;
	case MSG_T_STRS:
		if (*count_at(field, body) >= MSG_LIST_MAX)
			return err_set(err, ERR_LIMIT, "cannot read message: list '%s' too long",
				field->name);
		char *copy = xstrndup((const char *)at, length);
		char **slot = msg_add_(text, count_at(field, body), sizeof(char *));
		*slot = copy;
		return true;
	case MSG_T_F64S:
		return take_doubles(field, body, at, length) ||
		       err_set(err, ERR_PROTOCOL, "cannot read message: list '%s' is malformed",
			       field->name);
	case MSG_T_LIST:
		return take_element(field, body, &inner, depth, err);
	case MSG_T_U64:
	case MSG_T_I64:
	case MSG_T_TIME:
	case MSG_T_F64:
	case MSG_T_BOOL:
		break;
	}
	return false;
}

static bool get_field(
	struct reader *in, const struct msg_info *info, void *body, unsigned depth, struct err *err)
{
	uint64_t key, number = 0;
	if (!get_varint(in, &key))
		return err_set(
			err, ERR_PROTOCOL, "cannot read message '%s': cut in a key", info->name);
	enum wire wire = (enum wire)(key & 3);
	size_t size = wire == WIRE_FIXED8 ? 8 : 0;
	if (wire != WIRE_FIXED8) {
		if (!get_varint(in, &number))
			return err_set(err, ERR_PROTOCOL,
				"cannot read message '%s': cut in a number", info->name);
		if (wire == WIRE_BYTES)
			size = number > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)number;
	}
	if (wire > WIRE_BYTES || size > (size_t)(in->end - in->at))
		return err_set(err, ERR_PROTOCOL,
			"cannot read message '%s': field longer than the frame", info->name);
	const unsigned char *at = in->at;
	in->at += size;
	const struct msg_field *field = field_by_tag(info, key >> 2);
	if (!field || wire_of(field->type) != wire)
		return true; /* of a newer or older peer */
	if (wire == WIRE_VARINT)
		take_number(field, body, number);
	else if (wire == WIRE_FIXED8)
		*(double *)field_at(field, body) = to_double(get_le(at, 8));
	else
		return take_bytes(field, body, at, size, depth, err);
	return true;
}

static bool get_fields(
	struct reader *in, const struct msg_info *info, void *body, unsigned depth, struct err *err)
{
	while (in->at < in->end)
		if (!get_field(in, info, body, depth, err))
			return false;
	return true;
}

bool msg_decode(const void *bytes, size_t length, size_t max, struct msg_any *ret, size_t *ret_used,
	struct err *err)
{
	const unsigned char *at = bytes;
	if (length < 6) {
		*ret_used = 0;
		return true;
	}
	size_t frame = (size_t)get_le(at, 4);
	if (frame < 2 || frame > max)
		return err_set(err, ERR_LIMIT,
			"cannot read message: a frame of %zu bytes, limit %zu", frame, max);
	if (length - 4 < frame) {
		*ret_used = 0;
		return true;
	}
	const struct msg_info *info = msg_info((unsigned)get_le(at + 4, 2));
	struct msg_any any = {.kind = MSG_none};
	if (info) {
		any = (struct msg_any){.kind = info->kind, .body = msg_new(info->kind)};
		struct reader in = {.at = at + 6, .end = at + 4 + frame};
		if (!get_fields(&in, info, any.body, 0, err)) {
			msg_any_release(&any);
			return false;
		}
		msg_complete(info->kind, any.body);
	}
	*ret = any;
	*ret_used = frame + 4;
	return true;
}
