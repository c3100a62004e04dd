/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a dashboard, ours or Grafana's: read or refused, and every refusal is printable text. What is made of one of
 * Grafana is one of ours, or refused by the reader of those for its size alone.
 */
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/dashboard.h"
#include "core/conf/grafana.h"
#include "tests/fuzz/fuzz.h"

const char *__lsan_default_suppressions(void);

/* As in fuzz_conf.c. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so\n";
}

static void require_printable(const struct str *text)
{
	for (size_t i = 0; i < text->length; i++)
		FUZZ_REQUIRE((unsigned char)text->text[i] >= 0x20 || text->text[i] == '\n');
}

static void read_ours(const char *text, size_t size)
{
	struct dashboard *dashboard = NULL;
	struct str report autostr = STR_INIT;
	struct err err = {0};
	bool fine = dashboard_parse("/nowhere/d.yaml", text, size, &dashboard, &report, &err);
	FUZZ_REQUIRE(fine == (err.code == ERR_NONE) && fine == (dashboard != NULL));
	require_printable(&report);
	for (size_t i = 0; fine && i < dashboard->panel_count; i++)
		FUZZ_REQUIRE(dashboard_panel_at(dashboard, i)->query_count > 0);
	dashboard_free(dashboard);
}

static void read_theirs(const char *text, size_t size)
{
	struct str yaml autostr = STR_INIT;
	struct str left autostr = STR_INIT;
	struct err err = {0};
	if (!grafana_import(text, size, &yaml, &left, &err))
		return;
	require_printable(&yaml);
	require_printable(&left);
	read_ours(yaml.text, yaml.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xcalloc(1, size + 1);
	if (size)
		memcpy(text, data, size);
	read_ours(text, size);
	read_theirs(text, size);
	free(text);
	return 0;
}
