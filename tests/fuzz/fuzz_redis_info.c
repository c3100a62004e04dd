/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/collect/redis_metrics.h"
#include "core/parse/redis_info.h"
#include "tests/fuzz/fuzz.h"

static void look_at(void *context, const struct metric *metric)
{
	size_t *count = context;
	(*count)++;
	FUZZ_REQUIRE(metric->name[0] && metric->label_count <= METRIC_LABELS_MAX);
	for (size_t i = 0; i < metric->label_count; i++) {
		const struct metric_label *label = &metric->labels[i];
		size_t length = label->length ? label->length : strlen(label->value);
		FUZZ_REQUIRE(length == 0 || memchr(label->value, '\n', length) == NULL);
	}
}

static void look_at_metrics(const char *text, size_t size)
{
	const struct redis_answers answers = {
		.info = text, .length = size, .databases = 16, .io_threads = NAN};
	size_t count = 0;
	redis_metrics_look(&answers, look_at, &count);
	redis_metrics_rest(&answers, look_at, &count);
	FUZZ_REQUIRE(count > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct redis_info info;
	struct redis_info_pair pair;
	struct err err;
	if (redis_info_read(text, size, &info, &err))
		FUZZ_REQUIRE(info.keys >= REDIS_INFO_NONE && info.used_memory >= REDIS_INFO_NONE);
	for (size_t at = 0; redis_info_next(text, size, &at, &pair);) {
		FUZZ_REQUIRE(pair.key_length > 0 && pair.value + pair.value_length <= text + size);
		FUZZ_REQUIRE(redis_info_field(&pair, "keys", 1000) >= REDIS_INFO_NONE);
	}
	look_at_metrics(text, size);
	return 0;
}
