/* SPDX-License-Identifier: MIT */
#include "core/series/promql/functions.h"

#include <stdint.h>
#include <string.h>

#include "core/base/attr.h"

#define MANY SIZE_MAX

/* clang-format off */
static const struct function functions[] = {
#define FUNCTION(id, yields, least, most, text, ...) \
	{.name = #id, .result = VALUE_##yields, .args = {__VA_ARGS__}, .args_least = (least), .args_most = (most), .help = (text)},
#include "core/series/promql/functions.def"
};

static const struct {
	const char *name, *why;
} refused[] = {
#define REFUSED(id, text) {#id, (text)},
#include "core/series/promql/functions.def"
};
/* clang-format on */

/* As strcmp(). */
static int compare_name(const char *name, size_t length, const char *other)
{
	int order = strncmp(name, other, length);
	return order ? order : -(other[length] != '\0');
}

const struct function *function_find(const char *name, size_t length)
{
	size_t low = 0, high = COUNT_OF(functions);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_name(name, length, functions[middle].name);
		if (order == 0)
			return &functions[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct function *function_at(size_t index)
{
	return index < COUNT_OF(functions) ? &functions[index] : NULL;
}

const char *function_refused(const char *name, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		if (compare_name(name, length, refused[i].name) == 0)
			return refused[i].why;
	}
	return NULL;
}
