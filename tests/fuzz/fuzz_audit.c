/* SPDX-License-Identifier: MIT */
/* An audit file that anybody may have damaged: it is opened with a note or refused with a sentence, what is added to it
 * is chained to what stood there, and verifying it ends with a verdict. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/store/audit.h"
#include "core/store/ledger.h"
#include "tests/fuzz/safe.h"

static char folder[64];
static char path[96];

static void remove_folder(void)
{
	autofree char *torn = xasprintf("%s.torn", path);
	unlink(path);
	unlink(torn);
	rmdir(folder);
}

static void prepare(void)
{
	if (*path)
		return;
	fuzz_make_folder(folder, sizeof(folder), "audit");
	snprintf(path, sizeof(path), "%s/audit.jsonl", folder);
	atexit(remove_folder);
}

static void write_file(const uint8_t *data, size_t size)
{
	FILE *file = fopen(path, "wbe");
	FUZZ_REQUIRE(file && fwrite(data, 1, size, file) == size);
	fclose(file);
}

static void add_line(struct audit *audit)
{
	struct audit_line line = {.who = (char[]){"ann"},
		.what = (char[]){"restart"},
		.on = (char[]){"orders"},
		.why = (char[]){"it hangs"},
		.result = (char[]){"accepted"}};
	struct audit_mark before = audit_mark(audit);
	struct err err = {.code = ERR_NONE};
	audit_stage(audit, INT64_C(1772366400000), &line, NULL);
	FUZZ_REQUIRE(audit_commit(audit, &err));
	FUZZ_REQUIRE(audit_mark(audit).seq == before.seq + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct audit_mark never;
	struct audit *audit;
	autostr struct str note = STR_INIT;
	struct err err = {.code = ERR_NONE}, why = {.code = ERR_NONE};
	uint64_t before = 0, after = 0;
	prepare();
	write_file(data, size);
	bool was_whole = audit_verify(path, &before, &err);
	if (!was_whole)
		fuzz_require_safe(err.text);
	if (!audit_open(path, &never, &audit, &note, &why)) {
		fuzz_require_safe(why.text);
		return 0;
	}
	fuzz_require_safe(note.text);
	add_line(audit);
	audit_close(audit);
	if (was_whole)
		FUZZ_REQUIRE(audit_verify(path, &after, &err) && after == before + 1);
	return 0;
}
