/* SPDX-License-Identifier: MIT */
#include "tests/support/resp_items.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

static void note(struct str *to, const struct resp_item *item)
{
	str_addf(to, "%d.%u%s %d %u %zu ", item->depth, item->place, item->is_last ? "." : "",
		(int)item->kind, item->count, item->length);
	str_add(to, item->text, item->length);
	str_addch(to, '\n');
}

/* ---- ours ---- */

/* Without a call where that can be. */
static enum resp_got next(struct resp *resp, struct resp_item *ret, struct err *err)
{
	struct resp_item item = {.kind = RESP_STRING,
		.depth = resp_depth(resp),
		.place = resp_place(resp),
		.is_last = resp->left[resp->depth] == 1,
		.text = ""};
	if (resp_array(resp)) {
		item.kind = RESP_ARRAY;
		item.count = resp->count[item.depth + 1];
	} else {
		struct resp_run run = resp_run_begin(resp);
		if (!resp_run_string(&run, &item.text, &item.length))
			return resp_next(resp, ret, err);
		(void)resp_run_end(resp, &run);
	}
	*ret = item;
	return RESP_ITEM;
}

static enum resp_got take(struct resp *resp, struct str *to, struct err *err)
{
	struct resp_item item;
	enum resp_got got;
	while ((got = next(resp, &item, err)) == RESP_ITEM || got == RESP_END) {
		if (got == RESP_ITEM)
			note(to, &item);
		else
			str_adds(to, "end\n");
	}
	return got;
}

void resp_items_ours(const char *bytes, size_t length, size_t bytes_max, resp_piece *piece,
	void *context, struct str *ret, struct err *ret_err)
{
	struct resp resp;
	size_t at = 0;
	*ret_err = (struct err){.code = ERR_NONE};
	resp_init(&resp, bytes_max);
	while (at < length && ret_err->code == ERR_NONE) {
		size_t part = piece(context, length - at);
		resp_feed(&resp, bytes + at, part);
		at += part;
		(void)take(&resp, ret, ret_err);
	}
	resp_release(&resp);
}

/* ---- hiredis' ---- */

/* What is made of an item says how deep its own items lie. */
static void *note_task(const redisReadTask *task, struct resp_item item)
{
	item.depth = task->parent ? (int)(intptr_t)task->parent->obj : 0;
	item.place = (uint32_t)(task->parent ? task->idx : 0);
	item.is_last = !task->parent || task->idx + 1 == task->parent->elements;
	note(task->privdata, &item);
	return (void *)(intptr_t)(item.depth + 1);
}

static void *note_string(const redisReadTask *task, char *text, size_t length)
{
	enum resp_kind kind = task->type == REDIS_REPLY_STRING   ? RESP_STRING
			      : task->type == REDIS_REPLY_STATUS ? RESP_STATUS
								 : RESP_ERROR;
	return note_task(task, (struct resp_item){.kind = kind, .text = text, .length = length});
}

static void *note_array(const redisReadTask *task, int elements)
{
	return note_task(task,
		(struct resp_item){.kind = RESP_ARRAY, .text = "", .count = (uint32_t)elements});
}

static void *note_number(const redisReadTask *task, long long number)
{
	char text[24];
	size_t length = (size_t)snprintf(text, sizeof(text), "%lld", number);
	return note_task(
		task, (struct resp_item){.kind = RESP_INTEGER, .text = text, .length = length});
}

static void *note_nil(const redisReadTask *task)
{
	return note_task(task, (struct resp_item){.kind = RESP_NIL, .text = ""});
}

static void free_nothing(void *object)
{
	(void)object;
}

bool resp_items_hiredis(const char *bytes, size_t length, struct str *ret)
{
	static redisReplyObjectFunctions functions = {.createString = note_string,
		.createArray = note_array,
		.createInteger = note_number,
		.createNil = note_nil,
		.freeObject = free_nothing};
	redisReader *reader = redisReaderCreate();
	void *reply = NULL;
	bool is_good = reader && redisReaderFeed(reader, bytes, length) == REDIS_OK;
	if (!reader)
		abort();
	reader->fn = &functions;
	reader->privdata = ret;
	while (is_good) {
		reply = NULL;
		is_good = redisReaderGetReply(reader, &reply) == REDIS_OK;
		if (!reply)
			break;
		str_adds(ret, "end\n");
	}
	reader->reply = NULL;
	redisReaderFree(reader);
	return is_good;
}
