/* SPDX-License-Identifier: MIT */
/*
 * Keys to commands: the defaults of commands.def and what the configuration binds instead. One key
 * has one meaning in a scope; a configuration that says otherwise is refused. Pure.
 */
#ifndef BOTSWAIN_TUI_KEYMAP_H
#define BOTSWAIN_TUI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "tui/command.h"
#include "tui/keycode.h"

struct settings;
struct err;
struct str;

struct binding {
	keycode key;
	const struct command *command;
	char *args;      /* empty: none */
	unsigned scopes; /* IN_* */
};

struct keymap {
	struct binding *list;
	size_t count, capacity;
};

/* The defaults alone. */
void keymap_init(struct keymap *keymap);
void keymap_release(struct keymap *keymap);
/* Binds a key to a command line, in the scopes of its command; there it means nothing else any
 * more. `name` is a key name. */
MUST_CHECK bool keymap_bind(
	struct keymap *keymap, const char *name, const char *line, struct err *err);
/* All of the configuration's `keys`; each key once. */
MUST_CHECK bool keymap_configure(
	struct keymap *keymap, const struct settings *settings, struct err *err);

/* NULL: the key means nothing there. */
const struct binding *keymap_find(const struct keymap *keymap, enum scope scope, keycode key);
/* The names of a command's keys, blank between; empty: none. */
void keymap_keys(const struct keymap *keymap, const struct command *command, struct str *ret_names);
/* The first key of a command in a scope, as key lines show it; false: none. */
bool keymap_key(const struct keymap *keymap, const struct command *command, enum scope scope,
	char ret_name[KEY_NAME_MAX]);

/* docs/keys.md */
void keymap_print(const struct keymap *keymap, struct str *to);

#endif
