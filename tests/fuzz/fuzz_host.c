/* SPDX-License-Identifier: MIT */
/* What files of the host say: unit files and their specifiers, pid files, /proc/PID/stat. Each is read within bounds or
 * refused with a sentence that is safe to show. */
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/proc.h"
#include "core/parse/pid.h"
#include "core/parse/unit_file.h"
#include "tests/fuzz/safe.h"

static void read_unit(const char *text, size_t size)
{
	static const struct unit_specifiers known = {.unit = "bot@orders.service",
		.home = "/root",
		.runtime = "/run",
		.state = "/var/lib",
		.log = "/var/log"};
	autostr struct str value = STR_INIT, path = STR_INIT;
	if (!unit_file_find(text, size, "StandardOutput", &value))
		return;
	FUZZ_REQUIRE(value.length <= size);
	if (!unit_expand(&known, value.text, &path))
		FUZZ_REQUIRE(path.length == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct proc_figures figures;
	struct err err = {.code = ERR_NONE};
	int32_t pid = 0;
	read_unit(text, size);
	if (pid_read(text, size, &pid, &err))
		FUZZ_REQUIRE(pid >= 1 && pid <= 1 << 22);
	else
		fuzz_require_safe(err.text);
	err = (struct err){.code = ERR_NONE};
	if (!proc_parse_stat(text, size, &figures, &err)) {
		FUZZ_REQUIRE(err.code != ERR_NONE);
		fuzz_require_safe(err.text);
	}
	return 0;
}
