/** What peers write themselves, message by message: forks, route sets, old peers, strangers and nonsense. */
import { describe, expect, test } from '@jest/globals';
import type { BackToBackInput, BackToBackOutput } from '../../sip/back-to-back-events.js';
import { BackToBackUserAgent } from '../../sip/back-to-back-user-agent.js';
import type { Flow } from '../../sip/message.js';
import { seededBytes, seededRandom } from './virtual-network.js';

const CALLER: Flow = { listener: 'caller-side', transport: 'udp', remoteAddress: '10.0.0.1', remotePort: 5060 };
const AGENT: Flow = { listener: 'agent-side', transport: 'udp', remoteAddress: '10.0.0.9', remotePort: 5060 };
const STRANGER: Flow = { ...CALLER, remoteAddress: '10.6.6.6' };

/** The gateway between two peers that are played by hand. Descriptions go through as they are. */
class Bench {
  nowMs = 0;
  readonly agent: BackToBackUserAgent;
  readonly news: BackToBackOutput[] = [];
  readonly sent: { readonly flow: Flow; readonly text: string }[] = [];

  constructor(options: { isPeer?: (address: string, listener: string) => boolean; maxTransactions?: number } = {}) {
    this.agent = new BackToBackUserAgent({
      addresses: [
        { listener: 'caller-side', transport: 'udp', host: '10.0.0.5', port: 5060 },
        { listener: 'agent-side', transport: 'udp', host: '10.0.0.5', port: 5062 },
      ],
      random: seededBytes(1),
      maxCalls: 100,
      ...options,
    });
  }

  /** Says something to the gateway and gives back the messages it sends for it. */
  say(flow: Flow, ...lines: readonly string[]): readonly string[] {
    const head = lines.includes('') ? lines : [...lines, ''];
    const text = head.includes('v=0') ? head.join('\r\n') : `${head.join('\r\n')}\r\n`;
    return this.give({ kind: 'received', flow, bytes: Buffer.from(text, 'latin1') });
  }

  give(input: BackToBackInput): readonly string[] {
    const before = this.sent.length;
    this.#take(this.agent.handle(input, this.nowMs));
    return this.sent.slice(before).map(({ text }) => text);
  }

  wait(durationMs: number): readonly string[] {
    const before = this.sent.length;
    const untilMs = this.nowMs + durationMs;
    while (this.agent.deadlineMs <= untilMs) {
      this.nowMs = this.agent.deadlineMs;
      this.#take(this.agent.handle({ kind: 'deadline' }, this.nowMs));
    }
    this.nowMs = untilMs;
    return this.sent.slice(before).map(({ text }) => text);
  }

  counts(code: string): number {
    return this.news.filter((output) => output.kind === 'counted' && output.code === code).length;
  }

  last(start: string): string {
    return this.sent.findLast(({ text }) => text.startsWith(start))?.text ?? '';
  }

  #take(outputs: readonly BackToBackOutput[]): void {
    const decisions: BackToBackInput[] = [];
    for (const output of outputs) {
      if (output.kind === 'send') {
        this.sent.push({ flow: output.flow, text: output.bytes.toString('latin1') });
        continue;
      }
      this.news.push(output);
      if (output.kind === 'call-arrived') {
        const target = {
          flow: AGENT,
          requestUri: 'sip:agent@10.0.0.9',
          from: output.from,
          to: { displayName: '', uri: 'sip:agent@10.0.0.9', user: 'agent' },
        };
        decisions.push({ kind: 'route-call', callId: output.callId, target });
      } else if (output.kind === 'description-received') {
        const { exchangeId, sdp } = output;
        decisions.push({ kind: 'description-ready', exchangeId, sdp: Buffer.from(sdp) });
      }
    }
    for (const decision of decisions) {
      this.#take(this.agent.handle(decision, this.nowMs));
    }
  }
}

function header(text: string, name: string): string {
  return new RegExp(`^${name}: (.*)\r$`, 'm').exec(text)?.[1] ?? '';
}

