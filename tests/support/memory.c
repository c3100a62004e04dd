/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/memory.h"

static void read_range(int memory, uint64_t from, uint64_t to, struct str *ret)
{
	char chunk[65536];
	while (from < to) {
		size_t wanted = to - from < sizeof(chunk) ? to - from : sizeof(chunk);
		ssize_t got = pread(memory, chunk, wanted, (off_t)from);
		if (got <= 0)
			return;
		str_add(ret, chunk, (size_t)got);
		from += (uint64_t)got;
	}
}

bool memory_read(pid_t pid, struct str *ret)
{
	autofree char *maps_path = xasprintf("/proc/%d/maps", (int)pid);
	autofree char *memory_path = xasprintf("/proc/%d/mem", (int)pid);
	FILE *maps = fopen(maps_path, "re");
	int memory = open(memory_path, O_RDONLY | O_CLOEXEC);
	char line[4096];
	while (maps && memory >= 0 && fgets(line, sizeof(line), maps)) {
		uint64_t from, to;
		char rights[5] = "";
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, rights) == 3 &&
			rights[1] == 'w')
			read_range(memory, from, to, ret);
	}
	if (maps)
		fclose(maps);
	if (memory >= 0)
		close(memory);
	return ret->length > 0;
}

pid_t memory_child(pid_t parent)
{
	autofree char *path = xasprintf("/proc/%d/task/%d/children", (int)parent, (int)parent);
	FILE *children = fopen(path, "re");
	int pid = 0;
	if (children && fscanf(children, "%d", &pid) != 1)
		pid = 0;
	if (children)
		fclose(children);
	return pid;
}
