/* SPDX-License-Identifier: MIT */
#include "tests/support/sockets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

#include "core/base/str.h"

enum { WAITING_MAX = 16 };

static int open_socket(const char *path, struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	assert_true(copy_text(ret_address->sun_path, sizeof(ret_address->sun_path), path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	return fd;
}

int socket_listen(const char *path)
{
	struct sockaddr_un address;
	int fd = open_socket(path, &address);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, WAITING_MAX), 0);
	return fd;
}

bool socket_listens(const void *path)
{
	struct sockaddr_un address;
	autoclose int fd = open_socket(path, &address);
	return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}
