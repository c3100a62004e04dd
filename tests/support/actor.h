/* SPDX-License-Identifier: MIT */
/*
 * An engine that is a script: who says hello is welcomed and gets the entities of a scene, and each request is answered
 * with the scene's reply of that kind. So any text of any message can be anything. A failure fails the test.
 */
#ifndef BOTSWAIN_TESTS_ACTOR_H
#define BOTSWAIN_TESTS_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "core/msg/msg.h"

struct actor;
struct str;

enum { SCENE_MAX = 64 };

/* When it plays: the wall clock of its turn marks. */
#define SCENE_MS INT64_C(1772366400000)

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
/* Replaces all of them but names, words that decide something and numbers written as text. */
void scene_replace_all(struct scene_script *scene, const char *words);

/* Plays at this end of a socket, which it owns. `scene` is borrowed, and read whenever something is asked. `make_room` is
 * called while the line is full; NULL: it waits. */
struct actor *actor_new(const struct scene_script *scene, int fd, void (*make_room)(void *context),
	void *context) MUST_CHECK;
void actor_free(struct actor *actor);
/* Takes what has been asked, and answers; false: the other end has gone. */
bool actor_hear(struct actor *actor);
/* Something waits to be heard. */
bool actor_is_asked(const struct actor *actor);
/* Sends a message of the scene again, as it is now, and a turn mark; false, and nothing is sent: it is an answer that a
 * client takes once. */
bool actor_send(struct actor *actor, size_t message);

/* A child that plays to whoever connects to a socket of this path, until it is killed. */
pid_t actor_serve(const struct scene_script *scene, const char *socket_path);

#endif
