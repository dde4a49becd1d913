import { expect, test } from '@jest/globals';
import { FIRST_MESSAGE_TIMEOUT_MS } from './connection-limits.js';
import {
  ConnectionWatch,
  MAX_MESSAGES_PER_WINDOW,
  PING_INTERVAL_MS,
  PONG_TIMEOUT_MS,
  WINDOW_MS,
} from './connection-watch.js';
import { MESSAGE_TIMEOUT_MS } from './stream-framer.js';

/** What is said from deadline to deadline, and when; `answer` is done after each ping. */
function sayingsOf(watch: ConnectionWatch, untilMs: number, answer: (nowMs: number) => void = () => {}) {
  const said: [number, string][] = [];
  while (watch.deadlineMs <= untilMs) {
    const nowMs = watch.deadlineMs;
    const saying = watch.handleDeadline(nowMs);
    if (saying !== undefined) said.push([nowMs, saying]);
    if (saying === 'ping') answer(nowMs);
  }
  return said;
}

test('one who never says anything is let go', () => {
  const watch = new ConnectionWatch(0);
  watch.receivePong(0);
  expect(sayingsOf(watch, 1_000_000)).toEqual([[FIRST_MESSAGE_TIMEOUT_MS, 'silent']]);
});

test('one who answers is pinged for ever, at one and the same interval', () => {
  const watch = new ConnectionWatch(0);
  watch.receive(1_000);
  const said = sayingsOf(watch, 1_000 + 4 * PING_INTERVAL_MS, (nowMs) => void watch.receivePong(nowMs));
  expect(said).toEqual([1, 2, 3, 4].map((count) => [1_000 + count * PING_INTERVAL_MS, 'ping']));
});

test('a message is an answer too', () => {
  const watch = new ConnectionWatch(0);
  watch.receive(0);
  const said = sayingsOf(watch, 3 * PING_INTERVAL_MS, (nowMs) => watch.receive(nowMs + 1));
  expect(said.map(([, saying]) => saying)).toEqual(['ping', 'ping', 'ping']);
});

test('one who stops answering is dead a little later, and is told so once', () => {
  const watch = new ConnectionWatch(0);
  watch.receive(0);
  expect(sayingsOf(watch, 1_000_000)).toEqual([
    [PING_INTERVAL_MS, 'ping'],
    [PING_INTERVAL_MS + PONG_TIMEOUT_MS, 'dead'],
  ]);
});

test('nothing is said before its time', () => {
  const watch = new ConnectionWatch(0);
  expect(watch.handleDeadline(FIRST_MESSAGE_TIMEOUT_MS - 1)).toBeUndefined();
});

test('so many messages within the window are taken, and as many again in the next', () => {
  const watch = new ConnectionWatch(0);
  const taken = (atMs: number) =>
    Array.from({ length: MAX_MESSAGES_PER_WINDOW + 1 }, () => watch.receive(atMs)).filter((one) => one === 'take')
      .length;
  expect(taken(5)).toBe(MAX_MESSAGES_PER_WINDOW);
  expect(watch.receive(4 + WINDOW_MS)).toBe('flood');
  expect(taken(5 + WINDOW_MS)).toBe(MAX_MESSAGES_PER_WINDOW);
});

test('pongs count as messages do, asked for or not', () => {
  const watch = new ConnectionWatch(0);
  watch.receive(0);
  const said = Array.from({ length: MAX_MESSAGES_PER_WINDOW }, () => watch.receivePong(1));
  expect(said.indexOf('flood')).toBe(MAX_MESSAGES_PER_WINDOW - 1);
});

test('a message that is not finished in time is the end, whatever else is heard', () => {
  const watch = new ConnectionWatch(0);
  watch.receive(0);
  watch.beginMessage(1_000);
  watch.receivePong(2_000);
  expect(watch.deadlineMs).toBe(1_000 + MESSAGE_TIMEOUT_MS);
  expect(watch.handleDeadline(watch.deadlineMs - 1)).toBeUndefined();
  expect(watch.handleDeadline(watch.deadlineMs)).toBe('unfinished');
});

test('one that is finished leaves no deadline behind', () => {
  const watch = new ConnectionWatch(0);
  watch.receive(0);
  watch.beginMessage(1_000);
  watch.endMessage();
  expect(watch.handleDeadline(1_000 + MESSAGE_TIMEOUT_MS)).toBeUndefined();
  expect(watch.deadlineMs).toBe(PING_INTERVAL_MS);
});
