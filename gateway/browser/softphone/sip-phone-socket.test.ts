/** The telephone's real sip.js against a registrar at the other end of its WebSocket; time is the test's own. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { SoftphoneAccess } from '../../api/softphone-access.js';
import type { PhoneInput } from './phone-state.js';
import type { AccessAnswer } from './sip-link-socket.js';
import { SipPhone } from './sip-phone-socket.js';

const ACCESS: Omit<SoftphoneAccess, 'expiresAt'> = {
  server: 'ws://registrar.example',
  aor: 'sip:ada@registrar.example',
  user: 'ada',
  password: 'for-an-hour',
  realm: 'tonegate',
  iceServers: [],
};
const PASSWORD_LIFETIME_MS = 3_600_000;

type Answer = '200 OK' | '401 Unauthorized' | `403 Forbidden\r\nRetry-After: ${number}`;

/** What the registrar does with whoever comes, and what it has seen. */
const registrar = {
  answers: [] as Answer[],
  closesAtOnce: false,
  connections: 0,
  registers: 0,
  /** First lines of all that came, in their order. */
  heard: [] as string[],
  /** Of the newest REGISTER. */
  contact: '',
};
let socket: RegistrarSocket;

/** The browser's WebSocket, whose other end is the registrar. */
class RegistrarSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readyState = RegistrarSocket.CONNECTING;

  constructor() {
    super();
    socket = this;
    queueMicrotask(() => {
      registrar.connections += 1;
      this.readyState = RegistrarSocket.OPEN;
      this.dispatchEvent(new Event('open'));
      if (registrar.closesAtOnce) this.close();
    });
  }

  send(request: string): void {
    registrar.heard.push(request.split('\r\n', 1)[0] ?? '');
    if (!request.startsWith('REGISTER ')) return;
    registrar.registers += 1;
    registrar.contact = /^Contact: <(sip:[^;>]*)/m.exec(request)?.[1] ?? '';
    const [next = '200 OK'] = registrar.answers;
    if (registrar.answers.length > 1) registrar.answers.shift();
    queueMicrotask(() => {
      if (this.readyState !== RegistrarSocket.OPEN) return;
      this.dispatchEvent(new MessageEvent('message', { data: answerTo(request, next) }));
    });
  }

  close(): void {
    if (this.readyState === RegistrarSocket.CLOSED) return;
    this.readyState = RegistrarSocket.CLOSED;
    queueMicrotask(() => this.dispatchEvent(Object.assign(new Event('close'), { code: 1006, reason: '' })));
  }
}

function answerTo(request: string, status: Answer): string {
  const lines = request.split('\r\n');
  const header = (name: string): string => lines.find((line) => line.startsWith(`${name}: `)) ?? '';
  const answer = [
    `SIP/2.0 ${status}`,
    ...['Via', 'From', 'Call-ID', 'CSeq'].map(header),
    `${header('To')};tag=registrar`,
    header('Contact'),
    'Content-Length: 0',
  ];
  return `${answer.join('\r\n')}\r\n\r\n`;
}

let told: PhoneInput[];
let asked: number;
let phone: SipPhone;
let microphone: PromiseWithResolvers<MediaStreamTrack>;

function phoneOf(answer: () => AccessAnswer = accessNow): SipPhone {
  return new SipPhone({
    openAccess: async () => {
      asked += 1;
      return answer();
    },
    sound: { trackForCall: () => microphone.promise, play: () => {}, silence: () => {} },
    onInput: (input) => told.push(input),
  });
}

function accessNow(): SoftphoneAccess {
  return { ...ACCESS, expiresAt: new Date(Date.now() + PASSWORD_LIFETIME_MS).toISOString() };
}

const signallings = () => told.flatMap((input) => (input.kind === 'signalling' ? [input.signalling] : []));

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'performance', 'queueMicrotask'] });
  Object.assign(globalThis, { WebSocket: RegistrarSocket, addEventListener: () => {}, removeEventListener: () => {} });
  Object.assign(registrar, { answers: [], closesAtOnce: false, connections: 0, registers: 0, heard: [] });
  told = [];
  asked = 0;
  microphone = promiseWithResolvers();
  phone = phoneOf();
});

afterEach(async () => {
  const stopped = phone.stop();
  await jest.runOnlyPendingTimersAsync();
  await stopped;
  jest.useRealTimers();
});

