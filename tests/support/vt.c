/* SPDX-License-Identifier: MIT */
#include "tests/support/vt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"

struct vt {
	pid_t pid;
	int master, pidfd;
	int rows, columns;
	VTerm *vterm;
	VTermScreen *screen;
	bool cursor_visible, alt_screen, closed, reaped, recording;
	VTermPos cursor;
	int status;
	size_t bytes;
	double read_us;
	size_t rate; /* bytes a second that are read; 0: all */
	int64_t rate_since_ms;
	size_t rate_base; /* `bytes` at that time */
	struct str record, oscs;
	unsigned bells;
};

/* ---- libvterm's side ---- */

static int on_move(VTermPos pos, VTermPos old, int visible, void *user)
{
	(void)old;
	(void)visible;
	((struct vt *)user)->cursor = pos;
	return 1;
}

static int on_prop(VTermProp prop, VTermValue *value, void *user)
{
	struct vt *vt = user;
	if (prop == VTERM_PROP_CURSORVISIBLE)
		vt->cursor_visible = value->boolean;
	if (prop == VTERM_PROP_ALTSCREEN)
		vt->alt_screen = value->boolean;
	return 1;
}

static int on_bell(void *user)
{
	((struct vt *)user)->bells++;
	return 1;
}

static int on_osc(const char *command, size_t length, void *user)
{
	struct vt *vt = user;
	str_add(&vt->oscs, command, length);
	str_addch(&vt->oscs, '\n');
	return 1;
}

static const VTermScreenCallbacks callbacks = {
	.movecursor = on_move, .settermprop = on_prop, .bell = on_bell};
static const VTermParserCallbacks strangers = {.osc = on_osc};

static void open_vterm(struct vt *vt, int rows, int columns)
{
	vt->rows = rows;
	vt->columns = columns;
	vt->cursor_visible = true;
	vt->vterm = vterm_new(rows, columns);
	vterm_set_utf8(vt->vterm, 1);
	vt->screen = vterm_obtain_screen(vt->vterm);
	vterm_screen_set_callbacks(vt->screen, &callbacks, vt);
	vterm_screen_set_unrecognised_fallbacks(vt->screen, &strangers, vt);
	vterm_screen_enable_altscreen(vt->screen, 1);
	vterm_screen_reset(vt->screen, 1);
}

/* ---- starting and ending ---- */

static void become_program(const char *const argv[], const char *const env[])
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	static const char *const unset[] = {
		"NO_COLOR", "COLORTERM", "TMUX", "STY", "LINES", "COLUMNS", "LANG"};
	for (size_t i = 0; i < COUNT_OF(unset); i++)
		unsetenv(unset[i]);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	for (; env && *env; env++) {
		autofree char *name = xstrdup(*env);
		char *value = strchr(name, '=');
		*value++ = '\0';
		setenv(name, value, 1);
	}
	/* execvp() takes what it does not change without const. */
	char *words[64] = {NULL};
	for (size_t i = 0; argv[i] && i + 1 < COUNT_OF(words); i++)
		words[i] = xstrdup(argv[i]);
	execvp(words[0], words);
	_exit(127);
}

struct vt *vt_spawn(int rows, int columns, const char *const argv[], const char *const env[])
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
	struct vt *vt = xcalloc(1, sizeof(*vt));
	str_init(&vt->record);
	str_init(&vt->oscs);
	vt->pid = forkpty(&vt->master, NULL, NULL, &size);
	if (vt->pid == 0)
		become_program(argv, env);
	assert_true(vt->pid > 0);
	fcntl(vt->master, F_SETFD, FD_CLOEXEC);
	fcntl(vt->master, F_SETFL, O_NONBLOCK);
	vt->pidfd = (int)syscall(SYS_pidfd_open, vt->pid, 0);
	open_vterm(vt, rows, columns);
	return vt;
}

static void reap(struct vt *vt)
{
	if (!vt->reaped && waitpid(vt->pid, &vt->status, WNOHANG) == vt->pid)
		vt->reaped = true;
}

void vt_hang_up(struct vt *vt)
{
	if (vt->master >= 0)
		close(vt->master);
	vt->master = -1;
	vt->closed = true;
}

