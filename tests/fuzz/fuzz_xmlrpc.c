/* SPDX-License-Identifier: MIT */
/* XML-RPC answers: a tree of which every text is there, or an error that says why. */
#include "core/parse/xmlrpc.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static size_t count_values(const struct xmlrpc_value *value)
{
	size_t count = 1;
	FUZZ_REQUIRE(value->name && value->text);
	FUZZ_REQUIRE(value->kind != XMLRPC_TEXT || !value->count);
	for (size_t i = 0; i < value->count; i++)
		count += count_values(value->items[i]);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xmlrpc_value *value = NULL;
	struct err err = {0};
	if (xmlrpc_read((const char *)data, size, &value, &err)) {
		FUZZ_REQUIRE(count_values(value) <= size);
		(void)xmlrpc_number(value, "pid");
		xmlrpc_free(value);
	} else {
		FUZZ_REQUIRE(!value && err.text[0] && strlen(err.text) < sizeof(err.text));
	}
	return 0;
}
