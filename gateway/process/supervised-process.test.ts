import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SupervisedProcess } from './supervised-process.js';

type Command =
  | { readonly kind: 'ping'; readonly requestId: number }
  | { readonly kind: 'answer'; readonly requestId: number; readonly text: string }
  | { readonly kind: 'keep-silent'; readonly requestId: number }
  | { readonly kind: 'die' }
  | { readonly kind: 'talk-nonsense' }
  | { readonly kind: 'cause-trouble' };
type Event =
  | { readonly kind: 'hello'; readonly pid: number }
  | { readonly kind: 'trouble' }
  | { readonly kind: 'done'; readonly requestId: number; readonly text?: string };

const FRAMES = new URL('../../vault-client/wire-frames.js', import.meta.url).href;

/** A child that speaks the frames on its file descriptor 3, and dies when it is told to or when its parent does. */
const CHILD = `
import { Socket } from 'node:net';
import { encodeJsonFrame, FrameDecoder } from ${JSON.stringify(FRAMES)};
const channel = new Socket({ fd: 3 });
const decoder = new FrameDecoder();
const send = (message) => channel.write(encodeJsonFrame(message));
channel.on('end', () => process.exit(0));
channel.on('data', (chunk) => decoder.push(chunk, ({ payload }) => {
  const command = JSON.parse(payload.toString());
  if (command.kind === 'ping') send({ kind: 'done', requestId: command.requestId });
  if (command.kind === 'answer') send({ kind: 'done', requestId: command.requestId, text: command.text });
  if (command.kind === 'cause-trouble') send({ kind: 'trouble' });
  if (command.kind === 'die') process.exit(7);
  if (command.kind === 'talk-nonsense') channel.write(Buffer.from('ffffffff01', 'hex'));
  if (command.kind === 'shut-down') process.exit(0);
}));
send({ kind: 'hello', pid: process.pid });
`;

describe('a child process under watch', () => {
  let directory: string;
  let child: SupervisedProcess<Command, Event>;
  let losses: string[];
  let greetings: number[];
  let greeted: (() => void)[];
  let whenLost: () => void;
  let faults: unknown[];

  function nextGreeting(): Promise<void> {
    return new Promise((resolve) => greeted.push(resolve));
  }

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tonegate-child-'));
    const script = join(directory, 'child.mjs');
    writeFileSync(script, CHILD);
    losses = [];
    greetings = [];
    greeted = [];
    whenLost = () => {};
    faults = [];
    child = new SupervisedProcess<Command, Event>({
      script,
      onStarted: () => {},
      onEvent: (event) => {
        if (event.kind === 'trouble') throw new Error('a fault of the listener');
        if (event.kind === 'hello') greetings.push(event.pid);
        for (const tell of greeted.splice(0)) tell();
      },
      onLost: (reason) => {
        losses.push(reason);
        whenLost();
      },
      onErrorOutput: () => {},
      onFault: (error) => faults.push(error),
    });
    const up = nextGreeting();
    child.start();
    await up;
  });

  afterEach(async () => {
    await child.stop();
    rmSync(directory, { recursive: true });
  });

  test('answers each request with the reply that bears its number', async () => {
    const [one, two] = await Promise.all([
      child.request({ kind: 'answer', text: 'one' }),
      child.request({ kind: 'answer', text: 'two' }),
    ]);
    expect(one).toMatchObject({ kind: 'done', text: 'one' });
    expect(two).toMatchObject({ kind: 'done', text: 'two' });
  });

  test('is started again when it dies, and requests under way are answered as unanswered', async () => {
    const again = nextGreeting();
    const waiting = child.request({ kind: 'keep-silent' });
    child.send({ kind: 'die' });
    expect(await waiting).toBeUndefined();
    expect(losses).toEqual(['exit code 7']);
    await again;
    expect(greetings).toHaveLength(2);
    expect(await child.request({ kind: 'answer', text: 'alive' })).toMatchObject({ text: 'alive' });
  });

  test('a request while it is down is unanswered at once', async () => {
    const again = nextGreeting();
    const answer = new Promise<Event | undefined>((resolve) => {
      whenLost = () => resolve(child.request({ kind: 'answer', text: 'x' }));
    });
    child.send({ kind: 'die' });
    expect(await answer).toBeUndefined();
    await again;
  });

  test('one that breaks the protocol is ended and started again', async () => {
    const again = nextGreeting();
    child.send({ kind: 'talk-nonsense' });
    await again;
    expect(losses).toEqual(['SIGKILL']);
  });

  test('a fault in whoever listens to it is told, and the child goes on', async () => {
    child.send({ kind: 'cause-trouble' });
    expect(await child.request({ kind: 'answer', text: 'alive' })).toMatchObject({ text: 'alive' });
    expect(faults).toEqual([new Error('a fault of the listener')]);
    expect(losses).toEqual([]);
  });

  test('is started again also when whoever hears of its loss has a fault', async () => {
    const again = nextGreeting();
    whenLost = () => {
      throw new Error('the disk is full');
    };
    const waiting = child.request({ kind: 'keep-silent' });
    child.send({ kind: 'die' });
    expect(await waiting).toBeUndefined();
    await again;
    expect(faults).toEqual([new Error('the disk is full')]);
    expect(await child.request({ kind: 'answer', text: 'alive' })).toMatchObject({ text: 'alive' });
  });

  test('once stopped it stays down', async () => {
    await child.stop();
    expect(losses).toEqual(['exit code 0']);
    expect(child.pid).toBeUndefined();
    expect(greetings).toHaveLength(1);
  });
});
