/**
 * A telephone whose call is wholly in the test's hands: signalling by our single-leg user agent (sipp and baresip prove
 * the gateway's elsewhere), a keypad for every mixture of tones and events, and all that was said and heard kept.
 */
import { negotiatedAudio } from '../../sip/offer-answer.js';
import { parseSdp } from '../../sip/sdp.js';
import { type UserAgentNews, UserAgentSocket } from '../../sip/user-agent-socket.js';
import { AgentEar } from './agent-ear.js';
import { eventually } from './deadline.js';
import { KeypadTalker, type KeypadWay, type Rhythm, type SentPress } from './keypad-talker.js';
import { keyNames } from './keys.js';
import type { PortRange } from './ports.js';
import type { RtpReport } from './rtp-report.js';
import { speechFor } from './speech.js';
import { type VoiceEncoding, voicePayloadType } from './voice-codec.js';

const ADDRESS = '127.0.0.1';
const LISTENER = 'phone';
const EVENT_PAYLOAD_TYPE = 101;
const LIMIT_MS = 15_000;
const SPEECH_MS = 8_000;
/** A quick thumb. Q.24 wants 40 ms of tone and as much pause heard; packets are 20 ms. */
const RHYTHM: Rhythm = { onMs: 80, offMs: 60 };

/** SIP INFO goes as fast as it is answered. */
export type KeyWay = KeypadWay | 'sip-info';

export type PhoneOptions = {
  /** What it says over and over; each side says something else, or nobody could tell them apart. */
  readonly words?: string;
  /** The only encoding that it speaks; PCMU where none is said. */
  readonly encoding?: VoiceEncoding;
  readonly displayName?: string;
};

export type Direction = 'sendrecv' | 'sendonly' | 'inactive';

export class KeypadPhone {
  readonly user: string;
  readonly sipPort: number;
  readonly ear: AgentEar;
  /** Bodies of the INFOs that came. */
  readonly receivedInfos: string[] = [];
  /** Answers to the INFOs that it sent. */
  readonly infoStatuses: number[] = [];
  readonly #speech: Int16Array;
  readonly #encoding: VoiceEncoding;
  readonly #displayName: string;
  readonly #sip: UserAgentSocket;
  readonly #news: UserAgentNews[] = [];
  #callId: string | undefined;
  #calls = 0;
  #remotePort = 0;
  #sdpVersion = 0;
  #talker: KeypadTalker | undefined;
  #isClosed = false;

