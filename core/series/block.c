/* SPDX-License-Identifier: MIT */
#include "core/series/block.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/read_at.h"
#include "core/base/str.h"
#include "core/series/block_inside.h"
#include "core/series/minutes.h"
#include "core/series/xor_chunk.h"

enum { CHECK_BYTES = 64 << 10 };

void block_say_damage(struct block_damage *damage, const struct block *block, const char *what)
{
	damage->count++;
	print_text(damage->text, sizeof(damage->text), "'%s': %s", block->path, what);
}

/* ---- opening ---- */

static bool read_footer(struct block *block, const uint8_t *bytes)
{
	const size_t body = BLOCK_FOOTER_BYTES - BLOCK_MAGIC_BYTES - 4;
	struct unpack from = {.at = bytes, .left = BLOCK_FOOTER_BYTES};
	block->data_length = unpack_u64(&from);
	block->symbols_length = unpack_u64(&from);
	block->series_length = unpack_u64(&from);
	block->symbol_count = unpack_u32(&from);
	block->facts.series = unpack_u32(&from);
	block->data_crc = unpack_u32(&from);
	block->symbols_crc = unpack_u32(&from);
	block->series_crc = unpack_u32(&from);
	block->facts.from_ms = (int64_t)unpack_u64(&from);
	block->facts.to_ms = (int64_t)unpack_u64(&from);
	block->facts.samples = unpack_u64(&from);
	uint32_t version = unpack_u32(&from);
	return unpack_u32(&from) == block_crc(0, bytes, body) && version == BLOCK_VERSION &&
	       block->facts.from_ms >= -XOR_TIME_MAX && block->facts.to_ms <= XOR_TIME_MAX &&
	       block->facts.from_ms <= block->facts.to_ms &&
	       memcmp(from.at, BLOCK_END_MAGIC, BLOCK_MAGIC_BYTES) == 0;
}

static bool is_header(const uint8_t *bytes)
{
	struct unpack from = {.at = bytes + BLOCK_MAGIC_BYTES, .left = 8};
	return memcmp(bytes, BLOCK_MAGIC, BLOCK_MAGIC_BYTES) == 0 &&
	       unpack_u32(&from) == BLOCK_VERSION &&
	       unpack_u32(&from) == block_crc(0, bytes, BLOCK_MAGIC_BYTES + 4);
}

/* Its parts make up the file. */
static bool is_whole(const struct block *block)
{
	uint64_t left = block->facts.bytes - BLOCK_HEADER_BYTES - BLOCK_FOOTER_BYTES;
	const uint64_t lengths[] = {
		block->data_length, block->symbols_length, block->series_length};
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		if (lengths[i] > left)
			return false;
		left -= lengths[i];
	}
	return left == 0;
}

static bool read_ends(struct block *block, struct err *err)
{
	uint8_t header[BLOCK_HEADER_BYTES], footer[BLOCK_FOOTER_BYTES];
	struct stat status;
	if (fstat(block->fd, &status) != 0)
		return err_errno(err, errno, "cannot read '%s'", block->path);
	block->facts.bytes = (uint64_t)status.st_size;
	if (!S_ISREG(status.st_mode) || status.st_size < BLOCK_HEADER_BYTES + BLOCK_FOOTER_BYTES)
		return err_set(
			err, ERR_SYNTAX, "'%s' is no file of series: it is too short", block->path);
	if (read_all_at(block->fd, header, sizeof(header), 0) != sizeof(header) ||
		read_all_at(block->fd, footer, sizeof(footer),
			status.st_size - BLOCK_FOOTER_BYTES) != sizeof(footer))
		return err_errno(err, errno, "cannot read '%s'", block->path);
	if (!is_header(header))
		return err_set(err, ERR_SYNTAX,
			"'%s' does not begin as a file of series does: it is left out",
			block->path);
	if (!read_footer(block, footer) || !is_whole(block))
		return err_set(err, ERR_SYNTAX,
			"'%s' is cut off, or damaged at its end: it is left out", block->path);
	return true;
}

bool block_open(const char *path, uint64_t number, struct block **ret, struct err *err)
{
	struct block *block = xcalloc(1, sizeof(*block));
	block->path = xstrdup(path);
	block->facts.path = block->path;
	block->facts.number = number;
	atomic_init(&block->users, 1);
	pthread_mutex_init(&block->lock, NULL);
	block->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (block->fd < 0)
		(void)err_errno(err, errno, "cannot open '%s'", path);
	if (block->fd < 0 || !read_ends(block, err)) {
		block_unref(block);
		return false;
	}
	*ret = block;
	return true;
}

