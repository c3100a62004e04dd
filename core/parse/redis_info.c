/* SPDX-License-Identifier: MIT */
#include "core/parse/redis_info.h"

#include <string.h>

#include "core/base/limits.h"

/* Where a key goes. `scale` 0: text of `size` bytes; else a number times `scale` (10 keeps one
 * decimal). */
struct field {
	const char *key;
	size_t offset;
	unsigned size, scale;
};

/* clang-format off */
#define TEXT(name) {#name, offsetof(struct redis_info, name), sizeof(((struct redis_info *)0)->name), 0}
#define NUMBER(name) {#name, offsetof(struct redis_info, name), 0, 1}
#define SCALED(key, name, by) {key, offsetof(struct redis_info, name), 0, by}

static const struct field fields[] = {
	TEXT(redis_version), TEXT(run_id), TEXT(role), TEXT(master_link_status), TEXT(maxmemory_policy),
	TEXT(rdb_last_bgsave_status), TEXT(aof_last_write_status), TEXT(aof_last_bgrewrite_status),
	NUMBER(process_id), NUMBER(tcp_port), NUMBER(uptime_in_seconds), NUMBER(loading),
	NUMBER(connected_clients), NUMBER(blocked_clients), NUMBER(maxclients),
	NUMBER(used_memory), NUMBER(used_memory_rss), NUMBER(used_memory_peak), NUMBER(maxmemory),
	NUMBER(total_system_memory), NUMBER(instantaneous_ops_per_sec),
	SCALED("instantaneous_input_kbps", instantaneous_input_kbps_x10, 10),
	SCALED("instantaneous_output_kbps", instantaneous_output_kbps_x10, 10),
	NUMBER(total_connections_received), NUMBER(total_commands_processed), NUMBER(rejected_connections),
	NUMBER(expired_keys), NUMBER(evicted_keys), NUMBER(keyspace_hits), NUMBER(keyspace_misses),
	NUMBER(total_error_replies), NUMBER(acl_access_denied_auth), NUMBER(acl_access_denied_cmd),
	NUMBER(acl_access_denied_key), NUMBER(rdb_changes_since_last_save), NUMBER(rdb_last_save_time),
	NUMBER(rdb_bgsave_in_progress), NUMBER(aof_enabled), NUMBER(connected_slaves), NUMBER(master_repl_offset),
	NUMBER(slave_repl_offset), NUMBER(master_last_io_seconds_ago), NUMBER(master_sync_in_progress),
	SCALED("used_cpu_sys", used_cpu_sys_ms, 1000), SCALED("used_cpu_user", used_cpu_user_ms, 1000),
	SCALED("mem_fragmentation_ratio", mem_fragmentation_x100, 100),
};
/* clang-format on */

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* A decimal times `scale`, saturating; REDIS_INFO_NONE when it is none. Nothing we read is negative
 * but -1, which says "none" itself. */
static int64_t number(const char *text, size_t length, unsigned scale)
{
	int64_t value = 0;
	size_t at = 0;
	if (!length || !is_digit(*text))
		return REDIS_INFO_NONE;
	for (; at < length && is_digit(text[at]); at++) {
		if (value > (INT64_MAX - 9) / 10)
			return INT64_MAX;
		value = value * 10 + (text[at] - '0');
	}
	if (__builtin_mul_overflow(value, (int64_t)scale, &value))
		return INT64_MAX;
	if (at + 1 < length && text[at] == '.') {
		int64_t weight = scale / 10;
		for (at++; weight && at < length && is_digit(text[at]); at++, weight /= 10) {
			if (__builtin_add_overflow(value, weight * (text[at] - '0'), &value))
				return INT64_MAX;
		}
	}
	return value;
}

bool redis_info_next(const char *text, size_t length, size_t *at, struct redis_info_pair *ret_pair)
{
	while (*at < length) {
		const char *line = text + *at;
		const char *end = memchr(line, '\n', length - *at);
		size_t size = end ? (size_t)(end - line) : length - *at;
		*at += size + (end != NULL);
		if (size && line[size - 1] == '\r')
			size--;
		const char *colon = size ? memchr(line, ':', size) : NULL;
		if (!colon || colon == line || *line == '#')
			continue;
		*ret_pair =
			(struct redis_info_pair){.key = line, .key_length = (size_t)(colon - line)};
		ret_pair->value = colon + 1;
		ret_pair->value_length = size - ret_pair->key_length - 1;
		return true;
	}
	return false;
}

static bool is_key(const struct redis_info_pair *pair, const char *key)
{
	return strlen(key) == pair->key_length && memcmp(pair->key, key, pair->key_length) == 0;
}

