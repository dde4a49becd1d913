/** A telephone of the demo: a SIP user agent with one line, speech-like audio and a keypad, on real sockets. */
import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { negotiatedAudio } from '../../sip/offer-answer.js';
import { parseSdp } from '../../sip/sdp.js';
import { type UserAgentNews, UserAgentSocket } from '../../sip/user-agent-socket.js';
import type { KeyCodes, KeyTransport } from './key-transport.js';
import { PhoneListener } from './phone-listener.js';
import { PhoneTalker } from './phone-talker.js';

const ADDRESS = '127.0.0.1';
const PACKET_TIME_MS = 20;
const USUAL_EVENT_PAYLOAD_TYPE = 101;
const CALL_LIMIT_MS = 10_000;
const LISTENER = 'phone';

export type PhoneOptions = {
  readonly user: string;
  readonly displayName: string;
  readonly seed: number;
  readonly quietWhileKeying?: boolean;
};

type Line = {
  readonly callId: string;
  remotePort: number;
  eventPayloadType: number;
};

export class Phone {
  readonly #options: PhoneOptions;
  readonly #sip: UserAgentSocket;
  readonly #rtp: Socket;
  #sipPort = 0;
  #rtpPort = 0;
  #line: Line | undefined;
  #answered: () => void = () => {};
  #failed: (reason: string) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  readonly #keyed: (() => void)[] = [];
  #talker: PhoneTalker;
  #listener = new PhoneListener();
  #sent = new PhoneListener();
  #talking = true;
  #calls = 0;

