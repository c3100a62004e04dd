/* SPDX-License-Identifier: MIT */
#include "tests/bench/log_gen.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/str.h"
#include "core/events/file_stream.h"
#include "core/events/open_file.h"

enum { BOTS = 40, STEP_MS = 20, PART_BYTES = 1 << 20, FILES = 4 };

#define FIRST_MS INT64_C(1795000000000)

static struct made {
	char path[64];
	uint64_t lines;
	bool is_json;
} files[FILES];

struct log_gen log_gen_new(uint64_t seed, bool is_json)
{
	struct log_gen gen = {.wall_ms = FIRST_MS, .is_json = is_json, .stamp_ms = -1};
	rng_init(&gen.rng, seed);
	return gen;
}

static void set_stamp(struct log_gen *gen)
{
	time_t seconds = (time_t)(gen->wall_ms / 1000);
	struct tm parts;
	if (gen->stamp_ms == gen->wall_ms)
		return;
	gen->stamp_ms = gen->wall_ms;
	(void)gmtime_r(&seconds, &parts);
	size_t length = strftime(gen->stamp, sizeof(gen->stamp),
		gen->is_json ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &parts);
	snprintf(gen->stamp + length, sizeof(gen->stamp) - length,
		gen->is_json ? ".%03dZ" : ",%03d", (int)(gen->wall_ms % 1000));
}

struct kind {
	const char *text, *json, *before, *after;
};

static struct kind draw_kind(struct log_gen *gen)
{
	static const struct kind info = {"INFO", "info", "update handled in ", " ms"},
				 debug = {"DEBUG", "debug", "callback query answered after ",
					 " ms"},
				 warning = {"WARNING", "warn",
					 "429 Too Many Requests: retry after ", ""},
				 error = {"ERROR", "error", "request timeout after ", " ms"};
	static const struct kind end = {"INFO", "info", "this is the last line, ", ""};
	uint64_t tenth = rng_below(&gen->rng, 10);
	if (gen->last && gen->number + 1 == gen->last)
		return end;
	return tenth < 6 ? info : tenth < 8 ? debug : tenth < 9 ? warning : error;
}

void log_gen_line(struct log_gen *gen, struct str *to)
{
	char line[256];
	if (!gen->is_now)
		gen->wall_ms += (int64_t)rng_below(&gen->rng, STEP_MS);
	set_stamp(gen);
	struct kind kind = draw_kind(gen);
	unsigned bot = (unsigned)rng_below(&gen->rng, BOTS),
		 figure = (unsigned)rng_below(&gen->rng, 900) + 100;
	unsigned long chat = 100000000 + rng_below(&gen->rng, 900000000), number = gen->number++;
	int length =
		gen->is_json
			? snprintf(line, sizeof(line),
				  "{\"time\":\"%s\",\"level\":\"%s\",\"bot\":\"bot-%u\",\"msg\":"
				  "\"%s%u%s\",\"chat\":%lu,\"upd\":%lu}\n",
				  gen->stamp, kind.json, bot, kind.before, figure, kind.after, chat,
				  number)
			: snprintf(line, sizeof(line),
				  "%s %s [bot-%u] handlers.message: %s%u%s chat=%lu update_id=%lu "
				  "ok\n",
				  gen->stamp, kind.text, bot, kind.before, figure, kind.after, chat,
				  number);
	str_add(to, line, (size_t)length);
}

static bool write_lines(struct made *made, int fd)
{
	struct log_gen gen = log_gen_new(7, made->is_json);
	autostr struct str text = STR_INIT;
	bool is_good = true;
	gen.last = made->lines;
	while (is_good && gen.number < made->lines) {
		str_clear(&text);
		while (gen.number < made->lines && text.length < PART_BYTES)
			log_gen_line(&gen, &text);
		is_good = write(fd, text.text, text.length) == (ssize_t)text.length;
	}
	return is_good;
}

static bool make(struct made *made, uint64_t lines, bool is_json)
{
	*made = (struct made){.lines = lines, .is_json = is_json};
	strcpy(made->path, "/tmp/botswain-bench-log.XXXXXX");
	int fd = mkostemp(made->path, O_CLOEXEC);
	bool is_good = fd >= 0 && write_lines(made, fd);
	if (fd >= 0)
		close(fd);
	if (!is_good && fd >= 0)
		(void)unlink(made->path);
	if (!is_good)
		*made = (struct made){.lines = 0};
	return is_good;
}

bool log_gen_file(uint64_t lines, bool is_json, const char **ret_path)
{
	struct made *made = NULL;
	for (size_t i = 0; i < FILES && !made; i++)
		if (!files[i].lines || (files[i].lines == lines && files[i].is_json == is_json))
			made = &files[i];
	if (!made || (!made->lines && !make(made, lines, is_json)))
		return false;
	*ret_path = made->path;
	return true;
}

struct file_stream *log_gen_stream(const char *path)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) != 0)
		return NULL;
	struct open_file *file = open_file_new(fd);
	struct names *names = names_new();
	struct file_stream *stream = file_stream_new(
		&(struct file_options){.stream = {.source = 1, .id = 1, .name = "bench"},
			.file = file,
			.to = (uint64_t)status.st_size,
			.received_ms = (int64_t)status.st_mtim.tv_sec * 1000,
			.names = names});
	names_unref(names);
	open_file_unref(file);
	return stream;
}

void log_gen_remove(void)
{
	for (size_t i = 0; i < FILES; i++) {
		if (files[i].lines)
			(void)unlink(files[i].path);
		files[i].lines = 0;
	}
}
