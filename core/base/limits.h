/* SPDX-License-Identifier: MIT */
/* Every bound that something outside could push against, in one place. Names say the unit. */
#ifndef BOTSWAIN_BASE_LIMITS_H
#define BOTSWAIN_BASE_LIMITS_H

enum {
	/* Text from outside */
	LIMIT_NAME_BYTES = 64,   /* names that the operator gives: bots, sources, verbs */
	LIMIT_TITLE_BYTES = 256, /* names and messages of others kept in the model */
	LIMIT_URL_BYTES = 2048,
	LIMIT_LOG_STORED_BYTES =
		64 << 10, /* kept of one line; also the longest subject of a regular expression */

	/* Answers */
	LIMIT_HTTP_BODY_BYTES = 1 << 20,
	LIMIT_REDIS_INFO_BYTES = 1 << 20,
	LIMIT_ENV_FILE_BYTES = 256 << 10,
	LIMIT_UNIT_FILE_BYTES = 64 << 10,
	LIMIT_CONTAINER_LIST_BYTES = 8 << 20,
	LIMIT_PROGRAMS = 4096, /* that one supervisor is asked about */
	LIMIT_RETRY_AFTER_S = 86400,

	/* Logs and events */
	LIMIT_CHUNK_TEXT_BYTES = 256 << 10,
	LIMIT_CHUNK_RECORDS = 4096,
	LIMIT_NOTES_PER_S = 60,
	LIMIT_QUERY_SLICE_LINES = 16384,

	/* Filters */
	LIMIT_FILTER_BYTES = 4096,
	LIMIT_FILTER_DEPTH = 32,
	LIMIT_FILTER_TERMS = 64,
	LIMIT_REGEX_MATCH = 100000, /* PCRE2 match limit: well under 2 ms */
};

#endif
