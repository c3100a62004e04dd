/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/documents.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/drafts.h"
#include "tests/fleet/botapi/texts.h"

enum { NAME_MAX_BYTES = 255 };

static void document_free(struct document *document)
{
	free(document->id);
	free(document->unique_id);
	free(document->name);
	free(document->type);
	free(document->path);
	str_release(&document->data);
	free(document);
}

static void drop_oldest(struct documents *documents)
{
	struct document *oldest = documents->first;
	documents->first = oldest->next;
	if (!documents->first)
		documents->last = NULL;
	documents->count--;
	documents->bytes -= oldest->data.length;
	document_free(oldest);
}

void documents_release(struct documents *documents)
{
	while (documents->first)
		drop_oldest(documents);
}

/* Without the folders of whoever sent it; at most 255 bytes; never empty. */
static char *clean_name(const char *name)
{
	const char *slash = strrchr(name, '/');
	char *clean = xstrndup(slash ? slash + 1 : name, NAME_MAX_BYTES);
	for (char *p = clean; *p; p++)
		if (iscntrl((unsigned char)*p) || strchr("\\\"<>|?*:", *p))
			*p = '_';
	for (size_t length = strlen(clean); !utf8_valid(clean, length);)
		clean[--length] = '\0';
	if (!*clean) {
		free(clean);
		return xstrdup("file");
	}
	return clean;
}

static const char *extension_of(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot && dot > name ? dot : "";
}

static struct document *keep(struct bot *bot, const struct upload *upload)
{
	struct documents *documents = &bot->api->documents;
	struct document *document = xcalloc(1, sizeof(*document));
	uint64_t number = ++documents->made;
	document->bot = bot->id;
	document->name = clean_name(upload->name);
	document->type = xstrdup(*upload->type && utf8_valid(upload->type, strlen(upload->type))
					 ? upload->type
					 : "application/octet-stream");
	document->id =
		xasprintf("BQACAgIAAxkBAA%010" PRIx64 "%016" PRIx64, number, (uint64_t)bot->id);
	document->unique_id = xasprintf("AgAD%012" PRIx64, number);
	document->path =
		xasprintf("documents/file_%" PRIu64 "%s", number, extension_of(document->name));
	str_init(&document->data);
	str_add(&document->data, upload->data.text, upload->data.length);
	if (documents->last)
		documents->last->next = document;
	else
		documents->first = document;
	documents->last = document;
	documents->count++;
	documents->bytes += document->data.length;
	while (documents->count > DOCUMENTS_MAX || documents->bytes > DOCUMENTS_MAX_BYTES)
		drop_oldest(documents);
	return document;
}

static struct document *find(const struct bot *bot, const char *id)
{
	struct document *document = bot->api->documents.first;
	while (document && (document->bot != bot->id || strcmp(document->id, id) != 0))
		document = document->next;
	return document;
}

/* The file that args[name] brings: a part of the form, attach://PART of it, or the file_id of one that is here. */
static struct document *take_file(struct bot *bot, const struct request *request,
	const json_t *args, const char *name, struct refusal *why)
{
	static const char attach[] = "attach://";
	const char *text = arg_text(args, name);
	const struct upload *upload = request_upload(request, name);
	if (!upload && text && starts_with(text, attach))
		upload = request_upload(request, text + strlen(attach));
	if (upload && !upload->data.length)
		(void)refuse(why, 400, "Bad Request: file must be non-empty");
	else if (upload && upload->data.length > UPLOAD_MAX_BYTES)
		(void)refuse(why, 413, "Request Entity Too Large");
	else if (upload)
		return keep(bot, upload);
	else if (!text || !*text || starts_with(text, attach))
		(void)refuse(why, 400, "Bad Request: there is no %s in the request", name);
	else if (starts_with(text, "http://") || starts_with(text, "https://"))
		(void)refuse(why, 400, "Bad Request: failed to get HTTP URL content");
	else if (!find(bot, text))
		(void)refuse(why, 400, "Bad Request: wrong file identifier/HTTP URL specified");
	else
		return find(bot, text);
	return NULL;
}

static json_t *document_json(const struct document *document)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:I}", "file_name", document->name, "mime_type",
		document->type, "file_id", document->id, "file_unique_id", document->unique_id,
		"file_size", (json_int_t)document->data.length);
}

static json_t *compose(struct bot *bot, const struct request *request, const json_t *args,
	struct formatted *caption, struct refusal *why)
{
	struct draft draft;
	json_t *message = NULL;
	if (!text_read(args, "caption", "caption_entities", caption, why) ||
		!draft_begin(bot, args, &draft, why))
		return NULL;
	bool good = caption->units <= CAPTION_MAX_UNITS ||
		    refuse(why, 400, "Bad Request: message caption is too long");
	const struct document *document =
		good ? take_file(bot, request, args, "document", why) : NULL;
	if (document) {
		message = draft_message(bot, &draft, args);
		json_object_set_new(message, "document", document_json(document));
		text_store(caption, message, "caption", "caption_entities");
	}
	draft_release(&draft);
	return message;
}

static void send_document(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	struct formatted caption;
	formatted_init(&caption);
	json_t *message = compose(bot, request, args, &caption, &why);
	formatted_release(&caption);
	if (message)
		draft_send(bot, request, message);
	else
		api_refuse(request, &why);
}

const struct api_method method_sendDocument = {.name = "sendDocument", .call = send_document};

static void get_file(struct bot *bot, struct request *request, json_t *args)
{
	const char *id = arg_text(args, "file_id");
	const struct document *document = id ? find(bot, id) : NULL;
	if (!id || !*id)
		api_fail(request, 400, 0, "Bad Request: file_id not specified");
	else if (!document)
		api_fail(request, 400, 0, "Bad Request: invalid file_id");
	else if (document->data.length > DOWNLOAD_MAX_BYTES)
		api_fail(request, 400, 0, "Bad Request: file is too big");
	else
		api_ok(request,
			json_pack("{s:s,s:s,s:I,s:s}", "file_id", document->id, "file_unique_id",
				document->unique_id, "file_size", (json_int_t)document->data.length,
				"file_path", document->path));
}

const struct api_method method_getFile = {.name = "getFile", .call = get_file};

void documents_serve(struct api *api, struct request *request)
{
	const char *rest = request->path + strlen("/file/bot");
	const char *slash = strchr(rest, '/');
	autofree char *token = xstrndup(rest, slash ? (size_t)(slash - rest) : strlen(rest));
	const struct bot *bot = bots_by_token(&api->bots, token);
	const struct document *document = api->documents.first;
	while (document && (!bot || !slash || document->bot != bot->id ||
				   strcmp(document->path, slash + 1) != 0))
		document = document->next;
	if (!document) {
		api_fail(request, bot ? 404 : 401, 0, bot ? "Not Found" : "Unauthorized");
		return;
	}
	struct reply reply = {.status = 200, .content_type = "application/octet-stream"};
	str_init(&reply.body);
	str_add(&reply.body, document->data.text, document->data.length);
	request_reply(request, &reply);
}
