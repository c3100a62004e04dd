/* SPDX-License-Identifier: MIT */
#include "core/parse/regex_needle.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "core/base/needle.h"
#include "core/base/utf8.h"
#include "core/parse/regex.h"

/* The run of characters that is being read, and the longest one so far. */
struct search {
	const char *pattern;
	size_t length, at;
	bool any_case;
	char run[NEEDLE_MAX], best[NEEDLE_MAX];
	size_t run_length, best_length;
	size_t last; /* bytes of the run's last character: a quantifier takes it back; 0: of a run that was cut */
};

static void end_run(struct search *search)
{
	if (search->run_length > search->best_length) {
		memcpy(search->best, search->run, search->run_length);
		search->best_length = search->run_length;
	}
	search->run_length = search->last = 0;
}

/* In any case beyond ASCII there are other forms, which are other bytes; of k and s there is one beyond ASCII
 * (U+212A, U+017F). */
static bool has_other_forms(const struct search *search, const char *bytes, size_t size)
{
	char small = (char)(*bytes | 0x20);
	return search->any_case &&
	       (size > 1 || (unsigned char)*bytes >= 0x80 || small == 'k' || small == 's');
}

static void add(struct search *search, const char *bytes, size_t size)
{
	if (has_other_forms(search, bytes, size)) {
		end_run(search);
		return;
	}
	if (search->run_length + size > NEEDLE_MAX)
		end_run(search);
	memcpy(search->run + search->run_length, bytes, size);
	search->run_length += size;
	search->last = size;
}

static size_t char_size(const struct search *search)
{
	struct utf8_char next =
		utf8_next(search->pattern + search->at, search->length - search->at);
	return next.size ? next.size : 1;
}

static char peek(const struct search *search, size_t ahead)
{
	return search->at + ahead < search->length ? search->pattern[search->at + ahead] : '\0';
}

/* Behind a class; false: it does not end. */
static bool skip_class(struct search *search)
{
	search->at++;
	search->at += peek(search, 0) == '^';
	search->at += peek(search, 0) == ']';
	while (search->at < search->length && peek(search, 0) != ']') {
		bool is_named =
			peek(search, 0) == '[' && strchr(":.=", peek(search, 1)) && peek(search, 1);
		const char *rest = search->pattern + search->at;
		const char *close =
			is_named ? memmem(rest, search->length - search->at, ":]", 2) : NULL;
		if (is_named && !close)
			return false;
		search->at += close ? (size_t)(close - rest) + 2 : peek(search, 0) == '\\' ? 2 : 1;
	}
	search->at++;
	return search->at <= search->length;
}

/* A group that changes how what follows is read. */
static bool sets_options(const struct search *search)
{
	if (peek(search, 1) == '*')
		return true;
	return peek(search, 1) == '?' && !strchr(":=!<>|P'", peek(search, 2));
}

/* Behind a group, whatever is in it. */
static bool skip_group(struct search *search)
{
	size_t depth = 0;
	while (search->at < search->length) {
		char ch = peek(search, 0);
		if (ch == '[') {
			if (!skip_class(search))
				return false;
			continue;
		}
		if ((ch == '(' && sets_options(search)) ||
			(ch == '\\' && strchr("QE", peek(search, 1))))
			return false;
		search->at += ch == '\\' ? 2 : 1;
		depth += ch == '(';
		depth -= ch == ')';
		if (!depth)
			return search->at <= search->length;
	}
	return false;
}

/* A backslash and a character: itself, a class, or something that we do not read. */
static bool take_escape(struct search *search)
{
	char next = peek(search, 1);
	if (!next)
		return false;
	if (isalnum((unsigned char)next) && !strchr("dDwWsSbBAzZhHvVNRX", next))
		return false;
	if (isalnum((unsigned char)next)) {
		end_run(search);
		search->at += 2;
		return true;
	}
	search->at++;
	size_t size = char_size(search);
	add(search, search->pattern + search->at, size);
	search->at += size;
	return true;
}

/* What was read last may be missing, or come more than once: it ends the run, without or with it. */
static bool take_quantifier(struct search *search)
{
	char ch = peek(search, 0);
	bool may_miss = ch == '?' || ch == '*' || (ch == '{' && strchr("0,", peek(search, 1)));
	if (may_miss)
		search->run_length -= search->last;
	end_run(search);
	if (ch == '{') {
		const char *rest = search->pattern + search->at;
		const char *close = memchr(rest, '}', search->length - search->at);
		if (!close)
			return false;
		search->at += (size_t)(close - rest);
	}
	search->at++;
	search->at += peek(search, 0) == '?' || peek(search, 0) == '+'; /* lazy, possessive */
	return true;
}

static bool take_literal(struct search *search)
{
	size_t size = char_size(search);
	add(search, search->pattern + search->at, size);
	search->at += size;
	return true;
}

static bool take_gap(struct search *search)
{
	end_run(search);
	search->at++;
	return true;
}

/* False: nothing is certain. */
static bool take(struct search *search)
{
	char ch = peek(search, 0);
	switch (ch) {
	case '|':
	case ')':
	case '\0':
		return false;
	case '(':
		end_run(search);
		return skip_group(search);
	case '[':
		end_run(search);
		return skip_class(search);
	case '\\':
		return take_escape(search);
	case '?':
	case '*':
	case '+':
	case '{':
		return take_quantifier(search);
	case '.':
	case '^':
	case '$':
		return take_gap(search);
	default:
		return take_literal(search);
	}
}

static bool take_literally(struct search *search)
{
	return take_literal(search);
}

static bool take_of_glob(struct search *search)
{
	char ch = peek(search, 0);
	return ch == '*' || ch == '?' ? take_gap(search) : take_literal(search);
}

bool regex_needle(const char *pattern, size_t length, unsigned flags, struct needle *ret_needle)
{
	struct search search = {
		.pattern = pattern, .length = length, .any_case = flags & REGEX_CASELESS};
	bool (*step)(struct search *) = flags & REGEX_LITERAL ? take_literally
					: flags & REGEX_GLOB  ? take_of_glob
							      : take;
	while (search.at < length)
		if (!step(&search))
			return false;
	end_run(&search);
	return search.best_length >= 2 &&
	       needle_set(ret_needle, search.best, search.best_length, search.any_case);
}
