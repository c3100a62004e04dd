/* SPDX-License-Identifier: MIT */
#include "tui/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"

bool tty_open(struct tty *tty, struct err *err)
{
	char path[256];
	*tty = (struct tty){.fd = -1};
	str_init(&tty->out);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, ERR_UNSUPPORTED,
			"standard input and output are not a terminal: use a command such as "
			"'botswain bots'");
	const int flags = O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	if (ttyname_r(STDIN_FILENO, path, sizeof(path)) == 0)
		tty->fd = open(path, flags);
	if (tty->fd < 0)
		tty->fd = open("/dev/tty", flags);
	if (tty->fd < 0)
		return err_errno(err, errno, "cannot open the terminal");
	if (tcgetattr(tty->fd, &tty->before) < 0) {
		err_errno(err, errno, "cannot read the terminal's modes");
		tty_release(tty);
		return false;
	}
	return true;
}

void tty_release(struct tty *tty)
{
	if (tty->fd >= 0)
		close(tty->fd);
	tty->fd = -1;
	str_release(&tty->out);
	tty->sent = 0;
}

static void set_modes(struct tty *tty, const struct termios *modes)
{
	while (tcsetattr(tty->fd, TCSANOW, modes) < 0)
		if (errno != EINTR) {
			tty->lost = tty->lost || errno == EIO;
			return;
		}
}

void tty_raw(struct tty *tty)
{
	struct termios raw = tty->before;
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	set_modes(tty, &raw);
}

void tty_restore(struct tty *tty)
{
	set_modes(tty, &tty->before);
}

bool tty_size(const struct tty *tty, int *ret_rows, int *ret_columns)
{
	struct winsize size;
	if (ioctl(tty->fd, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return false;
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
	return true;
}

void tty_add(struct tty *tty, const void *data, size_t length)
{
	if (!tty->lost)
		str_add(&tty->out, data, length);
}

void tty_adds(struct tty *tty, const char *text)
{
	tty_add(tty, text, strlen(text));
}

bool tty_drained(const struct tty *tty)
{
	return tty->sent == tty->out.length;
}

void tty_flush(struct tty *tty)
{
	while (!tty->lost && !tty_drained(tty)) {
		ssize_t got =
			write(tty->fd, tty->out.text + tty->sent, tty->out.length - tty->sent);
		if (got >= 0)
			tty->sent += (size_t)got;
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			tty->lost = true;
	}
	str_clear(&tty->out);
	tty->sent = 0;
}

void tty_flush_wait(struct tty *tty, int limit_ms)
{
	const int64_t end_us = clock_cost_us() + (int64_t)limit_ms * 1000;
	for (tty_flush(tty); !tty->lost && !tty_drained(tty); tty_flush(tty)) {
		int64_t left_ms = (end_us - clock_cost_us()) / 1000;
		struct pollfd slot = {.fd = tty->fd, .events = POLLOUT};
		if (left_ms <= 0 || poll(&slot, 1, (int)left_ms) == 0)
			return;
	}
}

size_t tty_read(struct tty *tty, void *to, size_t size)
{
	ssize_t got = read(tty->fd, to, size);
	if (got > 0)
		return (size_t)got;
	if (got == 0 || (errno != EAGAIN && errno != EINTR))
		tty->lost = true;
	return 0;
}