void vt_free(struct vt *vt)
{
	if (!vt)
		return;
	int status;
	vt_hang_up(vt);
	if (!vt->reaped && !vt_wait_exit(vt, false, 2000, &status)) {
		kill(vt->pid, SIGKILL);
		waitpid(vt->pid, &status, 0);
	}
	if (vt->pidfd >= 0)
		close(vt->pidfd);
	vterm_free(vt->vterm);
	str_release(&vt->record);
	str_release(&vt->oscs);
	free(vt);
}

/* ---- reading ---- */

static void answer(struct vt *vt)
{
	char bytes[256];
	for (size_t got; (got = vterm_output_read(vt->vterm, bytes, sizeof(bytes))) > 0;)
		if (write(vt->master, bytes, got) < 0)
			return;
}

static int64_t now_ms(void)
{
	return clock_mono_ms(clock_real());
}

static double now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

void vt_throttle(struct vt *vt, size_t bytes_a_second)
{
	vt->rate = bytes_a_second;
	vt->rate_since_ms = now_ms();
	vt->rate_base = vt->bytes;
}

/* Bytes that may be read now. */
static size_t allowance(const struct vt *vt)
{
	if (!vt->rate)
		return SIZE_MAX;
	size_t due = (size_t)(now_ms() - vt->rate_since_ms) * vt->rate / 1000 + vt->rate_base;
	return due > vt->bytes ? due - vt->bytes : 0;
}

/* One read; false when there was nothing. */
static bool read_some(struct vt *vt)
{
	char bytes[8192];
	size_t room = allowance(vt);
	if (!room)
		return false;
	ssize_t got =
		vt->closed ? -1
			   : read(vt->master, bytes, room < sizeof(bytes) ? room : sizeof(bytes));
	if (got <= 0) {
		vt->closed = vt->closed || got == 0 || errno == EIO;
		return false;
	}
	vt->bytes += (size_t)got;
	vt->read_us = now_us();
	if (vt->recording)
		str_add(&vt->record, bytes, (size_t)got);
	vterm_input_write(vt->vterm, bytes, (size_t)got);
	answer(vt);
	return true;
}

/* Waits for bytes (when `reading`) or the program's end. */
static void wait_once(struct vt *vt, bool reading, int64_t left_ms)
{
	bool starved = reading && allowance(vt) < 64;
	left_ms = starved && left_ms > 5 ? 5 : left_ms;
	reading = reading && !starved;
	struct pollfd slots[2] = {{.fd = vt->reaped ? -1 : vt->pidfd, .events = POLLIN},
		{.fd = reading && !vt->closed ? vt->master : -1, .events = POLLIN}};
	poll(slots, 2, (int)left_ms);
	reap(vt);
	if (slots[1].revents)
		read_some(vt);
}

bool vt_wait(struct vt *vt, bool (*done)(struct vt *vt, const void *data), const void *data,
	int limit_ms)
{
	int64_t end = now_ms() + limit_ms;
	while (!done(vt, data)) {
		int64_t left = end - now_ms();
		if (left <= 0 || (vt->closed && vt->reaped))
			return done(vt, data);
		wait_once(vt, true, left);
	}
	return true;
}

static bool text_shown(struct vt *vt, const void *data)
{
	return vt_shows(vt, data);
}

static bool text_gone(struct vt *vt, const void *data)
{
	return !vt_shows(vt, data);
}

bool vt_wait_text(struct vt *vt, const char *text, int limit_ms)
{
	return vt_wait(vt, text_shown, text, limit_ms);
}

bool vt_wait_no_text(struct vt *vt, const char *text, int limit_ms)
{
	return vt_wait(vt, text_gone, text, limit_ms);
}

static void fail_with_screen(struct vt *vt, const char *what, const char *text)
{
	autostr struct str screen = STR_INIT;
	vt_screen(vt, &screen);
	print_error("%s '%s' on this screen:\n%s\n", what, text, screen.text);
	fail();
}

void vt_must_show(struct vt *vt, const char *text, int limit_ms)
{
	if (!vt_wait_text(vt, text, limit_ms))
		fail_with_screen(vt, "did not find", text);
}

