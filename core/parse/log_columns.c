/* SPDX-License-Identifier: MIT */
#include "core/parse/log_columns.h"

const struct filter_column log_columns[LOG_COLUMNS] = {
	[LOG_COLUMN_BOT] = {"bot", FILTER_TEXT},
	[LOG_COLUMN_LEVEL] = {"level", FILTER_LEVEL},
	[LOG_COLUMN_SOURCE] = {"source", FILTER_TEXT},
	[LOG_COLUMN_TIME] = {"time", FILTER_TIME},
	[LOG_COLUMN_MSG] = {"msg", FILTER_TEXT},
	[LOG_COLUMN_ID] = {"id", FILTER_TEXT},
};

struct filter_schema log_schema(int64_t now_ms, int32_t utc_offset_s)
{
	return (struct filter_schema){.columns = log_columns,
		.count = LOG_COLUMNS,
		.is_loose = true,
		.now_ms = now_ms,
		.utc_offset_s = utc_offset_s};
}
