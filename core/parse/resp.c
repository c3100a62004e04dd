/* SPDX-License-Identifier: MIT */
#include "core/parse/resp.h"

#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/mem.h"

enum { PIECE_BYTES = 64 << 10, DIGITS_MAX = 19 };

static const char no_bytes[RESP_PAD_BYTES];

void resp_init(struct resp *resp, size_t bytes_max)
{
	*resp = (struct resp){
		.at = no_bytes, .end = no_bytes, .bytes_max = bytes_max, .left = {1}, .count = {1}};
}

void resp_release(struct resp *resp)
{
	free(resp->bytes);
	*resp = (struct resp){0};
}

/* ---- bytes ---- */

/* As large as what is kept makes it, half of it free: it grows in time with what comes, not with what is announced, and is
 * small again behind it. */
char *resp_room(struct resp *resp, size_t *ret_size)
{
	size_t kept = (size_t)(resp->end - resp->at), size = PIECE_BYTES;
	while (size / 2 < kept)
		size *= 2;
	if (size != resp->size) {
		char *bytes = xmalloc(size + RESP_PAD_BYTES);
		memcpy(bytes, resp->at, kept);
		free(resp->bytes);
		resp->bytes = bytes;
		resp->size = size;
	} else if (resp->at != resp->bytes) {
		memmove(resp->bytes, resp->at, kept);
	}
	resp->at = resp->bytes;
	resp->end = resp->bytes + kept;
	memset(resp->bytes + kept, 0, RESP_PAD_BYTES);
	*ret_size = size - kept;
	return resp->bytes + kept;
}

void resp_received(struct resp *resp, size_t length)
{
	char *end = resp->bytes + (resp->end - resp->bytes) + length;
	memset(end, 0, RESP_PAD_BYTES);
	resp->end = end;
}

void resp_feed(struct resp *resp, const char *bytes, size_t length)
{
	while (length) {
		size_t room;
		char *to = resp_room(resp, &room);
		size_t part = length < room ? length : room;
		memcpy(to, bytes, part);
		resp_received(resp, part);
		bytes += part;
		length -= part;
	}
}

const char *resp_take_rest(struct resp *resp, size_t *ret_length)
{
	const char *rest = resp->at;
	*ret_length = (size_t)(resp->end - rest);
	resp->at = resp->end;
	return rest;
}

/* ---- what they say ---- */

static enum resp_got bad(struct err *err, const char *why)
{
	err_set(err, ERR_PROTOCOL, "%s", why);
	return RESP_BAD;
}

static enum resp_got too_much(const struct resp *resp, struct err *err)
{
	err_set(err, ERR_LIMIT, "a part of a reply of more than %zu MiB", resp->bytes_max >> 20);
	return RESP_BAD;
}

/* A number that fills its line, as a server writes it: no sign but a minus, no zero before it. */
static enum resp_got read_number(const struct resp *resp, const char **ret_after, int64_t *ret)
{
	const char *at = resp->at + 1, *end = resp->end;
	bool is_minus = at < end && *at == '-';
	const char *first = at += is_minus;
	uint64_t number = 0;
	for (; at < end && *at >= '0' && *at <= '9' && at - first < DIGITS_MAX; at++)
		number = 10 * number + (uint64_t)(*at - '0');
	bool is_odd = at > first && *first == '0' && (is_minus || at - first > 1);
	if (is_odd || number > (uint64_t)INT64_MAX + is_minus)
		return RESP_BAD;
	if (at == end || (at > first && *at == '\r' && at + 1 == end))
		return RESP_MORE;
	if (at == first || !resp_ends_line(at))
		return RESP_BAD;
	*ret = is_minus ? (int64_t)(0 - number) : (int64_t)number;
	*ret_after = at + 2;
	return RESP_ITEM;
}

/* The next item is read, up to `after`. */
static enum resp_got took(struct resp *resp, const char *after)
{
	resp->at = after;
	resp->left[resp->depth]--;
	resp_leave(resp);
	return RESP_ITEM;
}

