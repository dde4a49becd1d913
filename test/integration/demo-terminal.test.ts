/**
 * `tonegate demo --interactive` at a terminal of its own: what is typed there is keyed on the caller's phone and never
 * shown, and whatever ends the demo, the terminal is left as it was.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { AgentDesktop } from '../../gateway/demo/agent-desktop.js';
import type { PageCommand, PageMessage } from '../../gateway/demo/page-messages.js';
import { eventually } from '../support/deadline.js';
import { PeerProcess } from '../support/peer-process.js';
import { buildDirectory } from '../support/places.js';
import { processesOfSession } from '../support/session-processes.js';

const LIMIT_MS = 90_000;
const START_LIMIT_MS = 20_000;
const WAIT_MS = 10_000;
const CARD = '4242424242424242#';
const CTRL_C = '\u0003';
/** A shell on the terminal: it tells the terminal's mode before and after, and by the line it reads that typing is shown. */
const AT_A_TERMINAL = [
  'echo "session $$"',
  'echo "mode $(stty -g)"',
  'read -r typed',
  'sh -c \'echo "process $$"; exec "$NODE" "$MAIN" demo --interactive\'',
  'echo "exit $?"',
  'echo "mode $(stty -g)"',
].join('\n');
/** With job control, as in a person's shell. */
const IN_THE_BACKGROUND = [
  'set -m',
  'echo "session $$"',
  '"$NODE" "$MAIN" demo --interactive &',
  'echo "process $!"',
  'wait $!',
  'echo "exit $?"',
].join('\n');

let directory: string;
let terminal: PeerProcess;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-demo-test-'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

afterEach(async () => {
  await terminal.stop(10_000);
}, 30_000);

/** `script` gives the commands a terminal of their own, and is a person's keyboard and screen. */
function openTerminal(commands: string): void {
  const MAIN = join(buildDirectory, 'gateway', 'cli', 'main.js');
  terminal = new PeerProcess({
    command: 'script',
    args: ['--quiet', '--return', '--command', commands, '/dev/null'],
    env: { ...process.env, TMPDIR: directory, SHELL: '/bin/sh', NODE: process.execPath, MAIN },
    limitMs: LIMIT_MS,
  });
}

const lines = (): readonly string[] => terminal.outputLines.map((line) => line.trimEnd());
const linesOf = (word: string): readonly string[] => lines().filter((line) => line.startsWith(`${word} `));

async function numberIn(word: string): Promise<number> {
  return Number((await terminal.line(new RegExp(`^${word} \\d+`), START_LIMIT_MS)).split(' ')[1]);
}

/** Nothing of it runs any more, and its directory is empty. */
async function expectNothingLeft(): Promise<void> {
  const session = await numberIn('session');
  expect(processesOfSession(session)).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
}

/** The demo's page, as far as it is commands and messages. */
class PageClient {
  readonly messages: PageMessage[] = [];
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      if (!isBinary) this.messages.push(JSON.parse(String(data)));
    });
  }

  static async open(): Promise<PageClient> {
    const address = /http:\S+/.exec(await terminal.line(/^open/, START_LIMIT_MS))?.[0] ?? '';
    const { host, origin, pathname } = new URL(address);
    const client = new PageClient(new WebSocket(`ws://${host}${pathname}socket`, { origin }));
    await client.until('its greeting', ({ kind }) => kind === 'welcome');
    return client;
  }

  send(command: PageCommand): void {
    this.#socket.send(JSON.stringify(command));
  }

  async until(what: string, isIt: (message: PageMessage) => boolean): Promise<void> {
    await eventually(WAIT_MS, what, () => (this.messages.some(isIt) ? true : undefined));
  }

  /** Keys and how each went, as the page marks them. */
  get presses(): readonly string[] {
    return this.messages.flatMap((message) =>
      message.kind === 'press' ? [`${'0123456789*#'[message.key]} ${message.transport}`] : [],
    );
  }

  close(): void {
    this.#socket.close();
  }
}

async function desktop(): Promise<AgentDesktop> {
  const [, port, token] =
    /:(\d+)\/panel\/ +access token (\S+)/.exec(await terminal.line(/^panel/, START_LIMIT_MS)) ?? [];
  return AgentDesktop.connect({ port: Number(port), token: token ?? '' });
}

