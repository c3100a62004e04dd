/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <hiredis/hiredis.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/servers.h"
#include "tests/support/servers_internal.h"
#include "tests/support/spawn.h"

void redis_server_init(struct redis_server *server)
{
	*server = (struct redis_server){.port = free_port()};
	make_folder(server->folder, sizeof(server->folder));
	snprintf(server->socket, sizeof(server->socket), "%s/redis.sock", server->folder);
	redis_server_start(server);
}

/* Listening is enough: it may be loading its data. */
static bool is_listening(const void *context)
{
	const struct redis_server *server = context;
	redisContext *redis = redisConnectUnix(server->socket);
	bool is_open = redis && !redis->err;
	if (redis)
		redisFree(redis);
	return is_open;
}

void redis_server_start(struct redis_server *server)
{
	autofree char *config = xasprintf("%s/redis.conf", server->folder);
	autofree char *log = xasprintf("%s/log", server->folder);
	autofree char *text = xasprintf(
		"bind 127.0.0.1\nport %d\nunixsocket %s\n"
		"unixsocketperm 700\ndir %s\nsave \"\"\n"
		"enable-debug-command local\nenable-protected-configs local\n%s\n",
		server->port, server->socket, server->folder, server->extra ? server->extra : "");
	const char *argv[] = {"/usr/bin/redis-server", config, NULL};
	write_text(config, text);
	remove(server->socket);
	server->pid = spawn_start(argv, &(struct spawn){.directory = "/", .log = log});
	wait_until(is_listening, server, "redis-server");
}

static bool is_loaded(const void *context)
{
	autofree char *said = redis_server_do(context, "PING");
	return strcmp(said, "PONG") == 0;
}

void redis_server_wait_loaded(const struct redis_server *server)
{
	wait_until(is_loaded, server, "redis-server to load its data");
}

void redis_server_kill(struct redis_server *server)
{
	(void)spawn_end(&server->pid, SIGKILL);
}

void redis_server_freeze(struct redis_server *server, bool is_frozen)
{
	assert_int_equal(kill(server->pid, is_frozen ? SIGSTOP : SIGCONT), 0);
}

static void add_reply(struct str *text, const redisReply *reply)
{
	if (reply->type == REDIS_REPLY_INTEGER)
		str_addf(text, "%lld", reply->integer);
	else if (reply->str)
		str_adds(text, reply->str);
	for (size_t i = 0; i < reply->elements; i++) {
		str_adds(text, i ? "\n" : "");
		add_reply(text, reply->element[i]);
	}
}

char *redis_server_do(const struct redis_server *server, const char *format, ...)
{
	struct str text = STR_INIT;
	redisContext *redis = redisConnectUnix(server->socket);
	assert_true(redis && !redis->err);
	va_list args;
	va_start(args, format);
	redisReply *reply = redisvCommand(redis, format, args);
	va_end(args);
	assert_non_null(reply);
	add_reply(&text, reply);
	freeReplyObject(reply);
	redisFree(redis);
	return str_detach(&text);
}

int redis_server_open(const struct redis_server *server)
{
	redisContext *redis = redisConnectUnix(server->socket);
	assert_true(redis && !redis->err);
	return redisFreeKeepFd(redis);
}

void redis_server_release(struct redis_server *server)
{
	redis_server_kill(server);
	remove_folder(server->folder);
	free(server->extra);
	server->extra = NULL;
}
