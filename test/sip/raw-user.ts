/** A registered user's phone, byte by byte, in virtual time: what it sends is what a test says, well-behaved or not. */
import type { BackToBackInput, BackToBackOutput } from '../../sip/back-to-back-events.js';
import { BackToBackUserAgent } from '../../sip/back-to-back-user-agent.js';
import { cseqOf, headerValue, headerValues } from '../../sip/headers.js';
import type { Flow, SipRequest, SipResponse } from '../../sip/message.js';
import { parseMessage } from '../../sip/message-parser.js';
import { type DigestAlgorithm, digestResponse } from '../../sip/registrar/digest.js';
import { Registrar } from '../../sip/registrar/registrar.js';
import { ANSWER } from './call-stage.js';
import { seededBytes } from './virtual-network.js';

export const PASSWORDS: Readonly<Record<string, string>> = { alice: 'alice-secret', bob: 'bob-secret' };
export const REALM = 'tonegate';

const TRUNK: Flow = { listener: 'trunk-side', transport: 'udp', remoteAddress: '192.0.2.10', remotePort: 5060 };

/** A WebSocket of a browser; every one that is opened has a number of its own. */
export function browserFlow(connectionId: number, remoteAddress = '198.51.100.7'): Flow {
  return { listener: 'user-side', transport: 'wss', remoteAddress, remotePort: 40_000 + connectionId, connectionId };
}

export function deskPhoneFlow(remotePort = 5060, remoteAddress = '198.51.100.7'): Flow {
  return { listener: 'user-side', transport: 'udp', remoteAddress, remotePort };
}

export class RegisteredWorld {
  readonly registrar: Registrar;
  readonly agent: BackToBackUserAgent;
  readonly counts = new Map<string, number>();
  readonly news: BackToBackOutput[] = [];
  /** Sent and not taken yet. */
  sent: { readonly flow: Flow; readonly message: SipRequest | SipResponse; readonly text: string }[] = [];
  nowMs = 1_000;

  constructor(algorithms: readonly DigestAlgorithm[] = ['SHA-256', 'MD5']) {
    this.registrar = new Registrar({
      realm: REALM,
      users: Object.entries(PASSWORDS).map(([name, password]) => ({ name, password })),
      listeners: new Map([['user-side', algorithms]]),
      random: seededBytes(1),
    });
    this.agent = new BackToBackUserAgent({
      addresses: [
        { listener: 'trunk-side', transport: 'udp', host: '203.0.113.5', port: 5060 },
        ...(['udp', 'tcp', 'wss'] as const).map((transport) => ({
          listener: 'user-side',
          transport,
          host: '203.0.113.5',
          port: 5066,
        })),
      ],
      random: seededBytes(2),
      maxCalls: 100,
      isPeer: (address, listener) => listener === TRUNK.listener && address === TRUNK.remoteAddress,
      registrar: this.registrar,
      onFault: (error) => {
        throw error;
      },
    });
  }

  handle(input: BackToBackInput): void {
    for (const output of this.agent.handle(input, this.nowMs)) {
      if (output.kind === 'send') {
        const message = parseMessage(Buffer.from(output.bytes));
        // The 400 to what could not be read repeats its broken lines.
        if (message.kind === 'failure') continue;
        this.sent.push({ flow: output.flow, message, text: output.bytes.toString('utf8') });
      } else if (output.kind === 'counted') {
        this.counts.set(output.code, (this.counts.get(output.code) ?? 0) + 1);
      } else {
        this.news.push(output);
        if (output.kind === 'description-received') {
          this.handle({ kind: 'description-ready', exchangeId: output.exchangeId, sdp: Buffer.from(output.sdp) });
        }
      }
    }
  }

  receive(flow: Flow, text: string): void {
    this.handle({ kind: 'received', flow, bytes: Buffer.from(text) });
  }

  waitMs(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    while (this.agent.deadlineMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.agent.deadlineMs);
      this.handle({ kind: 'deadline' });
    }
    this.nowMs = untilMs;
  }

  /** Takes what was sent on that flow. */
  takeFrom(flow: Flow): readonly (SipRequest | SipResponse)[] {
    const isIts = (sent: Flow) =>
      sent.listener === flow.listener &&
      sent.connectionId === flow.connectionId &&
      sent.remoteAddress === flow.remoteAddress &&
      sent.remotePort === flow.remotePort;
    const taken = this.sent.filter(({ flow: sent }) => isIts(sent)).map(({ message }) => message);
    this.sent = this.sent.filter(({ flow: sent }) => !isIts(sent));
    return taken;
  }

  /** What the gateway sent to the trunk. */
  takeTrunk(): readonly (SipRequest | SipResponse)[] {
    return this.takeFrom(TRUNK);
  }

  fromTrunk(text: string): void {
    this.receive(TRUNK, text);
  }

  /** Lets the newest call that arrived go to the trunk. */
  routeToTrunk(): void {
    const arrival = this.news.findLast((one) => one.kind === 'call-arrived');
    if (arrival?.kind !== 'call-arrived') throw new Error('no call arrived');
    const { callId, from, to } = arrival;
    const target = { flow: TRUNK, requestUri: `sip:${to.user}@192.0.2.10`, from, to };
    this.handle({ kind: 'route-call', callId, target });
  }

  /** Answers the INVITE that the trunk was sent. */
  answerFromTrunk(): void {
    const invite = this.takeTrunk().find((message) => message.kind === 'request' && message.method === 'INVITE');
    if (invite?.kind !== 'request') throw new Error('the trunk was not called');
    this.fromTrunk(responseText(invite, '200 OK', 'sip:trunk@192.0.2.10', ANSWER));
  }
}

