/* SPDX-License-Identifier: MIT */
/* What was redacted holds nothing to redact, and never a known secret. */
#include "core/base/redact.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define CANARY "AAEcanary-canary_canary-canary_canar"

static const char known[] = "kn\"own/se";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autostr struct str once = STR_INIT;
	struct redactor *redactor = redactor_new();
	const char *bytes = (const char *)data;
	bool added = redactor_add(redactor, "123456:" CANARY, 7 + sizeof(CANARY) - 1) &&
		     redactor_add(redactor, known, sizeof(known) - 1);
	redactor_seal(redactor);
	bool has = redact_has_candidate(redactor, bytes, size);
	size_t count = redact(redactor, &once, bytes, size, 0);
	FUZZ_REQUIRE(added && has == (count > 0));
	FUZZ_REQUIRE(!redact_has_candidate(redactor, once.text, once.length));
	FUZZ_REQUIRE(!memmem(once.text, once.length, CANARY, sizeof(CANARY) - 1));
	FUZZ_REQUIRE(!memmem(once.text, once.length, known, sizeof(known) - 1));
	FUZZ_REQUIRE(count > 0 ||
		     (once.length == size && (!size || memcmp(once.text, bytes, size) == 0)));
	str_clear(&once);
	redact(redactor, &once, bytes, size, REDACT_CUT);
	FUZZ_REQUIRE(!redact_has_candidate(redactor, once.text, once.length));
	redactor_unref(redactor);
	return 0;
}
