/* SPDX-License-Identifier: MIT */
/*
 * A store whose folder holds a file of any bytes: as a file of series or as a journal, as it is or with checksums that are put
 * right, so that what lies behind them is reached. It opens, every question ends, times are in order, and what was taken from a
 * journal is there once more when it is opened again.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/base/attr.h"
#include "core/base/str.h"
#include "core/base/write_all.h"
#include "core/series/block_format.h"
#include "core/series/labels.h"
#include "core/series/pack.h"
#include "core/series/tsdb.h"
#include "tests/fuzz/fuzz.h"

enum { MODES = 4, FRAME_MAGIC = 0x314a5342 };

static void put_u32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* The lengths that its footer tells are taken, as far as they make sense. */
static void mend_file(uint8_t *bytes, size_t size)
{
	if (size < BLOCK_HEADER_BYTES + BLOCK_FOOTER_BYTES)
		return;
	uint8_t *footer = bytes + size - BLOCK_FOOTER_BYTES;
	struct unpack from = {.at = footer, .left = BLOCK_FOOTER_BYTES};
	uint64_t left = size - BLOCK_HEADER_BYTES - BLOCK_FOOTER_BYTES, lengths[3];
	const uint8_t *at = bytes + BLOCK_HEADER_BYTES;
	for (int i = 0; i < 3; i++) {
		lengths[i] = unpack_u64(&from);
		lengths[i] = lengths[i] < left ? lengths[i] : left;
		left -= lengths[i];
	}
	for (int i = 0; i < 3; i++) {
		put_u32(footer + 32 + 4 * i, block_crc(0, at, lengths[i]));
		at += lengths[i];
	}
	put_u32(footer + BLOCK_FOOTER_BYTES - BLOCK_MAGIC_BYTES - 4,
		block_crc(0, footer, BLOCK_FOOTER_BYTES - BLOCK_MAGIC_BYTES - 4));
}

static void put_frame(struct str *to, const uint8_t *payload, size_t size)
{
	autostr struct str head = STR_INIT;
	str_adds(&head, "bswserJ1");
	pack_u32(&head, 1);
	pack_u32(&head, block_crc(0, head.text, head.length));
	str_add(to, head.text, head.length);
	str_clear(&head);
	pack_u32(&head, FRAME_MAGIC);
	pack_u32(&head, (uint32_t)size);
	pack_u32(&head, block_crc(0, payload, size));
	pack_u32(&head, block_crc(0, head.text, head.length));
	str_add(to, head.text, head.length);
	str_add(to, payload, size);
}

static size_t select_all(struct tsdb *tsdb)
{
	const struct selection all = {.from_ms = INT64_MIN, .to_ms = INT64_MAX};
	struct selected_set set;
	size_t samples = 0;
	FUZZ_REQUIRE(tsdb_select(tsdb, &all, &set, NULL));
	for (size_t i = 0; i < set.count; i++) {
		FUZZ_REQUIRE(set.list[i].count > 0);
		FUZZ_REQUIRE(
			i == 0 || labels_compare(set.list[i - 1].labels, set.list[i].labels) < 0);
		for (size_t at = 1; at < set.list[i].count; at++)
			FUZZ_REQUIRE(set.list[i].samples[at - 1].time_ms <
				     set.list[i].samples[at].time_ms);
		samples += set.list[i].count;
	}
	selected_set_release(&set);
	return samples;
}

static void ask(const char *folder, bool is_journal)
{
	const struct selection all = {.from_ms = INT64_MIN, .to_ms = INT64_MAX};
	struct tsdb *tsdb;
	struct minutes_set minutes;
	struct tsdb_counts counts;
	FUZZ_REQUIRE(tsdb_open(folder, NULL, &tsdb, NULL));
	size_t samples = select_all(tsdb);
	FUZZ_REQUIRE(tsdb_minutes(tsdb, &all, &minutes, NULL));
	minutes_set_release(&minutes);
	tsdb_label_names(tsdb, &counts);
	tsdb_counts_release(&counts);
	tsdb_maintain(tsdb, 1);
	tsdb_close(tsdb);
	if (!is_journal)
		return;
	FUZZ_REQUIRE(tsdb_open(folder, NULL, &tsdb, NULL));
	FUZZ_REQUIRE(select_all(tsdb) == samples);
	tsdb_close(tsdb);
}

static void empty(const char *folder)
{
	static const char *const names[] = {"series", "journal"};
	char path[128];
	for (int number = 1; number < 9; number++) {
		for (size_t i = 0; i < COUNT_OF(names); i++) {
			print_text(path, sizeof(path), "%s/%012d.%s", folder, number, names[i]);
			(void)unlink(path);
		}
	}
	FUZZ_REQUIRE(rmdir(folder) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char folder[64], path[128];
	autostr struct str bytes = STR_INIT;
	int mode = size ? data[0] % MODES : 0;
	data += size != 0;
	size -= size != 0;
	if (mode == 3)
		put_frame(&bytes, data, size);
	else
		str_add(&bytes, data, size);
	if (mode == 1)
		mend_file((uint8_t *)bytes.text, bytes.length);
	fuzz_make_folder(folder, sizeof(folder), "series");
	print_text(
		path, sizeof(path), "%s/000000000001.%s", folder, mode < 2 ? "series" : "journal");
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	FUZZ_REQUIRE(fd >= 0 && write_all(fd, bytes.text, bytes.length));
	close(fd);
	ask(folder, mode >= 2);
	empty(folder);
	return 0;
}
