/* SPDX-License-Identifier: MIT */
#include "core/collect/journal_entry.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"

enum { REST_BYTES_MAX = 8 << 10, VALUE_BYTES_MAX = 1024 };

/* The journal says with it that it left lines out (sd-messages.h: JOURNAL_DROPPED). */
#define SUPPRESSED "a596d6fe7bfa4994828e72309e95d61e"

void journal_entry_init(struct journal_entry *entry)
{
	*entry = (struct journal_entry){0};
	str_init(&entry->message);
	str_init(&entry->rest);
	str_init(&entry->identifier);
	str_init(&entry->correlation);
	str_init(&entry->number);
}

void journal_entry_release(struct journal_entry *entry)
{
	str_release(&entry->message);
	str_release(&entry->rest);
	str_release(&entry->identifier);
	str_release(&entry->correlation);
	str_release(&entry->number);
}

static void clear(struct journal_entry *entry)
{
	str_clear(&entry->message);
	str_clear(&entry->rest);
	str_clear(&entry->identifier);
	str_clear(&entry->correlation);
	entry->level = LOG_LEVEL_NONE;
	entry->unit[0] = entry->candidate[0] = entry->user_unit[0] = '\0';
	entry->suppressed = 0;
	entry->is_suppression = entry->is_cut = false;
	entry->uid = entry->pid = UINT64_MAX;
}

/* ---- fields ---- */

static uint64_t number_of(struct journal_entry *entry, const char *value, size_t length)
{
	char *end;
	str_clear(&entry->number);
	str_add(&entry->number, value, length < 20 ? length : 20);
	uint64_t number = strtoull(entry->number.text, &end, 10);
	return length && !*end ? number : UINT64_MAX;
}

static void take_unit(char to[JOURNAL_UNIT_BYTES], const char *value, size_t length)
{
	if (length < JOURNAL_UNIT_BYTES && !memchr(value, '\0', length))
		snprintf(to, JOURNAL_UNIT_BYTES, "%.*s", (int)length, value);
}

/* The threshold of the library (journal_file_open()) bounds what was compressed, and nothing else. */
static void take_message(struct journal_entry *entry, const char *value, size_t length)
{
	size_t kept = utf8_cut(value, length, LIMIT_LOG_STORED_BYTES);
	entry->is_cut = kept < length;
	str_clear(&entry->message);
	str_add(&entry->message, value, kept);
}

static void take_priority(struct journal_entry *entry, const char *value, size_t length)
{
	uint64_t number = number_of(entry, value, length);
	entry->level = number <= 7 ? log_level_of_number((int64_t)number) : LOG_LEVEL_NONE;
}

static void take_own_unit(struct journal_entry *entry, const char *value, size_t length)
{
	take_unit(entry->unit, value, length);
}

static void take_candidate(struct journal_entry *entry, const char *value, size_t length)
{
	take_unit(entry->candidate, value, length);
}

static void take_user_unit(struct journal_entry *entry, const char *value, size_t length)
{
	take_unit(entry->user_unit, value, length);
}

static void take_uid(struct journal_entry *entry, const char *value, size_t length)
{
	entry->uid = number_of(entry, value, length);
}

static void take_pid(struct journal_entry *entry, const char *value, size_t length)
{
	entry->pid = number_of(entry, value, length);
}

static void take_identifier(struct journal_entry *entry, const char *value, size_t length)
{
	str_clear(&entry->identifier);
	str_add(&entry->identifier, value, utf8_cut(value, length, LIMIT_TITLE_BYTES));
}

static void take_correlation(struct journal_entry *entry, const char *value, size_t length)
{
	str_clear(&entry->correlation);
	str_add(&entry->correlation, value, length <= UINT8_MAX ? length : 0);
}

static void take_message_id(struct journal_entry *entry, const char *value, size_t length)
{
	entry->is_suppression =
		length == strlen(SUPPRESSED) && memcmp(value, SUPPRESSED, length) == 0;
}

static void take_suppressed(struct journal_entry *entry, const char *value, size_t length)
{
	uint64_t number = number_of(entry, value, length);
	entry->suppressed = number == UINT64_MAX ? 0 : number;
}

typedef void take_field(struct journal_entry *entry, const char *value, size_t length);

