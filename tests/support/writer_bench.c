/* SPDX-License-Identifier: MIT */
#include "tests/support/writer_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/events/chunk.h"
#include "core/events/writer.h"
#include "core/msg/msg.h"

static const char *resolve(void *context, const char *name, size_t length)
{
	(void)context;
	return length == 6 && memcmp(name, "123456", 6) == 0 ? "shop" : NULL;
}

int writer_bench_set_up(void **state)
{
	struct writer_bench *bench = xcalloc(1, sizeof(*bench));
	const struct event_source source = {
		.id = 9, .name = "logs shop", .bot = "own_log", .resolve = resolve};
	clock_init_virtual(&bench->clock, WRITER_BENCH_MS);
	bench->redactor = redactor_new();
	assert_true(redactor_add(bench->redactor, "123456:" SECRET_PART, 7 + strlen(SECRET_PART)));
	redactor_seal(bench->redactor);
	bench->writer = event_writer_new(&source, bench->redactor, &bench->clock);
	bench->box = mailbox_new(4);
	*state = bench;
	return 0;
}

int writer_bench_tear_down(void **state)
{
	struct writer_bench *bench = *state;
	parcel_release(&bench->parcel);
	event_writer_free(bench->writer);
	mailbox_free(bench->box);
	redactor_unref(bench->redactor);
	free(bench);
	return 0;
}

void writer_bench_line(struct writer_bench *bench, const char *line)
{
	event_writer_line(bench->writer, line, strlen(line), false);
}

const struct msg_obs_notes *writer_bench_post(
	struct writer_bench *bench, const struct chunk_list **ret_list)
{
	parcel_release(&bench->parcel);
	bench->parcel = (struct parcel){0};
	assert_true(event_writer_post(bench->writer, bench->box, true));
	if (!mailbox_take(bench->box, &bench->parcel, 1))
		return NULL;
	assert_int_equal(bench->parcel.message.kind, MSG_obs_notes);
	if (ret_list)
		*ret_list = bench->parcel.attachment;
	return bench->parcel.message.body;
}

const struct chunk *writer_bench_chunk(struct writer_bench *bench)
{
	const struct chunk_list *list = NULL;
	assert_non_null(writer_bench_post(bench, &list));
	assert_non_null(list);
	assert_int_equal(list->count, 1);
	return list->chunks[0];
}
