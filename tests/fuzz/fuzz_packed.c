/* SPDX-License-Identifier: MIT */
/* A packed file of any bytes: what comes out is bounded, and as much as is said. */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/collect/packed.h"
#include "tests/fuzz/fuzz.h"

enum { MOST = 256 << 10, STEPS_MAX = 100000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct stat status;
	autoclose int from = memfd_create("packed", MFD_CLOEXEC);
	FUZZ_REQUIRE(from >= 0 && write(from, data, size) == (ssize_t)size);
	struct packed *packed = packed_new(from, MOST, &err);
	FUZZ_REQUIRE((packed != NULL) == packed_is(from));
	if (!packed)
		return 0;
	enum packed_state state = PACKED_MORE;
	for (int i = 0; state == PACKED_MORE; i++) {
		FUZZ_REQUIRE(i < STEPS_MAX);
		state = packed_step(packed, 1 + size % 5000);
	}
	FUZZ_REQUIRE((packed_why(state) == NULL) == (state == PACKED_WHOLE));
	uint64_t bytes = packed_bytes(packed);
	autoclose int to = packed_take(packed);
	FUZZ_REQUIRE(fstat(to, &status) == 0 && (uint64_t)status.st_size == bytes && bytes <= MOST);
	packed_free(packed);
	return 0;
}
