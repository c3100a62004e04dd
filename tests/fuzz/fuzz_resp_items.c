/* SPDX-License-Identifier: MIT */
/* Replies of RESP2 out of pieces of any size: the same items as at once, and what we take hiredis takes, as the same. */
#include <string.h>

#include "core/base/rng.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/resp_items.h"

enum { BYTES_MAX = 4096, PIECE_MAX = 64 };

static size_t at_once(void *context, size_t left)
{
	(void)context;
	return left;
}

static size_t by_chance(void *context, size_t left)
{
	return 1 + rng_below(context, left < PIECE_MAX ? left : PIECE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	autostr struct str whole = STR_INIT, parted = STR_INIT, theirs = STR_INIT;
	struct err why, parted_why;
	struct rng rng;
	rng_init(&rng, size + 1);
	resp_items_ours(bytes, size, BYTES_MAX, at_once, NULL, &whole, &why);
	resp_items_ours(bytes, size, BYTES_MAX, by_chance, &rng, &parted, &parted_why);
	FUZZ_REQUIRE(why.code == parted_why.code && (why.code == ERR_NONE || *why.text));
	FUZZ_REQUIRE(strcmp(why.text, parted_why.text) == 0);
	FUZZ_REQUIRE(whole.length == parted.length);
	FUZZ_REQUIRE(memcmp(whole.text, parted.text, whole.length) == 0);
	bool is_good = resp_items_hiredis(bytes, size, &theirs);
	FUZZ_REQUIRE(whole.length <= theirs.length);
	FUZZ_REQUIRE(memcmp(whole.text, theirs.text, whole.length) == 0);
	if (is_good && why.code == ERR_NONE)
		FUZZ_REQUIRE(whole.length == theirs.length);
	return 0;
}
