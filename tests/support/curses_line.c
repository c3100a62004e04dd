/* SPDX-License-Identifier: MIT */
#include "tests/support/curses_line.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/emulator.h"
#include "tui/pacer.h"
#include "tui/term.h"

enum { READ_LIMIT_MS = 10000 };

struct curses_line {
	int master, slave, rows, columns;
	struct clock clock;
	struct term_options options;
	struct term *term;
	struct emulator *emulator;
	struct str bytes; /* of the last frame */
	size_t crimes;    /* of the emulator, told already */
};

/* The back end takes the terminal that standard input and output are. */
static struct term *open_term(struct curses_line *line)
{
	int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10),
	    out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	struct err err = {.text = ""};
	fflush(stdout);
	assert_true(in >= 0 && out >= 0);
	assert_true(dup2(line->slave, STDIN_FILENO) >= 0 && dup2(line->slave, STDOUT_FILENO) >= 0);
	struct term *term = term_curses_new(&line->options, &err);
	assert_true(dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0);
	close(in);
	close(out);
	if (!term)
		fail_msg("%s", err.text);
	return term;
}

struct curses_line *curses_line_new(const struct theme *theme, int rows, int columns)
{
	struct curses_line *line = xcalloc(1, sizeof(*line));
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
	setlocale(LC_ALL, "C.UTF-8");
	setenv("TERM", "xterm-256color", 1);
	assert_int_equal(openpty(&line->master, &line->slave, NULL, NULL, &size), 0);
	fcntl(line->master, F_SETFL, O_NONBLOCK);
	fcntl(line->master, F_SETFD, FD_CLOEXEC);
	fcntl(line->slave, F_SETFD, FD_CLOEXEC);
	clock_init_virtual(&line->clock, INT64_C(1772366400000));
	line->rows = rows;
	line->columns = columns;
	str_init(&line->bytes);
	line->emulator = emulator_new(EMULATOR_SCREEN, rows, columns);
	line->options = (struct term_options){.clock = &line->clock, .theme = theme};
	line->term = open_term(line);
	return line;
}

void curses_line_free(struct curses_line *line)
{
	if (!line)
		return;
	term_free(line->term);
	emulator_free(line->emulator);
	close(line->master);
	close(line->slave);
	str_release(&line->bytes);
	free(line);
}

void curses_line_resize(struct curses_line *line, int rows, int columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
	line->rows = rows;
	line->columns = columns;
	assert_int_equal(ioctl(line->slave, TIOCSWINSZ, &size), 0);
	term_resized(line->term);
	emulator_resize(line->emulator, rows, columns);
}

/* Takes what waits on the line; the back end goes on while it still has something. */
static void pump(struct curses_line *line, int wait_ms)
{
	struct pollfd slot = {.fd = line->master, .events = POLLIN};
	char bytes[16384];
	ssize_t got;
	term_handle(line->term, POLLOUT);
	(void)poll(&slot, 1, wait_ms);
	while ((got = read(line->master, bytes, sizeof(bytes))) > 0) {
		str_add(&line->bytes, bytes, (size_t)got);
		emulator_take(line->emulator, bytes, (size_t)got);
		term_handle(line->term, POLLOUT);
	}
}

/* The bell is the last byte of what was sent. */
static void drain(struct curses_line *line)
{
	unsigned bells = emulator_bells(line->emulator);
	int64_t until_ms = clock_mono_ms(clock_real()) + READ_LIMIT_MS;
	while (term_poll_events(line->term) & POLLOUT)
		pump(line, 1);
	term_bell(line->term);
	while (emulator_bells(line->emulator) == bells ||
		(line->bytes.length && line->bytes.text[line->bytes.length - 1] != '\a')) {
		if (clock_mono_ms(clock_real()) > until_ms)
			fail_msg("the line took nothing for %d ms", READ_LIMIT_MS);
		pump(line, 100);
	}
	if (emulator_bells(line->emulator) != bells + 1)
		fail_msg("the bell rang %u times", emulator_bells(line->emulator) - bells);
}

static void tell_crimes(struct curses_line *line, struct str *ret)
{
	const char *crimes = emulator_crimes(line->emulator) + line->crimes;
	str_adds(ret, crimes);
	line->crimes += strlen(crimes);
}

void curses_line_show(struct curses_line *line, const struct grid *grid, struct str *ret)
{
	struct term_event event;
	str_clear(&line->bytes);
	while (term_next_event(line->term, &event))
		;
	while (term_poll_events(line->term) & POLLOUT)
		pump(line, 1);
	clock_advance(&line->clock, PACER_FRAME_MS);
	assert_true(term_can_present(line->term));
	term_present(line->term, grid);
	drain(line);
	tell_crimes(line, ret);
	emulator_compare(line->emulator, grid, ret);
}

void curses_line_copy(struct curses_line *line, const char *text, struct str *ret)
{
	struct err err;
	str_clear(&line->bytes);
	if (!term_copy(line->term, text, strlen(text), &err))
		fail_msg("%s", err.text);
	int64_t until_ms = clock_mono_ms(clock_real()) + READ_LIMIT_MS;
	while (!line->bytes.length || line->bytes.text[line->bytes.length - 1] != '\a') {
		if (clock_mono_ms(clock_real()) > until_ms)
			fail_msg("nothing was copied");
		pump(line, 100);
	}
	str_add(ret, line->bytes.text, line->bytes.length);
	line->crimes = strlen(emulator_crimes(line->emulator)); /* an OSC that was asked for */
}

const struct str *curses_line_bytes(const struct curses_line *line)
{
	return &line->bytes;
}

void curses_line_picture(struct curses_line *line, struct str *to)
{
	for (int row = 0; row < line->rows; row++) {
		emulator_row(line->emulator, row, to);
		str_addch(to, '\n');
	}
}
