/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/base/err.h"
#include "core/parse/prom_api.h"
#include "tests/fuzz/fuzz.h"

enum { NAMES = 8 };

static void hold(const struct prom_api_answer *answer, const struct prom_api_limits *limits)
{
	size_t points = 0;
	FUZZ_REQUIRE(answer->series_count <= limits->series || answer->type == PROM_API_SCALAR);
	for (size_t i = 0; i < answer->series_count; i++) {
		const struct prom_api_series *series = &answer->series[i];
		points += series->point_count;
		FUZZ_REQUIRE(answer->type == PROM_API_MATRIX || series->point_count == 1);
		for (size_t j = 0; j < series->label_count; j++)
			FUZZ_REQUIRE(series->labels[j].name && series->labels[j].value);
	}
	FUZZ_REQUIRE(points <= limits->points);
	FUZZ_REQUIRE(answer->error || answer->type != PROM_API_STRING || answer->string);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct prom_api_limits limits = {8, 64};
	struct prom_api_answer answer = {.error = NULL};
	struct err err = {.code = ERR_NONE};
	if (prom_api_read((const char *)data, size, &limits, &answer, &err))
		hold(&answer, &limits);
	else
		FUZZ_REQUIRE(err.text[0] && !answer.series && !answer.notes);
	prom_api_release(&answer);
	if (prom_api_read_names((const char *)data, size, NAMES, &answer, &err))
		FUZZ_REQUIRE(answer.name_count <= NAMES && !answer.series);
	else
		FUZZ_REQUIRE(err.text[0] && !answer.names && !answer.notes);
	prom_api_release(&answer);
	return 0;
}
