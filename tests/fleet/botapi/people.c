/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/people.h"

#include "core/base/attr.h"

static const char *const first_names[] = {"Anna", "Boris", "Chloé", "Dmitri", "Elif", "Farid",
	"Grace", "Hugo", "Ines", "Jonas", "Kateryna", "Liam", "Mei 美", "Noor", "Олег", "Priya",
	"Quentin", "Rosa", "Søren", "Тамара", "Usha", "Viktor", "Wanda", "Xavier", "Yael", "زينب"};

const char *person_name(int64_t id)
{
	uint64_t number = id < 0 ? 0 - (uint64_t)id : (uint64_t)id;
	return first_names[number % COUNT_OF(first_names)];
}

json_t *person_json(int64_t id)
{
	return json_pack("{s:I,s:b,s:s,s:s}", "id", (json_int_t)id, "is_bot", 0, "first_name",
		person_name(id), "language_code", "en");
}
