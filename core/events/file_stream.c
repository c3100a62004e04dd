/* SPDX-License-Identifier: MIT */
#include "core/events/file_stream.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/events/file_index.h"
#include "core/events/open_file.h"

/* As it is shown: a file may call its bots anything. */
static uint16_t number_safely(const struct file_stream *stream, const char *name, size_t length)
{
	autostr struct str clean = STR_INIT, safe = STR_INIT;
	redact(stream->stream.redactor, &clean, name, length, 0);
	sanitize(&safe, clean.text, utf8_cut(clean.text, clean.length, LIMIT_NAME_BYTES / 2));
	return safe.length < LIMIT_NAME_BYTES ? names_number(stream->names, safe.text, safe.length)
					      : 0;
}

static uint16_t number_of(void *context, const char *name, size_t length)
{
	struct file_stream *stream = context;
	const struct file_options *options = &stream->options;
	const char *bot =
		options->resolve ? options->resolve(options->context, name, length) : NULL;
	if (bot)
		return names_number(stream->names, bot, strlen(bot));
	/* whatever it calls itself, it is that bot's log */
	return stream->bot ? 0 : number_safely(stream, name, length);
}

static struct file_index *new_index(struct file_stream *stream, const struct file_options *options)
{
	const struct file_source source = {.file = stream->file,
		.from = options->from,
		.to = options->to,
		.received_ms = options->received_ms,
		.now_ms = options->now_ms,
		.utc_offset_s = options->utc_offset_s,
		.bot = number_of,
		.context = stream};
	return options->is_growing ? file_index_new_growing(&source, FILE_GROWING_SEGMENTS)
				   : file_index_new(&source);
}

struct file_stream *file_stream_new(const struct file_options *options)
{
	struct file_stream *stream = xcalloc(1, sizeof(*stream));
	atomic_init(&stream->users, 1);
	stream->options = *options;
	stream->options.bot = options->bot ? xstrdup(options->bot) : NULL;
	stream->stream = options->stream;
	stream->stream.name = xstrdup(options->stream.name);
	stream->stream.redactor = redactor_ref(options->stream.redactor);
	stream->names = names_ref(options->names);
	stream->file = open_file_ref(options->file);
	stream->is_growing = options->is_growing;
	if (options->bot)
		stream->bot = names_number(stream->names, options->bot, strlen(options->bot));
	stream->index = new_index(stream, options);
	return stream;
}

struct file_stream *file_stream_renew(const struct file_stream *stream)
{
	struct file_options options = stream->options;
	options.stream = stream->stream;
	return file_stream_new(&options);
}

struct file_stream *file_stream_ref(struct file_stream *stream)
{
	atomic_fetch_add_explicit(&stream->users, 1, memory_order_relaxed);
	return stream;
}

void file_stream_unref(struct file_stream *stream)
{
	if (!stream || atomic_fetch_sub(&stream->users, 1) != 1)
		return;
	file_index_free(stream->index);
	open_file_unref(stream->file);
	names_unref(stream->names);
	redactor_unref(stream->stream.redactor);
	free((char *)(uintptr_t)stream->options.bot);
	free((char *)(uintptr_t)stream->stream.name);
	free(stream);
}