export type RawRequest = {
  readonly method: string;
  readonly requestUri?: string;
  readonly from?: string;
  readonly to?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Credentials go along without having been asked for; answers are not followed. */
  readonly authorization?: string;
  readonly branch?: string;
  readonly callId?: string;
};

export class RawUser {
  readonly name: string;
  flow: Flow;
  readonly #world: RegisteredWorld;
  readonly #password: string;
  #sequence = 0;

  constructor(world: RegisteredWorld, name: string, flow: Flow, password = PASSWORDS[name] ?? 'none') {
    this.#world = world;
    this.name = name;
    this.flow = flow;
    this.#password = password;
  }

  get contact(): string {
    return `sip:${this.name}-phone@abcdef.invalid;transport=ws`;
  }

  text(request: RawRequest): string {
    this.#sequence += 1;
    const { method, body = '' } = request;
    const own = `sip:${this.name}@tonegate.example`;
    const lines = [
      `${method} ${request.requestUri ?? 'sip:tonegate.example'} SIP/2.0`,
      `Via: SIP/2.0/WSS abcdef.invalid;branch=${request.branch ?? `z9hG4bK-${this.name}-${this.#sequence}`}`,
      `From: ${request.from ?? `<${own}>`};tag=${this.name}-tag`,
      `To: ${request.to ?? `<${own}>`}`,
      `Call-ID: ${request.callId ?? `${this.name}-${method}`}`,
      `CSeq: ${this.#sequence} ${method}`,
      'Max-Forwards: 70',
      ...(request.headers ?? []),
      ...(request.authorization === undefined ? [] : [`Authorization: ${request.authorization}`]),
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    return `${lines.join('\r\n')}\r\n\r\n${body}`;
  }

  /** Sends it as it is; the last answer. */
  try(request: RawRequest): SipResponse | undefined {
    this.#world.receive(this.flow, this.text(request));
    return this.#world.takeFrom(this.flow).findLast((message) => message.kind === 'response');
  }

  /** Sends it, and once more with credentials when it is asked for them. */
  ask(request: RawRequest, algorithm: DigestAlgorithm = 'SHA-256'): SipResponse | undefined {
    const challenge = this.try(request);
    if (challenge?.status !== 401) return challenge;
    return this.try({ ...request, authorization: this.credentials(request, challenge, algorithm) });
  }

  register(options: { readonly contacts?: readonly string[]; readonly headers?: readonly string[] } = {}) {
    const contacts = (options.contacts ?? [`<${this.contact}>`]).map((value) => `Contact: ${value}`);
    return this.ask({ method: 'REGISTER', headers: [...contacts, ...(options.headers ?? [])] });
  }

  credentials(
    request: RawRequest,
    challenge: SipResponse,
    algorithm: DigestAlgorithm = 'SHA-256',
    nonceCount = '00000001',
  ): string {
    const offered = headerValues(challenge, 'WWW-Authenticate').find((value) => value.includes(`=${algorithm},`));
    const nonce = /nonce="([^"]+)"/.exec(offered ?? '')?.[1] ?? '';
    const uri = request.requestUri ?? 'sip:tonegate.example';
    const secret = { algorithm, username: this.name, realm: REALM, nonce, uri, nonceCount, cnonce: 'c' };
    const response = digestResponse({ ...secret, method: request.method, password: this.#password });
    return (
      `Digest username="${this.name}", realm="${REALM}", nonce="${nonce}", uri="${uri}", response="${response}", ` +
      `algorithm=${algorithm}, cnonce="c", qop=auth, nc=${nonceCount}`
    );
  }
}

/** The answer of a far side that makes a dialog. */
export function responseText(request: SipRequest, status: string, contact: string, sdp?: Buffer): string {
  const copied = ['Via', 'From', 'Call-ID'].map((name) => `${name}: ${headerValue(request, name)}`);
  const { number, method } = cseqOf(request) ?? { number: 0, method: request.method };
  const lines = [
    `SIP/2.0 ${status}`,
    ...copied,
    `To: ${headerValue(request, 'To')};tag=far`,
    `CSeq: ${number} ${method}`,
    `Contact: <${contact}>`,
    ...(sdp === undefined ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${sdp?.length ?? 0}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${sdp ?? ''}`;
}
