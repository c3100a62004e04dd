/* SPDX-License-Identifier: MIT */
#include "core/collect/private_tmp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"

/* It mounts /tmp/systemd-private-BOOT-UNIT-RANDOM/tmp over /tmp. */
bool private_tmp_has(const char *line, const char *path)
{
	char root[512], point[256];
	if (sscanf(line, "%*d %*d %*s %511s %255s", root, point) != 2)
		return false;
	size_t length = strlen(point);
	return strstr(root, "/systemd-private-") && starts_with(path, point) && path[length] == '/';
}

bool private_tmp_hides(const char *path)
{
	autofree char *line = NULL;
	size_t size = 0;
	bool is_ours = false;
	if (access(path, F_OK) == 0 ||
		!(starts_with(path, "/tmp/") || starts_with(path, "/var/tmp/")))
		return false;
	FILE *file = fopen("/proc/self/mountinfo", "re");
	while (file && !is_ours && getline(&line, &size, file) > 0)
		is_ours = private_tmp_has(line, path);
	if (file)
		fclose(file);
	return is_ours;
}
