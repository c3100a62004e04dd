/* SPDX-License-Identifier: MIT */
/* A log file that is written, rotated and looked at in any order: every line comes out once and in order, whatever its
 * bytes. The input is the text; each of its bytes below 4 is a step instead: look, read, rotate, time. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/tail.h"
#include "tests/fuzz/fuzz.h"

enum { STEP_LOOK, STEP_READ, STEP_ROTATE, STEP_WAIT, STEPS };
enum { ROTATIONS_MAX = TAIL_OLDS_MAX - 1, BUDGET = 4096 };

static char folder[64];

struct run {
	struct tail tail;
	char path[96];
	FILE *file;
	struct str written, heard;
	int64_t now_ms;
	unsigned rotations;
	bool was_lost;
};

static void remove_files(void)
{
	for (unsigned i = 0; i <= ROTATIONS_MAX; i++) {
		autofree char *old = xasprintf("%s/log.%u", folder, i);
		unlink(old);
	}
	autofree char *path = xasprintf("%s/log", folder);
	unlink(path);
}

static void remove_folder(void)
{
	remove_files();
	rmdir(folder);
}

static void hear(void *context, const char *line, size_t length, bool is_cut)
{
	struct run *run = context;
	str_add(&run->heard, line, length);
	if (!is_cut)
		str_addch(&run->heard, '\n');
}

static void lose(void *context, uint64_t bytes, const char *why)
{
	struct run *run = context;
	(void)bytes;
	FUZZ_REQUIRE(*why);
	run->was_lost = true;
}

static void look(struct run *run)
{
	struct err err;
	fflush(run->file);
	FUZZ_REQUIRE(tail_look(&run->tail, run->now_ms, NULL, &err));
}

static void rotate(struct run *run)
{
	if (run->rotations == ROTATIONS_MAX)
		return;
	autofree char *old = xasprintf("%s/log.%u", folder, run->rotations++);
	fclose(run->file);
	FUZZ_REQUIRE(rename(run->path, old) == 0);
	run->file = fopen(run->path, "wbe");
	FUZZ_REQUIRE(run->file);
	look(run);
}

static void step(struct run *run, unsigned char which)
{
	if (which == STEP_LOOK)
		look(run);
	else if (which == STEP_READ)
		(void)tail_read(&run->tail, run->now_ms, BUDGET);
	else if (which == STEP_ROTATE)
		rotate(run);
	else
		run->now_ms += 100;
}

static void begin(struct run *run)
{
	static bool is_made;
	if (!is_made) {
		fuzz_make_folder(folder, sizeof(folder), "tail");
		atexit(remove_folder);
		is_made = true;
	}
	snprintf(run->path, sizeof(run->path), "%s/log", folder);
	run->file = fopen(run->path, "wbe");
	FUZZ_REQUIRE(run->file);
	tail_init(&run->tail, run->path, hear, lose, run);
	look(run);
}

/* Long enough that nobody waits for the end of a line any more. */
static void finish(struct run *run)
{
	fputc('\n', run->file);
	for (int i = 0; i < 3; i++) {
		look(run);
		while (tail_read(&run->tail, run->now_ms, BUDGET))
			;
		run->now_ms += TAIL_OLD_MS + 1;
	}
}

static void end(struct run *run)
{
	tail_release(&run->tail);
	fclose(run->file);
	remove_files();
	str_release(&run->written);
	str_release(&run->heard);
}

/* The bytes of a text that no line end is made of. */
static size_t count_bytes(const struct str *text)
{
	size_t count = 0;
	for (size_t i = 0; i < text->length; i++)
		count += text->text[i] != '\n' && text->text[i] != '\r';
	return count;
}

/* Nothing comes twice, and nothing is missing that was not told to be lost. */
static void require_heard(const struct run *run)
{
	size_t heard = count_bytes(&run->heard), written = count_bytes(&run->written);
	FUZZ_REQUIRE(heard <= written);
	FUZZ_REQUIRE(run->was_lost || heard == written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = {.written = STR_INIT, .heard = STR_INIT, .now_ms = 1000};
	begin(&run);
	for (size_t i = 0; i < size; i++) {
		if (data[i] < STEPS) {
			step(&run, data[i]);
			continue;
		}
		FUZZ_REQUIRE(fputc(data[i], run.file) != EOF);
		str_addch(&run.written, (char)data[i]);
	}
	finish(&run);
	require_heard(&run);
	end(&run);
	return 0;
}
