/* SPDX-License-Identifier: MIT */
/* Other programs' sentences in as few words as are true. */
#include <ctype.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/model/verdict.h"
#include "core/msg/msg.h"

enum { WORDS_MAX = 60 };

/* clang-format off */
static const struct {
	const char *part, *words; /* the first part that the sentence has (any case) */
} phrases[] = {
	{"connection refused",         "connection refused"},
	{"couldn't connect to server", "connection refused"},
	{"timed out",                  "no answer in time"},
	{"timeout",                    "no answer in time"},
	{"no reply",                   "no answer in time"},
	{"no answer",                  "no answer in time"},
	{"could not resolve",          "host name not resolved"},
	{"not resolved",               "host name not resolved"},
	{"name or service not known",  "host name not resolved"},
	{"name resolution",            "host name not resolved"},
	{"no route to host",           "no route to host"},
	{"network is unreachable",     "network unreachable"},
	{"reset by peer",              "connection reset"},
	{"server closed the connection", "connection closed"},
	{"connection closed",          "connection closed"},
	{"connection was closed",      "connection closed"},
	{"no such file or directory",  "socket not there"},
	{"certificate has expired",    "certificate expired"},
	{"self-signed certificate",    "certificate self-signed"},
	{"no alternative certificate subject name", "certificate of another host"},
	{"unable to get local issuer", "certificate of an unknown authority"},
	{"unsupported protocol",       "no TLS 1.2 or later"},
	{"alert protocol version",     "no TLS 1.2 or later"},
	{"certificate",                "certificate refused"},
	{"ssl",                        "no TLS connection"},
};
/* clang-format on */

/* `Wrong response from the webhook: 502 Bad Gateway` -> 502 */
static bool add_status(struct str *ret, const char *error)
{
	const char *at = strstr(error, "response from the webhook: ");
	if (!at)
		return false;
	at += strlen("response from the webhook: ");
	size_t digits = strspn(at, "0123456789");
	if (digits != 3)
		return false;
	str_add(ret, at, digits);
	return true;
}

/* Our own sentences name the subject first and the cause last: `cannot X: why`. */
static const char *last_clause(const char *error, size_t *length)
{
	for (size_t at = *length; at > 2; at--)
		if (error[at - 2] == ':' && error[at - 1] == ' ' && at < *length) {
			*length -= at;
			return error + at;
		}
	return error;
}

const char *error_cause(const struct msg_source *source)
{
	const char *error = source->error ? source->error : "";
	const char *kind = source->kind ? source->kind : "";
	const char *name = source->name ? source->name : "";
	autofree char *subject = xasprintf("%s '%.*s'", kind, (int)strcspn(name, ":"), name);
	const char *named = strstr(error, subject);
	const char *end = named ? strstr(named + strlen(subject), ": ") : NULL;
	bool begins = named && (named == error || starts_with(error, "cannot reach "));
	return begins && end && end[2] ? end + 2 : error;
}

/* `no answer in 5 s`: ours already, and how long was waited is worth its place. */
static bool says_how_long(const char *error)
{
	static const char *const words[] = {
		"no answer in ", "no connection in ", "name not resolved in "};
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		const char *at = strstr(error, words[i]);
		if (at && isdigit((unsigned char)at[strlen(words[i])]))
			return true;
	}
	return false;
}

/* `502, but not from the Bot API: invalid answer (byte 0): no JSON: '<html>...'`: what follows is the answer itself, which
 * may say anything. */
static bool add_invalid(struct str *ret, const char *error)
{
	static const char words[] = "invalid answer (byte ";
	const char *at = strstr(error, words), *end = at ? strchr(at, ')') : NULL;
	if (!end || end - error >= WORDS_MAX)
		return false;
	size_t before = (size_t)(at - error);
	str_add(ret, error, before > 2 ? before - 2 : (size_t)(end - error) + 1);
	return true;
}

void shorten_error(struct str *ret, const char *error)
{
	if (!error || !*error)
		error = "no reason given";
	if (add_status(ret, error) || add_invalid(ret, error))
		return;
	for (size_t i = 0; i < COUNT_OF(phrases) && !says_how_long(error); i++)
		if (strcasestr(error, phrases[i].part)) {
			str_adds(ret, phrases[i].words);
			return;
		}
	size_t line = strcspn(error, "\n");
	if (line > WORDS_MAX)
		error = last_clause(error, &line);
	str_add(ret, error, utf8_cut(error, line, WORDS_MAX));
}
