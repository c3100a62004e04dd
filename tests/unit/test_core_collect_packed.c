/* SPDX-License-Identifier: MIT */
/* Packed logs, unpacked by bits: whole, in several members, cut anywhere, damaged, and larger than they may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/read_at.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/collect/packed.h"

enum { CUTS = 400, DAMAGES = 400, BOMB_BYTES = 256 << 20, BOUND = 1 << 20 };

static void add_gzip(struct str *to, const char *bytes, size_t length)
{
	z_stream stream = {0};
	size_t room = length + length / 100 + 1024;
	autofree unsigned char *out = xmalloc(room);
	assert_int_equal(
		deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = (unsigned char *)(uintptr_t)bytes;
	stream.avail_in = (uInt)length;
	stream.next_out = out;
	stream.avail_out = (uInt)room;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	str_add(to, (char *)out, stream.total_out);
	deflateEnd(&stream);
}

static void add_zstd(struct str *to, const char *bytes, size_t length)
{
	size_t room = ZSTD_compressBound(length);
	autofree char *out = xmalloc(room);
	size_t size = ZSTD_compress(out, room, bytes, length, 3);
	assert_false(ZSTD_isError(size));
	str_add(to, out, size);
}

static void (*const forms[])(struct str *to, const char *bytes, size_t length) = {
	add_gzip, add_zstd};

static void add_lines(struct str *to, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		str_addf(to, "2026-11-20T10:00:00Z INFO line %u of %u\n", i, i * 7919);
}

static int file_of(const char *bytes, size_t length)
{
	int fd = memfd_create("packed", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	return fd;
}

/* What it gives is appended to `to`. */
static enum packed_state unpack(
	const char *bytes, size_t length, uint64_t most, size_t slice, struct str *to)
{
	struct err err = {0};
	int from = file_of(bytes, length);
	struct packed *packed = packed_new(from, most, &err);
	assert_non_null(packed);
	enum packed_state state;
	while ((state = packed_step(packed, slice)) == PACKED_MORE)
		continue;
	size_t size = (size_t)packed_bytes(packed);
	autofree char *out = xmalloc(size + 1);
	int fd = packed_take(packed);
	struct stat status;
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_nlink, 0);
	assert_int_equal(status.st_size, (off_t)size);
	assert_int_equal(read_all_at(fd, out, size, 0), (ssize_t)size);
	str_add(to, out, size);
	close(fd);
	close(from);
	packed_free(packed);
	return state;
}

static void assert_comes_out(void (*form)(struct str *, const char *, size_t), const char *bytes,
	size_t length, unsigned members)
{
	autostr struct str packed = STR_INIT, out = STR_INIT, all = STR_INIT;
	for (unsigned i = 0; i < members; i++) {
		form(&packed, bytes, length);
		str_add(&all, bytes, length);
	}
	assert_int_equal(unpack(packed.text, packed.length, UINT64_MAX, members * 10000, &out),
		PACKED_WHOLE);
	assert_int_equal(out.length, all.length);
	assert_memory_equal(out.text, all.text, all.length);
}

static void what_was_packed_comes_out_in_one_or_several_members(void **state)
{
	(void)state;
	autostr struct str plain = STR_INIT, one = STR_INIT;
	add_lines(&plain, 20000);
	/* Of a whole number of blocks the last fills what it is unpacked into. */
	const size_t lengths[] = {plain.length, 64 << 10, 128 << 10};
	for (size_t f = 0; f < COUNT_OF(forms); f++)
		for (unsigned i = 0; i < COUNT_OF(lengths) * 3; i++)
			assert_comes_out(forms[f], plain.text, lengths[i / 3], 1 + i % 3);
	autostr struct str padded = STR_INIT, out = STR_INIT;
	add_gzip(&padded, "end\n", 4);
	for (int i = 0; i < 512; i++)
		str_addch(&padded, '\0');
	assert_int_equal(unpack(padded.text, padded.length, UINT64_MAX, 1, &out), PACKED_WHOLE);
	assert_string_equal(out.text, "end\n");
}