void vt_must_not_show(struct vt *vt, const char *text, int limit_ms)
{
	if (!vt_wait_no_text(vt, text, limit_ms))
		fail_with_screen(vt, "still found", text);
}

static bool bytes_came(struct vt *vt, const void *data)
{
	return vt->bytes >= *(const size_t *)data;
}

bool vt_wait_bytes(struct vt *vt, size_t count, int limit_ms)
{
	size_t wanted = vt->bytes + count;
	return vt_wait(vt, bytes_came, &wanted, limit_ms);
}

bool vt_wait_quiet(struct vt *vt, int quiet_ms, int limit_ms)
{
	int64_t end = now_ms() + limit_ms, quiet_since = now_ms();
	while (now_ms() < end) {
		size_t before = vt->bytes;
		int64_t left = quiet_since + quiet_ms - now_ms();
		if (left <= 0)
			return true;
		wait_once(vt, true, left);
		if (vt->bytes != before)
			quiet_since = now_ms();
	}
	return false;
}

static int unread(const struct vt *vt)
{
	int count = 0;
	ioctl(vt->master, FIONREAD, &count);
	return count;
}

bool vt_wait_full(struct vt *vt, int limit_ms)
{
	int64_t end = now_ms() + limit_ms;
	while (now_ms() < end) {
		int before = unread(vt);
		wait_once(vt, false, 100);
		if (before > 4000 && unread(vt) == before)
			return true;
	}
	return false;
}

enum { LAST_BYTES_MS = 500 };

bool vt_wait_exit(struct vt *vt, bool reading, int limit_ms, int *ret_status)
{
	int64_t end = now_ms() + limit_ms;
	for (reap(vt); !vt->reaped; reap(vt)) {
		int64_t left = end - now_ms();
		if (left <= 0)
			return false;
		wait_once(vt, reading, left);
	}
	/* Its last bytes may still be on their way through the pty; the end of the line comes after them. */
	end = now_ms() + LAST_BYTES_MS;
	while (reading && !vt->closed && now_ms() < end)
		wait_once(vt, true, end - now_ms());
	*ret_status = vt->status;
	return true;
}

/* ---- the screen ---- */

static void add_code(struct str *to, uint32_t code)
{
	char bytes[4];
	size_t size = 0;
	if (code < 0x80)
		bytes[size++] = (char)code;
	else if (code < 0x800)
		bytes[size++] = (char)(0xc0 | code >> 6);
	else if (code < 0x10000)
		bytes[size++] = (char)(0xe0 | code >> 12);
	else
		bytes[size++] = (char)(0xf0 | code >> 18);
	if (code >= 0x10000)
		bytes[size++] = (char)(0x80 | (code >> 12 & 63));
	if (code >= 0x800)
		bytes[size++] = (char)(0x80 | (code >> 6 & 63));
	if (code >= 0x80)
		bytes[size++] = (char)(0x80 | (code & 63));
	str_add(to, bytes, size);
}

static uint32_t rgb_of(VTermScreen *screen, VTermColor colour)
{
	if (VTERM_COLOR_IS_DEFAULT_FG(&colour) || VTERM_COLOR_IS_DEFAULT_BG(&colour))
		return VT_DEFAULT;
	vterm_screen_convert_color_to_rgb(screen, &colour);
	return (uint32_t)colour.rgb.red << 16 | (uint32_t)colour.rgb.green << 8 | colour.rgb.blue;
}

struct vt_cell vt_cell(struct vt *vt, int row, int column)
{
	VTermScreenCell from;
	struct vt_cell cell = {.width = 1, .fg = VT_DEFAULT, .bg = VT_DEFAULT};
	if (!vterm_screen_get_cell(vt->screen, (VTermPos){.row = row, .col = column}, &from))
		return cell;
	autostr struct str text = STR_INIT;
	for (int i = 0;
		i < VTERM_MAX_CHARS_PER_CELL && from.chars[i] && from.chars[i] != (uint32_t)-1; i++)
		add_code(&text, from.chars[i]);
	copy_text(cell.text, sizeof(cell.text), text.text);
	cell.width = from.chars[0] == (uint32_t)-1 ? 0 : from.width;
	cell.fg = rgb_of(vt->screen, from.fg);
	cell.bg = rgb_of(vt->screen, from.bg);
	cell.bold = from.attrs.bold;
	cell.underline = from.attrs.underline != 0;
	cell.reverse = from.attrs.reverse;
	return cell;
}

