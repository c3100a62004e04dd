/* SPDX-License-Identifier: MIT */
#include "core/series/wal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/path.h"
#include "core/base/read_at.h"
#include "core/base/write_all.h"
#include "core/series/labels.h"
#include "core/series/pack.h"
#include "core/series/xor_chunk.h"

#define MAGIC "bswserJ1"

enum {
	VERSION = 1,
	MAGIC_BYTES = 8,
	HEADER_BYTES = MAGIC_BYTES + 4 + 4,
	FRAME_MAGIC = 0x314a5342, /* BSJ1 */
	FRAME_HEAD_BYTES = 16,
	FRAME_BYTES = 1 << 20,     /* a frame that has so much is ended */
	FRAME_BYTES_MAX = 4 << 20, /* one record may go beyond */
	LABELS_MAX = 1024,         /* of one series */
};

enum record { RECORD_SERIES = 1, RECORD_CHUNK = 2 };

struct wal {
	int fd, error; /* error: an errno of what was told since the last commit */
	bool is_broken;
	uint64_t bytes, written;      /* up to the last commit; with what was written since */
	uint32_t series, series_told; /* up to the last commit; with those since */
	struct str frame;
};

static uint32_t crc_of(const void *bytes, size_t length)
{
	return (uint32_t)crc32_z(0, bytes, length);
}

/* ---- writing ---- */

static struct wal *make(int fd, uint64_t bytes, uint32_t series)
{
	struct wal *journal = xcalloc(1, sizeof(*journal));
	*journal = (struct wal){.fd = fd,
		.bytes = bytes,
		.written = bytes,
		.series = series,
		.series_told = series};
	str_init(&journal->frame);
	return journal;
}

static void pack_header(struct str *to)
{
	str_add(to, MAGIC, MAGIC_BYTES);
	pack_u32(to, VERSION);
	pack_u32(to, crc_of(to->text, to->length));
}

bool wal_new(const char *path, struct wal **ret, struct err *err)
{
	autostr struct str header = STR_INIT;
	autoclose int fd =
		open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, errno, "cannot make '%s'", path);
	pack_header(&header);
	if (!write_all(fd, header.text, header.length)) {
		int error = errno;
		(void)unlink(path);
		return err_errno(err, error, "cannot write '%s'", path);
	}
	if (!sync_parent(path, err)) {
		(void)unlink(path);
		return false;
	}
	*ret = make(keep_fd(&fd), HEADER_BYTES, 0);
	return true;
}

bool wal_go_on(const char *path, uint32_t series, struct wal **ret, struct err *err)
{
	struct stat status;
	autoclose int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &status) != 0)
		return err_errno(err, errno, "cannot open '%s'", path);
	*ret = make(keep_fd(&fd), (uint64_t)status.st_size, series);
	return true;
}

void wal_free(struct wal *journal)
{
	if (!journal)
		return;
	close(journal->fd);
	str_release(&journal->frame);
	free(journal);
}

/* The frame is written, and the next one begins. */
static void end_frame(struct wal *journal)
{
	struct str *frame = &journal->frame;
	if (frame->length == 0)
		return;
	autostr struct str head = STR_INIT;
	pack_u32(&head, FRAME_MAGIC);
	pack_u32(&head, (uint32_t)frame->length);
	pack_u32(&head, crc_of(frame->text, frame->length));
	pack_u32(&head, crc_of(head.text, head.length));
	if (!journal->error && (!write_all(journal->fd, head.text, head.length) ||
				       !write_all(journal->fd, frame->text, frame->length)))
		journal->error = errno ? errno : EIO;
	journal->written += head.length + frame->length;
	str_clear(frame);
}

static struct str *next_record(struct wal *journal)
{
	if (journal->frame.length >= FRAME_BYTES)
		end_frame(journal);
	return &journal->frame;
}

static void pack_text(struct str *to, const char *text)
{
	size_t length = strlen(text);
	pack_short(to, length);
	str_add(to, text, length);
}

uint32_t wal_series(struct wal *journal, const struct labels *labels)
{
	struct str *to = next_record(journal);
	pack_short(to, RECORD_SERIES);
	pack_short(to, ++journal->series_told);
	pack_short(to, labels_count(labels));
	for (size_t i = 0; i < labels_count(labels); i++) {
		pack_text(to, labels_at(labels, i)->name);
		pack_text(to, labels_at(labels, i)->value);
	}
	return journal->series_told;
}

void wal_chunk(
	struct wal *journal, uint32_t number, const uint8_t *bytes, size_t length, uint32_t count)
{
	struct str *to = next_record(journal);
	pack_short(to, RECORD_CHUNK);
	pack_short(to, number);
	pack_short(to, count);
	pack_short(to, length);
	str_add(to, bytes, length);
}

bool wal_commit(struct wal *journal, struct err *err)
{
	end_frame(journal);
	if (!journal->error && journal->written > journal->bytes && fdatasync(journal->fd) != 0)
		journal->error = errno;
	int error = journal->error;
	journal->error = 0;
	if (!error) {
		journal->bytes = journal->written;
		journal->series = journal->series_told;
		return true;
	}
	/* half a frame is worse than none: nothing is written behind one */
	journal->is_broken |= ftruncate(journal->fd, (off_t)journal->bytes) != 0;
	journal->written = journal->bytes;
	journal->series_told = journal->series;
	return err_errno(err, error, "cannot write the journal of the series");
}

