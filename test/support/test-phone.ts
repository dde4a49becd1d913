/**
 * A telephone on the gateway's caller or agent side, all of it in the test's hands: signalling by the single-leg user
 * agent, audio and keys in real time from one socket, and everything heard kept. sipp and baresip prove the signalling
 * elsewhere; this one is for tests that decide, while a call runs, what happens next in it.
 */
import { negotiatedAudio } from '../../sip/offer-answer.js';
import { parseSdp } from '../../sip/sdp.js';
import { type UserAgentNews, UserAgentSocket } from '../../sip/user-agent-socket.js';
import { AgentEar } from './agent-ear.js';
import { eventually, pause } from './deadline.js';
import { keyNames, samplesOf } from './keys.js';
import type { PortRange } from './ports.js';
import { type KeyStyle, RtpTalker } from './rtp-talker.js';
import { speechFor } from './speech.js';

const ADDRESS = '127.0.0.1';
const EVENT_PAYLOAD_TYPE = 101;
const CALL_LIMIT_MS = 10_000;
const SPEECH_MS = 8_000;
/** A person's quick thumb. */
const RHYTHM = { onMs: 80, offMs: 80 };

export type TestPhoneOptions = {
  readonly user: string;
  readonly transport?: 'udp' | 'tcp';
};

export type KeyWay = KeyStyle | 'sip-info';

export class TestPhone {
  readonly sipPort: number;
  readonly ear: AgentEar;
  readonly #options: TestPhoneOptions;
  readonly #speech: Int16Array;
  readonly #sip: UserAgentSocket;
  readonly #infoStatuses: number[] = [];
  #infoSettled: () => void = () => {};
  #callId: string | undefined;
  #calls = 0;
  #remotePort = 0;
  #talker: RtpTalker | undefined;
  #failure: string | undefined;

