/* SPDX-License-Identifier: MIT */
#include "tests/hostile/doors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "tests/hostile/attack.h"
#include "tests/support/doors.h"
#include "tests/support/hostile_text.h"
#include "tests/support/spawn.h"

enum { BUNDLE_BYTES = 400 };

/* ---- what is tried ---- */

static void try_bundle(struct attack *attack, struct doors *doors, const char *text)
{
	autofree char *program = build_program("botswain");
	doors_plant(doors, text);
	doors_await(doors);
	attack_listen(attack);
	(void)attack_run(attack,
		WORDS(program, "-c", doors->config, "restart", "d0", "--yes", "--reason", text));
	attack_walk_screens(attack);
	attack_listen(attack);
}

/* Payloads are many and doors are slow: several are said at once, as far as they are not long. */
static void try_all(struct attack *attack, struct doors *doors)
{
	autostr struct str bundle = STR_INIT;
	const struct payload *payload;
	for (size_t i = 0; (payload = payload_at(i)); i++) {
		if (strlen(payload->unit) * payload->times > BUNDLE_BYTES / 2)
			continue;
		payload_add(payload, &bundle);
		str_addch(&bundle, ' ');
		if (bundle.length < BUNDLE_BYTES)
			continue;
		try_bundle(attack, doors, bundle.text);
		str_clear(&bundle);
	}
	if (bundle.length)
		try_bundle(attack, doors, bundle.text);
}

/* The attack has come as far as the engine. */
static void assert_arrived(const struct attack *attack)
{
	static const enum msg_kind kinds[] = {
		MSG_bot, MSG_source, MSG_service, MSG_stream, MSG_operation, MSG_win_rows};
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		print_message("%s: %zu texts made visible\n", msg_info(kinds[i])->name,
			attack->tamed[kinds[i]]);
		assert_true(attack->tamed[kinds[i]] > 0);
	}
}

void what_comes_through_real_doors_is_made_safe_by_the_engine(void **state)
{
	(void)state;
	autofree char *program = build_program("botswain");
	struct doors doors;
	doors_open(&doors, "5afe7ex75afe7ex7");
	doors_start_engine(&doors);
	doors_await(&doors);
	struct attack attack = {.config = doors.config, .title = "doors"};
	attack_open_screens(&attack, WORDS(program, "-c", doors.config), "d0");
	try_all(&attack, &doors);
	attack_close_screens(&attack);
	doors_close(&doors);
	print_message("doors: %zu texts of the engine, %zu bytes of screens, %zu faults\n",
		attack.texts, attack.bytes, attack.faults);
	assert_int_equal(attack.faults, 0);
	assert_arrived(&attack);
}