describe('at a terminal', () => {
  beforeEach(async () => {
    openTerminal(AT_A_TERMINAL);
    await terminal.line(/^mode/, START_LIMIT_MS);
    terminal.write('shown\n');
    await terminal.line(/^keys/, START_LIMIT_MS);
  }, 60_000);

  test('what is typed is keyed on the caller’s phone, a card too, and is not shown; Ctrl-C ends it', async () => {
    const page = await PageClient.open();
    terminal.write('5');
    await terminal.line(/no call/, WAIT_MS);
    page.send({ kind: 'call', agentPhone: 'desk-phone' });
    await page.until('the call', (message) => message.kind === 'phone' && message.state === 'on-call');
    // The caller says a word, by which the two lanes are laid on one clock.
    await page.until('a second of the call', (message) => message.kind === 'levels' && message.atMs > 1000);
    // F5 of the terminal's keyboard is no 1 and no 5.
    terminal.write('1957\u001b[15~');
    await page.until(
      'the keys on both sides',
      (message) => message.kind === 'counts' && message.counts.outside.agent === 4,
    );
    expect(page.presses).toEqual(['1 in-band', '9 in-band', '5 in-band', '7 in-band']);
    page.send({ kind: 'key', keys: '*', transport: 'telephone-event' });
    await eventually(WAIT_MS, 'the page’s key', () => (page.presses.length === 5 ? true : undefined));
    terminal.write('0');
    await eventually(WAIT_MS, 'a key typed after it', () => (page.presses.length === 6 ? true : undefined));
    expect(page.presses.slice(4)).toEqual(['* telephone-event', '0 telephone-event']);

    const agent = await desktop();
    const session = await agent.startSession((await agent.activeCall()).id);
    await agent.capture(session.id, 'cardNumber');
    for (const key of CARD) terminal.write(key);
    const { cardNumber } = (await agent.fieldDone('cardNumber')).fields;
    expect(cardNumber).toMatchObject({ state: 'captured', masked: '**** **** **** 4242' });
    await page.until(
      'the card’s keys',
      (message) => message.kind === 'counts' && message.counts.inPayment.caller === 17,
    );
    expect(page.messages.filter(({ kind }) => kind === 'counts').at(-1)).toMatchObject({
      counts: { inPayment: { pressed: 17, caller: 17, agent: 0 } },
    });
    agent.close();
    page.close();

    terminal.write(CTRL_C);
    expect(await terminal.exited).toEqual({ code: 0, signal: null });
    expect(lines().map((line) => line.split(' ')[0])).toEqual([
      'session',
      'mode',
      'shown',
      'process',
      'open',
      'panel',
      'keys',
      'keys',
      'exit',
      'mode',
    ]);
    expect(linesOf('exit')).toEqual(['exit 0']);
    expect(new Set(linesOf('mode')).size).toBe(1);
    await expectNothingLeft();
  }, 60_000);

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s ends it too, and the terminal is as it was',
    async (signal) => {
      process.kill(await numberIn('process'), signal);
      expect(await terminal.exited).toEqual({ code: 0, signal: null });
      expect(linesOf('exit')).toEqual(['exit 0']);
      expect(linesOf('mode')).toHaveLength(2);
      expect(new Set(linesOf('mode')).size).toBe(1);
      await expectNothingLeft();
    },
    60_000,
  );
});

test('Ctrl-C while it starts ends it, and what was typed meanwhile is not shown', async () => {
  openTerminal(AT_A_TERMINAL);
  await terminal.line(/^mode/, START_LIMIT_MS);
  terminal.write('shown\n');
  const demo = await numberIn('process');
  const session = await numberIn('session');
  // Its gateway is a process of its own, which is started when the terminal has been taken.
  await eventually(START_LIMIT_MS, 'the gateway', () => (gatewaysOf(session) > 0 ? true : undefined));
  expect(demo).toBeGreaterThan(0);
  terminal.write(`4242${CTRL_C}`);
  expect(await terminal.exited).toEqual({ code: 0, signal: null });
  expect(lines().map((line) => line.split(' ')[0])).toEqual(['session', 'mode', 'shown', 'process', 'exit', 'mode']);
  expect(linesOf('exit')).toEqual(['exit 0']);
  expect(new Set(linesOf('mode')).size).toBe(1);
  await expectNothingLeft();
}, 60_000);

function gatewaysOf(session: number): number {
  return processesOfSession(session).filter((command) => command.includes(' start --config ')).length;
}

test('in the background it leaves the terminal to the shell, and is not stopped by it', async () => {
  openTerminal(IN_THE_BACKGROUND);
  await terminal.line(/^panel/, START_LIMIT_MS);
  process.kill(await numberIn('process'), 'SIGTERM');
  expect(await terminal.exited).toEqual({ code: 0, signal: null });
  expect(linesOf('keys')).toEqual([]);
  expect(linesOf('exit')).toEqual(['exit 0']);
  await expectNothingLeft();
}, 60_000);
