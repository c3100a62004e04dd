// SPDX-License-Identifier: MIT
// A bot on node-telegram-bot-api: a command, a menu whose buttons edit it, a document, an echo. Its webhook is known by the
// token in the path and takes no secret.
'use strict';
const TelegramBot = require('node-telegram-bot-api');
const common = require('./common.js');

const options = { baseApiUrl: common.api };
if (common.webhook) options.webHook = { port: Number(common.webhook.port), host: common.webhook.hostname };
else options.polling = true;
const bot = new TelegramBot(common.token, options);

const process_update = bot.processUpdate.bind(bot);
bot.processUpdate = (update) => {
	common.saw(update);
	process_update(update);
};
const failed = (failure) => common.say({ error: String(failure.message ?? failure) });

bot.onText(/^\/start/, (message) => bot.sendMessage(message.chat.id, 'hello from node-telegram-bot-api').catch(failed));
bot.onText(/^\/menu/, (message) =>
	bot.sendMessage(message.chat.id, 'vote', { reply_markup: { inline_keyboard: common.keyboard } }).catch(failed));
bot.onText(/^\/file/, (message) =>
	bot.sendDocument(message.chat.id, common.report, { caption: 'the report' },
		{ filename: 'report.txt', contentType: 'text/plain' }).catch(failed));
bot.onText(/^[^/]/, (message) => {
	const answer = common.echo(message.text);
	if (answer) bot.sendMessage(message.chat.id, answer).catch(failed);
});
bot.on('callback_query', async (query) => {
	try {
		await bot.answerCallbackQuery(query.id, { text: `you chose ${query.data}` });
		await bot.editMessageText(`chosen: ${query.data}`, { chat_id: query.message.chat.id, message_id: query.message.message_id });
	} catch (failure) {
		failed(failure);
	}
});
bot.on('polling_error', failed);
bot.on('webhook_error', failed);

if (common.webhook) bot.setWebHook(`${common.webhook.href}/bot${common.token}`).then(() => common.say({ started: 'webhook' }));
else common.say({ started: 'polling' });
