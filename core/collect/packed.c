/* SPDX-License-Identifier: MIT */
#include "core/collect/packed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/read_at.h"
#include "core/base/unnamed_file.h"
#include "core/base/write_all.h"

enum { BLOCK_BYTES = 64 << 10, GZIP_ONLY = 16 };

enum form { FORM_NONE, FORM_GZIP, FORM_ZSTD };

struct packed {
	enum form form;
	int from, to;
	off_t at;                   /* of what was read of the packed file */
	size_t in_start, in_length; /* of what is in `in` and was not used yet */
	uint64_t most, bytes;
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool has_begun, is_inside; /* of a member of it: its end is still to come */
	bool is_full;              /* more of it may come without more bytes */
	unsigned char in[BLOCK_BYTES], out[BLOCK_BYTES];
};

static enum form form_of(int fd)
{
	unsigned char head[4];
	if (read_all_at(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return FORM_NONE;
	if (head[0] == 0x1f && head[1] == 0x8b && head[2] == 8)
		return FORM_GZIP;
	return memcmp(head, "\x28\xb5\x2f\xfd", sizeof(head)) == 0 ? FORM_ZSTD : FORM_NONE;
}

bool packed_is_name(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot && (strcmp(dot, ".gz") == 0 || strcmp(dot, ".zst") == 0);
}

bool packed_is(int fd)
{
	return form_of(fd) != FORM_NONE;
}

static bool begin(struct packed *packed)
{
	if (packed->form == FORM_GZIP)
		return inflateInit2(&packed->gzip, MAX_WBITS + GZIP_ONLY) == Z_OK;
	packed->zstd = ZSTD_createDStream();
	return packed->zstd != NULL;
}

struct packed *packed_new(int fd, uint64_t most_bytes, struct err *err)
{
	enum form form = form_of(fd);
	if (form == FORM_NONE) {
		err_set(err, ERR_UNSUPPORTED, "it is neither gzip nor zstd");
		return NULL;
	}
	int to = unnamed_file(err);
	if (to < 0)
		return NULL;
	struct packed *packed = xcalloc(1, sizeof(*packed));
	packed->form = form;
	packed->from = fd;
	packed->to = to;
	packed->most = most_bytes;
	if (!begin(packed))
		out_of_memory();
	return packed;
}

void packed_free(struct packed *packed)
{
	if (!packed)
		return;
	if (packed->form == FORM_GZIP)
		inflateEnd(&packed->gzip);
	ZSTD_freeDStream(packed->zstd);
	if (packed->to >= 0)
		close(packed->to);
	free(packed);
}

/* ---- bytes in, bytes out ---- */

/* False: it ends, or cannot be read (errno). */
static bool fill(struct packed *packed)
{
	errno = 0;
	ssize_t length = read_at(packed->from, packed->in, sizeof(packed->in), packed->at);
	if (length <= 0)
		return false;
	packed->at += length;
	packed->in_start = 0;
	packed->in_length = (size_t)length;
	return true;
}

static bool put(struct packed *packed, size_t length)
{
	if (!write_all_at(packed->to, packed->out, length, (off_t)packed->bytes))
		return false;
	packed->bytes += length;
	return true;
}

/* Each gives what it used and made. False: that is no such stream. */
static bool step_gzip(struct packed *packed, size_t *ret_used, size_t *ret_made)
{
	z_stream *gzip = &packed->gzip;
	if (!packed->is_inside && packed->has_begun && packed->in_length &&
		inflateReset(gzip) != Z_OK)
		return false;
	gzip->next_in = packed->in + packed->in_start;
	gzip->avail_in = (uInt)packed->in_length;
	gzip->next_out = packed->out;
	gzip->avail_out = sizeof(packed->out);
	int result = inflate(gzip, Z_NO_FLUSH);
	*ret_used = packed->in_length - gzip->avail_in;
	*ret_made = sizeof(packed->out) - gzip->avail_out;
	packed->is_inside = result != Z_STREAM_END;
	return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
}

static bool step_zstd(struct packed *packed, size_t *ret_used, size_t *ret_made)
{
	ZSTD_inBuffer in = {packed->in + packed->in_start, packed->in_length, 0};
	ZSTD_outBuffer out = {packed->out, sizeof(packed->out), 0};
	size_t result = ZSTD_decompressStream(packed->zstd, &out, &in);
	*ret_used = in.pos;
	*ret_made = out.pos;
	packed->is_inside = result != 0;
	return !ZSTD_isError(result);
}

static enum packed_state step(struct packed *packed)
{
	size_t used = 0, made = 0;
	bool is_next = packed->has_begun && !packed->is_inside;
	if (!packed->in_length && !packed->is_full && !fill(packed))
		return errno ? PACKED_FAILED : packed->is_inside ? PACKED_CUT : PACKED_WHOLE;
	bool is_good = packed->form == FORM_GZIP ? step_gzip(packed, &used, &made)
						 : step_zstd(packed, &used, &made);
	is_good &= used > 0 || made > 0 || !packed->in_length;
	if (!is_good && is_next && !made)
		return PACKED_WHOLE; /* as gzip has it: what stands behind it is none of it */
	packed->has_begun = true;
	packed->is_full = packed->is_inside && made == sizeof(packed->out);
	packed->in_start += used;
	packed->in_length -= used;
	bool is_bound = made > packed->most - packed->bytes;
	if (!put(packed, is_bound ? (size_t)(packed->most - packed->bytes) : made))
		return PACKED_FAILED;
	return is_bound ? PACKED_BOUND : is_good ? PACKED_MORE : PACKED_BROKEN;
}

enum packed_state packed_step(struct packed *packed, size_t bytes)
{
	enum packed_state state = PACKED_MORE;
	uint64_t until = packed->bytes + bytes;
	off_t read_until = packed->at + (off_t)bytes;
	while (state == PACKED_MORE && packed->bytes < until && packed->at < read_until)
		state = step(packed);
	return state;
}

int packed_take(struct packed *packed)
{
	int fd = packed->to;
	packed->to = -1;
	return fd;
}

uint64_t packed_bytes(const struct packed *packed)
{
	return packed->bytes;
}

const char *packed_why(enum packed_state state)
{
	static const char *const why[] = {[PACKED_CUT] = "the packed file ends before its end",
		[PACKED_BROKEN] = "what comes next in the packed file is damaged",
		[PACKED_BOUND] = "it is larger than events: unpacked allows",
		[PACKED_FAILED] = "it cannot be read, or there is no room for it in $TMPDIR"};
	return (size_t)state < COUNT_OF(why) ? why[state] : NULL;
}
