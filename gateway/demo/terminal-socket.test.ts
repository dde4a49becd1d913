import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { TerminalSocket } from './terminal-socket.js';

/** A terminal as far as the demo sees it: bytes come, and it has a mode. */
class Terminal extends PassThrough {
  readonly isTTY = true;
  readonly modes: boolean[] = [];

  setRawMode(isRaw: boolean): void {
    this.modes.push(isRaw);
  }
}

type Opened = {
  readonly terminal: Terminal;
  readonly socket: TerminalSocket | undefined;
  readonly keys: number[];
  readonly ends: string[];
};

function open({ isOurs = true } = {}): Opened {
  const terminal = new Terminal();
  const keys: number[] = [];
  const ends: string[] = [];
  const listener = {
    onKeys: (typed: Uint8Array) => void keys.push(...typed),
    onEnd: () => void ends.push('end'),
  };
  return { terminal, socket: TerminalSocket.open(listener, { input: terminal, isOurs }), keys, ends };
}

test('keys come as they are typed, and the bytes they were read from are wiped', () => {
  const { terminal, socket, keys, ends } = open();
  const card = Buffer.from('4242#');
  terminal.write(card);
  expect(keys).toEqual([4, 2, 4, 2, 11]);
  expect(card).toEqual(Buffer.alloc(5));
  terminal.write(Buffer.from('\u0003'));
  expect(ends).toEqual(['end']);
  socket?.close();
});

test('the bytes are wiped also when nobody could take the keys', () => {
  const input = new Terminal();
  const onKeys = () => {
    throw new Error('no');
  };
  const socket = TerminalSocket.open({ onKeys, onEnd: () => {} }, { input, isOurs: true });
  const card = Buffer.from('4242#');
  expect(() => input.emit('data', card)).toThrow('no');
  expect(card).toEqual(Buffer.alloc(5));
  socket?.close();
});

test('the terminal is raw until it is closed, and then nobody reads it or listens for its end', () => {
  const listenersBefore = process.listenerCount('exit') + process.listenerCount('SIGHUP');
  const { terminal, socket, keys } = open();
  expect(terminal.modes).toEqual([true]);
  socket?.close();
  expect(terminal.modes).toEqual([true, false]);
  terminal.write('5');
  expect(keys).toEqual([]);
  expect(terminal.isPaused()).toBe(true);
  expect(process.listenerCount('exit') + process.listenerCount('SIGHUP')).toBe(listenersBefore);
});

test('a terminal that goes away is the end of it, and no error once it has been closed', async () => {
  const { terminal, socket, ends } = open();
  terminal.emit('error', new Error('EIO'));
  expect(ends).toEqual(['end']);
  socket?.close();
  terminal.emit('error', new Error('EIO'));
});

test('without a terminal of one’s own there is nothing to read, and nothing is touched', () => {
  const { terminal, socket } = open({ isOurs: false });
  expect(socket).toBeUndefined();
  expect(terminal.modes).toEqual([]);
  const piped = TerminalSocket.open({ onKeys: () => {}, onEnd: () => {} }, { input: new PassThrough(), isOurs: true });
  expect(piped).toBeUndefined();
});
