/* SPDX-License-Identifier: MIT */
#include "core/series/block_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/path.h"
#include "core/base/str.h"
#include "core/base/write_all.h"
#include "core/series/block_format.h"
#include "core/series/labels.h"
#include "core/series/minutes.h"
#include "core/series/pack.h"
#include "core/series/text_table.h"
#include "core/series/xor_chunk.h"

enum { BUFFER_BYTES = 256 << 10 };

struct block_writer {
	int fd, error; /* error: an errno, 0: none */
	char *path, *temporary;
	struct str buffer; /* of the data, not written yet */
	uint64_t data_length;
	uint32_t data_crc;
	struct text_table symbols;
	struct str series; /* the section */
	uint32_t series_count;
	struct str chunks; /* of the series that is written */
	uint32_t chunk_count;
	uint64_t offset; /* of its first chunk */
	int64_t last_ms;
	struct minute_writer minutes;
	int64_t from_ms, to_ms;
	uint64_t samples;
};

bool block_writer_new(const char *path, struct block_writer **ret, struct err *err)
{
	struct block_writer *writer = xcalloc(1, sizeof(*writer));
	writer->path = xstrdup(path);
	writer->temporary = xasprintf("%s" BLOCK_TEMPORARY, path);
	writer->from_ms = INT64_MAX;
	writer->to_ms = INT64_MIN;
	str_init(&writer->buffer);
	str_init(&writer->series);
	str_init(&writer->chunks);
	(void)unlink(writer->temporary);
	writer->fd =
		open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (writer->fd < 0) {
		(void)err_errno(err, errno, "cannot make '%s'", writer->temporary);
		block_writer_free(writer);
		return false;
	}
	str_add(&writer->buffer, BLOCK_MAGIC, BLOCK_MAGIC_BYTES);
	pack_u32(&writer->buffer, BLOCK_VERSION);
	pack_u32(&writer->buffer, block_crc(0, writer->buffer.text, writer->buffer.length));
	*ret = writer;
	return true;
}

void block_writer_free(struct block_writer *writer)
{
	if (!writer)
		return;
	if (writer->fd >= 0) {
		close(writer->fd);
		(void)unlink(writer->temporary);
	}
	free(writer->path);
	free(writer->temporary);
	str_release(&writer->buffer);
	str_release(&writer->series);
	str_release(&writer->chunks);
	text_table_release(&writer->symbols);
	minute_writer_release(&writer->minutes);
	free(writer);
}

/* ---- data ---- */

static void write_out(struct block_writer *writer, const struct str *bytes)
{
	if (!writer->error && !write_all(writer->fd, bytes->text, bytes->length))
		writer->error = errno ? errno : EIO;
}

static void add_data(struct block_writer *writer, const uint8_t *bytes, size_t length)
{
	writer->data_crc = block_crc(writer->data_crc, bytes, length);
	writer->data_length += length;
	str_add(&writer->buffer, bytes, length);
	if (writer->buffer.length < BUFFER_BYTES)
		return;
	write_out(writer, &writer->buffer);
	str_clear(&writer->buffer);
}

void block_writer_begin(struct block_writer *writer, const struct labels *labels)
{
	str_clear(&writer->chunks);
	minute_writer_clear(&writer->minutes);
	writer->chunk_count = 0;
	writer->last_ms = 0;
	writer->offset = writer->data_length;
	writer->series_count++;
	pack_short(&writer->series, labels_count(labels));
	for (size_t i = 0; i < labels_count(labels); i++) {
		const struct label *label = labels_at(labels, i);
		pack_short(&writer->series, text_table_add(&writer->symbols, label->name));
		pack_short(&writer->series, text_table_add(&writer->symbols, label->value));
	}
}

/* Into the minutes; its span. */
static void add_minutes(struct block_writer *writer, const uint8_t *bytes, size_t length,
	uint32_t count, int64_t *ret_from, int64_t *ret_to)
{
	struct xor_iterator iterator;
	struct sample sample;
	xor_iterator_init(&iterator, bytes, length, count);
	while (xor_iterator_next(&iterator, &sample)) {
		if (iterator.given == 1)
			*ret_from = sample.time_ms;
		*ret_to = sample.time_ms;
		minute_writer_add(&writer->minutes, sample);
	}
}

