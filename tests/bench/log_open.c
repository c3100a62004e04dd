/* SPDX-License-Identifier: MIT */
/*
 * L1: a file is opened on a terminal, until its last line is on the screen: `botswain -- FILE`, with the engine that
 * it starts, beside `less +G`, by turns.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "tests/bench/bench.h"
#include "tests/bench/log_gen.h"
#include "tests/bench/probe.h"
#include "tests/support/botapi.h"
#include "tests/support/vt.h"

enum { LINES = 10000000, LOST_MS = 20000 };

static double open_ms(const char *const words[])
{
	double begun_us = probe_now_us();
	struct vt *vt = vt_spawn(BENCH_ROWS, BENCH_COLUMNS, words, NULL);
	double ms =
		vt_wait_text(vt, LOG_GEN_LAST, LOST_MS) ? (vt_read_us(vt) - begun_us) / 1000 : NAN;
	vt_free(vt);
	return ms;
}

static bool measure(bool is_json, struct figures *ret)
{
	const char *path;
	autofree char *ours = build_program("botswain");
	if (!log_gen_file((uint64_t)bench_number("BENCH_LINES", LINES), is_json, &path))
		return false;
	for (int i = 0; i < bench_number("BENCH_PAIRS", 2 * BENCH_PAIRS_LEAST); i++) {
		samples_add(&ret->ours, open_ms((const char *const[]){ours, "--", path, NULL}));
		samples_add(
			&ret->peer, open_ms((const char *const[]){"less", "-S", "+G", path, NULL}));
	}
	return true;
}

bool bench_open_text(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure(false, ret);
}

bool bench_open_json(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure(true, ret);
}
