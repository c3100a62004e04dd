// SPDX-License-Identifier: MIT
// telegram-test-api: a Bot API server of somebody else, on TEST_API_PORT.
'use strict';
const TelegramServer = require('telegram-test-api');

const server = new TelegramServer({ port: Number(process.env.TEST_API_PORT), host: '127.0.0.1' });
server.start().then(() => process.stdout.write('{"started":"server"}\n'));