void block_writer_chunk(
	struct block_writer *writer, const uint8_t *bytes, size_t length, uint32_t count)
{
	int64_t from = 0, to = 0;
	add_minutes(writer, bytes, length, count, &from, &to);
	pack_signed(&writer->chunks, from - writer->last_ms);
	pack_short(&writer->chunks, (uint64_t)(to - from));
	pack_short(&writer->chunks, length);
	pack_short(&writer->chunks, count);
	pack_u32(&writer->chunks, block_crc(0, bytes, length));
	add_data(writer, bytes, length);
	writer->last_ms = to;
	writer->chunk_count++;
	writer->samples += count;
	writer->from_ms = from < writer->from_ms ? from : writer->from_ms;
	writer->to_ms = to > writer->to_ms ? to : writer->to_ms;
}

void block_writer_end(struct block_writer *writer)
{
	struct minute_writer *minutes = &writer->minutes;
	minute_writer_end(minutes);
	size_t length = (minutes->bits.at + 7) / 8;
	autostr struct str body = STR_INIT;
	pack_short(&body, writer->chunk_count);
	pack_short(&body, writer->offset);
	str_add(&body, writer->chunks.text, writer->chunks.length);
	pack_short(&body, length);
	pack_short(&body, minutes->count);
	pack_u32(&body, block_crc(0, minutes->bits.bytes, length));
	if (length)
		add_data(writer, minutes->bits.bytes, length);
	pack_short(&writer->series, body.length);
	str_add(&writer->series, body.text, body.length);
}

/* ---- the end ---- */

static void pack_symbols(const struct text_table *symbols, struct str *to)
{
	for (size_t i = 0; i < symbols->count; i++) {
		size_t length = strlen(symbols->texts[i]);
		pack_short(to, length);
		str_add(to, symbols->texts[i], length + 1);
	}
}

static void pack_footer(
	const struct block_writer *writer, const struct str *symbols, struct str *to)
{
	pack_u64(to, writer->data_length);
	pack_u64(to, symbols->length);
	pack_u64(to, writer->series.length);
	pack_u32(to, (uint32_t)writer->symbols.count);
	pack_u32(to, writer->series_count);
	pack_u32(to, writer->data_crc);
	pack_u32(to, block_crc(0, symbols->text, symbols->length));
	pack_u32(to, block_crc(0, writer->series.text, writer->series.length));
	pack_u64(to, (uint64_t)writer->from_ms);
	pack_u64(to, (uint64_t)writer->to_ms);
	pack_u64(to, writer->samples);
	pack_u32(to, BLOCK_VERSION);
	pack_u32(to, block_crc(0, to->text, to->length));
	str_add(to, BLOCK_END_MAGIC, BLOCK_MAGIC_BYTES);
}

/* The temporary file is whole, on the disk and closed. */
static bool end_file(struct block_writer *writer)
{
	autostr struct str symbols = STR_INIT, footer = STR_INIT;
	pack_symbols(&writer->symbols, &symbols);
	pack_footer(writer, &symbols, &footer);
	write_out(writer, &writer->buffer);
	write_out(writer, &symbols);
	write_out(writer, &writer->series);
	write_out(writer, &footer);
	if (!writer->error && fsync(writer->fd) != 0)
		writer->error = errno;
	if (close(writer->fd) != 0 && !writer->error)
		writer->error = errno;
	writer->fd = -1;
	return writer->error == 0;
}

bool block_writer_finish(struct block_writer *writer, struct err *err)
{
	if (!end_file(writer)) {
		(void)unlink(writer->temporary);
		return err_errno(err, writer->error, "cannot write '%s'", writer->temporary);
	}
	if (rename(writer->temporary, writer->path) != 0) {
		int error = errno;
		(void)unlink(writer->temporary);
		return err_errno(err, error, "cannot rename '%s'", writer->temporary);
	}
	if (sync_parent(writer->path, err))
		return true;
	(void)unlink(writer->path);
	return false;
}
