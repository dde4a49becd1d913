/**
 * Every arrow of the four figures (RFC 3261 figures 5 to 8, RFC 6026 figures 5 and 7) and every timer, row by row. A
 * script is a list of steps: `+500` lets time pass, a number is a response, a word is another input.
 */
import { describe, expect, test } from '@jest/globals';
import type { SipResponse } from '../message.js';
import type { ClientInput, ClientMachine, ClientOutput } from './client-machine.js';
import { InviteClient } from './invite-client.js';
import { InviteServer } from './invite-server.js';
import { NonInviteClient } from './non-invite-client.js';
import { NonInviteServer } from './non-invite-server.js';
import type { ServerInput, ServerMachine } from './server-machine.js';
import { RFC_INTERVALS } from './timers.js';

type Row = readonly [script: string, outputs: string, state: string];

function response(status: number): SipResponse {
  return { kind: 'response', status, reason: '', headers: [], body: Buffer.alloc(0) };
}

/** Runs a script and gives back what came out, with the time at which it did where that is not the start. */
function play(
  machine: ClientMachine | ServerMachine,
  script: string,
  step: (word: string) => readonly string[],
): string {
  let nowMs = 0;
  const outputs: string[] = [];
  const note = (words: readonly string[]) => {
    outputs.push(...words.map((word) => (nowMs === 0 ? word : `${word}@${nowMs}`)));
  };
  for (const word of script.split(' ').filter((part) => part !== '')) {
    if (!word.startsWith('+')) {
      note(step(`${word}|${nowMs}`));
      continue;
    }
    const untilMs = nowMs + Number(word.slice(1));
    while (machine.deadlineMs <= untilMs) {
      nowMs = machine.deadlineMs;
      note(step(`deadline|${nowMs}`));
    }
    nowMs = untilMs;
  }
  return outputs.join(' ');
}

function playClient(kind: 'invite' | 'non-invite', transport: 'udp' | 'tcp', script: string) {
  const options = {
    bytes: Buffer.from('request'),
    buildAck: () => Buffer.from('ack'),
    reliable: transport === 'tcp',
    intervals: RFC_INTERVALS,
  };
  const machine = kind === 'invite' ? new InviteClient(options) : new NonInviteClient(options);
  const inputs: Readonly<Record<string, ClientInput>> = {
    start: { kind: 'start' },
    error: { kind: 'transport-error' },
    deadline: { kind: 'deadline' },
  };
  const outputs = play(machine, script, (word) => {
    const [name, atMs] = word.split('|');
    const input: ClientInput = inputs[name] ?? { kind: 'response', response: response(Number(name)) };
    return machine.handle(input, Number(atMs)).map(nameOf);
  });
  return { outputs, state: machine.state };
}

function nameOf(output: ClientOutput): string {
  if (output.kind === 'send') {
    return output.bytes.toString();
  }
  return output.kind === 'failed' ? output.cause : String(output.response.status);
}

function playServer(kind: 'invite' | 'non-invite', transport: 'udp' | 'tcp', script: string) {
  const options = { reliable: transport === 'tcp', intervals: RFC_INTERVALS };
  const machine = kind === 'invite' ? new InviteServer(options) : new NonInviteServer(options);
  const inputs: Readonly<Record<string, ServerInput>> = {
    again: { kind: 'request-again' },
    ack: { kind: 'ack' },
    deadline: { kind: 'deadline' },
  };
  const outputs = play(machine, script, (word) => {
    const [name, atMs] = word.split('|');
    const input: ServerInput = inputs[name] ?? { kind: 'respond', status: Number(name), bytes: Buffer.from(name) };
    return machine
      .handle(input, Number(atMs))
      .map((output) => (output.kind === 'send' ? `${output.bytes}` : output.kind));
  });
  return { outputs, state: machine.state };
}

describe('INVITE client', () => {
  const rows: readonly Row[] = [
    ['start', 'request', 'calling'],
    // Timer A doubles without limit, B ends it after 64*T1.
    [
      'start +32000',
      'request request@500 request@1500 request@3500 request@7500 request@15500 request@31500 time-out@32000',
      'terminated',
    ],
    ['start error', 'request transport-error', 'terminated'],
    ['start 100 +100000', 'request 100', 'proceeding'],
    ['start 180 183 error', 'request 180 183 transport-error', 'terminated'],
    ['start 200', 'request 200', 'accepted'],
    ['start 180 200 200 +31999', 'request 180 200 200', 'accepted'],
    // Timer M.
    ['start 200 +32000', 'request 200', 'terminated'],
    ['start 200 486 180 error', 'request 200', 'accepted'],
    ['start 486', 'request ack 486', 'completed'],
    ['start 180 486 486', 'request 180 ack 486 ack', 'completed'],
    ['start 486 180 200', 'request ack 486', 'completed'],
    // Timer D.
    ['start 486 +31999', 'request ack 486', 'completed'],
    ['start 486 +32000 486', 'request ack 486', 'terminated'],
    ['start 486 error', 'request ack 486', 'terminated'],
    [
      'start +32000 200',
      'request request@500 request@1500 request@3500 request@7500 request@15500 request@31500 time-out@32000',
      'terminated',
    ],
  ];
  test.each(rows)('udp: %s -> %s, %s', (script, outputs, state) => {
    expect(playClient('invite', 'udp', script)).toEqual({ outputs, state });
  });
  const streamRows: readonly Row[] = [
    ['start +31999', 'request', 'calling'],
    ['start +32000', 'request time-out@32000', 'terminated'],
    ['start 486', 'request ack 486', 'terminated'],
    ['start 200 +31999 200', 'request 200 200@31999', 'accepted'],
  ];
  test.each(streamRows)('tcp: %s -> %s, %s', (script, outputs, state) => {
    expect(playClient('invite', 'tcp', script)).toEqual({ outputs, state });
  });
});

