// SPDX-License-Identifier: MIT
// The second emulator: reads what the first one judged (tests/support/hostile_walk.h, capture), gives the same bytes to
// @xterm/headless, and says where it sees other cells, or anything that text of others must never cause.
//   node judge.mjs FOLDER_OF_NODE_MODULES CAPTURE
import { createRequire } from 'node:module';
import { openSync, readSync, closeSync, fstatSync } from 'node:fs';
import { resolve } from 'node:path';

const [folder, path] = process.argv.slice(2);
if (!folder || !path) {
	console.error('usage: judge.mjs FOLDER CAPTURE');
	process.exit(2);
}
const require = createRequire(resolve(folder) + '/');
const { Terminal } = require('@xterm/headless');

const SHOWN = 20;
let faults = 0;
function accuse(what) {
	if (faults++ < SHOWN) console.log(`not ok: ${what}`);
}

// ---- the capture: "rows columns bytes cells\n", then the two ----

const file = openSync(path, 'r');
const size = fstatSync(file).size;
let at = 0;
function bytesAt(length) {
	const buffer = Buffer.alloc(length);
	for (let done = 0; done < length;) {
		const got = readSync(file, buffer, done, length - done, at + done);
		if (!got) throw new Error(`${path} is cut at ${at}`);
		done += got;
	}
	at += length;
	return buffer;
}
function nextFrame() {
	if (at >= size) return null;
	const start = at, head = bytesAt(Math.min(80, size - at)).toString('latin1');
	const end = head.indexOf('\n');
	const [rows, columns, bytes, cells] = head.slice(0, end).split(' ').map(Number);
	at = start + end + 1;
	return { rows, columns, bytes: bytesAt(bytes), cells: bytesAt(cells).toString('utf8') };
}

// ---- the terminal ----

// What botswain says to a terminal by itself; everything else is somebody else's.
const MODES = new Set([1, 7, 12, 25, 1049, 2004, 2026]);
let place = '';
function open(rows, columns) {
	const terminal = new Terminal({ rows, cols: columns, allowProposedApi: true, scrollback: 0 });
	const told = (what) => (value) => { accuse(`${place}: ${what} ${JSON.stringify(String(value)).slice(0, 80)}`); };
	terminal.onTitleChange(told('a title'));
	terminal.onData(told('an answer'));
	terminal.onBinary(told('an answer'));
	for (const number of [0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 50, 52, 99, 104, 133, 777, 1337])
		terminal.parser.registerOscHandler(number, (data) => { told(`OSC ${number}`)(data); return false; });
	for (const final of 'pqu|x')
		for (const intermediates of [undefined, '$', '+'])
			terminal.parser.registerDcsHandler({ intermediates, final }, (data) => { told('DCS')(data); return false; });
	for (const final of 'cnqtxu')
		for (const prefix of [undefined, '?', '>', '='])
			terminal.parser.registerCsiHandler({ prefix, final }, (params) => {
				const words = params.join(';');
				if (final !== 't' || !/^2[23];0;0$/.test(words)) told(`CSI ${prefix ?? ''} ${final}`)(words);
				return false;
			});
	for (const final of 'hl')
		terminal.parser.registerCsiHandler({ prefix: '?', final }, (params) => {
			if (!params.every((mode) => MODES.has(mode))) told(`mode ${final}`)(params.join(';'));
			return false;
		});
	return terminal;
}

function row(terminal, y) {
	const line = terminal.buffer.active.getLine(terminal.buffer.active.viewportY + y);
	const cells = [];
	for (let x = 0; x < terminal.cols; x++) {
		const cell = line.getCell(x);
		cells.push(cell.getWidth() === 0 ? '\u0001' : cell.getChars() || ' ');
	}
	return cells;
}

// What follows a character whose width the two see differently must stand where it belongs; that character itself may
// take one cell or two.
function sameCells(mine, theirs, columns) {
	for (let x = 0; x < columns; x++) {
		if (mine[x] === theirs[x]) continue;
		const half = mine[x] === '\u0001' || theirs[x] === '\u0001';
		const narrow = x > 0 && mine[x - 1] === theirs[x - 1] && (mine[x] === ' ' || theirs[x] === ' ');
		if (half && narrow) continue;
		return x;
	}
	return -1;
}

const write = (terminal, bytes) => new Promise((done) => terminal.write(bytes, done));

let frames = 0, cells = 0, odd = 0, terminal = null;
for (let frame; (frame = nextFrame()); frames++) {
	place = `frame ${frames}`;
	if (!terminal) terminal = open(frame.rows, frame.columns);
	if (terminal.rows !== frame.rows || terminal.cols !== frame.columns) terminal.resize(frame.columns, frame.rows);
	await write(terminal, frame.bytes);
	const wanted = frame.cells.split('\n');
	for (let y = 0; y < frame.rows; y++) {
		const mine = row(terminal, y), theirs = wanted[y].split('\u0002');
		cells += frame.columns;
		const x = sameCells(mine, theirs, frame.columns);
		if (mine.join('') !== theirs.join('')) odd++;
		if (x >= 0) accuse(`${place}, row ${y}, column ${x}: '${mine[x]}' here, '${theirs[x]}' there`);
	}
}
closeSync(file);
console.log(`${frames} frames, ${cells} cells, ${odd} rows with a character of another width, ${faults} faults`);
process.exit(faults || !frames ? 1 : 0);
