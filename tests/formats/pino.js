// SPDX-License-Identifier: MIT
// Lines of the real pino, as a bot writes them. Argument: the folder of its modules.
const pino = require(process.argv[2] + '/pino');
const log = pino({ level: 'trace' }, pino.destination({ dest: 1, sync: true }));
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
for (let i = 0; i < 24; i++) log[levels[i % 6]]({ chat: 42 + i, req: { id: `r${i}` } }, 'handled update %d', i);
const child = log.child({ bot: 'shop', reqId: 'a-1' });
for (let i = 0; i < 4; i++) child.info({ ms: 100 * i }, `from a child ${i}: "quoted" \n second line`);
child.error(new Error('it broke'));
child.error({ err: new Error('wrapped') }, 'with words of its own');
