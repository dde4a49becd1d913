/**
 * An agent's softphone for tests: signalling by our single-leg user agent over plain SIP (sip.js proves the browser's
 * elsewhere), media by whatever WebRTC endpoint it is given.
 */
import { type UserAgentNews, UserAgentSocket } from '../../sip/user-agent-socket.js';
import { eventually } from '../support/deadline.js';

const ADDRESS = '127.0.0.1';
const LISTENER = 'phone';
const LIMIT_MS = 15_000;

/** Somebody else's WebRTC: a browser's page or a library. Descriptions hold all of its candidates. */
export interface WebRtcEndpoint {
  offer(): Promise<string>;
  answer(offer: string): Promise<string>;
  accept(answer: string): Promise<void>;
}

export class WebRtcPhone {
  readonly user: string;
  readonly sipPort: number;
  readonly #endpoint: WebRtcEndpoint;
  readonly #sip: UserAgentSocket;
  readonly #news: UserAgentNews[] = [];
  /** What went wrong while a description was made. */
  #fault: unknown;
  #callId: string | undefined;
  #calls = 0;

  private constructor(user: string, sipPort: number, endpoint: WebRtcEndpoint) {
    this.user = user;
    this.sipPort = sipPort;
    this.#endpoint = endpoint;
    this.#sip = new UserAgentSocket({
      listeners: [{ name: LISTENER, address: ADDRESS, port: sipPort, transports: ['udp', 'tcp'] }],
      onOutput: (news) => this.#hear(news),
    });
  }

  static async start(sipPort: number, user: string, endpoint: WebRtcEndpoint): Promise<WebRtcPhone> {
    const phone = new WebRtcPhone(user, sipPort, endpoint);
    await phone.#sip.start();
    return phone;
  }

  get isInCall(): boolean {
    return this.#callId !== undefined;
  }

  async call(user: string, port: number): Promise<void> {
    this.#calls += 1;
    this.#callId = `call-${this.#calls}`;
    const before = this.#news.length;
    const address = `sip:${user}@${ADDRESS}:${port}`;
    this.#sip.handle({
      kind: 'place-call',
      callId: this.#callId,
      sdp: Buffer.from(await this.#endpoint.offer()),
      target: {
        // More than a datagram of the usual size holds.
        flow: { listener: LISTENER, transport: 'tcp', remoteAddress: ADDRESS, remotePort: port },
        requestUri: address,
        from: { displayName: 'Agent', uri: `sip:${this.user}@${ADDRESS}:${this.sipPort}` },
        to: { displayName: '', uri: address },
      },
    });
    const accepted = await this.#newsAfter(before, 'an answer', 'accepted');
    if (accepted.sdp !== undefined) await this.#endpoint.accept(accepted.sdp.toString());
  }

  /** Sends a re-INVITE with an offer of the endpoint's, and returns the status of its answer. */
  async renegotiate(): Promise<number> {
    const before = this.#news.length;
    this.#sip.handle({ kind: 'renegotiate', callId: this.#ownCall(), sdp: Buffer.from(await this.#endpoint.offer()) });
    const answered = await this.#newsAfter(
      before,
      'an answer to the re-INVITE',
      'renegotiation-accepted',
      'renegotiation-failed',
    );
    if (answered.kind === 'renegotiation-failed') return answered.outcome.status;
    if (answered.sdp !== undefined) await this.#endpoint.accept(answered.sdp.toString());
    return 200;
  }

  hangUp(): void {
    if (this.#callId !== undefined) this.#sip.handle({ kind: 'hang-up', callId: this.#callId });
    this.#callId = undefined;
  }

  async hungUp(): Promise<void> {
    await eventually(LIMIT_MS, `the end of ${this.user}'s call`, () => (this.isInCall ? undefined : true));
  }

  async close(): Promise<void> {
    this.hangUp();
    await this.#sip.close();
  }

  #hear(news: UserAgentNews): void {
    this.#news.push(news);
    switch (news.kind) {
      case 'incoming-call':
        this.#callId = news.callId;
        this.#sip.handle({ kind: 'ring', callId: news.callId, status: 180, reason: 'Ringing' });
        void this.#answered(news.sdp, (sdp) => this.#sip.handle({ kind: 'answer', callId: news.callId, sdp }));
        return;
      case 'renegotiation-requested':
        void this.#answered(news.sdp, (sdp) =>
          this.#sip.handle({ kind: 'accept-renegotiation', callId: news.callId, sdp }),
        );
        return;
      case 'ended':
        this.#callId = undefined;
        return;
      default:
        return;
    }
  }

  async #answered(offer: Buffer | undefined, tell: (sdp: Buffer) => void): Promise<void> {
    try {
      tell(
        Buffer.from(offer === undefined ? await this.#endpoint.offer() : await this.#endpoint.answer(offer.toString())),
      );
    } catch (error) {
      this.#fault = error;
    }
  }

  #ownCall(): string {
    if (this.#callId === undefined) throw new Error(`${this.user} is in no call`);
    return this.#callId;
  }

  #newsAfter<Kind extends UserAgentNews['kind']>(
    count: number,
    what: string,
    ...kinds: readonly Kind[]
  ): Promise<Extract<UserAgentNews, { readonly kind: Kind }>> {
    return eventually(LIMIT_MS, what, () => {
      if (this.#fault !== undefined) throw this.#fault;
      const news = this.#news.slice(count);
      const ended = news.find((each) => each.kind === 'ended');
      const found = news.find((each): each is Extract<UserAgentNews, { readonly kind: Kind }> =>
        kinds.some((kind) => kind === each.kind),
      );
      if (found === undefined && ended?.kind === 'ended') {
        throw new Error(`${what} did not come: ${ended.outcome.status} ${ended.outcome.reason}`);
      }
      return found;
    });
  }
}