  private constructor(
    user: string,
    sipPort: number,
    ear: AgentEar,
    voice: { readonly speech: Int16Array; readonly encoding: VoiceEncoding },
    displayName: string,
  ) {
    this.user = user;
    this.sipPort = sipPort;
    this.ear = ear;
    this.#speech = voice.speech;
    this.#encoding = voice.encoding;
    this.#displayName = displayName;
    this.#sip = new UserAgentSocket({
      listeners: [{ name: LISTENER, address: ADDRESS, port: sipPort, transports: ['udp', 'tcp'] }],
      onOutput: (news) => this.#hear(news),
    });
  }

  static async start(ports: PortRange, user: string, options: PhoneOptions = {}): Promise<KeypadPhone> {
    const sipPort = await ports.next();
    // RTCP has the port after it, where nobody listens: a phone without RTCP is a phone.
    const ear = await AgentEar.listen(await ports.consecutive(2));
    const voice = { speech: await speechFor(SPEECH_MS, options.words), encoding: options.encoding ?? 'PCMU' };
    const phone = new KeypadPhone(user, sipPort, ear, voice, options.displayName ?? 'Test phone');
    await phone.#sip.start();
    return phone;
  }

  get isInCall(): boolean {
    return this.#callId !== undefined;
  }

  /** Of the call that goes on or was the last. */
  get talker(): KeypadTalker {
    if (this.#talker === undefined) throw new Error(`${this.user} has had no call yet`);
    return this.#talker;
  }

  get presses(): readonly SentPress[] {
    return this.talker.presses;
  }

  heard(): RtpReport {
    return this.ear.report(EVENT_PAYLOAD_TYPE);
  }

  /** Resolves when the far side has answered and this one talks. */
  async call(user: string, port: number, transport: 'udp' | 'tcp' = 'udp'): Promise<void> {
    this.#calls += 1;
    this.#callId = `call-${this.#calls}`;
    const before = this.#news.length;
    const address = `sip:${user}@${ADDRESS}:${port}`;
    this.#sip.handle({
      kind: 'place-call',
      callId: this.#callId,
      sdp: this.#description('sendrecv'),
      target: {
        flow: { listener: LISTENER, transport, remoteAddress: ADDRESS, remotePort: port },
        requestUri: address,
        from: { displayName: this.#displayName, uri: `sip:${this.user}@${ADDRESS}:${this.sipPort}` },
        to: { displayName: '', uri: address },
      },
    });
    await this.#newsAfter(before, 'an answer', 'accepted');
  }

  /** Presses keys one after the other and resolves when the last one is over. */
  async key(keys: readonly number[], way: KeyWay, rhythm: Rhythm = RHYTHM): Promise<void> {
    if (way !== 'sip-info') return this.talker.key(keys, way, rhythm);
    for (const key of keys) await this.info('application/dtmf-relay', `Signal=${keyNames([key])}\r\nDuration=100\r\n`);
  }

  /** The same with an INFO for every key besides, sent when it is released. */
  async keyWithInfo(keys: readonly number[], way: KeypadWay, rhythm: Rhythm = RHYTHM): Promise<void> {
    const infos: Promise<unknown>[] = [];
    this.talker.onReleased = (key) => infos.push(this.key([key], 'sip-info'));
    await this.talker.key(keys, way, rhythm);
    this.talker.onReleased = () => {};
    await Promise.all(infos);
  }

  /** Sends an INFO and answers its status. */
  async info(contentType: string, body: string): Promise<number> {
    const before = this.#news.length;
    this.#sip.handle({ kind: 'send-info', callId: this.#ownCall(), contentType, body: Buffer.from(body, 'latin1') });
    const { outcome } = await this.#newsAfter(before, 'an answer to the INFO', 'info-answered');
    this.infoStatuses.push(outcome.status);
    return outcome.status;
  }

  /** Sends a re-INVITE and answers its status: hold with `sendonly`, resume with `sendrecv`. */
  async renegotiate(direction: Direction): Promise<number> {
    const before = this.#news.length;
    this.#sip.handle({ kind: 'renegotiate', callId: this.#ownCall(), sdp: this.#description(direction) });
    const answered = await this.#newsAfter(
      before,
      'an answer to the re-INVITE',
      'renegotiation-accepted',
      'renegotiation-failed',
    );
    return answered.kind === 'renegotiation-failed' ? answered.outcome.status : 200;
  }

  hangUp(): void {
    if (this.#callId !== undefined) this.#sip.handle({ kind: 'hang-up', callId: this.#callId });
    this.#over();
  }

  /** Resolves when the far side has hung up. */
  async hungUp(): Promise<void> {
    await eventually(LIMIT_MS, `the end of ${this.user}'s call`, () => (this.isInCall ? undefined : true));
  }

  /** Leaves its ports to somebody else; harmless when it has been closed. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.hangUp();
    await this.#sip.close();
    await this.ear.close();
  }

  #hear(news: UserAgentNews): void {
    this.#news.push(news);
    switch (news.kind) {
      case 'incoming-call':
        this.#callId = news.callId;
        this.#remotePort = remotePortOf(news.sdp);
        this.#sip.handle({ kind: 'ring', callId: news.callId, status: 180, reason: 'Ringing' });
        this.#sip.handle({ kind: 'answer', callId: news.callId, sdp: this.#description('sendrecv') });
        return;
      case 'acknowledged':
        this.#talk();
        return;
      case 'accepted':
        this.#remotePort = remotePortOf(news.sdp);
        this.#talk();
        return;
      case 'renegotiation-requested':
        this.#sip.handle({ kind: 'accept-renegotiation', callId: news.callId, sdp: this.#answerTo(news.sdp) });
        return;
      case 'info':
        this.receivedInfos.push(news.body.toString('latin1'));
        this.#sip.handle({ kind: 'answer-info', callId: news.callId, infoId: news.infoId, status: 200 });
        return;
      case 'ended':
        this.#over();
        return;
      default:
        return;
    }
  }

  #talk(): void {
    if (this.#talker !== undefined && !this.#talker.isStopped) return;
    this.ear.clear();
    this.#talker = new KeypadTalker({
      socket: this.ear.socket,
      remotePort: this.#remotePort,
      encoding: this.#encoding,
      eventPayloadType: EVENT_PAYLOAD_TYPE,
      speech: this.#speech,
    });
  }

  #over(): void {
    this.#talker?.stop();
    this.#callId = undefined;
  }

  #ownCall(): string {
    if (this.#callId === undefined) throw new Error(`${this.user} is in no call`);
    return this.#callId;
  }

  /** The first news of these kinds after the first `count` of all. */
  #newsAfter<Kind extends UserAgentNews['kind']>(
    count: number,
    what: string,
    ...kinds: readonly Kind[]
  ): Promise<Extract<UserAgentNews, { readonly kind: Kind }>> {
    return eventually(LIMIT_MS, what, () => {
      const news = this.#news.slice(count);
      const ended = news.find((each) => each.kind === 'ended');
      const found = news.find((each): each is Extract<UserAgentNews, { readonly kind: Kind }> => isOneOf(each, kinds));
      if (found === undefined && ended?.kind === 'ended') {
        throw new Error(`${what} did not come: ${ended.outcome.status} ${ended.outcome.reason}`);
      }
      return found;
    });
  }

  #answerTo(offer: Buffer | undefined): Buffer {
    const text = offer?.toString('latin1') ?? '';
    if (/^a=sendonly\r?$/m.test(text)) return this.#description('recvonly');
    return this.#description(/^a=inactive\r?$/m.test(text) ? 'inactive' : 'sendrecv');
  }

  #description(direction: Direction | 'recvonly'): Buffer {
    this.#sdpVersion += 1;
    const lines = [
      'v=0',
      `o=- 1 ${this.#sdpVersion} IN IP4 ${ADDRESS}`,
      's=-',
      `c=IN IP4 ${ADDRESS}`,
      't=0 0',
      `m=audio ${this.ear.port} RTP/AVP ${voicePayloadType[this.#encoding]} ${EVENT_PAYLOAD_TYPE}`,
      `a=rtpmap:${voicePayloadType[this.#encoding]} ${this.#encoding}/8000`,
      `a=rtpmap:${EVENT_PAYLOAD_TYPE} telephone-event/8000`,
      `a=fmtp:${EVENT_PAYLOAD_TYPE} 0-15`,
      'a=ptime:20',
      `a=${direction}`,
      '',
    ];
    return Buffer.from(lines.join('\r\n'));
  }
}

function isOneOf<Kind extends UserAgentNews['kind']>(
  news: UserAgentNews,
  kinds: readonly Kind[],
): news is Extract<UserAgentNews, { readonly kind: Kind }> {
  return kinds.some((kind) => kind === news.kind);
}

function remotePortOf(sdp: Buffer | undefined): number {
  const description = sdp === undefined ? undefined : parseSdp(sdp);
  const audio = description === undefined || 'kind' in description ? undefined : negotiatedAudio(description);
  if (audio === undefined) throw new Error('the gateway sent no description of audio');
  return audio.remotePort;
}
