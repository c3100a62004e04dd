// SPDX-License-Identifier: MIT
// A bot on Telegraf: a command, a menu whose buttons edit it, a document, an echo.
'use strict';
const http = require('node:http');
const { Telegraf } = require('telegraf');
const common = require('./common.js');

const bot = new Telegraf(common.token, { telegram: { apiRoot: common.api } });
bot.use((context, next) => {
	common.saw(context.update);
	return next();
});
bot.start((context) => context.reply('hello from Telegraf'));
bot.command('menu', (context) => context.reply('vote', { reply_markup: { inline_keyboard: common.keyboard } }));
bot.command('file', (context) =>
	context.replyWithDocument({ source: common.report, filename: 'report.txt' }, { caption: 'the report' }));
bot.on('callback_query', async (context) => {
	await context.answerCbQuery(`you chose ${context.callbackQuery.data}`);
	await context.editMessageText(`chosen: ${context.callbackQuery.data}`);
});
bot.on('text', (context) => {
	const answer = common.echo(context.message.text);
	return answer && context.reply(answer);
});
bot.catch((failure) => common.say({ error: String(failure) }));

// Whatever launch() rejects with ends the process, as in the framework's own examples.
if (common.webhook) {
	const server = http.createServer(bot.webhookCallback(common.webhook.pathname, { secretToken: common.secret }));
	server.listen(common.webhook.port, common.webhook.hostname, async () => {
		bot.botInfo = await bot.telegram.getMe();
		await bot.telegram.setWebhook(common.webhook.href, { secret_token: common.secret });
		common.say({ started: 'webhook' });
	});
} else {
	bot.launch(() => common.say({ started: 'polling' }));
}
