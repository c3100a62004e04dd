/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/transcript.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"

enum { TRANSCRIPT_MAX_BYTES = 128 << 20, METHOD_MAX = 48 };

bool transcript_open(struct transcript *transcript, const char *path, struct err *err)
{
	transcript->path = xstrdup(path);
	transcript->bytes = 0;
	transcript->file = fopen(path, "ae");
	if (!transcript->file)
		return err_errno(err, errno, "cannot write transcript '%s'", path);
	setvbuf(transcript->file, NULL, _IOLBF, 0);
	return true;
}

void transcript_close(struct transcript *transcript)
{
	if (transcript->file)
		fclose(transcript->file);
	free(transcript->path);
	*transcript = (struct transcript){0};
}

static void turn_over(struct transcript *transcript)
{
	autofree char *path = transcript->path;
	autofree char *old = xasprintf("%s.1", path);
	bool lost = access(old, F_OK) == 0;
	fclose(transcript->file);
	transcript->file = NULL;
	rename(path, old);
	if (!transcript_open(transcript, path, NULL))
		free(transcript->path);
	else if (lost)
		fputs("{\"lost\":true}\n", transcript->file);
}

const char *transcript_peer(const char *agent)
{
	if (agent && starts_with(agent, "botswain"))
		return "console";
	if (agent && starts_with(agent, "fleet-bot"))
		return "bot";
	return "other";
}

void transcript_write(
	struct transcript *transcript, int64_t bot_id, const char *method, const char *agent)
{
	if (!transcript->file)
		return;
	char name[METHOD_MAX];
	copy_text(name, sizeof(name), method);
	json_t *line = json_pack("{s:I,s:I,s:s,s:s}", "t", (json_int_t)clock_wall_ms(clock_real()),
		"bot", (json_int_t)bot_id, "method", name, "peer", transcript_peer(agent));
	autofree char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	json_decref(line);
	int wrote = fprintf(transcript->file, "%s\n", text ? text : "{\"method\":\"?\"}");
	transcript->bytes += wrote > 0 ? wrote : 0;
	if (transcript->bytes > (transcript->limit ? transcript->limit : TRANSCRIPT_MAX_BYTES))
		turn_over(transcript);
}
