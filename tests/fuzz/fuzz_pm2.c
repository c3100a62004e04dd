/* SPDX-License-Identifier: MIT */
/* What a pm2 daemon answers: programs whose texts are drawable and whose figures are sane, and no value of an
 * environment, or a sentence that says what is wrong. */
#include <string.h>

#include "core/base/err.h"
#include "core/collect/programs.h"
#include "core/collect/supervisor_pm2.h"
#include "core/parse/amp.h"
#include "tests/fuzz/safe.h"

#define CANARY "7100812:AAFcanarycanarycanarycanarycanary_1"

static void require_program(const struct program *program)
{
	const char *texts[] = {program->name, program->state, program->words, program->log,
		program->error_log, program->command, program->directory, program->env_file,
		program->token_key};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		FUZZ_REQUIRE(texts[i] && !strstr(texts[i], CANARY));
		fuzz_require_safe(texts[i]);
	}
	FUZZ_REQUIRE(program->pid >= 0 && program->tg_id >= 0);
	FUZZ_REQUIRE(program->exit_status >= -1 && program->exit_status <= 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct programs programs = {0};
	struct amp_frame frame;
	struct err err = {.code = ERR_NONE};
	if (amp_read((const char *)data, size, size, &frame) == AMP_WHOLE &&
		!pm2_read_answer(&frame, &programs, &err))
		fuzz_require_safe(err.text);
	for (size_t i = 0; i < programs.count; i++)
		require_program(&programs.items[i]);
	programs_release(&programs);
	return 0;
}
