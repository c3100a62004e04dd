/* SPDX-License-Identifier: MIT */
#include "core/parse/log_place.h"

#include <ctype.h>
#include <string.h>

static const char *const schemes[LOG_PLACES] = {
	[LOG_PLACE_JOURNAL] = "journal:", [LOG_PLACE_DOCKER] = "docker:"};

enum { NAME_BYTES_MAX = 255 };

enum log_place log_place_of(const char *text, const char **ret_rest)
{
	for (int i = 0; i < LOG_PLACES; i++) {
		size_t length = schemes[i] ? strlen(schemes[i]) : 0;
		if (!length || strncmp(text, schemes[i], length) != 0)
			continue;
		*ret_rest = text + length;
		return (enum log_place)i;
	}
	*ret_rest = text;
	return LOG_PLACE_FILES;
}

struct journal_place journal_place_of(const char *rest)
{
	const char *hash = *rest == '/' ? strrchr(rest, '#') : NULL;
	struct journal_place place = {.path = rest, .unit = rest};
	if (*rest != '/') {
		place.unit_length = strlen(rest);
		return place;
	}
	place.path_length = hash ? (size_t)(hash - rest) : strlen(rest);
	place.unit = hash ? hash + 1 : rest + place.path_length;
	place.unit_length = strlen(place.unit);
	return place;
}

/* {bot} may stand in it: a template of bots_from is checked as it is written. */
static bool is_name(const char *text, size_t length, const char *more)
{
	if (!length || length > NAME_BYTES_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr(more, text[i]))
			return false;
	return true;
}

static bool check_journal(const char *text, const char *rest, struct err *err)
{
	struct journal_place place = journal_place_of(rest);
	bool has_unit = place.unit_length > 0;
	if (!has_unit && place.path_length && place.unit[-1] != '#')
		return true;
	if (is_name(place.unit, place.unit_length, ":-_.\\@{}"))
		return true;
	return err_set(err, ERR_INVALID,
		"'%.100s' names no unit: journal:orders.service, or journal:/FOLDER#orders.service",
		text);
}

bool log_place_check(const char *text, struct err *err)
{
	const char *rest;
	switch (log_place_of(text, &rest)) {
	case LOG_PLACE_JOURNAL:
		return check_journal(text, rest, err);
	case LOG_PLACE_DOCKER:
		return (isalnum((unsigned char)*rest) || *rest == '{') &&
				       is_name(rest, strlen(rest), "_.-{}")
			       ? true
			       : err_set(err, ERR_INVALID,
					 "'%.100s' names no container: docker:orders-1", text);
	case LOG_PLACE_FILES:
	case LOG_PLACES:
		return true;
	}
	return true;
}

bool log_place_is_told(const char *text)
{
	static const char *const devices[] = {"/dev/", "/proc/"};
	const char *rest;
	enum log_place kind = log_place_of(text, &rest);
	if (kind != LOG_PLACE_FILES)
		return *rest != '/' && log_place_check(text, NULL);
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++)
		if (strncmp(text, devices[i], strlen(devices[i])) == 0)
			return false;
	return *text == '/';
}
