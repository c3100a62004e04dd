/* SPDX-License-Identifier: MIT */
/* What PCRE2 knows and RE2 does not: a rule that uses it here would be refused by Prometheus. */
#include <string.h>

#include "core/series/promql/parse_internal.h"

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* At the letter behind a backslash. */
static const char *refuses_escape(const char *at)
{
	if (is_digit(*at) && !(*at < '8' && is_digit(at[1]) && at[1] < '8'))
		return *at == '0' ? NULL : "back references are not supported";
	if (*at == 'k' || *at == 'g')
		return "back references are not supported";
	bool is_letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
	return is_letter && !strchr("aftnrvxAbBzQEpPdDsSwW", *at) ? "unknown escape sequence"
								  : NULL;
}

/* At an opening bracket. */
static const char *refuses_group(const char *at)
{
	if (at[1] == '*')
		return "verbs are not supported";
	if (at[1] != '?')
		return NULL;
	at += 2;
	if (*at == '=' || *at == '!' || (*at == '<' && (at[1] == '=' || at[1] == '!')))
		return "look-around is not supported";
	if (*at == '<' || (*at == 'P' && at[1] == '<'))
		return NULL;
	at += strspn(at, "imsU-");
	return *at == ')' || *at == ':' ? NULL : "unknown kind of group";
}

/* Behind the [ of a class: where it ends. A ] that comes first, or behind ^, is one of its members. */
static const char *skip_class(const char *at)
{
	at += *at == '^';
	at += *at == ']';
	for (; *at && *at != ']'; at++) {
		const char *end = at[0] == '[' && at[1] == ':' ? strstr(at, ":]") : NULL;
		if (end)
			at = end + 1;
		else if (*at == '\\' && at[1])
			at++;
	}
	return at;
}

/* At a quantifier; RE2 takes no second one but ? for lazy. */
static const char *refuses_repeat(const char *at)
{
	if (*at == '{')
		at = strchr(at, '}');
	return at && at[1] == '+' ? "possessive repetition is not supported" : NULL;
}

const char *re2_refuses(const char *pattern, size_t *ret_at)
{
	const char *why = NULL;
	for (const char *at = pattern; *at && !why; at++) {
		*ret_at = (size_t)(at - pattern);
		if (at[0] == '\\' && at[1] == 'Q') {
			const char *end = strstr(at + 2, "\\E");
			at = end ? end + 1 : at + strlen(at) - 1;
		} else if (at[0] == '\\' && at[1]) {
			why = refuses_escape(++at);
		} else if (*at == '[') {
			at = skip_class(at + 1);
			at -= !*at;
		} else if (*at == '(') {
			why = refuses_group(at);
		} else if (strchr("*+?{", *at)) {
			why = refuses_repeat(at);
		}
	}
	return why;
}
