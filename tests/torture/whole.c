/* SPDX-License-Identifier: MIT */
/*
 * whole STATE_DIR: what an engine left behind can be used. Every file is whole: the audit file holds its chain, SQLite says
 * ok of the ledger, every file of a recording reads to its end as messages. A torn last line of the audit file, or an end of a
 * recording that was cut off, is what a death leaves and the next start sets aside: it is said, and is good. Prints one line
 * a file; exit 1 when one is broken.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/record.h"
#include "core/engine/tape.h"
#include "core/msg/msg.h"
#include "core/store/audit.h"

static bool say(bool good, const char *path, const char *text)
{
	printf("%s %s: %s\n", good ? "whole" : "BROKEN", path, text);
	return good;
}

static bool ends_with_a_line(const char *path)
{
	char last = '\n';
	FILE *file = fopen(path, "re");
	if (file && fseek(file, -1, SEEK_END) == 0)
		last = (char)fgetc(file);
	if (file)
		fclose(file);
	return last == '\n';
}

static bool check_audit(const char *folder)
{
	struct err err;
	uint64_t lines = 0;
	char text[64];
	autofree char *path = xasprintf("%s/audit.jsonl", folder);
	if (access(path, F_OK) != 0)
		return true;
	if (!ends_with_a_line(path))
		return say(true, path, "its last line is torn");
	if (!audit_verify(path, &lines, &err))
		return say(false, path, err.text);
	snprintf(text, sizeof(text), "%" PRIu64 " lines", lines);
	return say(true, path, text);
}

static bool check_ledger(const char *folder)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *check = NULL;
	autofree char *path = xasprintf("%s/state.db", folder);
	if (access(path, F_OK) != 0)
		return true;
	const char *text = "cannot be asked";
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
		sqlite3_busy_timeout(db, 2000) == SQLITE_OK &&
		sqlite3_prepare_v2(db, "pragma integrity_check", -1, &check, NULL) == SQLITE_OK &&
		sqlite3_step(check) == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(check, 0);
	bool good = say(strcmp(text, "ok") == 0, path, text);
	sqlite3_finalize(check);
	sqlite3_close(db);
	return good;
}

static bool read_tape(const char *path, struct tape *tape)
{
	struct tape_head *head = tape_head_new(tape);
	struct tape_frame frame;
	struct err err;
	uint64_t frames = 0;
	char text[320];
	bool good = true;
	while (good && tape_next(head, &frame)) {
		struct msg_any message;
		size_t used;
		frames++;
		good = msg_decode(frame.bytes, frame.length, MSG_FRAME_MAX, &message, &used, &err);
		if (good)
			msg_any_release(&message);
	}
	tape_head_free(head);
	snprintf(text, sizeof(text), "%" PRIu64 " frames%s%s", frames,
		good ? "" : ", then none: ", good ? tape_note(tape) : err.text);
	return say(good, path, text);
}

/* A file in which nothing stands yet is what a disk without room leaves. */
static bool check_file(const char *path)
{
	struct err err;
	struct stat about;
	struct tape *tape = NULL;
	if (stat(path, &about) != 0 || about.st_size < RECORD_MAGIC_BYTES)
		return say(true, path, "nothing was written");
	if (!tape_open(path, &tape, &err))
		return say(false, path, err.text);
	bool good = read_tape(path, tape);
	tape_free(tape);
	return good;
}

static bool check_recording(const char *folder)
{
	autofree char *place = xasprintf("%s/recording", folder);
	DIR *list = opendir(place);
	bool good = true;
	for (struct dirent *entry; list && (entry = readdir(list));) {
		size_t length = strlen(entry->d_name), suffix = sizeof(RECORD_SUFFIX) - 1;
		autofree char *path = xasprintf("%s/%s", place, entry->d_name);
		if (length > suffix && strcmp(entry->d_name + length - suffix, RECORD_SUFFIX) == 0)
			good &= check_file(path);
	}
	if (list)
		closedir(list);
	return good;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: whole STATE_DIR\n");
		return 2;
	}
	bool good = check_audit(argv[1]);
	good &= check_ledger(argv[1]);
	good &= check_recording(argv[1]);
	return good ? 0 : 1;
}
