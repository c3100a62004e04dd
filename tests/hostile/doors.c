/* SPDX-License-Identifier: MIT */
#include "tests/hostile/doors.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "tests/support/doors.h"
#include "tests/support/emulator.h"
#include "tests/support/folder.h"
#include "tests/support/hostile_text.h"
#include "tests/support/spawn.h"
#include "tests/support/vt.h"

enum { SCREENS = 3, BUNDLE_BYTES = 1500, LIMIT_MS = 20000, QUIET_MS = 400, KEYS = 20 };

static const struct {
	int rows, columns;
} sizes[SCREENS] = {{24, 80}, {45, 160}, {12, 40}};

static const char *const keys[KEYS] = {"1", "j", "2", "PgDn", "G", "Esc", "3", "G", "4", "5", "k",
	"6", "7", "j", "Enter", "Esc", "8", "j", "1", "Esc"};

struct attack {
	struct doors doors;
	struct vt *screens[SCREENS];
	size_t texts, bytes, faults;
	enum msg_kind kind; /* of the message that is looked at */
	size_t tamed[256];  /* by kind: texts in which something was made visible */
};

static void accuse(struct attack *attack, const char *where, const char *what)
{
	attack->faults++;
	print_error("%s: %.400s\n", where, what);
}

/* ---- what the engine says ---- */

static void check_text(void *context, char **text)
{
	struct attack *attack = context;
	autostr struct str safe = STR_INIT;
	sanitize(&safe, *text, strlen(*text));
	attack->texts++;
	attack->tamed[attack->kind & 255] += strstr(*text, "^[") || strstr(*text, "<U+");
	if (strcmp(safe.text, *text) != 0)
		accuse(attack, "the engine says what is not safe", safe.text);
}

static int connect_engine(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	autofree char *path = folder_path("state/engine.sock");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(copy_text(address.sun_path, sizeof(address.sun_path), path));
	assert_int_equal(connect(fd, (struct sockaddr *)(void *)&address, sizeof(address)), 0);
	return fd;
}

static void ask_all(int fd)
{
	autofree char *identity = folder_path("state");
	const struct msg_hello hello = {.protocol = MSG_PROTOCOL,
		.build = (char *)(uintptr_t)BOTSWAIN_VERSION,
		.engine = identity,
		.client = (char *)(uintptr_t) "script",
		.want_state = true};
	const struct msg_win_open open = {.window = 1,
		.generation = 1,
		.store = (char *)(uintptr_t) "events",
		.before = 1000};
	autostr struct str bytes = STR_INIT;
	msg_encode(MSG_hello, &hello, &bytes);
	msg_encode(MSG_win_open, &open, &bytes);
	assert_true(send(fd, bytes.text, bytes.length, MSG_NOSIGNAL) == (ssize_t)bytes.length);
}

/* Every text of its state and of its log, as it comes: nothing of ours is in between. */
static void listen_to_engine(struct attack *attack)
{
	int fd = connect_engine();
	autostr struct str in = STR_INIT;
	bool has_state = false, has_rows = false;
	int64_t until_ms = clock_mono_ms(clock_real()) + LIMIT_MS;
	ask_all(fd);
	while (!(has_state && has_rows) && clock_mono_ms(clock_real()) < until_ms) {
		char bytes[65536];
		struct pollfd slot = {.fd = fd, .events = POLLIN};
		ssize_t got = poll(&slot, 1, 1000) == 1 ? recv(fd, bytes, sizeof(bytes), 0) : 0;
		str_add(&in, bytes, got > 0 ? (size_t)got : 0);
		for (size_t used = 1; used && in.length;) {
			struct msg_any message;
			struct err err;
			if (!msg_decode(in.text, in.length, MSG_FRAME_MAX, &message, &used, &err))
				fail_msg("%s", err.text);
			str_remove(&in, 0, used);
			if (!used || message.kind == MSG_none)
				continue;
			attack->kind = message.kind;
			msg_each_text(message.kind, message.body, check_text, attack);
			has_state |= message.kind == MSG_turn;
			has_rows |= message.kind == MSG_win_rows &&
				    ((const struct msg_win_rows *)message.body)->done;
			msg_any_release(&message);
		}
	}
	close(fd);
	assert_true(has_state && has_rows);
}

/* ---- what screens show ---- */

static void open_screens(struct attack *attack)
{
	autofree char *program = build_program("botswain");
	for (size_t i = 0; i < SCREENS; i++) {
		attack->screens[i] = vt_spawn(sizes[i].rows, sizes[i].columns,
			WORDS(program, "-c", attack->doors.config), NULL);
		vt_record(attack->screens[i]);
		vt_must_show(attack->screens[i], "d0", LIMIT_MS);
	}
}

static void walk_screens(struct attack *attack)
{
	for (size_t key = 0; key < KEYS; key++)
		for (size_t i = 0; i < SCREENS; i++) {
			vt_press(attack->screens[i], keys[key]);
			(void)vt_wait_quiet(attack->screens[i], 60, QUIET_MS);
		}
}

/* Whatever the screens sent since they began: only what is ours. Their title is the one OSC. */
static void judge_screens(struct attack *attack)
{
	for (size_t i = 0; i < SCREENS; i++) {
		struct emulator *emulator =
			emulator_new(EMULATOR_CONSOLE, sizes[i].rows, sizes[i].columns);
		const struct str *sent = vt_recorded(attack->screens[i]);
		emulator_permit_title(emulator, "doors");
		emulator_take(emulator, sent->text, sent->length);
		attack->bytes += sent->length;
		if (emulator_crimes(emulator)[0])
			accuse(attack, "a screen", emulator_crimes(emulator));
		emulator_free(emulator);
	}
}

/* ---- what is tried ---- */

static void try_bundle(struct attack *attack, const char *text)
{
	autofree char *program = build_program("botswain"), *said = NULL;
	doors_plant(&attack->doors, text);
	doors_await(&attack->doors);
	listen_to_engine(attack);
	(void)spawn_run(WORDS(program, "-c", attack->doors.config, "restart", "d0", "--yes",
				"--reason", text),
		&(struct spawn){0}, LIMIT_MS, &said);
	walk_screens(attack);
	listen_to_engine(attack);
	struct emulator *emulator = emulator_new(EMULATOR_LINES, 24, 80);
	emulator_take(emulator, said, strlen(said));
	if (emulator_crimes(emulator)[0])
		accuse(attack, "restart", emulator_crimes(emulator));
	emulator_free(emulator);
}

/* Payloads are many and doors are slow: several are said at once, as far as they are not long. */
static void try_all(struct attack *attack)
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
		try_bundle(attack, bundle.text);
		str_clear(&bundle);
	}
	if (bundle.length)
		try_bundle(attack, bundle.text);
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
	struct attack attack = {.texts = 0};
	doors_open(&attack.doors, "5afe7ex75afe7ex7");
	doors_start_engine(&attack.doors);
	doors_await(&attack.doors);
	open_screens(&attack);
	try_all(&attack);
	judge_screens(&attack);
	for (size_t i = 0; i < SCREENS; i++)
		vt_free(attack.screens[i]);
	doors_close(&attack.doors);
	print_message("doors: %zu texts of the engine, %zu bytes of screens, %zu faults\n",
		attack.texts, attack.bytes, attack.faults);
	assert_int_equal(attack.faults, 0);
	assert_arrived(&attack);
}