  private constructor(options: TestPhoneOptions, sipPort: number, ear: AgentEar, speech: Int16Array) {
    this.#options = options;
    this.sipPort = sipPort;
    this.ear = ear;
    this.#speech = speech;
    const transports = ['udp', 'tcp'] as const;
    this.#sip = new UserAgentSocket({
      listeners: [{ name: 'phone', address: ADDRESS, port: sipPort, transports }],
      onOutput: (news) => this.#hear(news),
    });
  }

  static async start(ports: PortRange, options: TestPhoneOptions): Promise<TestPhone> {
    const sipPort = await ports.next();
    // RTCP has the port after it, where nobody listens: a phone without RTCP is a phone.
    const ear = await AgentEar.listen(await ports.consecutive(2));
    const phone = new TestPhone(options, sipPort, ear, await speechFor(SPEECH_MS));
    await phone.#sip.start();
    return phone;
  }

  /** The gateway's port for this leg's audio; 0 before the call stands. */
  get remotePort(): number {
    return this.#remotePort;
  }

  get isInCall(): boolean {
    return this.#callId !== undefined;
  }

  /** Of the stream that this phone sends. */
  get ssrc(): number | undefined {
    return this.#talker?.ssrc;
  }

  /** Resolves when the far side has answered and both talk. */
  async call(user: string, port: number): Promise<void> {
    this.#calls += 1;
    const callId = `call-${this.#calls}`;
    this.#callId = callId;
    this.#failure = undefined;
    const address = `sip:${user}@${ADDRESS}:${port}`;
    this.#sip.handle({
      kind: 'place-call',
      callId,
      sdp: this.#description(),
      target: {
        flow: {
          listener: 'phone',
          transport: this.#options.transport ?? 'udp',
          remoteAddress: ADDRESS,
          remotePort: port,
        },
        requestUri: address,
        from: { displayName: 'Test phone', uri: `sip:${this.#options.user}@${ADDRESS}:${this.sipPort}` },
        to: { displayName: '', uri: address },
      },
    });
    await eventually(CALL_LIMIT_MS, 'an answer', () => {
      if (this.#failure !== undefined) throw new Error(`the call failed: ${this.#failure}`);
      return this.#talker;
    });
  }

  /** Presses the keys one after the other, and resolves when the last one is over. */
  async key(keys: readonly number[], way: KeyWay): Promise<void> {
    if (way === 'sip-info') {
      await this.#keyByInfo(keys);
      return;
    }
    if (this.#talker === undefined) throw new Error('there is no call to press keys in');
    await this.#talker.keyIn(keys, way, RHYTHM);
  }

  /** What the gateway answered to each INFO, in turn. */
  get infoStatuses(): readonly number[] {
    return this.#infoStatuses;
  }

  hangUp(): void {
    if (this.#callId !== undefined) this.#sip.handle({ kind: 'hang-up', callId: this.#callId });
    this.#over();
  }

  /** Resolves when the far side has hung up. */
  async hungUp(limitMs = CALL_LIMIT_MS): Promise<void> {
    await eventually(limitMs, `the end of ${this.#options.user}'s call`, () => (this.isInCall ? undefined : true));
  }

  async close(): Promise<void> {
    this.hangUp();
    await this.#sip.close();
    await this.ear.close();
  }

  async #keyByInfo(keys: readonly number[]): Promise<void> {
    for (const key of keys) {
      const callId = this.#callId;
      if (callId === undefined) throw new Error('there is no call to press keys in');
      const answered = this.#infoStatuses.length + 1;
      const body = Buffer.from(`Signal=${keyNames([key])}\r\nDuration=${RHYTHM.onMs}\r\n`, 'latin1');
      this.#sip.handle({ kind: 'send-info', callId, contentType: 'application/dtmf-relay', body });
      await new Promise<void>((resolve) => {
        this.#infoSettled = resolve;
      });
      if (this.#infoStatuses.length < answered) throw new Error('the call ended before an INFO was answered');
      await pause(RHYTHM.onMs + RHYTHM.offMs);
    }
  }

  #hear(news: UserAgentNews): void {
    switch (news.kind) {
      case 'incoming-call':
        this.#callId = news.callId;
        this.#remotePort = remotePortOf(news.sdp);
        this.#sip.handle({ kind: 'ring', callId: news.callId, status: 180, reason: 'Ringing' });
        this.#sip.handle({ kind: 'answer', callId: news.callId, sdp: this.#description() });
        return;
      case 'acknowledged':
        this.#talk();
        return;
      case 'accepted':
        this.#remotePort = remotePortOf(news.sdp);
        this.#talk();
        return;
      case 'renegotiation-requested':
        this.#sip.handle({ kind: 'accept-renegotiation', callId: news.callId, sdp: this.#description() });
        return;
      case 'info':
        this.#sip.handle({ kind: 'answer-info', callId: news.callId, infoId: news.infoId, status: 200 });
        return;
      case 'info-answered':
        this.#infoStatuses.push(news.outcome.status);
        this.#infoSettled();
        return;
      case 'ended':
        this.#failure = `${news.outcome.status} ${news.outcome.reason}`;
        this.#over();
        return;
      default:
        return;
    }
  }

  #talk(): void {
    this.#talker ??= new RtpTalker({
      socket: this.ear.socket,
      remotePort: this.#remotePort,
      encoding: 'PCMU',
      audio: this.#speech.length > 0 ? this.#speech : new Int16Array(samplesOf(20)),
      eventPayloadType: EVENT_PAYLOAD_TYPE,
    });
  }

  #over(): void {
    this.#talker?.stop();
    this.#talker = undefined;
    this.#callId = undefined;
    this.#infoSettled();
  }

  #description(): Buffer {
    const lines = [
      'v=0',
      `o=- 1 1 IN IP4 ${ADDRESS}`,
      's=-',
      `c=IN IP4 ${ADDRESS}`,
      't=0 0',
      `m=audio ${this.ear.port} RTP/AVP 0 ${EVENT_PAYLOAD_TYPE}`,
      'a=rtpmap:0 PCMU/8000',
      `a=rtpmap:${EVENT_PAYLOAD_TYPE} telephone-event/8000`,
      `a=fmtp:${EVENT_PAYLOAD_TYPE} 0-15`,
      'a=ptime:20',
      'a=sendrecv',
      '',
    ];
    return Buffer.from(lines.join('\r\n'));
  }
}

function remotePortOf(sdp: Buffer | undefined): number {
  const description = sdp === undefined ? undefined : parseSdp(sdp);
  const audio = description === undefined || 'kind' in description ? undefined : negotiatedAudio(description);
  if (audio === undefined) throw new Error('the gateway sent no description of audio');
  return audio.remotePort;
}
