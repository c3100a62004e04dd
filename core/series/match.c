/* SPDX-License-Identifier: MIT */
#include "core/series/match.h"

#include <string.h>

#include "core/base/err.h"
#include "core/parse/regex.h"
#include "core/series/querier.h"

static bool match_pattern(
	const struct matcher *matcher, const char *value, bool *ret_fits, struct err *err)
{
	enum regex_result result = regex_match(matcher->regex, value, strlen(value), 0, NULL, NULL);
	if (result == REGEX_COSTLY)
		return err_set(err, ERR_LIMIT,
			"the pattern '%.80s' of '%.60s' takes too long; write a simpler one",
			matcher->value, matcher->name);
	*ret_fits = (result == REGEX_YES) == (matcher->op == MATCH_REGEX);
	return true;
}

bool matcher_fits(const struct matcher *matcher, const char *value, bool *ret_fits, struct err *err)
{
	if (matcher->op == MATCH_REGEX || matcher->op == MATCH_NOT_REGEX)
		return match_pattern(matcher, value, ret_fits, err);
	*ret_fits = (strcmp(matcher->value, value) == 0) == (matcher->op == MATCH_EQUAL);
	return true;
}
