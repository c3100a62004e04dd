/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target over its corpus: each file as it is, cut at each of its first bytes and at some
 * of the others, and with bytes changed by a seeded generator. A failed property aborts the program,
 * and the name of the input is the last line that it wrote.
 */
#include <dirent.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "tests/fuzz/fuzz.h"

enum {
	CUTS_MAX = 256,
	MUTATIONS = 200,
	FILE_MAX = 1 << 20,
};

/* In a buffer of exactly its size, so that a sanitizer sees the byte behind it. */
static void run(const char *data, size_t size)
{
	autofree uint8_t *exact = xmalloc(size);
	if (size)
		memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
}

static void run_cuts(const char *data, size_t size)
{
	size_t stride = size / CUTS_MAX + 1;
	for (size_t cut = 0; cut < size; cut += cut < CUTS_MAX / 2 ? 1 : stride)
		run(data, cut);
}

static void run_mutations(const char *data, size_t size, struct rng *rng)
{
	static const char odd[] = "\0\x1b\x7f\x80\x9b\xff\"\\{}:=%\n\r\t";
	for (int i = 0; size && i < MUTATIONS; i++) {
		autofree char *changed = xmemdup(data, size);
		for (uint64_t left = 1 + rng_below(rng, 4); left; left--) {
			size_t at = rng_below(rng, size);
			bool is_odd = rng_below(rng, 2);
			changed[at] =
				is_odd ? odd[rng_below(rng, sizeof(odd) - 1)] : (char)rng_next(rng);
		}
		run(changed, size);
	}
}

static bool read_file(const char *path, struct str *to)
{
	FILE *file = fopen(path, "rbe");
	char block[4096];
	size_t got;
	if (!file)
		return false;
	while (to->length < FILE_MAX && (got = fread(block, 1, sizeof(block), file)) > 0)
		str_add(to, block, got);
	fclose(file);
	return true;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	autofree char *folder = argc > 1
					? xstrdup(argv[1])
					: xasprintf("tests/fuzz/corpus/%s", name + strlen("fuzz_"));
	struct dirent **entries;
	struct rng rng;
	int count = scandir(folder, &entries, is_visible, alphasort);
	if (count <= 0) {
		fprintf(stderr, "no corpus in %s\n", folder);
		return 1;
	}
	rng_init(&rng, 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		autostr struct str data = STR_INIT;
		autofree char *path = xasprintf("%s/%s", folder, entries[i]->d_name);
		printf("# %s\n", path);
		bool is_read = read_file(path, &data);
		run(data.text, data.length);
		run_cuts(data.text, data.length);
		run_mutations(data.text, data.length, &rng);
		printf("%s %d - %s %s\n", is_read ? "ok" : "not ok", i + 1, name,
			entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
