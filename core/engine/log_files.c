/* SPDX-License-Identifier: MIT */
#include "core/engine/log_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/engine/internal.h"
#include "core/events/directory.h"
#include "core/events/file_stream.h"
#include "core/model/model.h"

/* What turns out to be no regular file is not waited for. */
static int open_log(const char *path, struct stat *ret_status, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, ret_status) != 0) {
		err_errno(err, errno, "cannot read '%.200s'", path);
		return -1;
	}
	if (!S_ISREG(ret_status->st_mode)) {
		err_set(err, ERR_UNSUPPORTED,
			"'%.200s' is no regular file: pipe it into `botswain logs -`", path);
		return -1;
	}
	return keep_fd(&fd);
}

static bool add(struct engine *engine, const char *path, struct names *names, struct err *err)
{
	struct stat status;
	int fd = open_log(path, &status, err);
	if (fd < 0)
		return false;
	int64_t written_ms =
		(int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000;
	struct file_stream *stream = file_stream_new(
		&(struct file_options){.stream = {.source = entity_id("log", path),
					       .id = (uint64_t)engine->started_ms * 1000,
					       .name = path},
			.fd = fd,
			.to = (uint64_t)status.st_size,
			.received_ms = written_ms,
			.utc_offset_s = local_offset_s(written_ms),
			.names = names});
	event_directory_add_file(engine->events, stream);
	file_stream_unref(stream);
	return true;
}

bool log_files_open(struct engine *engine, struct err *err)
{
	const struct engine_options *options = &engine->options;
	struct names *names = names_new();
	bool good = true;
	for (size_t i = 0; i < options->log_count && good; i++)
		good = add(engine, options->logs[i], names, err);
	names_unref(names);
	return good;
}