struct block *block_ref(struct block *block)
{
	atomic_fetch_add_explicit(&block->users, 1, memory_order_relaxed);
	return block;
}

void block_unref(struct block *block)
{
	if (!block || atomic_fetch_sub(&block->users, 1) != 1)
		return;
	if (block->fd >= 0)
		close(block->fd);
	block_index_unref(block->index);
	pthread_mutex_destroy(&block->lock);
	free(block->path);
	free(block);
}

const struct block_facts *block_facts(const struct block *block)
{
	return &block->facts;
}

/* ---- symbols and series ---- */

void block_index_unref(struct block_index *index)
{
	if (!index || atomic_fetch_sub(&index->users, 1) != 1)
		return;
	free(index->symbols);
	free(index);
}

static bool read_symbols(struct block_index *index, struct unpack from)
{
	for (uint32_t i = 0; i < index->symbol_count; i++) {
		uint64_t length = unpack_short(&from);
		if (length >= from.left)
			return false;
		const uint8_t *text = unpack_bytes(&from, (size_t)length + 1);
		if (!text || text[length] || memchr(text, 0, (size_t)length))
			return false;
		index->symbols[i] = (const char *)text;
	}
	return from.left == 0 && !from.is_bad;
}

/* Every series that it has can be walked through, to its end. */
static bool check_series(const struct block *block, const struct block_index *index)
{
	autofree struct block_walk *walk = xmalloc(sizeof(*walk));
	struct block_chunk chunk;
	block_walk_begin(walk, block, index);
	while (block_walk_next(walk)) {
		while (block_walk_chunk(walk, &chunk)) {
			if (chunk.count == 0 || chunk.count > XOR_SAMPLES_MAX ||
				chunk.length > XOR_BYTES_MAX || chunk.offset > block->data_length ||
				chunk.length > block->data_length - chunk.offset)
				return false;
		}
		chunk = block_walk_minutes(walk);
		if (walk->body.is_bad || walk->body.left || chunk.offset > block->data_length ||
			chunk.length > block->data_length - chunk.offset)
			return false;
	}
	return !walk->at.is_bad && walk->left == 0 && walk->at.left == 0;
}

/* A text is a byte at least, and so is a series: no number makes it allocate more than the file is long. */
static struct block_index *load(const struct block *block)
{
	size_t symbols = (size_t)block->symbols_length, series = (size_t)block->series_length;
	if (block->symbol_count > symbols || block->facts.series > series)
		return NULL;
	struct block_index *index = xmalloc(sizeof(*index) + symbols + series);
	*index = (struct block_index){.bytes = symbols + series,
		.symbol_count = block->symbol_count,
		.series = index->sections + symbols,
		.series_length = series};
	atomic_init(&index->users, 1);
	index->symbols = xcalloc((size_t)block->symbol_count + 1, sizeof(char *));
	const off_t at = (off_t)(BLOCK_HEADER_BYTES + block->data_length);
	if (read_all_at(block->fd, index->sections, index->bytes, at) == (ssize_t)index->bytes &&
		block_crc(0, index->sections, symbols) == block->symbols_crc &&
		block_crc(0, index->series, series) == block->series_crc &&
		read_symbols(index, (struct unpack){.at = index->sections, .left = symbols}) &&
		check_series(block, index))
		return index;
	block_index_unref(index);
	return NULL;
}

struct block_index *block_index_get(struct block *block, struct block_damage *damage)
{
	pthread_mutex_lock(&block->lock);
	if (!block->index && !block->is_bad) {
		block->index = load(block);
		block->is_bad = block->index == NULL;
		if (block->is_bad)
			block_say_damage(damage, block, "its index is damaged: it is left out");
	}
	struct block_index *index = block->index;
	if (index)
		atomic_fetch_add_explicit(&index->users, 1, memory_order_relaxed);
	block->was_asked = true;
	pthread_mutex_unlock(&block->lock);
	return index;
}

void block_rest(struct block *block)
{
	pthread_mutex_lock(&block->lock);
	if (!block->was_asked) {
		block_index_unref(block->index);
		block->index = NULL;
	}
	block->was_asked = false;
	pthread_mutex_unlock(&block->lock);
}

void block_shrink(struct block *block)
{
	pthread_mutex_lock(&block->lock);
	block_index_unref(block->index);
	block->index = NULL;
	pthread_mutex_unlock(&block->lock);
}

