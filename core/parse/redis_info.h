/* SPDX-License-Identifier: MIT */
/*
 * The text of Redis' INFO -> figures. A figure that the server did not send (an older version, a
 * section that was not asked for, NOPERM) is REDIS_INFO_NONE or "", never 0: unknown and zero are
 * different words. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_REDIS_INFO_H
#define BOTSWAIN_PARSE_REDIS_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"

#define REDIS_INFO_NONE INT64_C(-1)

/* Errors by which a server refuses writes, which it counts apart since its start (errorstat_*, Redis 6.2 on). */
enum redis_refusal {
	REDIS_READONLY,   /* it is a replica */
	REDIS_OOM,        /* its memory is full and it may evict nothing */
	REDIS_MISCONF,    /* it cannot save */
	REDIS_NOREPLICAS, /* fewer replicas than it wants */
	REDIS_REFUSALS
};

struct redis_info {
	char redis_version[32], run_id[48], role[16], master_link_status[16], maxmemory_policy[32];
	char rdb_last_bgsave_status[16], aof_last_write_status[16], aof_last_bgrewrite_status[16];
	int64_t process_id, tcp_port, uptime_in_seconds, loading;
	int64_t connected_clients, blocked_clients, maxclients;
	int64_t used_memory, used_memory_rss, used_memory_peak, maxmemory, total_system_memory;
	int64_t instantaneous_ops_per_sec, instantaneous_input_kbps_x10,
		instantaneous_output_kbps_x10;
	int64_t total_connections_received, total_commands_processed, rejected_connections;
	int64_t expired_keys, evicted_keys, keyspace_hits, keyspace_misses, total_error_replies;
	int64_t acl_access_denied_auth, acl_access_denied_cmd, acl_access_denied_key;
	int64_t rdb_changes_since_last_save, rdb_last_save_time, rdb_bgsave_in_progress,
		aof_enabled;
	int64_t connected_slaves, master_repl_offset, slave_repl_offset, master_last_io_seconds_ago,
		master_sync_in_progress;
	int64_t used_cpu_sys_ms, used_cpu_user_ms, mem_fragmentation_x100;
	int64_t keys,
		expires; /* sums over the databases; 0 when a keyspace section is there but empty */
	int64_t refusals[REDIS_REFUSALS]; /* 0 also where the server does not count them */
};

/* Its word, as it begins the error itself: READONLY. */
const char *redis_refusal_word(enum redis_refusal refusal);

/* One `key:value` of the text; it points into it. */
struct redis_info_pair {
	const char *key, *value;
	size_t key_length, value_length;
};

/* Reads all that is known. False when it is no INFO text at all (ERR_PROTOCOL) or too large
 * (ERR_LIMIT). */
bool redis_info_read(
	const char *text, size_t length, struct redis_info *ret_info, struct err *err) MUST_CHECK;

/* Walks over all pairs, known or not: `at` starts at 0. */
bool redis_info_next(const char *text, size_t length, size_t *at, struct redis_info_pair *ret_pair);
/* The value of one key; false when it is absent. */
bool redis_info_find(
	const char *text, size_t length, const char *key, struct redis_info_pair *ret_pair);
/* A field of a compound value such as `keys=3,expires=0` or `p50=1.003,p99=3.007`, times `scale`
 * (1, 10, 100 or 1000); REDIS_INFO_NONE if absent. */
int64_t redis_info_field(const struct redis_info_pair *pair, const char *field, unsigned scale);

#endif
