/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/parse/prom_text.h"
#include "tests/fuzz/fuzz.h"

static bool lies_in(struct prom_span span, const char *text, size_t size)
{
	return span.text >= text && span.text + span.length <= text + size;
}

static void look(const struct prom_sample *sample, const char *text, size_t size)
{
	autostr struct str labels = STR_INIT;
	FUZZ_REQUIRE(sample->name.length > 0 && sample->name.length <= PROM_NAME_MAX);
	FUZZ_REQUIRE(sample->label_count <= PROM_LABELS_MAX);
	FUZZ_REQUIRE(lies_in(sample->name, text, size) && lies_in(sample->series, text, size));
	FUZZ_REQUIRE(!memchr(sample->series.text, '\n', sample->series.length));
	prom_labels_text(sample, &labels);
	prom_name(sample, &labels);
	FUZZ_REQUIRE(labels.length <= size * 2);
}

/* What prom_next() takes with its labels unseen prom_read() takes as far as they are good. */
static void read_as(const char *text, size_t size, enum prom_format format)
{
	struct prom_reader whole, lazy;
	static struct prom_sample sample, seen;
	struct err err = {0};
	enum prom_result result;
	prom_begin(&whole, text, size, format);
	prom_begin(&lazy, text, size, format);
	while ((result = prom_read(&whole, &sample, &err)) == PROM_SAMPLE) {
		FUZZ_REQUIRE(prom_next(&lazy, &seen, &err) == PROM_SAMPLE);
		FUZZ_REQUIRE(seen.key == sample.key && lazy.at == whole.at);
		look(&sample, text, size);
	}
	size_t line = 0, column = 0;
	FUZZ_REQUIRE(result == PROM_END || sscanf(err.text, "%zu:%zu: ", &line, &column) == 2);
	FUZZ_REQUIRE(result == PROM_END || (line > 0 && column > 0 && column <= size + 1));
	FUZZ_REQUIRE(whole.at <= whole.end);
	prom_end(&whole);
	prom_end(&lazy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	read_as(text, size, PROM_TEXT);
	read_as(text, size, PROM_OPENMETRICS);
	read_as(text, size, PROM_GUESS);
	return 0;
}