function headers(text: string, name: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^${name}: (.*)\r$`, 'gm'))].map(([, value]) => value);
}

const SDP = ['Content-Type: application/sdp', 'Content-Length: 5', '', 'v=0', ''];

function invite(extra: readonly string[] = [], branch = 'z9hG4bK1', tail: readonly string[] = SDP): readonly string[] {
  return [
    'INVITE sip:service@10.0.0.5 SIP/2.0',
    `Via: SIP/2.0/UDP 10.0.0.1:5060;branch=${branch}`,
    'Max-Forwards: 70',
    'From: <sip:alice@10.0.0.1>;tag=alice',
    'To: <sip:service@10.0.0.5>',
    'Call-ID: one',
    'CSeq: 1 INVITE',
    'Contact: <sip:alice@10.0.0.1>',
    ...extra,
    ...tail,
  ];
}

/** An answer to a request the gateway sent. */
function answer(request: string, status: string, tag: string, tail: readonly string[] = []): readonly string[] {
  return [
    `SIP/2.0 ${status}`,
    `Via: ${header(request, 'Via')}`,
    `From: ${header(request, 'From')}`,
    `To: ${header(request, 'To')};tag=${tag}`,
    `Call-ID: ${header(request, 'Call-ID')}`,
    `CSeq: ${header(request, 'CSeq')}`,
    `Contact: <sip:${tag}@10.0.0.9>`,
    ...tail,
  ];
}

/** A request of the caller inside the dialog of the answer it got. */
function inside(answered: string, method: string, sequence: number, tail: readonly string[] = []): readonly string[] {
  return [
    `${method} sip:10.0.0.5:5060 SIP/2.0`,
    `Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK${method}${sequence}`,
    'Max-Forwards: 70',
    'From: <sip:alice@10.0.0.1>;tag=alice',
    `To: ${header(answered, 'To')}`,
    'Call-ID: one',
    `CSeq: ${sequence} ${method}`,
    ...tail,
  ];
}

function setUp(bench: Bench, extra: readonly string[] = [], answerExtra: readonly string[] = []): string {
  bench.say(CALLER, ...invite(extra));
  bench.say(AGENT, ...answer(bench.last('INVITE'), '200 OK', 'bob', [...answerExtra, ...SDP]));
  const accepted = bench.last('SIP/2.0 200');
  bench.say(CALLER, ...inside(accepted, 'ACK', 1));
  return accepted;
}

describe('forking on the agent side', () => {
  test('the first 2xx wins, later ones are acknowledged and hung up, and so again when they are sent again', () => {
    const bench = new Bench();
    bench.say(CALLER, ...invite());
    const sent = bench.last('INVITE');
    bench.say(AGENT, ...answer(sent, '180 Ringing', 'fork1'));
    bench.say(AGENT, ...answer(sent, '183 Session Progress', 'fork2', SDP));
    const won = bench.say(AGENT, ...answer(sent, '200 OK', 'fork2', SDP));
    expect(won.map((text) => text.split(' ')[0])).toEqual(['ACK', 'SIP/2.0']);
    const lost = bench.say(AGENT, ...answer(sent, '200 OK', 'fork1', SDP));
    expect(lost.map((text) => text.split(' ', 2).join(' '))).toEqual([
      'ACK sip:fork1@10.0.0.9',
      'BYE sip:fork1@10.0.0.9',
    ]);
    expect(bench.say(AGENT, ...answer(sent, '200 OK', 'fork2', SDP))).toEqual([won[0]]);
    expect(bench.say(AGENT, ...answer(sent, '200 OK', 'fork1', SDP))).toEqual([lost[0]]);
    expect(bench.news.filter(({ kind }) => kind === 'call-ended')).toEqual([]);
  });

  test('of more branches than we follow is counted', () => {
    const bench = new Bench();
    bench.say(CALLER, ...invite());
    const sent = bench.last('INVITE');
    for (let fork = 0; fork < 40; fork += 1) {
      bench.say(AGENT, ...answer(sent, '180 Ringing', `fork${fork}`));
      bench.say(AGENT, ...answer(sent, '200 OK', `fork${fork}`, SDP));
    }
    expect(bench.counts('too-many-forks')).toBeGreaterThan(0);
    expect(bench.sent.filter(({ text }) => text.startsWith('BYE')).length).toBeLessThan(16);
  });
});

describe('route sets', () => {
  test('of the caller are kept in order and used loosely', () => {
    const bench = new Bench();
    setUp(bench, ['Record-Route: <sip:p2@10.0.0.1;lr>, <sip:p1@10.0.0.1;lr>']);
    bench.say(AGENT, ...byeOfAgent(bench));
    const bye = bench.last('BYE');
    expect(bye.split(' ', 2)[1]).toBe('sip:alice@10.0.0.1');
    expect(headers(bye, 'Route')).toEqual(['<sip:p2@10.0.0.1;lr>', '<sip:p1@10.0.0.1;lr>']);
  });

  test('of the caller are copied into the answer', () => {
    const accepted = setUp(new Bench(), ['Record-Route: <sip:p2@10.0.0.1;lr>', 'Record-Route: <sip:p1@10.0.0.1;lr>']);
    expect(headers(accepted, 'Record-Route')).toEqual(['<sip:p2@10.0.0.1;lr>', '<sip:p1@10.0.0.1;lr>']);
  });

  test('of the agent are turned round, in the ACK too', () => {
    const bench = new Bench();
    const accepted = setUp(bench, [], ['Record-Route: <sip:p2@10.0.0.9;lr>, <sip:p1@10.0.0.9;lr>']);
    expect(headers(bench.last('ACK'), 'Route')).toEqual(['<sip:p1@10.0.0.9;lr>', '<sip:p2@10.0.0.9;lr>']);
    bench.say(CALLER, ...inside(accepted, 'BYE', 2));
    expect(headers(bench.last('BYE'), 'Route')).toEqual(['<sip:p1@10.0.0.9;lr>', '<sip:p2@10.0.0.9;lr>']);
    expect(header(bench.last('BYE'), 'CSeq')).toBe('2 BYE');
  });

  test('with a strict router put its address first and the far end last', () => {
    const bench = new Bench();
    const accepted = setUp(bench, [], ['Record-Route: <sip:p2@10.0.0.9;lr>, <sip:p1@10.0.0.9>']);
    bench.say(CALLER, ...inside(accepted, 'BYE', 2));
    const bye = bench.last('BYE');
    expect(bye.split(' ', 2)[1]).toBe('sip:p1@10.0.0.9');
    expect(headers(bye, 'Route')).toEqual(['<sip:p2@10.0.0.9;lr>', '<sip:bob@10.0.0.9>']);
  });

  test('cannot send us to a third party, unless that is a peer', () => {
    for (const isPeer of [undefined, (address: string) => ['10.0.0.1', '10.9.9.9'].includes(address)]) {
      const bench = new Bench(isPeer === undefined ? {} : { isPeer });
      const accepted = setUp(bench, [], ['Record-Route: <sip:10.9.9.9:5080;lr>']);
      bench.say(CALLER, ...inside(accepted, 'BYE', 2));
      const flow = bench.sent.findLast(({ text }) => text.startsWith('BYE'))?.flow;
      const [remoteAddress, remotePort] = isPeer === undefined ? ['10.0.0.9', 5060] : ['10.9.9.9', 5080];
      expect(flow).toMatchObject({ remoteAddress, remotePort });
    }
  });

  function byeOfAgent(bench: Bench): readonly string[] {
    const sent = bench.last('INVITE');
    return [
      'BYE sip:10.0.0.5:5062 SIP/2.0',
      'Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKbye',
      `From: ${header(sent, 'To')};tag=bob`,
      `To: ${header(sent, 'From')}`,
      `Call-ID: ${header(sent, 'Call-ID')}`,
      'CSeq: 1 BYE',
    ];
  }
});

describe('matching', () => {
  test('the same INVITE sent again gets the same answer and makes no second call', () => {
    const bench = new Bench();
    const [trying] = bench.say(CALLER, ...invite());
    expect(trying).toMatch(/^SIP\/2.0 100 Trying/);
    expect(bench.say(CALLER, ...invite())).toEqual([trying]);
    expect(bench.news.filter(({ kind }) => kind === 'call-arrived')).toHaveLength(1);
  });

  test('the same branch of another sender is another transaction', () => {
    const bench = new Bench();
    bench.say(CALLER, ...invite());
    const other = invite().map((line) =>
      line.replace('10.0.0.1:5060', '10.0.0.2').replace('Call-ID: one', 'Call-ID: two'),
    );
    bench.say({ ...CALLER, remoteAddress: '10.0.0.2' }, ...other);
    expect(bench.news.filter(({ kind }) => kind === 'call-arrived')).toHaveLength(2);
  });

  test('the same request by a second way is answered 482', () => {
    const bench = new Bench();
    bench.say(CALLER, ...invite());
    expect(bench.say(CALLER, ...invite([], 'z9hG4bKother'))[0]).toMatch(/^SIP\/2.0 482/);
  });

  test('peers of RFC 2543 without a branch are matched, with their ACK and their CANCEL', () => {
    const bench = new Bench();
    const old = invite().map((line) => line.replace(';branch=z9hG4bK1', ''));
    bench.say(CALLER, ...old);
    expect(bench.say(CALLER, ...old)).toHaveLength(1);
    expect(bench.news.filter(({ kind }) => kind === 'call-arrived')).toHaveLength(1);
    bench.say(AGENT, ...answer(bench.last('INVITE'), '180 Ringing', 'bob'));
    const cancel = old.slice(0, 7).map((line) => line.replace('INVITE', 'CANCEL'));
    const answers = bench.say(CALLER, ...cancel);
    expect(answers.map((text) => `${text.slice(8, 11)} ${header(text, 'CSeq')}`)).toContain('200 1 CANCEL');
    expect(answers.map((text) => `${text.slice(8, 11)} ${header(text, 'CSeq')}`)).toContain('487 1 INVITE');
    const ack = old
      .slice(0, 7)
      .map((line) => line.replace('INVITE', 'ACK').replace(/^To: .*/, `To: ${header(answers[1], 'To')}`));
    bench.say(CALLER, ...ack);
    expect(bench.wait(4_000).filter((text) => text.startsWith('SIP/2.0 487'))).toEqual([]);
  });

  test('a CANCEL for nothing is answered 481, and an ACK for nothing not at all', () => {
    const bench = new Bench();
    const cancel = invite()
      .slice(0, 7)
      .map((line) => line.replace('INVITE', 'CANCEL'));
    expect(bench.say(CALLER, ...cancel)[0]).toMatch(/^SIP\/2.0 481/);
    const ack = invite()
      .slice(0, 7)
      .map((line) => line.replace('INVITE', 'ACK'));
    expect(bench.say(CALLER, ...ack)).toEqual([]);
    expect(bench.counts('stray-ack')).toBe(1);
  });

  test('answers go back whence the request came, and say so', () => {
    const bench = new Bench();
    const natted = invite().map((line) => line.replace('10.0.0.1:5060;', '192.168.0.7;rport;'));
    const [trying] = bench.say({ ...CALLER, remotePort: 40_000 }, ...natted);
    expect(header(trying, 'Via')).toMatch(/rport=40000/);
    expect(header(trying, 'Via')).toMatch(/received=10\.0\.0\.1/);
    expect(bench.sent[0].flow.remotePort).toBe(40_000);
  });

  test('full tables answer 503 and calls that stand can still be ended', () => {
    const bench = new Bench({ maxTransactions: 6 });
    const accepted = setUp(bench);
    const refused = invite([], 'z9hG4bKflood').map((line) => line.replace('Call-ID: one', 'Call-ID: flood'));
    for (let call = 0; call < 10; call += 1) {
      bench.say(CALLER, ...refused.map((line) => line.replace('flood', `flood${call}`)));
    }
    expect(bench.last('SIP/2.0 503')).toContain('Retry-After: 5');
    expect(bench.say(CALLER, ...inside(accepted, 'BYE', 2)).some((text) => text.startsWith('SIP/2.0 200'))).toBe(true);
  });
});

describe('refusals', () => {
  const cases: readonly (readonly [string, (lines: readonly string[]) => readonly string[], string])[] = [
    ['an unknown method', (lines) => lines.map((line) => line.replace('INVITE', 'FOO')), '501'],
    ['REFER', (lines) => lines.map((line) => line.replace('INVITE', 'REFER')), '405'],
    ['SUBSCRIBE', (lines) => lines.map((line) => line.replace('INVITE', 'SUBSCRIBE')), '405'],
    ['REGISTER', (lines) => lines.map((line) => line.replace('INVITE', 'REGISTER')), '405'],
    ['a BYE outside any dialog', (lines) => lines.map((line) => line.replace('INVITE', 'BYE')), '481'],
    ['an INFO outside any dialog', (lines) => lines.map((line) => line.replace('INVITE', 'INFO')), '481'],
    [
      'an INVITE inside an unknown dialog',
      (lines) => lines.map((line) => (line.startsWith('To:') ? `${line};tag=x` : line)),
      '481',
    ],
    ['no hops left', (lines) => lines.map((line) => line.replace('Max-Forwards: 70', 'Max-Forwards: 0')), '483'],
    ['an extension it requires', (lines) => [...lines.slice(0, 8), 'Require: 100rel', ...lines.slice(8)], '420'],
    [
      'a body that is no description',
      (lines) => lines.map((line) => line.replace('application/sdp', 'text/plain')),
      '415',
    ],
    [
      'a scheme we cannot keep',
      (lines) => lines.map((line) => line.replace('sip:service@10.0.0.5 SIP', 'sips:service@10.0.0.5 SIP')),
      '416',
    ],
    [
      'a version of its own',
      (lines) => lines.map((line) => line.replace('10.0.0.5 SIP/2.0', '10.0.0.5 SIP/7.0')),
      '505',
    ],
    ['two Call-IDs', (lines) => [...lines.slice(0, 8), 'Call-ID: two', ...lines.slice(8)], '400'],
  ];
  test.each(cases)('%s', (_name, change, status) => {
    const bench = new Bench();
    const [refused] = bench.say(CALLER, ...change(invite()));
    expect(refused.slice(8, 11)).toBe(status);
    expect(bench.news.filter(({ kind }) => kind !== 'counted')).toEqual([]);
    // Nothing is kept of them.
    expect(bench.agent.holdings).toMatchObject({ transactions: 0, legs: 0, calls: 0 });
  });

  test('OPTIONS is answered with what we can, and without a trace', () => {
    const bench = new Bench();
    const [answered] = bench.say(
      CALLER,
      ...invite()
        .slice(0, 7)
        .map((line) => line.replace('INVITE', 'OPTIONS')),
    );
    expect(answered).toMatch(/^SIP\/2.0 200 OK/);
    expect(header(answered, 'Allow')).toContain('INVITE');
    expect(header(answered, 'Accept')).toBe('application/sdp');
    expect(bench.agent.holdings.transactions).toBe(0);
  });

  test('the same request refused twice gets the same tag', () => {
    const bench = new Bench();
    const bye = invite()
      .slice(0, 7)
      .map((line) => line.replace('INVITE', 'BYE'));
    expect(bench.say(CALLER, ...bye)).toEqual(bench.say(CALLER, ...bye));
  });

  test('a stranger who knows a dialog is refused all the same', () => {
    const bench = new Bench();
    const accepted = setUp(bench);
    expect(bench.say(STRANGER, ...inside(accepted, 'BYE', 2))[0]).toMatch(/^SIP\/2.0 403/);
    expect(bench.counts('foreign-in-dialog')).toBe(1);
    expect(bench.news.filter(({ kind }) => kind === 'call-ended')).toEqual([]);
  });

  test('a CSeq that goes back is answered 500', () => {
    const bench = new Bench();
    const accepted = setUp(bench);
    expect(bench.say(CALLER, ...inside(accepted, 'OPTIONS', 5))[0]).toMatch(/^SIP\/2.0 200/);
    expect(bench.say(CALLER, ...inside(accepted, 'BYE', 4))[0]).toMatch(/^SIP\/2.0 500/);
  });
});

describe('strangers, where peers are known', () => {
  const METHODS = ['INVITE', 'OPTIONS', 'REGISTER', 'BYE', 'CANCEL', 'INFO', 'UPDATE', 'SUBSCRIBE', 'FOO'];
  const isPeer = (address: string, listener: string) => address === '10.0.0.1' && listener === 'caller-side';

  test.each(METHODS)('are refused each %s once, whatever it asks, and leave nothing behind', (method) => {
    const bench = new Bench({ isPeer });
    const request = invite(['Require: nonsense']).map((line) => line.replace('INVITE', method));
    for (const flow of [STRANGER, { ...CALLER, listener: 'agent-side' }]) {
      const answers = bench.say(flow, ...request);
      expect(answers.map((text) => text.slice(0, 22))).toEqual(['SIP/2.0 403 Forbidden\r']);
      // RFC 3261 §18.2.1: said where the Via names another address.
      expect(header(answers[0], 'Via').includes('received=10.6.6.6')).toBe(flow === STRANGER);
      expect(bench.agent.holdings).toMatchObject({ transactions: 0, legs: 0, calls: 0, deadlines: 0 });
      expect(bench.wait(40_000)).toEqual([]);
    }
    expect(bench.counts('stranger')).toBe(2);
    expect(bench.news.filter(({ kind }) => kind !== 'counted')).toEqual([]);
  });

  test('get no answer to an ACK', () => {
    const bench = new Bench({ isPeer });
    const ack = invite()
      .slice(0, 7)
      .map((line) => line.replace('INVITE', 'ACK'));
    expect(bench.say(STRANGER, ...ack)).toEqual([]);
    expect(bench.counts('stranger')).toBe(0);
  });

  test('neither end a call nor hear that its INVITE came again', () => {
    const bench = new Bench({ isPeer });
    bench.say(CALLER, ...invite());
    expect(bench.say(STRANGER, ...invite()).map((text) => text.slice(8, 11))).toEqual(['403']);
    const cancel = invite()
      .slice(0, 7)
      .map((line) => line.replace('INVITE', 'CANCEL'));
    expect(bench.say(STRANGER, ...cancel).map((text) => text.slice(8, 11))).toEqual(['403']);
    bench.say(AGENT, ...answer(bench.last('INVITE'), '200 OK', 'bob', SDP));
    const bye = inside(bench.last('SIP/2.0 200'), 'BYE', 2);
    expect(bench.say(STRANGER, ...bye).map((text) => text.slice(8, 11))).toEqual(['403']);
    expect(bench.news.filter(({ kind }) => kind === 'call-ended')).toEqual([]);
    expect(bench.agent.holdings.calls).toBe(1);
  });

  test('does not mean the one whom we called ourselves', () => {
    const bench = new Bench({ isPeer });
    setUp(bench);
    const sent = bench.last('INVITE');
    const bye = [
      'BYE sip:10.0.0.5:5062 SIP/2.0',
      'Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKbye',
      `From: ${header(sent, 'To')};tag=bob`,
      `To: ${header(sent, 'From')}`,
      `Call-ID: ${header(sent, 'Call-ID')}`,
      'CSeq: 1 BYE',
    ];
    expect(bench.say(AGENT, ...bye).some((text) => text.startsWith('SIP/2.0 200'))).toBe(true);
  });

  test('keeps OPTIONS of a peer answered', () => {
    const bench = new Bench({ isPeer });
    const options = invite()
      .slice(0, 7)
      .map((line) => line.replace('INVITE', 'OPTIONS'));
    expect(bench.say(CALLER, ...options)[0]).toMatch(/^SIP\/2.0 200/);
  });
});

describe('UPDATE', () => {
  test('without an offer is a sign of life; with one it renegotiates by re-INVITE on the other leg', () => {
    const bench = new Bench();
    const accepted = setUp(bench);
    expect(bench.say(CALLER, ...inside(accepted, 'UPDATE', 2))[0]).toMatch(/^SIP\/2.0 200/);
    const [reinvite] = bench.say(CALLER, ...inside(accepted, 'UPDATE', 3, SDP));
    expect(reinvite).toMatch(/^INVITE /);
    const outcome = bench.say(
      AGENT,
      ...answer(reinvite, '200 OK', 'bob', SDP).map((line) => line.replace(/(;tag=bob)+/, ';tag=bob')),
    );
    expect(outcome.map((text) => text.split(' ', 2).join(' '))).toEqual(['ACK sip:bob@10.0.0.9', 'SIP/2.0 200']);
    expect(header(outcome[1], 'CSeq')).toBe('3 UPDATE');
  });

  test('that nobody answers is refused in time', () => {
    const bench = new Bench();
    const accepted = setUp(bench);
    bench.say(CALLER, ...inside(accepted, 'UPDATE', 3, SDP));
    expect(bench.wait(21_000).some((text) => text.startsWith('SIP/2.0 504'))).toBe(true);
  });
});

describe('reasons', () => {
  test('are passed from one leg to the other if they are what RFC 3326 says, and nothing else is', () => {
    const bench = new Bench();
    const accepted = setUp(bench);
    const reasons = ['Reason: Q.850;cause=16;text="Normal call clearing"', 'Reason: junk <script>', 'X-Secret: 1'];
    bench.say(CALLER, ...inside(accepted, 'BYE', 2, reasons));
    const bye = bench.last('BYE');
    expect(headers(bye, 'Reason')).toEqual(['Q.850;cause=16;text="Normal call clearing"']);
    expect(bye).not.toContain('X-Secret');
  });
});

describe('hostile input', () => {
  test('changed in every way, never throws, never calls out by itself, and leaves nothing behind', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seededRandom(seed);
      const bench = new Bench();
      const accepted = setUp(bench);
      const seeds = [
        invite(['Record-Route: <sip:p@10.0.0.1;lr>']),
        inside(accepted, 'INVITE', 9, SDP),
        inside(accepted, 'INFO', 10, ['Content-Type: application/dtmf', 'Content-Length: 1', '', '5']),
        inside(accepted, 'UPDATE', 11, SDP),
        inside(accepted, 'ACK', 9),
        answer(bench.last('INVITE'), '200 OK', 'bob', SDP),
        answer(bench.last('INVITE'), '183 Progress', 'eve', SDP),
      ];
      try {
        for (let round = 0; round < 300; round += 1) {
          const bytes = mutate(
            Buffer.from(seeds[Math.floor(random() * seeds.length)].join('\r\n').concat('\r\n\r\n')),
            random,
          );
          bench.give({ kind: 'received', flow: random() < 0.5 ? CALLER : AGENT, bytes });
          if (random() < 0.05) {
            bench.wait(random() * 40_000);
          }
        }
        for (const call of bench.news) {
          if (call.kind === 'call-arrived') {
            bench.give({ kind: 'hang-up', callId: call.callId, reason: 'end of test' });
          }
        }
        bench.wait(400_000);
        expect(Object.values(bench.agent.holdings)).toEqual([0, 0, 0, 0, 0, 0]);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });

  function mutate(bytes: Buffer, random: () => number): Buffer {
    const copy = Buffer.from(bytes);
    const faults = Math.floor(random() * 6);
    for (let fault = 0; fault < faults; fault += 1) {
      copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
    }
    return random() < 0.1 ? copy.subarray(0, Math.floor(random() * copy.length)) : copy;
  }
});
