/* SPDX-License-Identifier: MIT */
#include "tests/faults/net.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/faults/faults.h"

enum { PORTS = 8, NFT_MS = 10000, SOCKETS = 512 };

static uint16_t broken[PORTS]; /* 0: a free place */

/* A network that was made for the run has loopback alone. */
static bool has_loopback_alone(void)
{
	FILE *file = fopen("/proc/self/net/dev", "re");
	char line[256], name[32];
	unsigned others = 0;
	while (file && fgets(line, sizeof(line), file))
		if (strchr(line, ':') && sscanf(line, " %31[^:]", name) == 1)
			others += strcmp(name, "lo") != 0;
	if (file)
		fclose(file);
	return file && !others;
}

bool net_is_ours(void)
{
	return geteuid() == 0 && getenv("FAULTS_APART") && has_loopback_alone();
}

static bool run_nft(const char *commands, struct str *said)
{
	return engine_ask((const char *const[]){"nft", commands, NULL}, NFT_MS, said) == 0;
}

static void write_rules(uint16_t port, enum net_rule rule, unsigned percent, struct str *ret)
{
	str_addf(ret,
		"add table inet botswain_fault_%u; "
		"add chain inet botswain_fault_%u in { type filter hook input priority 0; }; ",
		port, port);
	autofree char *add = xasprintf("add rule inet botswain_fault_%u in", port);
	if (rule == NET_DROP)
		str_addf(ret, "%s th dport %u drop", add, port);
	else if (rule == NET_REJECT)
		str_addf(ret,
			"%s tcp dport %u reject with tcp reset; %s udp dport %u reject with icmpx "
			"port-unreachable",
			add, port, add, port);
	else
		str_addf(ret,
			"%s th dport %u numgen random mod 100 < %u drop; "
			"%s th sport %u numgen random mod 100 < %u drop",
			add, port, percent, add, port, percent);
}

static uint16_t *place_of(uint16_t port)
{
	for (size_t i = 0; i < PORTS; i++)
		if (broken[i] == port)
			return &broken[i];
	return NULL;
}

bool net_break(uint16_t port, enum net_rule rule, unsigned percent, struct sight *sight)
{
	autostr struct str commands = STR_INIT, said = STR_INIT;
	if (!net_is_ours()) {
		see(sight, false, -1,
			"root, and a network of the run's own: tests/faults/run makes it");
		return false;
	}
	net_heal(port);
	uint16_t *place = place_of(0);
	write_rules(port, rule, percent, &commands);
	if (!place || !run_nft(commands.text, &said)) {
		see(sight, false, -1, "nft takes the rule, but '%.200s'", said.text);
		return false;
	}
	*place = port;
	return true;
}

void net_heal(uint16_t port)
{
	uint16_t *place = port ? place_of(port) : NULL;
	autofree char *command = xasprintf("delete table inet botswain_fault_%u", port);
	autostr struct str said = STR_INIT;
	if (!place)
		return;
	*place = 0;
	if (!run_nft(command, &said))
		fprintf(stderr, "faults: nft %s: %s\n", command, said.text);
}

size_t net_heal_all(void)
{
	size_t count = 0;
	for (size_t i = 0; i < PORTS; i++) {
		count += broken[i] != 0;
		net_heal(broken[i]);
	}
	return count;
}

/* The inodes of a process's sockets. */
static size_t list_sockets(pid_t pid, unsigned long inodes[SOCKETS])
{
	autofree char *path = xasprintf("/proc/%d/fd", (int)pid);
	size_t count = 0;
	DIR *folder = opendir(path);
	for (struct dirent *entry; folder && count < SOCKETS && (entry = readdir(folder));) {
		char target[64];
		ssize_t length =
			readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		count += sscanf(target, "socket:[%lu]", &inodes[count]) == 1;
	}
	if (folder)
		closedir(folder);
	return count;
}

unsigned net_connections(pid_t pid, uint16_t port)
{
	unsigned long inodes[SOCKETS], inode;
	unsigned remote, found = 0;
	size_t count = list_sockets(pid, inodes);
	char line[256];
	FILE *file = fopen("/proc/self/net/tcp", "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %*u: %*x:%*x %*x:%x %*x %*x:%*x %*x:%*x %*x %*u %*u %lu",
			    &remote, &inode) != 2 ||
			remote != port)
			continue;
		for (size_t i = 0; i < count; i++)
			found += inodes[i] == inode;
	}
	if (file)
		fclose(file);
	return found;
}
