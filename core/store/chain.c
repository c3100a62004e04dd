/* SPDX-License-Identifier: MIT */
/*
 * Lines are made and read as text, not through a JSON document: the hash is over the very bytes of
 * the line, and those must not depend on how a library prints a number.
 */
#include "core/store/chain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "core/act/journal.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"

enum { FIELD_MAX = 4096, DIGEST_NEEDS = 16 << 10 };
static const char hash_key[] = ",\"hash\":\"", line_end[] = "\"}";

struct audit_mark chain_start(void)
{
	struct audit_mark mark = {.seq = 0};
	memset(mark.hash, '0', AUDIT_HASH);
	return mark;
}

/* OpenSSL 3.0 crashes where it finds no memory at its first use. */
static void hash_of(const char *bytes, size_t length, char ret[AUDIT_HASH + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	mem_assure(DIGEST_NEEDS);
	if (!EVP_Digest(bytes, length, sum, &size, EVP_sha256(), NULL) || size * 2 != AUDIT_HASH)
		out_of_memory();
	for (unsigned i = 0; i < size; i++) {
		ret[2 * i] = digits[sum[i] >> 4];
		ret[2 * i + 1] = digits[sum[i] & 15];
	}
	ret[AUDIT_HASH] = '\0';
}

static void add_escaped(struct str *to, const char *text)
{
	for (const char *at = text; *at; at++) {
		if (*at == '"' || *at == '\\')
			str_addch(to, '\\');
		if ((unsigned char)*at < 0x20)
			str_addf(to, "\\u%04x", (unsigned)(unsigned char)*at);
		else
			str_addch(to, *at);
	}
}

/* Redacted as a whole before it is cut, and safe to `cat` on a terminal. */
static void add_field(
	struct str *to, const char *name, const char *text, const struct redactor *redactor)
{
	if (!text || !*text)
		return;
	autostr struct str plain = STR_INIT, safe = STR_INIT;
	redact(redactor, &plain, text, strlen(text), 0);
	sanitize_clip(&safe, plain.text, plain.length, FIELD_MAX);
	str_addf(to, ",\"%s\":\"", name);
	add_escaped(to, safe.text);
	str_addch(to, '"');
}

void chain_add(struct str *to, struct audit_mark *mark, int64_t wall_ms,
	const struct audit_line *line, const struct redactor *redactor)
{
	size_t start = to->length;
	str_addf(to, "{\"v\":1,\"ts\":\"%s\",\"seq\":%" PRIu64, format_rfc3339(wall_ms).text,
		mark->seq + 1);
	add_field(to, "who", line->who, redactor);
	str_addf(to, ",\"uid\":%u", line->uid);
	if (line->has_login)
		str_addf(to, ",\"login_uid\":%u", line->login_uid);
	add_field(to, "claims", line->claims, redactor);
	add_field(to, "what", line->what, redactor);
	add_field(to, "on", line->on, redactor);
	add_field(to, "why", line->why, redactor);
	add_field(to, "result", line->result, redactor);
	add_field(to, "detail", line->detail, redactor);
	if (line->operation)
		str_addf(to, ",\"operation\":%" PRIu64, line->operation);
	str_addf(to, ",\"prev\":\"%s\"", mark->hash);
	hash_of(to->text + start, to->length - start, mark->hash);
	mark->seq++;
	str_addf(to, "%s%s%s\n", hash_key, mark->hash, line_end);
}

/* The value of `"name":` in the part of the line that we write after the operator's text. */
static const char *last_key(const char *line, size_t length, const char *key)
{
	const char *found = NULL, *at = line;
	size_t key_length = strlen(key);
	while ((at = memmem(at, (size_t)(line + length - at), key, key_length))) {
		at += key_length;
		found = at;
	}
	return found;
}

static bool take_hash(const char *at, const char *end, char ret[AUDIT_HASH + 1])
{
	if (!at || end - at < AUDIT_HASH || strspn(at, "0123456789abcdef") < AUDIT_HASH)
		return false;
	memcpy(ret, at, AUDIT_HASH);
	ret[AUDIT_HASH] = '\0';
	return true;
}

static uint64_t number_at(const char *at)
{
	return at ? strtoull(at, NULL, 10) : 0;
}

bool chain_read(const char *line, size_t length, struct chain_link *ret, struct err *err)
{
	const size_t tail = sizeof(hash_key) - 1 + AUDIT_HASH + sizeof(line_end) - 1;
	const char *end = line + length;
	struct chain_link link = {.seq = 0};
	if (length <= tail || memcmp(end - tail, hash_key, sizeof(hash_key) - 1) != 0 ||
		memcmp(end - 2, line_end, 2) != 0)
		return err_set(err, ERR_SYNTAX, "no hash at its end");
	const char *head_end = end - tail;
	static const char seq_key[] = "\",\"seq\":";
	const char *seq = memmem(line, length, seq_key, sizeof(seq_key) - 1);
	link.seq = number_at(seq ? seq + sizeof(seq_key) - 1 : NULL);
	size_t head = length - tail;
	link.operation = number_at(last_key(line, head, ",\"operation\":"));
	if (!link.seq || !take_hash(last_key(line, head, ",\"prev\":\""), head_end, link.prev) ||
		!take_hash(head_end + sizeof(hash_key) - 1, end, link.hash))
		return err_set(err, ERR_SYNTAX, "no sequence number or no previous hash");
	*ret = link;
	char real[AUDIT_HASH + 1];
	hash_of(line, head, real);
	if (strcmp(real, link.hash) != 0)
		return err_set(err, ERR_CONFLICT, "its text was changed: the hash differs");
	return true;
}

bool chain_follow(struct audit_mark *mark, const struct chain_link *link, struct err *err)
{
	struct audit_mark before = *mark;
	mark->seq = link->seq;
	memcpy(mark->hash, link->hash, sizeof(mark->hash));
	if (link->seq != before.seq + 1)
		return err_set(err, ERR_CONFLICT,
			"number %" PRIu64 " follows %" PRIu64 ": lines are missing", link->seq,
			before.seq);
	if (strcmp(link->prev, before.hash) != 0)
		return err_set(err, ERR_CONFLICT, "it does not follow the line before it");
	return true;
}