bool wal_is_broken(const struct wal *journal)
{
	return journal->is_broken;
}

uint64_t wal_bytes(const struct wal *journal)
{
	return journal->bytes;
}

/* ---- reading ---- */

/* A text that is in the bytes, without a NUL: copied into `to` with one. */
static const char *unpack_text(struct unpack *from, struct str *to)
{
	uint64_t length = unpack_short(from);
	const uint8_t *bytes = length > from->left ? NULL : unpack_bytes(from, (size_t)length);
	if (!bytes || memchr(bytes, 0, (size_t)length)) {
		from->is_bad = true;
		return NULL;
	}
	str_add(to, bytes, (size_t)length);
	str_addch(to, '\0');
	return to->text;
}

static void read_series(struct wal_reader *reader, struct unpack *from)
{
	struct label list[LABELS_MAX];
	autostr struct str texts = STR_INIT;
	uint64_t number = unpack_short(from), count = unpack_short(from);
	if (number == 0 || number > UINT32_MAX || count == 0 || count > LABELS_MAX)
		from->is_bad = true;
	for (size_t i = 0; !from->is_bad && i < 2 * count; i++)
		(void)unpack_text(from, &texts);
	if (from->is_bad)
		return;
	const char *at = texts.text; /* it does not move any more */
	for (size_t i = 0; i < count; i++) {
		list[i].name = at;
		at += strlen(at) + 1;
		list[i].value = at;
		at += strlen(at) + 1;
	}
	if (number > reader->series_count)
		reader->series_count = (uint32_t)number;
	reader->series(reader->context, (uint32_t)number, list, (size_t)count);
}

static void read_chunk(struct wal_reader *reader, struct unpack *from)
{
	uint64_t number = unpack_short(from), count = unpack_short(from),
		 length = unpack_short(from);
	const uint8_t *bytes = length > XOR_BYTES_MAX ? NULL : unpack_bytes(from, (size_t)length);
	if (!bytes || number > UINT32_MAX || count > XOR_SAMPLES_MAX)
		from->is_bad = true;
	else
		reader->chunk(
			reader->context, (uint32_t)number, bytes, (size_t)length, (uint32_t)count);
}

static void read_records(struct wal_reader *reader, struct unpack from)
{
	while (from.left && !from.is_bad) {
		uint64_t kind = unpack_short(&from);
		if (kind == RECORD_SERIES)
			read_series(reader, &from);
		else if (kind == RECORD_CHUNK)
			read_chunk(reader, &from);
		else
			from.is_bad = true;
	}
	reader->damaged += from.is_bad;
}

/* The length of the payload; 0: no frame begins here. */
static uint32_t read_frame_head(int fd, uint64_t at, uint64_t size, uint32_t *ret_crc)
{
	uint8_t head[FRAME_HEAD_BYTES];
	struct unpack from = {.at = head, .left = sizeof(head)};
	if (read_all_at(fd, head, sizeof(head), (off_t)at) != sizeof(head))
		return 0;
	uint32_t magic = unpack_u32(&from), length = unpack_u32(&from);
	*ret_crc = unpack_u32(&from);
	if (unpack_u32(&from) != crc_of(head, FRAME_HEAD_BYTES - 4) || magic != FRAME_MAGIC ||
		length > FRAME_BYTES_MAX || length > size - at - FRAME_HEAD_BYTES)
		return 0;
	return length;
}

/* What lies behind a head that can't be read is lost with it. */
static void read_frames(int fd, uint64_t size, struct wal_reader *reader)
{
	autofree uint8_t *payload = xmalloc(FRAME_BYTES_MAX);
	for (uint64_t at = HEADER_BYTES; at < size;) {
		uint32_t crc = 0, length = read_frame_head(fd, at, size, &crc);
		if (!length) {
			reader->damaged++;
			return;
		}
		if (read_all_at(fd, payload, length, (off_t)(at + FRAME_HEAD_BYTES)) ==
				(ssize_t)length &&
			crc_of(payload, length) == crc)
			read_records(reader, (struct unpack){.at = payload, .left = length});
		else
			reader->damaged++;
		at += FRAME_HEAD_BYTES + length;
	}
}

bool wal_read(const char *path, struct wal_reader *reader, struct err *err)
{
	autostr struct str expected = STR_INIT;
	uint8_t header[HEADER_BYTES];
	struct stat status;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) != 0)
		return err_errno(err, errno, "cannot open '%s'", path);
	pack_header(&expected);
	if (!S_ISREG(status.st_mode) ||
		read_all_at(fd, header, sizeof(header), 0) != sizeof(header) ||
		memcmp(header, expected.text, sizeof(header)) != 0)
		return err_set(err, ERR_SYNTAX,
			"'%s' does not begin as a journal of series does: it is left out", path);
	read_frames(fd, (uint64_t)status.st_size, reader);
	return true;
}
