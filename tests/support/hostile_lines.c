/* SPDX-License-Identifier: MIT */
#include "tests/support/hostile_lines.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "tests/support/actor.h"
#include "tests/support/emulator.h"
#include "tests/support/folder.h"
#include "tests/support/hostile_text.h"
#include "tests/support/spawn.h"
#include "tests/support/vt.h"
#include "widgets/canvas.h"

#define SCENE "tests/hostile/scene"

enum { ROWS = 24, COLUMNS = 80, LIMIT_MS = 20000, TERMINAL_EVERY = 8, WORDS_MAX = 4 };

static const char *const commands[][WORDS_MAX] = {{"bots"}, {"services"}, {"checks"}, {"sources"},
	{"alerts"}, {"ops"}, {"logs"}, {"streams"}, {"bots", "--json"}, {"alerts", "--jsonl"},
	{"logs", "--json"}, {"logs", "--jsonl", "-n", "2"}, {"streams", "--json"},
	{"backup", "nightly"}, {"restart", "orders", "--yes", "--reason=x"}};

struct asked {
	struct hostile_lines *lines;
	const char *config;
	char *ways[2]; /* to the hostile engine, and to its twin */
	const char *payload;
};

static void tell(struct asked *asked, const char *what, const char *where)
{
	autofree char *sentence = xasprintf("%s in '%s': %s", asked->payload, where, what);
	if (!asked->lines->faults++)
		copy_text(asked->lines->first, sizeof(asked->lines->first), sentence);
	if (asked->lines->tell)
		asked->lines->tell(sentence);
}

/* The words of a command of the hostile engine or of its twin. */
static void fill_words(const struct asked *asked, bool twin, const char *const *words,
	const char *argv[WORDS_MAX + 6])
{
	size_t count = 0;
	argv[count++] = asked->lines->program;
	argv[count++] = "-c";
	argv[count++] = asked->config;
	argv[count++] = "--connect";
	argv[count++] = asked->ways[twin];
	for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
		argv[count++] = words[i];
	argv[count] = NULL;
}

/* ---- a pipe ---- */

static void run(const struct asked *asked, bool twin, const char *const *words, struct str *ret)
{
	const char *argv[WORDS_MAX + 6];
	fill_words(asked, twin, words, argv);
	const struct spawn how = {.directory = NULL};
	autofree char *said = NULL;
	int status = spawn_run(argv, &how, LIMIT_MS, &said);
	if (status > 128)
		fail_msg("'%s' was ended by signal %d", words[0], status - 128);
	str_adds(ret, said);
}

static void scan(struct asked *asked, const char *where, const char *bytes, size_t length)
{
	struct emulator *emulator = emulator_new(EMULATOR_LINES, ROWS, COLUMNS);
	emulator_take(emulator, bytes, length);
	if (emulator_crimes(emulator)[0])
		tell(asked, emulator_crimes(emulator), where);
	asked->lines->outputs++;
	asked->lines->bytes += length;
	emulator_free(emulator);
}

/* Cluster by cluster: the same, or the place of the payload. */
static bool lines_agree(const struct str *hostile, const struct str *twin)
{
	size_t at = 0, other = 0;
	while (at < hostile->length && other < twin->length) {
		struct cluster one = text_cluster(hostile->text + at, hostile->length - at),
			       two = text_cluster(twin->text + other, twin->length - other);
		struct cell shown = {.width = (uint8_t)one.cells},
			    wanted = {.width = (uint8_t)two.cells};
		if (one.size < sizeof(shown.text) && two.size < sizeof(wanted.text)) {
			memcpy(shown.text, hostile->text + at, one.size);
			memcpy(wanted.text, twin->text + other, two.size);
		}
		if (!payload_cells_agree(&shown, &wanted))
			return false;
		at += one.size;
		other += two.size;
	}
	return at == hostile->length && other == twin->length;
}

static void try_pipe(struct asked *asked, const char *const *words)
{
	autostr struct str hostile = STR_INIT, twin = STR_INIT;
	run(asked, false, words, &hostile);
	run(asked, true, words, &twin);
	scan(asked, words[0], hostile.text, hostile.length);
	if (!hostile.length)
		tell(asked, "it prints nothing", words[0]);
	if (!lines_agree(&hostile, &twin))
		tell(asked, "other lines than with a harmless text", words[0]);
}

/* ---- a terminal ---- */

static void try_terminal(struct asked *asked, const char *const *words)
{
	const char *argv[WORDS_MAX + 6];
	int status;
	fill_words(asked, false, words, argv);
	struct vt *vt = vt_spawn(ROWS, COLUMNS, argv, NULL);
	vt_record(vt);
	assert_true(vt_wait_exit(vt, true, LIMIT_MS, &status));
	scan(asked, words[0], vt_recorded(vt)->text, vt_recorded(vt)->length);
	vt_free(vt);
}

/* ---- a file that nobody trusts ---- */

static void try_configuration(struct asked *asked, const char *words)
{
	const struct spawn how = {.directory = NULL};
	autofree char *path = folder_path("bad.yaml"), *said = NULL;
	folder_write("bad.yaml", 0600, "environment: \"x%sy\"\nbots:\n  o%s: {token: %s}\n%s: 1\n",
		words, words, words, words);
	(void)spawn_run(WORDS(asked->lines->program, "check-config", path), &how, LIMIT_MS, &said);
	scan(asked, "check-config", said, strlen(said));
}

static void try_payload(struct asked *asked, const struct payload *payload, bool on_terminal)
{
	struct scene_script scenes[2];
	pid_t pids[2];
	autostr struct str bytes = STR_INIT, twin = STR_INIT;
	payload_add(payload, &bytes);
	payload_twin(bytes.text, bytes.length, &twin);
	asked->payload = payload->name;
	for (size_t i = 0; i < 2; i++) {
		scene_read(SCENE, &scenes[i]);
		scene_replace_all(&scenes[i], i ? twin.text : bytes.text);
		pids[i] = actor_serve(&scenes[i], asked->ways[i] + strlen("unix:"));
	}
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		try_pipe(asked, commands[i]);
		if (on_terminal)
			try_terminal(asked, commands[i]);
	}
	try_configuration(asked, bytes.text);
	for (size_t i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		(void)waitpid(pids[i], NULL, 0);
		scene_release(&scenes[i]);
	}
}

void hostile_lines(struct hostile_lines *lines)
{
	autofree char *config = folder_path("lines.yaml");
	struct asked asked = {.lines = lines, .config = config};
	folder_write("lines.yaml", 0600, "state_dir: %s/state\n", folder);
	asked.ways[0] = xasprintf("unix:%s/hostile.sock", folder);
	asked.ways[1] = xasprintf("unix:%s/twin.sock", folder);
	const struct payload *payload;
	for (size_t i = 0; (payload = payload_at(i)); i++) {
		size_t bytes = strlen(payload->unit) * payload->times;
		if (i % lines->every == 0 && bytes < 8192)
			try_payload(&asked, payload, i % (lines->every * TERMINAL_EVERY) == 0);
	}
	free(asked.ways[0]);
	free(asked.ways[1]);
}