void vt_row(struct vt *vt, int row, struct str *to)
{
	size_t start = to->length;
	for (int column = 0; column < vt->columns;) {
		struct vt_cell cell = vt_cell(vt, row, column);
		str_adds(to, cell.text[0] ? cell.text : " ");
		column += cell.width > 0 ? cell.width : 1;
	}
	while (to->length > start && to->text[to->length - 1] == ' ')
		str_truncate(to, to->length - 1);
}

void vt_screen(struct vt *vt, struct str *to)
{
	for (int row = 0; row < vt->rows; row++) {
		vt_row(vt, row, to);
		str_addch(to, '\n');
	}
}

bool vt_shows(struct vt *vt, const char *text)
{
	autostr struct str screen = STR_INIT;
	vt_screen(vt, &screen);
	return strstr(screen.text, text) != NULL;
}

/* Cells before byte `end` of a row that vt_row() wrote. */
static int cells_before(struct vt *vt, int row, size_t end)
{
	int column = 0;
	for (size_t at = 0; at < end && column < vt->columns;) {
		struct vt_cell cell = vt_cell(vt, row, column);
		at += cell.text[0] ? strlen(cell.text) : 1;
		column += cell.width > 0 ? cell.width : 1;
	}
	return column;
}

bool vt_find(struct vt *vt, const char *text, int *ret_row, int *ret_column)
{
	for (int row = 0; row < vt->rows; row++) {
		autostr struct str line = STR_INIT;
		vt_row(vt, row, &line);
		const char *found = strstr(line.text, text);
		if (!found)
			continue;
		*ret_row = row;
		*ret_column = cells_before(vt, row, (size_t)(found - line.text));
		return true;
	}
	return false;
}

void vt_cursor(struct vt *vt, int *ret_row, int *ret_column, bool *ret_visible)
{
	*ret_row = vt->cursor.row;
	*ret_column = vt->cursor.col;
	*ret_visible = vt->cursor_visible;
}

bool vt_alt_screen(const struct vt *vt)
{
	return vt->alt_screen;
}

struct termios vt_modes(const struct vt *vt)
{
	struct termios modes;
	assert_int_equal(tcgetattr(vt->master, &modes), 0);
	return modes;
}

unsigned vt_bells(const struct vt *vt)
{
	return vt->bells;
}

const char *vt_oscs(const struct vt *vt)
{
	return vt->oscs.text;
}

static bool has_rung(struct vt *vt, const void *data)
{
	return vt->bells >= *(const unsigned *)data;
}

bool vt_wait_bells(struct vt *vt, unsigned count, int limit_ms)
{
	return vt_wait(vt, has_rung, &count, limit_ms);
}

pid_t vt_pid(const struct vt *vt)
{
	return vt->pid;
}

pid_t vt_foreground(const struct vt *vt)
{
	pid_t group = tcgetpgrp(vt->master);
	assert_true(group > 0);
	return group;
}

size_t vt_bytes(const struct vt *vt)
{
	return vt->bytes;
}

double vt_read_us(const struct vt *vt)
{
	return vt->read_us;
}

void vt_record(struct vt *vt)
{
	str_clear(&vt->record);
	vt->recording = true;
}

const struct str *vt_recorded(const struct vt *vt)
{
	return &vt->record;
}

/* ---- writing ---- */

void vt_send(struct vt *vt, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = write(vt->master, bytes, length);
		if (sent > 0) {
			bytes += sent;
			length -= (size_t)sent;
			continue;
		}
		assert_true(errno == EAGAIN || errno == EINTR);
		struct pollfd slot = {.fd = vt->master, .events = POLLOUT | POLLIN};
		assert_true(poll(&slot, 1, 5000) > 0);
		read_some(vt);
	}
}

void vt_resize(struct vt *vt, int rows, int columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
	vt->rows = rows;
	vt->columns = columns;
	vterm_set_size(vt->vterm, rows, columns);
	assert_int_equal(ioctl(vt->master, TIOCSWINSZ, &size), 0);
}