/* NULL: known, and not kept. */
static const struct {
	const char *name;
	take_field *take;
} fields[] = {
	{"MESSAGE", take_message},
	{"PRIORITY", take_priority},
	{"SYSLOG_IDENTIFIER", take_identifier},
	{"_SYSTEMD_UNIT", take_own_unit},
	{"_SYSTEMD_USER_UNIT", take_user_unit},
	{"USER_UNIT", take_user_unit},
	{"UNIT", take_candidate},
	{"OBJECT_SYSTEMD_UNIT", take_candidate},
	{"COREDUMP_UNIT", take_candidate},
	{"_UID", take_uid},
	{"_PID", take_pid},
	{"CORRELATION_ID", take_correlation},
	{"REQUEST_ID", take_correlation},
	{"TRACE_ID", take_correlation},
	{"MESSAGE_ID", take_message_id},
	{"N_DROPPED", take_suppressed},
	{"CODE_FILE", NULL},
	{"CODE_LINE", NULL},
	{"CODE_FUNC", NULL},
	{"INVOCATION_ID", NULL},
	{"USER_INVOCATION_ID", NULL},
	{"JOB_ID", NULL},
	{"JOB_TYPE", NULL},
	{"JOB_RESULT", NULL},
	{"TID", NULL},
	{"TIMESTAMP_MONOTONIC", NULL},
	{"TIMESTAMP_BOOTTIME", NULL},
};

/* Quoted where it would not be told from what comes next. */
static void add_value(struct str *rest, const char *value, size_t length)
{
	size_t kept = utf8_cut(value, length, VALUE_BYTES_MAX);
	bool is_bare = kept == length && kept;
	for (size_t i = 0; i < kept && is_bare; i++)
		is_bare = isgraph((unsigned char)value[i]) && value[i] != '"';
	if (!is_bare)
		str_addch(rest, '"');
	for (size_t i = 0; i < kept; i++) {
		if (!is_bare && (value[i] == '"' || value[i] == '\\'))
			str_addch(rest, '\\');
		str_addch(rest, (unsigned char)value[i] < ' ' ? ' ' : value[i]);
	}
	str_adds(rest, is_bare ? "" : kept < length ? "...\"" : "\"");
}

/* A field of the program itself. Those with `_` before them are the journal's, and SYSLOG_ and OBJECT_ say
 * again what is known. */
static void add_rest(struct journal_entry *entry, const char *name, size_t length,
	const char *value, size_t size)
{
	struct str *rest = &entry->rest;
	if (*name == '_' || starts_with(name, "SYSLOG_") || starts_with(name, "OBJECT_") ||
		starts_with(name, "COREDUMP_") || rest->length > REST_BYTES_MAX)
		return;
	str_adds(rest, rest->length ? " " : "");
	for (size_t i = 0; i < length; i++)
		str_addch(rest, (char)tolower((unsigned char)name[i]));
	str_addch(rest, '=');
	add_value(rest, value, size);
}

static void take(struct journal_entry *entry, const char *data, size_t length)
{
	const char *equals = memchr(data, '=', length);
	if (!equals || equals == data)
		return;
	size_t name = (size_t)(equals - data), size = length - name - 1;
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (strncmp(fields[i].name, data, name) != 0 || fields[i].name[name])
			continue;
		if (fields[i].take)
			fields[i].take(entry, equals + 1, size);
		return;
	}
	add_rest(entry, data, name, equals + 1, size);
}

/* Whose entry it is: as journalctl has it, what anybody may write into an entry counts only where the journal itself
 * says that it was systemd or root who wrote it, or, of a unit of a user, that it was ourselves. */
static void judge_unit(struct journal_entry *entry)
{
	bool is_root = entry->uid == 0, is_systemd = entry->pid == 1;
	if (entry->candidate[0] && (is_root || is_systemd))
		copy_text(entry->unit, sizeof(entry->unit), entry->candidate);
	else if (entry->user_unit[0] && entry->uid == getuid())
		copy_text(entry->unit, sizeof(entry->unit), entry->user_unit);
	if (!entry->is_suppression || !(is_root || is_systemd))
		entry->suppressed = 0;
}

/* ---- the entry ---- */

/* s=ID;i=NUMBER;b=...: both hexadecimal. */
static bool read_cursor(const char *cursor, struct journal_position *ret)
{
	struct journal_position position;
	if (sscanf(cursor, "s=%32[0-9a-f];i=%" SCNx64 ";", position.id, &position.number) != 2)
		return false;
	*ret = position;
	return true;
}

int journal_entry_place(struct journal_entry *entry, struct sd_journal *journal)
{
	char *cursor = NULL;
	int result = sd_journal_get_realtime_usec(journal, &entry->wall_us);
	if (result >= 0)
		result = sd_journal_get_cursor(journal, &cursor);
	if (result >= 0 && !read_cursor(cursor, &entry->position))
		result = -EBADMSG;
	free(cursor);
	return result < 0 ? result : 0;
}

int journal_entry_read(struct journal_entry *entry, struct sd_journal *journal)
{
	const void *data;
	size_t length;
	int result;
	clear(entry);
	sd_journal_restart_data(journal);
	while ((result = sd_journal_enumerate_available_data(journal, &data, &length)) > 0)
		take(entry, data, length);
	judge_unit(entry);
	return result < 0 ? result : 0;
}
