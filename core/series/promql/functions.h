/* SPDX-License-Identifier: MIT */
/* The functions of PromQL, one line each in functions.def: what the parser checks a call by, and what evaluates it. */
#ifndef BOTSWAIN_SERIES_PROMQL_FUNCTIONS_H
#define BOTSWAIN_SERIES_PROMQL_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include "core/series/promql/ast.h"

enum { FUNCTION_ARGS_MAX = 4 };

struct function {
	const char *name;
	enum value_type result;
	enum value_type args[FUNCTION_ARGS_MAX]; /* of a variadic one the last is repeated */
	size_t args_least, args_most;            /* SIZE_MAX: any number of the last */
	const char *help;                        /* one line, for completion and the key page */
};

/* NULL: there is none. */
const struct function *function_find(const char *name, size_t length);
/* In order of their names; NULL behind the last. */
const struct function *function_at(size_t index);
/* Prometheus has it and this has not: why not, a sentence for the operator; NULL: nobody has it. */
const char *function_refused(const char *name, size_t length);

#endif
