/* SPDX-License-Identifier: MIT */
#include "tests/hostile/copies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "tests/support/curses_line.h"
#include "tests/support/hostile_text.h"
#include "tests/support/puppet.h"
#include "themes/theme.h"

enum { ROWS = 24, COLUMNS = 80, LONG_BYTES = 2000 };

static const char *const keys[] = {"1 y", "1 Y", "2 y", "2 Y", "3 y", "3 Y", "4 l y", "5 k y",
	"5 k Y", "5 k k v Y", "6 y", "6 Y", "7 y", "7 Y", "8 y", "8 Y", "5 k k c y",
	"1 : s t r e a m s Enter y", "1 : s t r e a m s Enter Y"};

struct copies {
	struct curses_line *line;
	size_t count, bytes, faults;
};

static void accuse(struct copies *copies, const char *payload, const char *view, const char *what)
{
	if (copies->faults++ < 20)
		print_error("%s on '%s': %.200s\n", payload, view, what);
}

/* Nothing but base64 goes to the terminal between the beginning of the sequence and its end. */
static bool is_one_sequence(const struct str *sent)
{
	static const char begin[] = "\x1b]52;c;",
			  digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/=";
	size_t length = strspn(sent->text + strlen(begin), digits);
	return starts_with(sent->text, begin) &&
	       strcmp(sent->text + strlen(begin) + length, "\a") == 0;
}

static void try_copy(struct copies *copies, const struct scene_script *scene, const char *payload,
	const char *view)
{
	struct puppet *puppet = puppet_new(scene, ROWS, COLUMNS);
	autostr struct str safe = STR_INIT, sent = STR_INIT, wrong = STR_INIT;
	puppet_keys(puppet, view);
	if (!copies->count) /* what begins a terminal goes before */
		curses_line_show(copies->line, puppet_grid(puppet), &wrong);
	if (wrong.length)
		accuse(copies, payload, view, wrong.text);
	const char *copied = puppet_copied(puppet);
	sanitize(&safe, copied, strlen(copied));
	if (!*copied)
		accuse(copies, payload, view, "nothing is copied");
	if (strcmp(safe.text, copied) != 0)
		accuse(copies, payload, view, "what is copied is not safe");
	if (*copied)
		curses_line_copy(copies->line, copied, &sent);
	if (*copied && !is_one_sequence(&sent))
		accuse(copies, payload, view, "it is sent as something else than a copy");
	copies->count++;
	copies->bytes += strlen(copied);
	puppet_free(puppet);
}

static void try_payload(struct copies *copies, const struct payload *payload)
{
	struct scene_script scene;
	autostr struct str bytes = STR_INIT;
	payload_add(payload, &bytes);
	scene_read("tests/hostile/scene", &scene);
	scene_replace_all(&scene, bytes.text);
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		try_copy(copies, &scene, payload->name, keys[i]);
	scene_release(&scene);
}

void what_is_copied_of_it_is_one_safe_line(void **state)
{
	(void)state;
	struct copies copies = {.count = 0};
	struct theme theme;
	struct err err;
	const struct payload *payload;
	if (!theme_builtin(theme_builtin_names()[0], &theme, &err))
		fail_msg("%s", err.text);
	copies.line = curses_line_new(&theme, ROWS, COLUMNS);
	for (size_t i = 0; (payload = payload_at(i)); i++)
		if (strlen(payload->unit) * payload->times < LONG_BYTES)
			try_payload(&copies, payload);
	curses_line_free(copies.line);
	print_message(
		"copies: %zu, %zu bytes, %zu faults\n", copies.count, copies.bytes, copies.faults);
	assert_int_equal(copies.faults, 0);
}
