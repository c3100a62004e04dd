/* SPDX-License-Identifier: MIT */
/* Answers of the Docker Engine API: what is read has texts and sane numbers, or it is an error. */
#include "core/parse/docker.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void count(void *context, const char *variable, size_t length)
{
	size_t *total = context;
	(void)variable;
	*total += length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *body = (const char *)data;
	struct docker_container container;
	struct docker_list list;
	struct err err = {0};
	size_t total = 0;
	autostr struct str message = STR_INIT;
	if (docker_read_container(body, size, count, &total, &container, &err)) {
		FUZZ_REQUIRE(*container.name && *container.status);
		FUZZ_REQUIRE(container.pid >= 0 && container.pid <= 1 << 22);
		FUZZ_REQUIRE(container.exit_code >= -1 && container.exit_code <= 255);
		FUZZ_REQUIRE(container.started_ms >= 0 && container.finished_ms >= 0);
		FUZZ_REQUIRE(container.restarts >= -1);
		docker_container_release(&container);
	}
	FUZZ_REQUIRE(total <= size);
	if (docker_read_list(body, size, 64, &list, &err)) {
		for (size_t i = 0; i < list.count; i++)
			FUZZ_REQUIRE(
				strspn(list.ids[i], "0123456789abcdef") == strlen(list.ids[i]));
		docker_list_release(&list);
	}
	docker_read_message(body, size, &message);
	return 0;
}
