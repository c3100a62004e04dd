/* SPDX-License-Identifier: MIT */
#include "tests/hostile/replays.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/recorder.h"
#include "core/events/chunk.h"
#include "core/events/writer.h"
#include "core/model/model.h"
#include "tests/hostile/attack.h"
#include "tests/support/actor.h"
#include "tests/support/botapi.h"
#include "tests/support/folder.h"
#include "tests/support/hostile_text.h"
#include "tests/support/spawn.h"

enum { BUNDLE_BYTES = 400, LINES = 20, TEXT_BYTES = 65536, RECORD_BYTES = 1 << 24 };

/* ---- a recording ---- */

/* Lines as they were never written: nothing was taken out of them. */
static struct chunk *make_lines(const char *text)
{
	const struct stream stream = {.source = 7, .id = 1, .name = text};
	struct chunk *chunk = chunk_new(&stream, 1, TEXT_BYTES, LINES);
	size_t length = strlen(text);
	for (int i = 0; i < LINES; i++) {
		const struct record line = {.wall_ms = SCENE_MS + i,
			.length = (uint16_t)length,
			.message_length = (uint16_t)length};
		assert_true(chunk_append(chunk, line, text, length, i % 2 ? text : ""));
	}
	return chunk;
}

static void give_lines(struct recorder *recorder, struct chunk *chunk)
{
	struct chunk_list *list = xmalloc(sizeof(*list) + sizeof(struct chunk *));
	list->count = 1;
	list->chunks[0] = chunk;
	recorder_chunks(recorder, list);
	free(list);
}

/* The scene in which every text says it. */
static struct model *make_model(const char *text)
{
	struct scene_script scene;
	struct model *model = model_new();
	scene_read("tests/hostile/scene", &scene);
	scene_replace_all(&scene, text);
	for (size_t i = 0; i < scene.count; i++)
		if (is_entity(scene.messages[i].kind))
			(void)model_put(model, scene.messages[i].kind,
				msg_copy(scene.messages[i].kind, scene.messages[i].body));
	scene_release(&scene);
	return model;
}

static void make_recording(const char *path, const char *text)
{
	const struct record_options options = {
		.path = path, .budget = RECORD_BYTES, .environment = text, .started_ms = SCENE_MS};
	struct recorder *recorder;
	struct model *model = make_model(text);
	struct chunk *chunk = make_lines(text);
	struct err err;
	if (!recorder_open(&options, &recorder, &err))
		fail_msg("%s", err.text);
	give_lines(recorder, chunk);
	recorder_value(recorder, entity_id(text, text), text, text, SCENE_MS, 1);
	recorder_turn(recorder, model, NULL, SCENE_MS + 1000, 1000);
	recorder_drain(recorder);
	recorder_turn(recorder, model, NULL, SCENE_MS + 3000, 3000);
	recorder_drain(recorder);
	recorder_close(recorder);
	model_free(model);
	chunk_unref(chunk);
}

/* ---- what is tried ---- */

static void try_bundle(struct attack *attack, const char *text)
{
	autofree char *program = build_program("botswain"), *path = folder_path("others.rec");
	make_recording(path, text);
	attack_open_screens(attack, WORDS(program, "replay", path), "2 Detail");
	attack_walk_screens(attack);
	attack_close_screens(attack);
	assert_int_equal(unlink(path), 0);
}

void what_a_recording_of_others_holds_is_made_safe(void **state)
{
	(void)state;
	struct attack attack = {.title = "nowhere"};
	autostr struct str bundle = STR_INIT;
	const struct payload *payload;
	size_t count = 0;
	for (size_t i = 0; (payload = payload_at(i)); i++) {
		if (strlen(payload->unit) * payload->times > BUNDLE_BYTES / 2)
			continue;
		payload_add(payload, &bundle);
		str_addch(&bundle, ' ');
		if (bundle.length < BUNDLE_BYTES && payload_at(i + 1))
			continue;
		try_bundle(&attack, bundle.text);
		str_clear(&bundle);
		count++;
	}
	print_message("recordings: %zu, %zu bytes of screens, %zu faults\n", count, attack.bytes,
		attack.faults);
	assert_int_equal(attack.faults, 0);
}