describe('registration', () => {
  test('is there after one question for a password and one REGISTER', async () => {
    await phone.start();
    await jest.advanceTimersByTimeAsync(0);
    expect(signallings()).toEqual(['connecting', 'registering', 'registered']);
    expect([asked, registrar.registers]).toEqual([1, 1]);
  });

  test('that is refused waits as long as it was asked to, and asks for no other password', async () => {
    registrar.answers = ['403 Forbidden\r\nRetry-After: 90'];
    await phone.start();
    await jest.advanceTimersByTimeAsync(89_000);
    expect(signallings()).toEqual(['connecting', 'registering', 'refused']);
    expect([asked, registrar.registers]).toEqual([1, 1]);
    await jest.advanceTimersByTimeAsync(2_000);
    expect([asked, registrar.registers]).toEqual([1, 2]);
  });

  test('with a password that is no longer good is there with another one', async () => {
    registrar.answers = ['401 Unauthorized', '200 OK'];
    await phone.start();
    await jest.advanceTimersByTimeAsync(0);
    expect(signallings()).toEqual(['connecting', 'registering', 'registered']);
    expect([asked, registrar.registers]).toEqual([2, 2]);
  });

  test('for which no password is good is tried more and more seldom', async () => {
    registrar.answers = ['401 Unauthorized'];
    await phone.start();
    await jest.advanceTimersByTimeAsync(600_000);
    // At once, and after 30 s, 1 min, 2 min and 5 min.
    expect([asked, registrar.registers]).toEqual([1 + 5, 2 * 5]);
  });

  test('over a connection that is closed as soon as it is there is tried more and more seldom', async () => {
    registrar.closesAtOnce = true;
    await phone.start();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(registrar.connections).toBeGreaterThan(8);
    expect(registrar.connections).toBeLessThan(25);
    expect(asked).toBe(1);
    registrar.closesAtOnce = false;
    await jest.advanceTimersByTimeAsync(7_000);
    expect(signallings().at(-1)).toBe('registered');
  });

  test('at an address that sip.js cannot take is said to fail, and asked for again', async () => {
    const answers = [{ ...accessNow(), aor: 'nobody' }, accessNow()];
    phone = phoneOf(() => answers.shift() ?? 'unreachable');
    await phone.start();
    expect(signallings()).toEqual(['connecting', 'refused']);
    await jest.advanceTimersByTimeAsync(31_000);
    expect(signallings().at(-1)).toBe('registered');
  });
});

describe('a call that is given up while the microphone is looked at', () => {
  const ended = () => told.flatMap((input) => (input.kind === 'ended' ? [input.reason] : []));

  beforeEach(async () => {
    await phone.start();
    await jest.advanceTimersByTimeAsync(0);
    phone.do({ kind: 'invite', session: 'dialled-1', user: '100' });
  });

  test('by nobody, ends for the lack of one', async () => {
    microphone.reject(new Error('none'));
    await jest.advanceTimersByTimeAsync(0);
    expect(ended()).toEqual(['no-microphone']);
  });

  test('by the agent, is not begun', async () => {
    phone.do({ kind: 'cancel', session: 'dialled-1' });
    microphone.reject(new Error('none'));
    await jest.advanceTimersByTimeAsync(0);
    expect(ended()).toEqual([]);
  });

  test('with the whole telephone, is not begun either', async () => {
    const stopped = phone.stop();
    microphone.reject(new Error('none'));
    await jest.advanceTimersByTimeAsync(0);
    await stopped;
    expect(ended()).toEqual([]);
  });
});

test('a telephone that is stopped refuses what rings in the same turn, before it takes its registration back', async () => {
  await phone.start();
  await jest.advanceTimersByTimeAsync(0);
  socket.dispatchEvent(new MessageEvent('message', { data: inviteTo(registrar.contact) }));
  await jest.advanceTimersByTimeAsync(0);
  expect(told.at(-1)).toMatchObject({ kind: 'offered', callId: 'call-1' });
  registrar.heard = [];
  const stopped = phone.stop();
  expect(registrar.heard.map((line) => line.replace(/ sip:.*/, ''))).toEqual([
    'SIP/2.0 480 Temporarily Unavailable',
    'REGISTER',
  ]);
  await jest.runOnlyPendingTimersAsync();
  await stopped;
});

function inviteTo(address: string): string {
  return [
    `INVITE ${address} SIP/2.0`,
    'Via: SIP/2.0/WS registrar.example;branch=z9hG4bK1',
    'Max-Forwards: 70',
    'From: <sip:eve@registrar.example>;tag=eve',
    'To: <sip:ada@registrar.example>',
    'Call-ID: 1@registrar.example',
    'CSeq: 1 INVITE',
    'Contact: <sip:registrar.example;transport=ws>',
    'X-Tonegate-Call: call-1',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

function promiseWithResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T | PromiseLike<T>) => void = () => {};
  let reject: (reason: Error) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

type PromiseWithResolvers<T> = {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason: Error) => void;
};
