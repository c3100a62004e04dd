/* SPDX-License-Identifier: MIT */
/* Any keys in any order on a whole console over an engine with twelve bots: it goes on, every picture is whole, and
 * nothing acts that was not confirmed. The input chooses keys, texts, sizes and the passing of time; what stands behind
 * the last NUL is a file of saved views. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdint.h>
#include <string.h>

#include "core/base/err.h"
#include "tests/fuzz/safe.h"
#include "tests/support/console.h"
#include "tests/support/fleet_scene.h"
#include "tui/saved.h"

enum { STEPS_MAX = 400 };

static const char *const keys[] = {"Enter", "Esc", "Tab", "S-Tab", "Up", "Down", "Left", "Right",
	"PgUp", "PgDn", "Home", "End", "Backspace", "Delete", "C-d", "C-u", "C-l", "C-a", "C-e",
	"C-w", "C-k", "F1", "F2", "F5", "F10", "Alt-Left", "Alt-Right", "Space"};

static void press(struct console *console, unsigned char byte)
{
	char name[2] = {(char)byte, '\0'};
	if (byte < sizeof(keys) / sizeof(*keys))
		console_queue(console, keys[byte]);
	else if (byte > ' ' && byte < 0x7f)
		console_queue(console, name);
	else if (byte < 0xa0)
		console_turn(console, (byte & 31) * 50);
	else
		console_resize(console, 1 + (byte & 31) * 2, 1 + (byte & 63) * 3);
}

static void take_saved(struct console *console, const uint8_t *data, size_t size)
{
	bool is_newer;
	struct err err = {.code = ERR_NONE};
	if (!saved_take(console->app, "fuzz", (const char *)data, size, &is_newer, &err))
		fuzz_require_safe(err.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct engine_options options = {.small = true};
	const uint8_t *last = size ? memrchr(data, 0, size) : NULL;
	size_t steps = last ? (size_t)(last - data) : size;
	struct console *console = fleet_open(&options, 24, 80);
	fleet_live(console, 2000);
	if (last)
		take_saved(console, last + 1, size - steps - 1);
	for (size_t i = 0; i < steps && i < STEPS_MAX; i++)
		press(console, data[i]);
	console_settle(console);
	console_free(console);
	return 0;
}
