/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/kinds.h"

#include <string.h>

static const struct {
	const char *name;
	int lifetime_s;
	bool by_default;
} kinds[] = {
#define KIND(name, seconds, by_default) {#name, seconds, by_default},
#include "tests/fleet/botapi/kinds.def"
#undef KIND
};

const char *kind_name(enum update_kind kind)
{
	return kinds[kind].name;
}

int64_t kind_lifetime_ms(enum update_kind kind)
{
	return (int64_t)kinds[kind].lifetime_s * 1000;
}

enum update_kind kind_find(const char *name)
{
	enum update_kind kind = 0;
	while (kind < KINDS && strcmp(kinds[kind].name, name) != 0)
		kind++;
	return kind;
}

uint32_t kinds_default(void)
{
	uint32_t set = 0;
	for (unsigned i = 0; i < KINDS; i++)
		if (kinds[i].by_default)
			set |= UINT32_C(1) << i;
	return set;
}

bool kinds_read(const char *text, uint32_t *ret)
{
	json_t *names = json_loads(text, 0, NULL), *name;
	bool good = json_is_array(names);
	uint32_t set = 0;
	size_t i;
	json_array_foreach(names, i, name)
	{
		good = good && json_is_string(name);
		enum update_kind kind = good ? kind_find(json_string_value(name)) : KINDS;
		if (kind < KINDS)
			set |= UINT32_C(1) << kind;
	}
	json_decref(names);
	if (good)
		*ret = set ? set : kinds_default();
	return good;
}

json_t *kinds_json(uint32_t set)
{
	json_t *names = json_array();
	for (unsigned i = 0; i < KINDS; i++)
		if (set & UINT32_C(1) << i)
			json_array_append_new(names, json_string(kinds[i].name));
	return names;
}
