/* SPDX-License-Identifier: MIT */
/* Command lines: one that asks and one that acts, on an engine that nobody hurts, and one that starts an engine of its own,
 * which is hurt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <jansson.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/fleet.h"
#include "tests/torture/harness.h"

enum { END_MS = 20000, STATUSES = 1u << 0 | 1u << 3 | 1u << 4 };

static size_t bots_of(const char *path)
{
	json_t *page = json_load_file(path, 0, NULL);
	size_t count = json_array_size(json_object_get(page, "bots"));
	json_decref(page);
	return count;
}

/* What it prints when it says that it went well is all there is. */
static void judge_page(struct bench *bench, int status, struct outcome *ret)
{
	bool is_answer = WIFEXITED(status) && STATUSES & 1u << WEXITSTATUS(status);
	size_t count = is_answer ? bots_of(bench->output) : 0;
	if (is_answer && WEXITSTATUS(status) != 4 && count == 0)
		blame(ret, "exit %d, but what it printed is not whole", WEXITSTATUS(status));
}

static void ask(struct bench *bench, const char *who, const struct injection *injection,
	struct outcome *ret)
{
	int status = 0;
	pid_t pid = bench_start(bench,
		(const char *const[]){bench->screen, "-c", bench->config, "bots", "--json", NULL},
		bench_environment(bench, who, injection));
	if (!bench_end(pid, 0, END_MS, &status))
		blame(ret, "it does not end");
	else
		hold_ending(ret, bench, status, STATUSES);
	judge_page(bench, status, ret);
	hold_nothing_left(ret, bench->running);
}

void play_words(struct bench *bench, const struct injection *injection, struct outcome *ret)
{
	if (!bench_serve(bench)) {
		blame(ret, "there is no engine");
		return;
	}
	bench_arm(bench);
	ask(bench, "botswain", injection, ret);
}

void play_own(struct bench *bench, const struct injection *injection, struct outcome *ret)
{
	bench_stop(bench);
	ask(bench, "botswaind", injection, ret);
}

/* Whatever happens to who asked: what was said to be done is in the audit file. */
void play_action(struct bench *bench, const struct injection *injection, struct outcome *ret)
{
	int status = 0;
	autofree char *reason = xasprintf("torture by words %u of %u", bench->runs, bench->number);
	if (!bench_serve(bench)) {
		blame(ret, "there is no engine");
		return;
	}
	bench_arm(bench);
	pid_t pid = bench_start(bench,
		(const char *const[]){bench->screen, "-c", bench->config, "backup", "run", "copy",
			"--yes", "--reason", reason, NULL},
		bench_environment(bench, "botswain", injection));
	if (!bench_end(pid, 0, END_MS, &status))
		blame(ret, "it does not end");
	else
		hold_ending(ret, bench, status, 1u << 0);
	hold_state(ret, bench, WIFEXITED(status) && WEXITSTATUS(status) == 0 ? reason : NULL);
	hold_nothing_left(ret, bench->running);
	hold_backups(ret, bench, false);
}
