/** The gateway's SIP endpoint on real sockets, with a trunk on one side and registered users on the other. */
import { type BackToBackNews, SipEndpoint } from '../../sip/sip-endpoint-socket.js';
import { type UserAgentNews, UserAgentSocket } from '../../sip/user-agent-socket.js';
import { ANSWER } from './call-stage.js';

const ADDRESS = '127.0.0.1';

export const USERS = [
  { name: 'alice', password: 'alice-and-nobody-else' },
  { name: 'bob', password: 'bob-and-nobody-else' },
];

export const ALLOWED_ORIGIN = 'http://127.0.0.1:8080';

type Transport = 'udp' | 'tcp' | 'ws' | 'wss';

export type RegisteredStageOptions = {
  readonly transports?: readonly Transport[];
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
  readonly algorithms?: readonly ('MD5' | 'SHA-256')[];
  readonly proofTimeoutMs?: number;
};

export class RegisteredStage {
  readonly gateway: SipEndpoint;
  readonly trunk: UserAgentSocket;
  readonly news: BackToBackNews[] = [];
  readonly trunkNews: UserAgentNews[] = [];
  readonly counts = new Map<string, number>();
  /** What the trunk does with a call; answers it by default. */
  onTrunkCall: (callId: string) => void = (callId) => this.trunk.handle({ kind: 'answer', callId, sdp: ANSWER });
  usersPort = 0;
  #trunkPort = 0;
  #trunkSidePort = 0;
  #waiting = new Set<() => void>();

  private constructor(options: RegisteredStageOptions) {
    const transports = options.transports ?? ['ws'];
    this.trunk = new UserAgentSocket({
      listeners: [{ name: 'phone', address: ADDRESS, port: 0, transports: ['udp'] }],
      onOutput: (output) => this.#hearTrunk(output),
    });
    this.gateway = new SipEndpoint({
      listeners: [
        { name: 'trunk-side', address: ADDRESS, port: 0, transports: ['udp'] },
        { name: 'user-side', address: ADDRESS, port: 0, transports, tls: options.tls },
      ],
      maxCalls: 100,
      isPeer: (_address, listener) => listener === 'trunk-side',
      isOriginAllowed: (origin) => origin === ALLOWED_ORIGIN,
      proofTimeoutMs: options.proofTimeoutMs,
      registration: {
        realm: 'tonegate',
        users: USERS,
        listeners: new Map([['user-side', options.algorithms ?? ['SHA-256', 'MD5']]]),
      },
      onOutput: (output) => this.#hearGateway(output),
      onError: (error) => {
        throw error;
      },
    });
  }

  static async open(options: RegisteredStageOptions = {}): Promise<RegisteredStage> {
    const stage = new RegisteredStage(options);
    const [trunkBound] = await stage.trunk.start();
    const bound = await stage.gateway.start();
    stage.#trunkPort = trunkBound.port;
    stage.#trunkSidePort = bound.find(({ name }) => name === 'trunk-side')?.port ?? 0;
    stage.usersPort = bound.find(({ name }) => name === 'user-side')?.port ?? 0;
    return stage;
  }

  /** The trunk calls that user. */
  callUser(user: string, sdp: Buffer, displayName = ''): void {
    const uri = `sip:${user}@${ADDRESS}:${this.#trunkSidePort}`;
    this.trunk.handle({
      kind: 'place-call',
      callId: 'inbound',
      target: {
        flow: {
          listener: 'phone',
          transport: 'udp',
          remoteAddress: ADDRESS,
          remotePort: this.#trunkSidePort,
        },
        requestUri: uri,
        from: { displayName, uri: `sip:5551234@${ADDRESS}` },
        to: { displayName: '', uri },
      },
      sdp,
    });
  }

  /** Resolves once something has been heard, past or to come, that fits. */
  async until(what: string, isThere: () => boolean): Promise<void> {
    const deadlineMs = performance.now() + 10_000;
    while (!isThere()) {
      if (performance.now() > deadlineMs) throw new Error(`waited in vain until ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  heardByTrunk(kind: UserAgentNews['kind']): Promise<void> {
    return this.until(`the trunk hears ${kind}`, () => this.trunkNews.some((one) => one.kind === kind));
  }

  heardByGateway(kind: BackToBackNews['kind']): Promise<void> {
    return this.until(`the gateway tells ${kind}`, () => this.news.some((one) => one.kind === kind));
  }

  counted(code: string): Promise<void> {
    return this.until(`the gateway counts ${code}`, () => this.counts.has(code));
  }

  async close(): Promise<void> {
    await Promise.all([this.gateway.close(), this.trunk.close()]);
  }

  #hearTrunk(output: UserAgentNews): void {
    this.trunkNews.push(output);
    if (output.kind === 'incoming-call') this.onTrunkCall(output.callId);
    if (output.kind === 'renegotiation-requested') {
      this.trunk.handle({ kind: 'accept-renegotiation', callId: output.callId, sdp: ANSWER });
    }
    this.#wake();
  }

  #hearGateway(output: BackToBackNews): void {
    if (output.kind === 'counted') this.counts.set(output.code, (this.counts.get(output.code) ?? 0) + 1);
    else this.news.push(output);
    if (output.kind === 'call-arrived') this.#route(output);
    if (output.kind === 'description-received') {
      const { exchangeId, sdp } = output;
      this.gateway.handle({ kind: 'description-ready', exchangeId, sdp: Buffer.from(sdp) });
    }
    this.#wake();
  }

  #route(arrival: BackToBackNews & { readonly kind: 'call-arrived' }): void {
    const { callId, from, to } = arrival;
    if (arrival.flow.listener === 'trunk-side') {
      this.gateway.handle({ kind: 'route-call-to-user', callId, user: to.user, listener: 'user-side', from, to });
      return;
    }
    const flow = {
      listener: 'trunk-side',
      transport: 'udp' as const,
      remoteAddress: ADDRESS,
      remotePort: this.#trunkPort,
    };
    const requestUri = `sip:${to.user}@${ADDRESS}:${this.#trunkPort}`;
    this.gateway.handle({ kind: 'route-call', callId, target: { flow, requestUri, from, to } });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const go of waiting) go();
  }
}
