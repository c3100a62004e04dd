// SPDX-License-Identifier: MIT
// A bot on grammY: a command, a menu whose buttons edit it, a document, an echo.
'use strict';
const http = require('node:http');
const { Bot, InputFile, webhookCallback } = require('grammy');
const common = require('./common.js');

const bot = new Bot(common.token, { client: { apiRoot: common.api } });
bot.use((context, next) => {
	common.saw(context.update);
	return next();
});
bot.command('start', (context) => context.reply('hello from grammY'));
bot.command('menu', (context) => context.reply('vote', { reply_markup: { inline_keyboard: common.keyboard } }));
bot.command('file', (context) => context.replyWithDocument(new InputFile(common.report, 'report.txt'), { caption: 'the report' }));
bot.on('callback_query:data', async (context) => {
	await context.answerCallbackQuery({ text: `you chose ${context.callbackQuery.data}` });
	await context.editMessageText(`chosen: ${context.callbackQuery.data}`);
});
bot.on('message:text', (context) => {
	const answer = common.echo(context.message.text);
	return answer && context.reply(answer);
});
bot.catch((failure) => common.say({ error: String(failure.error) }));

// Whatever start() rejects with ends the process, as in the framework's own examples.
if (common.webhook) {
	const server = http.createServer(webhookCallback(bot, 'http', { secretToken: common.secret }));
	server.listen(common.webhook.port, common.webhook.hostname, async () => {
		await bot.api.setWebhook(common.webhook.href, { secret_token: common.secret });
		common.say({ started: 'webhook' });
	});
} else {
	bot.start({ onStart: () => common.say({ started: 'polling' }) });
}
