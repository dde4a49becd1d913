/** `tonegate demo` as a newcomer runs it, and that it leaves nothing behind. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type PeerExit, PeerProcess } from '../support/peer-process.js';
import { buildDirectory } from '../support/places.js';
import { processesOfSession } from '../support/session-processes.js';

/** The issue asks for less than a minute; a machine that does other things besides gets another one. */
const LIMIT_MS = 120_000;
/** Sixteen digits, four and three, each value with its #. */
const PRESSED = 26;

let directory: string;
let resultFile: string;
let demo: PeerProcess;
let exit: PeerExit;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-demo-test-'));
  resultFile = join(directory, 'demo.json');
  const scratch = mkdtempSync(join(directory, 'scratch-'));
  const main = join(buildDirectory, 'gateway', 'cli', 'main.js');
  // A session of its own, by which its processes can be told from all others.
  demo = new PeerProcess({
    command: 'setsid',
    args: ['--wait', process.execPath, main, 'demo', '--json', resultFile],
    env: { ...process.env, TMPDIR: scratch },
    limitMs: LIMIT_MS,
  });
  exit = await demo.exited;
}, LIMIT_MS + 10_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the demo', () => {
  test('exits with 0 and says what happened, without a digit of a card', () => {
    const output = demo.outputLines.join('\n');
    expect({ ...exit, errors: demo.errorLines }).toEqual({ code: 0, signal: null, errors: [] });
    expect(output).toContain('Card securely vaulted');
    expect(output).toContain('**** **** **** 4242');
    expect(output).not.toMatch(/\d{13}/);
  });

  test('writes as data that keys by event and by tone leave no trace, and that each token is good once', () => {
    const { runs, ...rest } = JSON.parse(readFileSync(resultFile, 'utf8'));
    const run = (keys: string) => ({
      keys,
      token: expect.stringMatching(/^\S{16,}$/),
      redeemed: true,
      secondRedemption: 'refused',
      found: { caller: PRESSED, agent: 0, recording: 0 },
      pressed: PRESSED,
    });
    expect(runs).toEqual([run('telephone-event'), run('in-band')]);
    expect(rest).toEqual({});
    expect(runs[0].token).not.toBe(runs[1].token);
    for (const { token } of runs) expect(demo.outputLines.join('\n')).toContain(token);
  });

  test('prints the control: what was pressed before the payment is found, and is all that came as events', () => {
    const output = demo.outputLines.join('\n');
    const before = output.match(/^before the payment 4 keys .*$/gm);
    expect(before).toHaveLength(2);
    expect(before?.[0]).toContain('4 in what the caller sent, 4 in what the agent received, 0 in the recording');
    expect(before?.[1]).toContain('4 in what the caller sent, 4 in what the agent received, 4 in the recording');
    expect(output.match(/^telephone events that reached the agent .*$/gm)).toEqual([
      'telephone events that reached the agent in the whole call: 4',
      'telephone events that reached the agent in the whole call: 0',
    ]);
  });

  test('leaves no process and no file behind', () => {
    expect(processesOfSession(demo.pid)).toEqual([]);
    expect(readdirSync(directory).filter((name) => name.startsWith('scratch-'))).toHaveLength(1);
    const [scratch] = readdirSync(directory).filter((name) => name.startsWith('scratch-'));
    expect(readdirSync(join(directory, scratch))).toEqual([]);
  });
});