static enum resp_got read_line(struct resp *resp, struct resp_item *ret, struct err *err)
{
	const char *text = resp->at + 1;
	size_t size = (size_t)(resp->end - text);
	const char *cr = memchr(text + resp->searched, '\r', size - resp->searched);
	size_t length = cr ? (size_t)(cr - text) : size;
	if (length > resp->bytes_max)
		return too_much(resp, err);
	resp->searched = length;
	if (!cr || cr + 1 == resp->end)
		return RESP_MORE;
	resp->searched = 0;
	if (cr[1] != '\n' || memchr(text, '\n', length))
		return bad(err, "a line of a reply does not end as one");
	ret->kind = *resp->at == '-' ? RESP_ERROR : RESP_STATUS;
	ret->text = text;
	ret->length = length;
	return took(resp, cr + 2);
}

static enum resp_got read_integer(struct resp *resp, struct resp_item *ret, struct err *err)
{
	const char *after;
	int64_t number;
	enum resp_got got = read_number(resp, &after, &number);
	if (got != RESP_ITEM)
		return got == RESP_BAD ? bad(err, "a number of a reply is none") : got;
	ret->kind = RESP_INTEGER;
	ret->text = resp->at + 1;
	ret->length = (size_t)(after - ret->text) - 2;
	return took(resp, after);
}

static enum resp_got read_string(struct resp *resp, struct resp_item *ret, struct err *err)
{
	const char *after;
	int64_t length;
	enum resp_got got = read_number(resp, &after, &length);
	if (got == RESP_BAD || (got == RESP_ITEM && length < -1))
		return bad(err, "the length of a string of a reply is none");
	if (got == RESP_MORE)
		return got;
	ret->kind = length < 0 ? RESP_NIL : RESP_STRING;
	if (length < 0)
		return took(resp, after);
	if ((uint64_t)length > resp->bytes_max)
		return too_much(resp, err);
	if (resp->end - after < length + 2)
		return RESP_MORE;
	if (!resp_ends_line(after + length))
		return bad(err, "a string of a reply does not end where it says");
	ret->text = after;
	ret->length = (size_t)length;
	return took(resp, after + length + 2);
}

static enum resp_got read_array(struct resp *resp, struct resp_item *ret, struct err *err)
{
	const char *after;
	int64_t count;
	if (resp->depth == RESP_DEPTH_MAX)
		return bad(err, "a reply has too many arrays in each other");
	enum resp_got got = read_number(resp, &after, &count);
	if (got == RESP_BAD || (got == RESP_ITEM && (count < -1 || count > INT32_MAX)))
		return bad(err, "the length of an array of a reply is none");
	if (got == RESP_MORE)
		return got;
	ret->kind = count < 0 ? RESP_NIL : RESP_ARRAY;
	ret->count = count < 0 ? 0 : (uint32_t)count;
	if (count <= 0)
		return took(resp, after);
	resp->at = after;
	resp->left[resp->depth++]--;
	resp->left[resp->depth] = resp->count[resp->depth] = (uint32_t)count;
	return RESP_ITEM;
}

enum resp_got resp_next(struct resp *resp, struct resp_item *ret, struct err *err)
{
	uint32_t left = resp->left[resp->depth];
	if (!left) {
		resp->left[0] = 1;
		return RESP_END;
	}
	if (resp->at == resp->end)
		return RESP_MORE;
	*ret = (struct resp_item){
		.text = "", .depth = resp->depth, .place = resp_place(resp), .is_last = left == 1};
	switch (*resp->at) {
	case '$':
		return read_string(resp, ret, err);
	case '*':
		return read_array(resp, ret, err);
	case ':':
		return read_integer(resp, ret, err);
	case '+':
	case '-':
		return read_line(resp, ret, err);
	default:
		return bad(err, "a reply has an item of an unknown kind");
	}
}
