/* SPDX-License-Identifier: MIT */
#include "tests/hostile/attack.h"

#include <ctype.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
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
#include "tests/support/emulator.h"
#include "tests/support/folder.h"
#include "tests/support/spawn.h"
#include "tests/support/vt.h"

enum { LIMIT_MS = 20000, QUIET_MS = 400 };

static const struct {
	int rows, columns;
} sizes[ATTACK_SCREENS] = {{24, 80}, {45, 160}, {12, 40}};

static const char *const keys[] = {"5", "1", "g", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j",
	"2", "PgDn", "PgDn", "G", "Esc", "3", "G", "4", "k", "6", "7", "j", "Enter", "Esc", "7",
	"G", "Esc", "8", "j", "5", ":columns detail note", "Enter", "G", "k", "v", "Esc", "k", "v",
	"Esc", "k", "v", "Esc", "k", "v", "Esc", ":streams", "Enter", "g", "Enter", "Esc", "1", "g",
	"Esc"};

static void accuse(struct attack *attack, const char *where, const char *what)
{
	attack->faults++;
	print_error("%s: %.400s\n", where, what);
}

static void note_marks(bool marks[MARKS], const char *text)
{
	for (const char *at = text; (at = strchr(at, 'Q')); at++)
		if (isdigit((unsigned char)at[1]) && isdigit((unsigned char)at[2]))
			marks[(at[1] - '0') * 10 + (at[2] - '0')] = true;
}

/* ---- what the engine says ---- */

static void check_text(void *context, char **text)
{
	struct attack *attack = context;
	autostr struct str safe = STR_INIT;
	sanitize(&safe, *text, strlen(*text));
	attack->texts++;
	attack->tamed[attack->kind & 255] += strstr(*text, "^[") || strstr(*text, "<U+");
	note_marks(attack->heard, *text);
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
		.before = 1000,
		.whole = true,
		.fields = true,
		.lines = true};
	autostr struct str bytes = STR_INIT;
	msg_encode(MSG_hello, &hello, &bytes);
	msg_encode(MSG_win_open, &open, &bytes);
	assert_true(send(fd, bytes.text, bytes.length, MSG_NOSIGNAL) == (ssize_t)bytes.length);
}

struct listening {
	struct attack *attack;
	bool has_state, has_rows;
};

static void hear(struct listening *listening, const struct msg_any *message)
{
	listening->attack->kind = message->kind;
	msg_each_text(message->kind, message->body, check_text, listening->attack);
	listening->has_state |= message->kind == MSG_turn;
	listening->has_rows |=
		message->kind == MSG_win_rows && ((const struct msg_win_rows *)message->body)->done;
}

static void hear_all(struct listening *listening, struct str *in)
{
	for (size_t used = 1; used && in->length;) {
		struct msg_any message;
		struct err err;
		if (!msg_decode(in->text, in->length, MSG_FRAME_MAX, &message, &used, &err))
			fail_msg("%s", err.text);
		str_remove(in, 0, used);
		if (!used || message.kind == MSG_none)
			continue;
		hear(listening, &message);
		msg_any_release(&message);
	}
}

/* Nothing of ours is in between. */
void attack_listen(struct attack *attack)
{
	int fd = connect_engine();
	autostr struct str in = STR_INIT;
	struct listening listening = {.attack = attack};
	int64_t until_ms = clock_mono_ms(clock_real()) + LIMIT_MS;
	ask_all(fd);
	while (!(listening.has_state && listening.has_rows) &&
		clock_mono_ms(clock_real()) < until_ms) {
		char bytes[65536];
		struct pollfd slot = {.fd = fd, .events = POLLIN};
		ssize_t got = poll(&slot, 1, 1000) == 1 ? recv(fd, bytes, sizeof(bytes), 0) : 0;
		str_add(&in, bytes, got > 0 ? (size_t)got : 0);
		hear_all(&listening, &in);
	}
	close(fd);
	assert_true(listening.has_state && listening.has_rows);
}

/* ---- what screens show ---- */

static void note_picture(struct attack *attack, size_t screen)
{
	autostr struct str picture = STR_INIT;
	vt_screen(attack->screens[screen], &picture);
	note_marks(attack->seen, picture.text);
}

void attack_open_screens(struct attack *attack, const char *const *words, const char *shows)
{
	for (size_t i = 0; i < ATTACK_SCREENS; i++) {
		attack->screens[i] = vt_spawn(sizes[i].rows, sizes[i].columns, words, NULL);
		vt_record(attack->screens[i]);
		vt_must_show(attack->screens[i], shows, LIMIT_MS);
		note_picture(attack, i);
	}
}

void attack_press(struct attack *attack, const char *key)
{
	for (size_t i = 0; i < ATTACK_SCREENS; i++) {
		vt_press(attack->screens[i], key);
		(void)vt_wait_quiet(attack->screens[i], 60, QUIET_MS);
		note_picture(attack, i);
	}
}

void attack_walk_screens(struct attack *attack)
{
	for (size_t key = 0; key < COUNT_OF(keys); key++)
		attack_press(attack, keys[key]);
}

/* Their title is the one OSC. */
void attack_close_screens(struct attack *attack)
{
	for (size_t i = 0; i < ATTACK_SCREENS; i++) {
		struct emulator *emulator =
			emulator_new(EMULATOR_CONSOLE, sizes[i].rows, sizes[i].columns);
		const struct str *sent = vt_recorded(attack->screens[i]);
		emulator_permit_title(emulator, attack->title);
		emulator_take(emulator, sent->text, sent->length);
		attack->bytes += sent->length;
		if (emulator_crimes(emulator)[0])
			accuse(attack, "a screen", emulator_crimes(emulator));
		emulator_free(emulator);
		vt_free(attack->screens[i]);
		attack->screens[i] = NULL;
	}
}

/* ---- what the command line prints ---- */

void attack_judge(struct attack *attack, const char *where, const char *text)
{
	struct emulator *emulator = emulator_new(EMULATOR_LINES, 24, 80);
	emulator_take(emulator, text, strlen(text));
	if (emulator_crimes(emulator)[0])
		accuse(attack, where, emulator_crimes(emulator));
	emulator_free(emulator);
	attack->outputs++;
	attack->bytes += strlen(text);
}

int attack_run(struct attack *attack, const char *const *words)
{
	autofree char *said = NULL;
	int status = spawn_run(words, &(struct spawn){0}, LIMIT_MS, &said);
	attack_judge(attack, words[1], said);
	note_marks(attack->printed, said);
	return status;
}
