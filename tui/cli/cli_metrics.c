/* SPDX-License-Identifier: MIT */
/*
 * parse-metrics: a page of Prometheus text or OpenMetrics on standard input as JSON, by the parser of the engine. A family is
 * a row of lines that stand together. A page with a line that is none prints nothing but where it is:
 * `stdin:LINE:COLUMN: what`, the column in bytes.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "core/parse/prom_text.h"
#include "tui/cli/cli.h"

enum { PAGE_MAX = 256 << 20, PIECE = 1 << 18 };

static const struct {
	const char *word;
	enum prom_format format;
} formats[] = {{"text", PROM_TEXT}, {"openmetrics", PROM_OPENMETRICS}};

/* ---- JSON ---- */

/* Written so that it is read as the same number. */
static void add_number(double value, struct str *out)
{
	char text[40];
	if (!isfinite(value)) {
		str_adds(out, isnan(value) ? "\"NaN\"" : value > 0 ? "\"+Inf\"" : "\"-Inf\"");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	str_adds(out, text);
}

static void add_text(struct str *text, struct str *out)
{
	msg_json_bytes(text->text, text->length, out);
	str_clear(text);
}

static void add_labels(const struct prom_sample *sample, struct str *out)
{
	autostr struct str text = STR_INIT;
	str_adds(out, ",\"labels\":{");
	for (size_t i = 0; i < sample->label_count; i++) {
		str_adds(out, i ? "," : "");
		prom_label_name(&sample->labels[i], &text);
		add_text(&text, out);
		str_addch(out, ':');
		prom_label_value(&sample->labels[i], &text);
		add_text(&text, out);
	}
	str_addch(out, '}');
}

static void add_sample(const struct prom_sample *sample, struct str *out)
{
	autostr struct str text = STR_INIT;
	str_adds(out, "{\"name\":");
	prom_name(sample, &text);
	add_text(&text, out);
	add_labels(sample, out);
	str_adds(out, ",\"value\":");
	add_number(sample->value, out);
	if (sample->has_time)
		str_addf(out, ",\"timestamp_ms\":%" PRId64, sample->time_ms);
	str_addch(out, '}');
}

static bool is_same_family(const struct prom_sample *sample, const struct prom_sample *before)
{
	return sample->type == before->type && sample->family.length == before->family.length &&
	       !memcmp(sample->family.text, before->family.text, sample->family.length);
}

static void begin_family(const struct prom_sample *sample, bool is_first, struct str *out)
{
	autostr struct str text = STR_INIT;
	str_adds(out, is_first ? "{\"name\":" : "]},{\"name\":");
	prom_family(sample, &text);
	add_text(&text, out);
	str_addf(out, ",\"type\":\"%s\",\"samples\":[", prom_type_word(sample->type));
}

static bool add_page(
	const struct str *page, enum prom_format format, struct str *out, struct err *err)
{
	struct prom_reader reader;
	struct prom_sample samples[2]; /* this one, and the one before */
	enum prom_result result;
	size_t count = 0;
	prom_begin(&reader, page->text, page->length, format);
	str_addf(out, "{\"v\":1,\"format\":\"%s\",\"families\":[",
		reader.format == PROM_TEXT ? "text" : "openmetrics");
	for (; (result = prom_read(&reader, &samples[count % 2], err)) == PROM_SAMPLE; count++) {
		const struct prom_sample *sample = &samples[count % 2];
		if (count && is_same_family(sample, &samples[(count + 1) % 2]))
			str_addch(out, ',');
		else
			begin_family(sample, count == 0, out);
		add_sample(sample, out);
	}
	prom_end(&reader);
	str_adds(out, count ? "]}]}\n" : "]}\n");
	return result == PROM_END;
}

/* ---- the command ---- */

static bool read_page(struct str *page, struct err *err)
{
	autofree char *piece = xmalloc(PIECE);
	for (;;) {
		ssize_t length = read(STDIN_FILENO, piece, PIECE);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return err_errno(err, errno, "cannot read standard input");
		if (length == 0)
			return true;
		if (page->length + (size_t)length > PAGE_MAX)
			return err_set(
				err, ERR_LIMIT, "the page is longer than %d MiB", PAGE_MAX >> 20);
		str_add(page, piece, (size_t)length);
	}
}

static bool take_format(int argc, char **argv, enum prom_format *ret)
{
	*ret = PROM_GUESS;
	if (argc == 1)
		return true;
	if (argc != 3 || strcmp(argv[1], "--format") != 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(formats); i++)
		if (strcmp(argv[2], formats[i].word) == 0)
			*ret = formats[i].format;
	return *ret != PROM_GUESS;
}

static int run(struct cli *cli, int argc, char **argv)
{
	autostr struct str page = STR_INIT, out = STR_INIT;
	enum prom_format format;
	struct err err = {.code = ERR_NONE};
	(void)cli;
	if (!take_format(argc, argv, &format))
		return cli_say(CLI_USAGE,
			"usage: botswain parse-metrics [--format text|openmetrics] < FILE");
	if (!read_page(&page, &err))
		return cli_say(CLI_FAILURE, "%s", err.text);
	if (!add_page(&page, format, &out, &err)) {
		fprintf(stderr, "stdin:%s\n", err.text);
		return CLI_FAILURE;
	}
	(void)cli_put(&out);
	return CLI_OK;
}

extern const struct cli_command cli_parse_metrics;
const struct cli_command cli_parse_metrics = {
	.name = "parse-metrics",
	.args = "[--format text|openmetrics]",
	.help = "a page of Prometheus text on standard input as JSON, or where it is none",
	.run = run,
};