static void of_one_that_is_cut_what_was_before_is_there(void **state)
{
	(void)state;
	struct rng rng;
	autostr struct str plain = STR_INIT;
	rng_init(&rng, 5);
	add_lines(&plain, 20000);
	for (size_t f = 0; f < COUNT_OF(forms); f++) {
		autostr struct str packed = STR_INIT;
		size_t most = 0;
		forms[f](&packed, plain.text, plain.length);
		for (int i = 0; i < CUTS; i++) {
			autostr struct str out = STR_INIT;
			size_t length = 4 + rng_below(&rng, packed.length - 4);
			enum packed_state is = unpack(
				packed.text, length, UINT64_MAX, 1 + rng_below(&rng, 200000), &out);
			assert_int_equal(is, PACKED_CUT);
			assert_true(out.length <= plain.length);
			assert_memory_equal(out.text, plain.text, out.length);
			most = out.length > most ? out.length : most;
		}
		assert_true(most > plain.length / 2);
	}
}

static void of_a_damaged_one_something_is_there_and_nothing_breaks(void **state)
{
	(void)state;
	struct rng rng;
	autostr struct str plain = STR_INIT;
	rng_init(&rng, 6);
	add_lines(&plain, 5000);
	for (size_t f = 0; f < COUNT_OF(forms); f++) {
		size_t told = 0;
		for (int i = 0; i < DAMAGES; i++) {
			autostr struct str packed = STR_INIT, out = STR_INIT;
			forms[f](&packed, plain.text, plain.length);
			size_t at = 8 + rng_below(&rng, packed.length - 8);
			packed.text[at] =
				(char)((unsigned char)packed.text[at] ^ (1 + rng_below(&rng, 255)));
			enum packed_state is = unpack(packed.text, packed.length,
				UINT64_C(4) * plain.length, 65536, &out);
			bool same = out.length == plain.length &&
				    memcmp(out.text, plain.text, plain.length) == 0;
			told += is != PACKED_WHOLE;
			/* zstd without a checksum cannot know of each */
			assert_true(is != PACKED_WHOLE || same || f == 1);
		}
		assert_true(told > DAMAGES / 2);
	}
}

static void one_that_is_larger_than_it_may_be_ends_there(void **state)
{
	(void)state;
	autofree char *zeros = xcalloc(1, BOMB_BYTES);
	for (size_t f = 0; f < COUNT_OF(forms); f++) {
		autostr struct str packed = STR_INIT, out = STR_INIT;
		forms[f](&packed, zeros, BOMB_BYTES);
		assert_true(packed.length < BOMB_BYTES / 500);
		assert_int_equal(unpack(packed.text, packed.length, BOUND, SIZE_MAX / 4, &out),
			PACKED_BOUND);
		assert_int_equal(out.length, BOUND);
	}
}

static void what_is_not_packed_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", "\x1f", "plain text\n", "BZh91AY&SY", "\x1f\x8b\x01\x01"};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct err err = {0};
		int fd = file_of(texts[i], strlen(texts[i]));
		assert_false(packed_is(fd));
		assert_null(packed_new(fd, BOUND, &err));
		assert_string_equal(err.text, "it is neither gzip nor zstd");
		close(fd);
	}
	assert_true(packed_is_name("/var/log/a.log.1.gz"));
	assert_true(packed_is_name("a.zst"));
	assert_false(packed_is_name("/a.gz/log"));
	assert_false(packed_is_name("gz"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_comes_out_in_one_or_several_members),
		cmocka_unit_test(of_one_that_is_cut_what_was_before_is_there),
		cmocka_unit_test(of_a_damaged_one_something_is_there_and_nothing_breaks),
		cmocka_unit_test(one_that_is_larger_than_it_may_be_ends_there),
		cmocka_unit_test(what_is_not_packed_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
