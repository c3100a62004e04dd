/* SPDX-License-Identifier: MIT */
/* The columns that a filter of log lines may name; the engine and the screens share them. */
#ifndef BOTSWAIN_PARSE_LOG_COLUMNS_H
#define BOTSWAIN_PARSE_LOG_COLUMNS_H

#include "core/parse/filter.h"

enum log_column {
	LOG_COLUMN_BOT,
	LOG_COLUMN_LEVEL,
	LOG_COLUMN_SOURCE,
	LOG_COLUMN_TIME,
	LOG_COLUMN_MSG,
	LOG_COLUMN_ID, /* correlation id */
	LOG_COLUMNS,
};

extern const struct filter_column log_columns[LOG_COLUMNS];

/* The schema of log filters: loose, so that `chat=5` is about a field of a line (log_field.h). */
struct filter_schema log_schema(int64_t now_ms, int32_t utc_offset_s);

#endif
