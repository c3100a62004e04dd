/* SPDX-License-Identifier: MIT */
#include "tests/fleet/common/multipart.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/str.h"

/* The value of `name` among the parameters of a header, `; name=token` or `; name="with \"quotes\""`; NULL: it has
 * none. The caller owns it. */
static char *parameter(const char *header, const char *name)
{
	size_t size = strlen(name);
	for (const char *at = strchr(header, ';'); at; at = strchr(at, ';')) {
		at += 1 + strspn(at + 1, " \t");
		if (strncasecmp(at, name, size) != 0 || at[size] != '=')
			continue;
		at += size + 1;
		if (*at != '"')
			return xstrndup(at, strcspn(at, "; \t\r\n"));
		autostr struct str value = STR_INIT;
		for (at++; *at && *at != '"'; at++) {
			at += at[0] == '\\' && at[1];
			str_addch(&value, *at);
		}
		return str_detach(&value);
	}
	return NULL;
}

/* What `line` says when it is the header `name`, else NULL. */
static const char *header_value(const char *line, const char *name)
{
	size_t size = strlen(name);
	if (strncasecmp(line, name, size) != 0 || line[size] != ':')
		return NULL;
	return line + size + 1 + strspn(line + size + 1, " \t");
}

struct headers {
	char *name, *filename, *type;
};

static void read_header(struct headers *headers, const char *line)
{
	const char *disposition = header_value(line, "Content-Disposition");
	const char *type = header_value(line, "Content-Type");
	if (disposition && !headers->name) {
		headers->name = parameter(disposition, "name");
		headers->filename = parameter(disposition, "filename");
	}
	if (type && !headers->type)
		headers->type = xstrdup(type);
}

/* Headers up to the empty line, then the data. */
static void read_part(const char *at, const char *end, multipart_take *take, void *data)
{
	struct headers headers = {0};
	const char *line_end;
	while ((line_end = memmem(at, (size_t)(end - at), "\r\n", 2)) && line_end > at) {
		autofree char *line = xstrndup(at, (size_t)(line_end - at));
		read_header(&headers, line);
		at = line_end + 2;
	}
	if (line_end && headers.name)
		take(data, &(struct part){headers.name, headers.filename,
				   headers.type ? headers.type : "", line_end + 2,
				   (size_t)(end - line_end) - 2});
	free(headers.name);
	free(headers.filename);
	free(headers.type);
}

/* Where the next delimiter begins, at the start of a line. */
static const char *find_delimiter(const char *at, const char *end, const struct str *delimiter)
{
	return memmem(at, (size_t)(end - at), delimiter->text, delimiter->length);
}

void multipart_read(
	const char *content_type, const char *body, size_t length, multipart_take *take, void *data)
{
	autofree char *boundary = parameter(content_type, "boundary");
	if (!boundary || !*boundary)
		return;
	autostr struct str delimiter = STR_INIT;
	str_addf(&delimiter, "\r\n--%s", boundary);
	const char *end = body + length, *at;
	size_t first = delimiter.length - 2; /* the first may stand at the very beginning */
	if (length >= first && memcmp(body, delimiter.text + 2, first) == 0)
		at = body + first;
	else if ((at = find_delimiter(body, end, &delimiter)))
		at += delimiter.length;
	while (at && end - at >= 2 && memcmp(at, "--", 2) != 0) {
		const char *line_end = memmem(at, (size_t)(end - at), "\r\n", 2);
		const char *next = line_end ? find_delimiter(line_end, end, &delimiter) : NULL;
		/* A part without headers and data: the delimiter's own line end is that of the next. */
		if (next && next > line_end)
			read_part(line_end + 2, next, take, data);
		at = next ? next + delimiter.length : NULL;
	}
}
