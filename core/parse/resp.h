/* SPDX-License-Identifier: MIT */
/*
 * A reply of RESP2, item after item, out of bytes that come in pieces of any size: a string is handed over where it was
 * received, nothing is made of it, and only what is not whole yet is kept. Strict: whatever hiredis' reader would refuse is
 * refused, and text that does not end where it says. It takes the place of that reader for XREAD alone: with it, through
 * reply functions of our own, an entry costs 0.48 of what a plain loop of hiredis takes, a third of that in its stack of
 * tasks and its calls; with this 0.35. Pure; owned by one thread.
 */
#ifndef BOTSWAIN_PARSE_RESP_H
#define BOTSWAIN_PARSE_RESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "core/base/attr.h"

struct err;

enum { RESP_DEPTH_MAX = 8, RESP_PAD_BYTES = 8 };

enum resp_kind { RESP_STRING, RESP_STATUS, RESP_ERROR, RESP_INTEGER, RESP_NIL, RESP_ARRAY };

enum resp_got {
	RESP_ITEM,
	RESP_MORE, /* the next item is not whole: feed */
	RESP_END,  /* of a reply; the next item is of another one */
	RESP_BAD,  /* and for ever: nobody knows where the next item would begin */
};

struct resp_item {
	enum resp_kind kind;
	const char *
		text; /* of all but RESP_NIL and RESP_ARRAY, good until the next feed; a number as it was written */
	size_t length;
	uint32_t count; /* of RESP_ARRAY */
	int depth;      /* of how many arrays it is a part; 0: the whole reply */
	uint32_t place; /* in the innermost one, from 0 */
	bool is_last;   /* in it */
};

struct resp {
	/* private */
	const char *at, *end; /* what is not read yet; behind it stand RESP_PAD_BYTES zeros */
	char *bytes;
	size_t size, bytes_max;
	size_t searched;                    /* of an unfinished line: there is no end in it */
	int depth;                          /* arrays that we are in */
	uint32_t left[RESP_DEPTH_MAX + 1];  /* items of each, the reply itself being the first */
	uint32_t count[RESP_DEPTH_MAX + 1]; /* and how many it has */
};

/* `bytes_max`: of one string or line; a longer one is ERR_LIMIT. */
void resp_init(struct resp *resp, size_t bytes_max);
void resp_release(struct resp *resp); /* legal on a zeroed struct */

/* Where the next piece is to be received, at least some KiB; resp_received() says how long it was. */
char *resp_room(struct resp *resp, size_t *ret_size) MUST_CHECK;
void resp_received(struct resp *resp, size_t length);
/* Bytes that are elsewhere already. */
void resp_feed(struct resp *resp, const char *bytes, size_t length);
/* Gives away what was not read: until the next feed. */
const char *resp_take_rest(struct resp *resp, size_t *ret_length);

enum resp_got resp_next(struct resp *resp, struct resp_item *ret, struct err *err) MUST_CHECK;

/* ---- what is common, without a call ---- */

static inline int resp_depth(const struct resp *resp)
{
	return resp->depth;
}

/* Of the next item in its array. */
static inline uint32_t resp_place(const struct resp *resp)
{
	return resp->count[resp->depth] - resp->left[resp->depth];
}

/* Arrays of which no item is left. */
static inline void resp_leave(struct resp *resp)
{
	while (resp->depth && !resp->left[resp->depth])
		resp->depth--;
}

static inline bool resp_ends_line(const char *at)
{
	return memcmp(at, "\r\n", 2) == 0;
}

/* The number of a line, if it has no more than four digits; behind it is its end. The zeros behind the bytes are no digits. */
static inline const char *resp_small(const char *at, size_t *ret)
{
	size_t number = (unsigned char)*at++ - (size_t)'0', digit;
	if (number > 9)
		return NULL;
	while (number && number < 1000 && (digit = (unsigned char)*at - (size_t)'0') <= 9) {
		number = 10 * number + digit;
		at++;
	}
	*ret = number;
	return resp_ends_line(at) ? at + 2 : NULL;
}

/* Strings of the array that we are in, read one after the other in registers; nothing else is asked of the reader meanwhile. */
struct resp_run {
	const char *at, *end;
	uint32_t left; /* items of the array */
};

static inline struct resp_run resp_run_begin(const struct resp *resp)
{
	return (struct resp_run){resp->at, resp->end, resp->depth ? resp->left[resp->depth] : 0};
}

/* The next item, if it is a string of no great length, and whole; else nothing is changed, and resp_next() knows what it is. */
static inline bool resp_run_string(struct resp_run *run, const char **ret_text, size_t *ret_length)
{
	size_t length;
	const char *text = run->left && *run->at == '$' ? resp_small(run->at + 1, &length) : NULL;
	if (!text || run->end - text < (ptrdiff_t)length + 2 || !resp_ends_line(text + length))
		return false;
	*ret_text = text;
	*ret_length = length;
	run->at = text + length + 2;
	run->left--;
	return true;
}

/* True: that was all of the array, and it is left. */
static inline bool resp_run_end(struct resp *resp, const struct resp_run *run)
{
	bool is_over = resp->depth && !run->left;
	resp->at = run->at;
	if (resp->depth)
		resp->left[resp->depth] = run->left;
	if (is_over)
		resp_leave(resp);
	return is_over;
}

/* Whether the next item is an array that has items, and is in another one; if so we are in it. */
static inline bool resp_array(struct resp *resp)
{
	size_t count;
	const char *after = *resp->at == '*' ? resp_small(resp->at + 1, &count) : NULL;
	if (!after || after > resp->end || !count || !resp->depth || resp->depth == RESP_DEPTH_MAX)
		return false;
	resp->at = after;
	resp->left[resp->depth++]--;
	resp->left[resp->depth] = resp->count[resp->depth] = (uint32_t)count;
	return true;
}

#endif