bool redis_info_find(
	const char *text, size_t length, const char *key, struct redis_info_pair *ret_pair)
{
	struct redis_info_pair pair;
	for (size_t at = 0; redis_info_next(text, length, &at, &pair);) {
		if (is_key(&pair, key)) {
			*ret_pair = pair;
			return true;
		}
	}
	return false;
}

int64_t redis_info_field(const struct redis_info_pair *pair, const char *field, unsigned scale)
{
	size_t size = strlen(field);
	for (size_t at = 0; at + size < pair->value_length;) {
		const char *part = pair->value + at;
		size_t left = pair->value_length - at;
		if (memcmp(part, field, size) == 0 && part[size] == '=')
			return number(part + size + 1, left - size - 1, scale);
		const char *comma = memchr(part, ',', left);
		if (!comma)
			break;
		at += (size_t)(comma - part) + 1;
	}
	return REDIS_INFO_NONE;
}

static void store(
	const struct field *field, const struct redis_info_pair *pair, struct redis_info *info)
{
	char *to = (char *)info + field->offset;
	if (field->scale) {
		int64_t value = number(pair->value, pair->value_length, field->scale);
		memcpy(to, &value, sizeof(value));
		return;
	}
	size_t kept = pair->value_length < field->size ? pair->value_length : field->size - 1;
	memcpy(to, pair->value, kept);
	to[kept] = '\0';
}

static bool is_database(const struct redis_info_pair *pair)
{
	return pair->key_length > 2 && memcmp(pair->key, "db", 2) == 0 && is_digit(pair->key[2]);
}

static void add_database(const struct redis_info_pair *pair, struct redis_info *info)
{
	int64_t keys = redis_info_field(pair, "keys", 1);
	int64_t expires = redis_info_field(pair, "expires", 1);
	if (keys > 0 && __builtin_add_overflow(info->keys, keys, &info->keys))
		info->keys = INT64_MAX;
	if (expires > 0 && __builtin_add_overflow(info->expires, expires, &info->expires))
		info->expires = INT64_MAX;
}

const char *redis_refusal_word(enum redis_refusal refusal)
{
	static const char *const words[] = {
		[REDIS_READONLY] = "READONLY",
		[REDIS_OOM] = "OOM",
		[REDIS_MISCONF] = "MISCONF",
		[REDIS_NOREPLICAS] = "NOREPLICAS",
	};
	return words[refusal];
}

/* errorstat_READONLY:count=3 */
static void take_refusals(const struct redis_info_pair *pair, struct redis_info *info)
{
	static const char start[] = "errorstat_";
	size_t length = sizeof(start) - 1;
	if (pair->key_length < length || memcmp(pair->key, start, length) != 0)
		return;
	const struct redis_info_pair error = {
		.key = pair->key + length, .key_length = pair->key_length - length};
	for (unsigned i = 0; i < REDIS_REFUSALS; i++)
		if (is_key(&error, redis_refusal_word(i)))
			info->refusals[i] = redis_info_field(pair, "count", 1);
}

static void init(struct redis_info *info, const char *text, size_t length)
{
	static const int64_t none = REDIS_INFO_NONE;
	*info = (struct redis_info){0};
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (fields[i].scale)
			memcpy((char *)info + fields[i].offset, &none, sizeof(none));
	}
	bool has_keyspace = memmem(text, length, "# Keyspace", strlen("# Keyspace")) != NULL;
	info->keys = info->expires = has_keyspace ? 0 : REDIS_INFO_NONE;
}

bool redis_info_read(const char *text, size_t length, struct redis_info *ret_info, struct err *err)
{
	if (length > LIMIT_REDIS_INFO_BYTES)
		return err_set(err, ERR_LIMIT, "INFO of %zu bytes is larger than %d", length,
			LIMIT_REDIS_INFO_BYTES);
	struct redis_info info;
	struct redis_info_pair pair;
	size_t known = 0;
	init(&info, text, length);
	for (size_t at = 0; redis_info_next(text, length, &at, &pair);) {
		if (is_database(&pair) && info.keys >= 0)
			add_database(&pair, &info);
		take_refusals(&pair, &info);
		for (size_t i = 0; i < COUNT_OF(fields); i++) {
			if (is_key(&pair, fields[i].key)) {
				store(&fields[i], &pair, &info);
				known++;
			}
		}
	}
	if (!known)
		return err_set(err, ERR_PROTOCOL,
			"INFO answered %zu bytes without any figure in them", length);
	*ret_info = info;
	return true;
}
