/* SPDX-License-Identifier: MIT */
/* An operation as screens see it. */
#include "core/act/internal.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/model/model.h"

/* By bytes against the last good backup where there is one, else by steps that have ended. */
static int64_t progress(const struct act *act, const struct op *op)
{
	uint64_t done = 0, total = op->step_count;
	if (op->state >= OP_DONE)
		return op->state == OP_DONE ? 100 : -1;
	if (op->is_backup && op->step_count == 1) {
		done = op->steps[0].bytes;
		total = backup_last_bytes(act, op->steps[0].target);
		if (!total)
			return -1;
		return done >= total ? 99 : (int64_t)(done * 100 / total);
	}
	for (size_t i = 0; i < op->step_count; i++)
		done += op->steps[i].state >= OP_DONE;
	return op->step_count > 1 ? (int64_t)(done * 100 / total) : -1;
}

static void show_step(const struct op_step *from, struct msg_step *to)
{
	*to = (struct msg_step){.target = from->target,
		.name = xstrdup(from->name),
		.state = xstrdup(op_state_word(from->state, true)),
		.text = xstrdup(from->text ? from->text : ""),
		.started_ms = from->started_ms,
		.ended_ms = from->ended_ms};
}

void op_show(struct act *act, const struct op *op)
{
	struct msg_operation *body = msg_new(MSG_operation);
	*body = (struct msg_operation){.id = op->id,
		.verb = xstrdup(op->verb),
		.title = xstrdup(op->title),
		.by = xstrdup(op->who.name),
		.reason = xstrdup(op->reason),
		.state = xstrdup(op_state_word(op->state, false)),
		.result = xstrdup(op->result ? op->result : ""),
		.started_ms = op->started_ms,
		.ended_ms = op->ended_ms,
		.deadline_ms = op->deadline_ms,
		.progress = progress(act, op),
		.command = xstrdup(op->command)};
	for (size_t i = 0; i < op->step_count; i++) {
		show_step(&op->steps[i], msg_add(body->steps, &body->steps_count));
		body->output_lines += op->steps[i].lines;
	}
	model_put_if_changed(act->model, MSG_operation, body);
}
