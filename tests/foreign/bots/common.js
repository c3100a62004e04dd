// SPDX-License-Identifier: MIT
// What the bots of this folder share: where they find their server, what they say on their standard output (one JSON
// object a line, for the test that drives them), and the words that they answer with.
'use strict';

const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');

module.exports = {
	say,
	api: process.env.BOT_API,
	token: process.env.BOT_TOKEN,
	webhook: process.env.BOT_WEBHOOK && new URL(process.env.BOT_WEBHOOK),
	secret: process.env.BOT_SECRET,
	saw: (update) => say({
		saw: update.update_id, kind: Object.keys(update).find((key) => key !== 'update_id'),
		text: (update.message ?? update.edited_message)?.text, data: update.callback_query?.data,
	}),
	// Texts that begin with '#' are only counted.
	echo: (text) => (text.startsWith('#') ? null : `echo: ${text}`),
	keyboard: [[{ text: 'Yes', callback_data: 'vote:yes' }, { text: 'No', callback_data: 'vote:no' }]],
	report: Buffer.from(Array.from({ length: 1000 }, (_, i) => `line ${i}\n`).join('')),
};
