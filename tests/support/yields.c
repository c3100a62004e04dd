/* SPDX-License-Identifier: MIT */
#include "tests/support/yields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "core/engine/query_answer.h"
#include "core/msg/msg.h"
#include "core/series/tsdb.h"

void assert_yields(struct tsdb *tsdb, int64_t wall_ms, const char *query, const char *wanted)
{
	const struct query_span span = {wall_ms, wall_ms, 0, 0};
	struct querier querier = tsdb_querier(tsdb);
	struct msg_win_points *reply = msg_new(MSG_win_points);
	autostr struct str got = STR_INIT;
	query_answer(query, &querier, &span, NULL, reply);
	assert_null(reply->error);
	for (size_t i = 0; i < reply->series_count; i++)
		str_addf(&got, "%s %g\n", reply->series[i].name, reply->series[i].last);
	assert_string_equal(got.text, wanted);
	msg_free(MSG_win_points, reply);
}
