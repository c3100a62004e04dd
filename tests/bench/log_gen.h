/* SPDX-License-Identifier: MIT */
/*
 * Lines of a log of 40 bots, the same ones for the same seed: 60 % information, 20 % debug, 10 % warnings, 10 % errors, as text
 * of Python's logging (124 bytes a line) or JSON (127).
 */
#ifndef BOTSWAIN_TESTS_BENCH_LOG_GEN_H
#define BOTSWAIN_TESTS_BENCH_LOG_GEN_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/rng.h"

struct str;

struct log_gen {
	struct rng rng;
	int64_t wall_ms; /* of the next line; it moves up to 20 ms a line unless `is_now` */
	uint64_t number; /* of the next line */
	uint64_t last;   /* of so many lines the last one says so; 0: none does */
	bool is_json, is_now;
	/* private */
	int64_t stamp_ms;
	char stamp[40];
};

struct log_gen log_gen_new(uint64_t seed, bool is_json);
/* Appends the next line, with its end. */
void log_gen_line(struct log_gen *gen, struct str *to);
#define LOG_GEN_LAST "this is the last line"

/* A file of so many lines, made when it is not there; the last one says so. False: no room for it. */
bool log_gen_file(uint64_t lines, bool is_json, const char **ret_path);
struct file_stream;
/* Such a file as the store reads it, not indexed yet; the caller frees it. NULL: it cannot be opened. */
struct file_stream *log_gen_stream(const char *path);
/* Removes the files that were made. */
void log_gen_remove(void);

#endif
