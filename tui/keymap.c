/* SPDX-License-Identifier: MIT */
#include "tui/keymap.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "tui/pane.h"

static void add(struct keymap *keymap, struct binding binding)
{
	keymap->list = grow(keymap->list, keymap->count, &keymap->capacity, sizeof(*keymap->list));
	keymap->list[keymap->count++] = binding;
}

static void add_defaults(struct keymap *keymap, const struct command *command)
{
	for (const char *at = command->keys; *at;) {
		char name[KEY_NAME_MAX] = "";
		size_t length = strcspn(at, " ");
		memcpy(name, at, length < sizeof(name) ? length : sizeof(name) - 1);
		struct binding binding = {
			.command = command, .args = xstrdup(""), .scopes = command->scopes};
		if (keycode_parse(name, &binding.key))
			add(keymap, binding);
		else
			free(binding.args);
		at += length + strspn(at + length, " ");
	}
}

void keymap_init(struct keymap *keymap)
{
	const struct command *command;
	*keymap = (struct keymap){0};
	for (size_t i = 0; (command = command_at(i)); i++)
		add_defaults(keymap, command);
}

void keymap_release(struct keymap *keymap)
{
	for (size_t i = 0; i < keymap->count; i++)
		free(keymap->list[i].args);
	free(keymap->list);
	*keymap = (struct keymap){0};
}

static const struct command *command_of_line(const char *line, const char **ret_args)
{
	char name[32] = "";
	size_t length = strcspn(line, " ");
	if (length >= sizeof(name))
		return NULL;
	memcpy(name, line, length);
	*ret_args = line + length + strspn(line + length, " ");
	return command_find(name);
}

bool keymap_bind(struct keymap *keymap, const char *name, const char *line, struct err *err)
{
	struct binding binding = {0};
	const char *args = "";
	if (!keycode_parse(name, &binding.key))
		return err_set(err, ERR_INVALID,
			"no such key: '%s'; keys are written as j, C-d, F5, Alt-Left", name);
	binding.command = command_of_line(line, &args);
	if (!binding.command)
		return err_set(err, ERR_INVALID,
			"key '%s': no such command: '%s'; `:help` lists them", name, line);
	binding.scopes = binding.command->scopes;
	for (size_t i = 0; i < keymap->count; i++)
		if (keymap->list[i].key == binding.key)
			keymap->list[i].scopes &= ~binding.scopes;
	binding.args = xstrdup(args);
	add(keymap, binding);
	return true;
}

bool keymap_configure(struct keymap *keymap, const struct settings *settings, struct err *err)
{
	for (size_t i = 0; i < settings->key_count; i++) {
		const struct conf_keys *keys = &settings->keys[i];
		for (size_t other = 0; other < i; other++)
			if (strcmp(settings->keys[other].key, keys->key) == 0)
				return err_set(
					err, ERR_INVALID, "key '%s' is bound twice", keys->key);
		if (!keymap_bind(keymap, keys->key, keys->command, err))
			return false;
	}
	return true;
}

/* ---- asking ---- */

const struct binding *keymap_find(const struct keymap *keymap, enum scope scope, keycode key)
{
	for (size_t i = 0; i < keymap->count; i++)
		if (keymap->list[i].key == key && keymap->list[i].scopes >> scope & 1)
			return &keymap->list[i];
	return NULL;
}

void keymap_keys(const struct keymap *keymap, const struct command *command, struct str *ret_names)
{
	for (size_t i = 0; i < keymap->count; i++) {
		char name[KEY_NAME_MAX];
		const struct binding *binding = &keymap->list[i];
		if (binding->command != command || !binding->scopes || binding->args[0])
			continue;
		keycode_name(binding->key, name);
		if (ret_names->length)
			str_addch(ret_names, ' ');
		str_adds(ret_names, name);
	}
}

bool keymap_key(const struct keymap *keymap, const struct command *command, enum scope scope,
	char ret_name[KEY_NAME_MAX])
{
	for (size_t i = 0; i < keymap->count; i++) {
		const struct binding *binding = &keymap->list[i];
		if (binding->command != command || !(binding->scopes >> scope & 1))
			continue;
		keycode_name(binding->key, ret_name);
		return true;
	}
	return false;
}

/* ---- docs/keys.md ---- */

static const char *const titles[SCOPE_COUNT] = {
	[SCOPE_HELP] = "Help",
	[SCOPE_MENU] = "Menus",
	[SCOPE_DIALOG] = "Dialogs",
	[SCOPE_PROMPT] = "Prompts",
	[SCOPE_LINE] = "The view of one line",
};

static const char *title_of(enum scope scope)
{
	const char *own = titles[scope];
	return own ? own : pane_of((enum pane_id)scope)->title;
}

/* A bar would end the cell. */
static void add_cell(struct str *to, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '|')
			str_addch(to, '\\');
		str_addch(to, text[i]);
	}
}

static void print_row(const struct keymap *keymap, const struct command *command, struct str *to)
{
	autostr struct str keys = STR_INIT;
	keymap_keys(keymap, command, &keys);
	str_adds(to, "| ");
	for (const char *at = keys.text; *at;) {
		size_t length = strcspn(at, " ");
		str_adds(to, at == keys.text ? "`" : " `");
		add_cell(to, at, length);
		str_addch(to, '`');
		at += length + strspn(at + length, " ");
	}
	if (command->flags & CMD_HIDDEN)
		str_adds(to, " | ");
	else {
		str_addf(to, " | `:%s%s", command->name, command->args[0] ? " " : "");
		add_cell(to, command->args, strlen(command->args));
		str_addch(to, '`');
	}
	str_addf(to, " | %s%s |\n", command->help,
		command->flags & CMD_CHANGES ? " (locked while read-only)" : "");
}

static void print_section(
	const struct keymap *keymap, const char *title, unsigned scopes, struct str *to)
{
	const struct command *command;
	bool any = false;
	for (size_t i = 0; (command = command_at(i)); i++) {
		if (command->scopes != scopes)
			continue;
		if (!any)
			str_addf(to, "\n## %s\n\n| key | command | what it does |\n|---|---|---|\n",
				title);
		any = true;
		print_row(keymap, command, to);
	}
}

static void add_scope_titles(unsigned scopes, struct str *title)
{
	for (int scope = 0; scope < SCOPE_COUNT; scope++)
		if (scopes >> scope & 1)
			str_addf(title, "%s%s", title->length ? ", " : "",
				title_of((enum scope)scope));
}

/* True when an earlier command has the same scopes: its section holds this one too. */
static bool section_done(size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (command_at(i)->scopes == command_at(index)->scopes)
			return true;
	return false;
}

void keymap_print(const struct keymap *keymap, struct str *to)
{
	const struct command *command;
	str_adds(to, "# Keys and commands\n\nPrinted from the table that the program works by; see "
		     "`:help` on the screen. A key has one\nmeaning in a pane at every size. The "
		     "`keys` section of the configuration binds other keys.\n");
	print_section(keymap, "Every pane", IN_PANES, to);
	for (size_t i = 0; (command = command_at(i)); i++) {
		autostr struct str title = STR_INIT;
		if (command->scopes == IN_PANES || section_done(i))
			continue;
		add_scope_titles(command->scopes, &title);
		print_section(keymap, title.text, command->scopes, to);
	}
}
