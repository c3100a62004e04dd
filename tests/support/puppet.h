/* SPDX-License-Identifier: MIT */
/*
 * A screen in memory whose engine is a script: it is welcomed, gets the entities of a scene, and each of its requests is
 * answered with the scene's reply of that kind. So any text of any message can be anything, and two screens that are given
 * the same see the same: there is no thread, and time stands. A failure fails the test.
 */
#ifndef BOTSWAIN_TESTS_PUPPET_H
#define BOTSWAIN_TESTS_PUPPET_H

#include <stddef.h>
#include "core/base/attr.h"
#include "core/msg/msg.h"

struct app;
struct grid;
struct puppet;
struct str;
struct theme;

enum { SCENE_MAX = 64 };

struct scene_script {
	struct msg_any messages[SCENE_MAX];
	size_t count;
};

/* Reads a file of messages, one a line (tests/hostile/scene). */
void scene_read(const char *path, struct scene_script *ret);
void scene_release(struct scene_script *scene);
/* The texts of a message, those that are empty too. */
size_t scene_texts(const struct scene_script *scene, size_t message);
/* What a text is: "bot.reasons.text". */
void scene_text_name(const struct scene_script *scene, size_t message, size_t text, struct str *to);
/* Replaces one; returns the old message, which scene_restore() puts back. */
struct msg_any scene_replace(
	struct scene_script *scene, size_t message, size_t text, const char *words);
void scene_restore(struct scene_script *scene, size_t message, struct msg_any old);

/* `scene` is borrowed, and is read whenever something is asked for. */
struct puppet *puppet_new(const struct scene_script *scene, int rows, int columns) MUST_CHECK;
void puppet_free(struct puppet *puppet);
const struct theme *puppet_theme(const struct puppet *puppet);
/* Presses keys by name, blank between. */
void puppet_keys(struct puppet *puppet, const char *names);
/* Sends a message of the scene again, as it is now; true when that is enough for a screen to show it: a reply that was
 * asked for once is not. */
bool puppet_send(struct puppet *puppet, size_t message);
const struct grid *puppet_grid(const struct puppet *puppet);
const char *puppet_copied(const struct puppet *puppet);

#endif
