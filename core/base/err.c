/* SPDX-License-Identifier: MIT */
#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/sanitize.h"
#include "core/base/str.h"

static bool is_plain(const char *text)
{
	while (*text >= ' ' && *text < 0x7f)
		text++;
	return !*text;
}

/* What it names may be called anything: a file, a server, a word that was typed. A sentence of several lines has them in its
 * format. */
static void make_safe(char *text, size_t size, const char *format)
{
	autostr struct str safe = STR_INIT;
	if (is_plain(text))
		return;
	sanitize_as(&safe, text, strlen(text), strchr(format, '\n') ? SANITIZE_ROWS : 0);
	(void)copy_text(text, size, safe.text);
}

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
	if (!err)
		return false;
	va_list args;
	va_start(args, format);
	char text[sizeof(err->text)];
	(void)vprint_text(text, sizeof(text), format, args);
	va_end(args);
	make_safe(text, sizeof(text), format);
	err->code = code;
	memcpy(err->text, text, sizeof(text));
	return false;
}

bool err_errno(struct err *err, int errnum, const char *format, ...)
{
	if (!err)
		return false;
	va_list args;
	va_start(args, format);
	char what[sizeof(err->text)], why[80];
	(void)vprint_text(what, sizeof(what), format, args);
	va_end(args);
	const char *said = strerror_r(errnum, why, sizeof(why));
	return err_set(err, ERR_IO, "%.160s: %s", what, said);
}

const char *err_word(enum err_code code)
{
	static const char *const words[] = {
		[ERR_NONE] = "none",
		[ERR_INVALID] = "invalid",
		[ERR_SYNTAX] = "syntax",
		[ERR_IO] = "io",
		[ERR_TIMEOUT] = "timeout",
		[ERR_UNREACHABLE] = "unreachable",
		[ERR_TLS] = "tls",
		[ERR_AUTH] = "auth",
		[ERR_DENIED] = "denied",
		[ERR_NOT_FOUND] = "not_found",
		[ERR_CONFLICT] = "conflict",
		[ERR_RATE] = "rate",
		[ERR_PROTOCOL] = "protocol",
		[ERR_LIMIT] = "limit",
		[ERR_CANCELLED] = "cancelled",
		[ERR_REFUSED] = "refused",
		[ERR_UNSUPPORTED] = "unsupported",
		[ERR_INTERNAL] = "internal",
		[ERR_SECRET] = "secret",
	};
	return (unsigned)code < COUNT_OF(words) ? words[code] : "internal";
}
