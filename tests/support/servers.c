/* SPDX-License-Identifier: MIT */
#include "tests/support/servers.h"

#include <ftw.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "tests/support/servers_internal.h"
#include "tests/support/spawn.h"

enum { START_MS = 20000 };

int free_port(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

void remove_folder(const char *path)
{
	assert_true(starts_with(path, "/tmp/botswain-"));
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void make_folder(char *ret, size_t size)
{
	assert_true(copy_text(ret, size, "/tmp/botswain-test.XXXXXX"));
	assert_non_null(mkdtemp(ret));
}

void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

void wait_until(bool (*is_ready)(const void *context), const void *context, const char *what)
{
	if (!comes_true(is_ready, context, START_MS))
		fail_msg("%s did not start", what);
}
