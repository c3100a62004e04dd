/* SPDX-License-Identifier: MIT */
#include "core/parse/prom_text.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prom_reader reader = {.text = (const char *)data, .length = size};
	struct prom_sample sample;
	struct err err = {0};
	enum prom_result result;
	while ((result = prom_next(&reader, &sample, &err)) == PROM_SAMPLE) {
		autostr struct str labels = STR_INIT;
		FUZZ_REQUIRE(sample.name.length > 0 && sample.label_count <= PROM_LABELS_MAX);
		prom_labels_text(&sample, &labels);
		FUZZ_REQUIRE(labels.length <= size * 2);
	}
	FUZZ_REQUIRE(result == PROM_END || err.text[0]);
	FUZZ_REQUIRE(reader.at <= size);
	return 0;
}