  private constructor(options: PhoneOptions) {
    this.#options = options;
    this.#talker = talkerOf(options);
    this.#rtp = createSocket('udp4');
    this.#sip = new UserAgentSocket({
      listeners: [{ name: LISTENER, address: ADDRESS, port: 0, transports: ['udp'] }],
      onOutput: (output) => this.#onSip(output),
    });
  }

  static async start(options: PhoneOptions): Promise<Phone> {
    const phone = new Phone(options);
    await new Promise<void>((resolve) => phone.#rtp.bind(0, ADDRESS, resolve));
    phone.#rtpPort = (phone.#rtp.address() as AddressInfo).port;
    phone.#rtp.on('message', (packet) => phone.#listener.receive(packet));
    phone.#sipPort = (await phone.#sip.start())[0]?.port ?? 0;
    return phone;
  }

  get sipPort(): number {
    return this.#sipPort;
  }

  /** Whether there is a call, answered or not. */
  get onCall(): boolean {
    return this.#line !== undefined;
  }

  /** Whether the person at the phone speaks; kept from call to call. */
  get talking(): boolean {
    return this.#talking;
  }

  set talking(talking: boolean) {
    this.#talking = talking;
    this.#talker.talking = talking;
  }

  get talker(): PhoneTalker {
    return this.#talker;
  }

  get listener(): PhoneListener {
    return this.#listener;
  }

  /** What a listener on the phone's own wire hears: the control for what others must not hear. */
  get sent(): PhoneListener {
    return this.#sent;
  }

  /** Dials and resolves when the far side has answered. @throws when it does not */
  async call(user: string, port: number, limitMs = CALL_LIMIT_MS): Promise<void> {
    this.#calls += 1;
    const callId = `call-${this.#calls}`;
    const answered = new Promise<void>((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = (reason) => reject(new Error(`the call failed: ${reason}`));
      setTimeout(() => reject(new Error('the call was not answered')), limitMs).unref();
    });
    this.#takeLine(callId);
    this.#sip.handle({
      kind: 'place-call',
      callId,
      sdp: this.#description(USUAL_EVENT_PAYLOAD_TYPE),
      target: {
        flow: { listener: LISTENER, transport: 'udp', remoteAddress: ADDRESS, remotePort: port },
        requestUri: `sip:${user}@${ADDRESS}:${port}`,
        from: { displayName: this.#options.displayName, uri: `sip:${this.#options.user}@${ADDRESS}:${this.#sipPort}` },
        to: { displayName: '', uri: `sip:${user}@${ADDRESS}:${port}` },
      },
    });
    await answered;
  }

  /** Resolves when all keys have been pressed, or the call is over. */
  async key(keys: KeyCodes, transport: KeyTransport): Promise<void> {
    if (!this.#line) return;
    this.#talker.key(keys, transport);
    await new Promise<void>((resolve) => {
      this.#keyed.push(resolve);
    });
  }

  hangUp(): void {
    if (!this.#line) return;
    this.#sip.handle({ kind: 'hang-up', callId: this.#line.callId });
    this.#failed('hung up');
    this.#drop();
  }

  async close(): Promise<void> {
    this.#drop();
    await this.#sip.close();
    await new Promise<void>((resolve) => this.#rtp.close(() => resolve()));
  }

  #onSip(output: UserAgentNews): void {
    switch (output.kind) {
      case 'incoming-call':
        this.#takeLine(output.callId);
        if (output.sdp) this.#hear(output.sdp);
        this.#sip.handle({ kind: 'ring', callId: output.callId, status: 180, reason: 'Ringing' });
        this.#sip.handle({
          kind: 'answer',
          callId: output.callId,
          sdp: this.#description(this.#line?.eventPayloadType ?? USUAL_EVENT_PAYLOAD_TYPE),
        });
        this.#talk();
        return;
      case 'accepted':
        if (output.sdp) this.#hear(output.sdp);
        this.#talk();
        this.#answered();
        return;
      case 'renegotiation-requested':
        if (output.sdp) this.#hear(output.sdp);
        this.#sip.handle({
          kind: 'accept-renegotiation',
          callId: output.callId,
          sdp: this.#description(this.#line?.eventPayloadType ?? USUAL_EVENT_PAYLOAD_TYPE),
        });
        return;
      case 'info':
        this.#sip.handle({ kind: 'answer-info', callId: output.callId, infoId: output.infoId, status: 200 });
        return;
      case 'ended':
        // The end of a call that was hung up may come when the next one has begun.
        if (this.#line && this.#line.callId !== output.callId) return;
        this.#failed(output.outcome.reason);
        this.#drop();
        return;
      default:
        return;
    }
  }

  #takeLine(callId: string): void {
    this.#drop();
    this.#talker = talkerOf(this.#options);
    this.#talker.talking = this.#talking;
    this.#listener = new PhoneListener();
    this.#sent = new PhoneListener();
    this.#line = { callId, remotePort: 0, eventPayloadType: USUAL_EVENT_PAYLOAD_TYPE };
  }

  #hear(sdp: Buffer): void {
    const description = parseSdp(sdp);
    const audio = 'kind' in description ? undefined : negotiatedAudio(description);
    if (!audio || !this.#line) return;
    this.#line.remotePort = audio.remotePort;
    this.#line.eventPayloadType = audio.events[0]?.payloadType ?? USUAL_EVENT_PAYLOAD_TYPE;
  }

  /** Paced by the clock, not by the timer: a late timer is made up for, as a sound card would. */
  #talk(): void {
    if (this.#timer) return;
    const sinceMs = performance.now();
    let sentPackets = 0;
    this.#timer = setInterval(() => {
      const due = Math.floor((performance.now() - sinceMs) / PACKET_TIME_MS) + 1;
      for (; sentPackets < due && this.#line; sentPackets += 1) {
        for (const packet of this.#talker.tick(this.#line.eventPayloadType)) {
          this.#sent.receive(packet);
          this.#rtp.send(packet, this.#line.remotePort, ADDRESS);
        }
      }
      if (this.#talker.idle) this.#tellKeyed();
    }, PACKET_TIME_MS / 2);
  }

  #drop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#line = undefined;
    this.#tellKeyed();
  }

  #tellKeyed(): void {
    for (const tell of this.#keyed.splice(0)) tell();
  }

  #description(eventPayloadType: number): Buffer {
    return Buffer.from(
      [
        'v=0',
        `o=- 1 1 IN IP4 ${ADDRESS}`,
        's=-',
        `c=IN IP4 ${ADDRESS}`,
        't=0 0',
        `m=audio ${this.#rtpPort} RTP/AVP 0 ${eventPayloadType}`,
        'a=rtpmap:0 PCMU/8000',
        `a=rtpmap:${eventPayloadType} telephone-event/8000`,
        `a=fmtp:${eventPayloadType} 0-15`,
        'a=ptime:20',
        'a=sendrecv',
        '',
      ].join('\r\n'),
    );
  }
}

function talkerOf({ seed, quietWhileKeying = false }: PhoneOptions): PhoneTalker {
  return new PhoneTalker({ seed, ssrc: seed, quietWhileKeying });
}