describe('non-INVITE client', () => {
  const sent = 'request request@500 request@1500 request@3500';
  const rows: readonly Row[] = [
    ['start', 'request', 'trying'],
    // Timer E doubles up to T2, F ends it after 64*T1.
    [
      'start +32000',
      `${sent} ${[7500, 11500, 15500, 19500, 23500, 27500, 31500].map((ms) => `request@${ms}`).join(' ')} time-out@32000`,
      'terminated',
    ],
    ['start error', 'request transport-error', 'terminated'],
    ['start 100', 'request 100', 'proceeding'],
    // In Proceeding E fires once as set and then every T2.
    ['start 100 +9000', 'request 100 request@500 request@4500 request@8500', 'proceeding'],
    ['start 100 183 200', 'request 100 183 200', 'completed'],
    ['start 100 error', 'request 100 transport-error', 'terminated'],
    ['start 200 200 180 +4999', 'request 200', 'completed'],
    ['start 404', 'request 404', 'completed'],
    // Timer K.
    ['start 200 +5000 200', 'request 200', 'terminated'],
    ['start 200 error', 'request 200', 'terminated'],
  ];
  test.each(rows)('udp: %s -> %s, %s', (script, outputs, state) => {
    expect(playClient('non-invite', 'udp', script)).toEqual({ outputs, state });
  });
  const streamRows: readonly Row[] = [
    ['start +31999', 'request', 'trying'],
    ['start +32000', 'request time-out@32000', 'terminated'],
    ['start 100 +32000', 'request 100 time-out@32000', 'terminated'],
    ['start 200', 'request 200', 'terminated'],
  ];
  test.each(streamRows)('tcp: %s -> %s, %s', (script, outputs, state) => {
    expect(playClient('non-invite', 'tcp', script)).toEqual({ outputs, state });
  });

  test('gives up and does not send once more where a late clock finds both due', () => {
    const bytes = Buffer.from('request');
    const machine = new NonInviteClient({ bytes, reliable: false, intervals: RFC_INTERVALS });
    machine.handle({ kind: 'start' }, 0);
    expect(machine.handle({ kind: 'deadline' }, 60_000)).toEqual([{ kind: 'failed', cause: 'time-out' }]);
  });

  test('wipes its request when it cannot go out again', () => {
    const bytes = Buffer.from('INFO 5');
    const machine = new NonInviteClient({ bytes, reliable: false, intervals: RFC_INTERVALS });
    machine.handle({ kind: 'start' }, 0);
    machine.handle({ kind: 'response', response: response(200) }, 10);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });
});

describe('INVITE server', () => {
  const rows: readonly Row[] = [
    ['again', '', 'proceeding'],
    ['100 again', '100 100', 'proceeding'],
    ['100 180 again +100000', '100 180 180', 'proceeding'],
    ['180 200 again again', '180 200', 'accepted'],
    ['200 200', '200 200', 'accepted'],
    ['200 ack ack', '200 ack-for-user ack-for-user', 'accepted'],
    ['200 486', '200', 'accepted'],
    // Timer L.
    ['200 +31999', '200', 'accepted'],
    ['200 +32000', '200', 'terminated'],
    ['486 again', '486 486', 'completed'],
    // Timer G doubles up to T2, H ends it after 64*T1.
    [
      '486 +32000',
      `486 ${[500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500].map((ms) => `486@${ms}`).join(' ')} ack-missing@32000`,
      'terminated',
    ],
    ['486 ack', '486', 'confirmed'],
    ['486 ack ack again 200 +4999', '486', 'confirmed'],
    // Timer I.
    ['486 ack +5000', '486', 'terminated'],
    ['100 ack', '100', 'proceeding'],
    ['486 200', '486', 'completed'],
  ];
  test.each(rows)('udp: %s -> %s, %s', (script, outputs, state) => {
    expect(playServer('invite', 'udp', script)).toEqual({ outputs, state });
  });
  const streamRows: readonly Row[] = [
    ['486 +31999', '486', 'completed'],
    ['486 +32000', '486 ack-missing@32000', 'terminated'],
    ['486 ack', '486', 'terminated'],
    ['200 +32000', '200', 'terminated'],
  ];
  test.each(streamRows)('tcp: %s -> %s, %s', (script, outputs, state) => {
    expect(playServer('invite', 'tcp', script)).toEqual({ outputs, state });
  });
});

describe('non-INVITE server', () => {
  const rows: readonly Row[] = [
    ['again +100000', '', 'trying'],
    ['100 again 183 again', '100 100 183 183', 'proceeding'],
    ['200', '200', 'completed'],
    ['100 200 again again', '100 200 200 200', 'completed'],
    ['200 404 again', '200 200', 'completed'],
    // Timer J.
    ['200 +31999 again', '200 200@31999', 'completed'],
    ['200 +32000 again', '200', 'terminated'],
    ['ack', '', 'trying'],
  ];
  test.each(rows)('udp: %s -> %s, %s', (script, outputs, state) => {
    expect(playServer('non-invite', 'udp', script)).toEqual({ outputs, state });
  });
  test.each([['200', '200', 'terminated'] as const])('tcp: %s -> %s, %s', (script, outputs, state) => {
    expect(playServer('non-invite', 'tcp', script)).toEqual({ outputs, state });
  });
});