size_t block_memory(struct block *block)
{
	pthread_mutex_lock(&block->lock);
	size_t bytes = sizeof(*block) + strlen(block->path);
	if (block->index)
		bytes += sizeof(*block->index) + block->index->bytes +
			 block->index->symbol_count * sizeof(char *);
	pthread_mutex_unlock(&block->lock);
	return bytes;
}

/* ---- walking ---- */

void block_walk_begin(
	struct block_walk *walk, const struct block *block, const struct block_index *index)
{
	walk->index = index;
	walk->left = block->facts.series;
	walk->at = (struct unpack){.at = index->series, .left = index->series_length};
}

static bool read_labels(struct block_walk *walk)
{
	uint64_t count = unpack_short(&walk->at);
	if (count > BLOCK_LABELS_MAX)
		return false;
	walk->label_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		uint64_t name = unpack_short(&walk->at), value = unpack_short(&walk->at);
		if (name >= walk->index->symbol_count || value >= walk->index->symbol_count)
			return false;
		walk->names[i] = (uint32_t)name;
		walk->values[i] = (uint32_t)value;
	}
	return !walk->at.is_bad;
}

bool block_walk_next(struct block_walk *walk)
{
	if (walk->left == 0 || walk->at.is_bad)
		return false;
	walk->left--;
	uint64_t length = 0;
	if (read_labels(walk))
		length = unpack_short(&walk->at);
	else
		walk->at.is_bad = true;
	if (length > walk->at.left)
		walk->at.is_bad = true;
	const uint8_t *body = unpack_bytes(&walk->at, (size_t)length);
	if (!body)
		return false;
	walk->body = (struct unpack){.at = body, .left = (size_t)length};
	uint64_t chunks = unpack_short(&walk->body);
	walk->chunks_left = chunks > length ? 0 : (uint32_t)chunks;
	walk->body.is_bad |= chunks > length;
	walk->offset = unpack_short(&walk->body);
	walk->last_ms = 0;
	return true;
}

bool block_walk_chunk(struct block_walk *walk, struct block_chunk *ret)
{
	struct unpack *body = &walk->body;
	if (walk->chunks_left == 0 || body->is_bad)
		return false;
	walk->chunks_left--;
	ret->from_ms = (int64_t)((uint64_t)walk->last_ms + (uint64_t)unpack_signed(body));
	ret->to_ms = (int64_t)((uint64_t)ret->from_ms + unpack_short(body));
	ret->offset = walk->offset;
	uint64_t length = unpack_short(body), count = unpack_short(body);
	ret->crc = unpack_u32(body);
	if (length > UINT32_MAX || count > UINT32_MAX)
		body->is_bad = true;
	ret->length = (uint32_t)length;
	ret->count = (uint32_t)count;
	walk->offset += length;
	walk->last_ms = ret->to_ms;
	return !body->is_bad;
}

struct block_chunk block_walk_minutes(struct block_walk *walk)
{
	struct unpack *body = &walk->body;
	struct block_chunk minutes = {.offset = walk->offset};
	uint64_t length = unpack_short(body), count = unpack_short(body);
	minutes.crc = unpack_u32(body);
	body->is_bad |= length > UINT32_MAX || count > UINT32_MAX;
	minutes.length = (uint32_t)length;
	minutes.count = (uint32_t)count;
	return minutes;
}

/* ---- data ---- */

bool block_read_data(struct block *block, uint64_t offset, uint8_t *bytes, size_t length,
	struct block_damage *damage)
{
	if (read_all_at(block->fd, bytes, length, (off_t)(BLOCK_HEADER_BYTES + offset)) ==
		(ssize_t)length)
		return true;
	block_say_damage(damage, block, "a part of it cannot be read: what is in it is left out");
	return false;
}

void block_check(struct block *block, struct block_damage *ret)
{
	autofree uint8_t *bytes = xmalloc(CHECK_BYTES);
	struct block_index *index = block_index_get(block, ret);
	uint32_t crc = 0;
	block_index_unref(index);
	for (uint64_t at = 0; index && at < block->data_length;) {
		uint64_t left = block->data_length - at;
		size_t length = left < CHECK_BYTES ? (size_t)left : CHECK_BYTES;
		if (!block_read_data(block, at, bytes, length, ret))
			return;
		crc = block_crc(crc, bytes, length);
		at += length;
	}
	if (index && crc != block->data_crc)
		block_say_damage(ret, block, "some of its chunks are damaged: they are left out");
}
