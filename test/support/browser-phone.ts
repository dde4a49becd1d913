/**
 * A browser's softphone without the browser: sip.js over a WebSocket, with plain RTP descriptions in place of WebRTC unless
 * it is given others. What it signals is what the page signals.
 */
import {
  type BodyAndContentType,
  type Invitation,
  Inviter,
  Registerer,
  type RegistererRegisterOptions,
  RegistererState,
  type Session,
  type SessionDescriptionHandler,
  type SessionDescriptionHandlerOptions,
  SessionState,
  UserAgent,
} from 'sip.js';
import { WebSocket, type ClientOptions as WebSocketOptions } from 'ws';
import { eventually } from './deadline.js';

const INVITATION_LIMIT_MS = 10_000;

type OutgoingRequestDelegate = NonNullable<RegistererRegisterOptions['requestDelegate']>;

export type BrowserPhoneOptions = {
  /** `ws://127.0.0.1:5066`. */
  readonly server: string;
  readonly user: string;
  readonly password: string;
  readonly displayName?: string;
  /** Of the page; none by default, as from a program. */
  readonly origin?: string;
  /** Certificate that a `wss` server is trusted by. */
  readonly certificate?: Buffer;
  readonly rtpPort?: number;
  /** Of one session. */
  readonly descriptions?: () => SessionDescriptionHandler;
  readonly onInvite?: (invitation: Invitation) => void;
};

/** Of sip.js: it goes on only when it has been told that the description is set. */
class PlainDescriptions implements SessionDescriptionHandler {
  /** What the other side said, newest last. */
  readonly heard: string[] = [];
  readonly #rtpPort: number;
  #version = 0;

  constructor(rtpPort: number) {
    this.#rtpPort = rtpPort;
  }

  close(): void {}

  hasDescription(contentType: string): boolean {
    return contentType === 'application/sdp';
  }

  async getDescription(options?: SessionDescriptionHandlerOptions): Promise<BodyAndContentType> {
    this.#version += 1;
    const isHeld = options !== undefined && 'hold' in options && options.hold === true;
    const lines = [
      'v=0',
      `o=- 1 ${this.#version} IN IP4 127.0.0.1`,
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${this.#rtpPort} RTP/AVP 0 101`,
      'a=rtpmap:101 telephone-event/8000',
      isHeld ? 'a=sendonly' : 'a=sendrecv',
    ];
    return { body: `${lines.join('\r\n')}\r\n`, contentType: 'application/sdp' };
  }

  async setDescription(sdp: string): Promise<void> {
    this.heard.push(sdp);
  }

  sendDtmf(): boolean {
    return false;
  }
}

export class BrowserPhone {
  readonly agent: UserAgent;
  readonly registerer: Registerer;
  readonly invitations: Invitation[] = [];
  readonly #options: BrowserPhoneOptions;
  readonly #sockets: WebSocket[];

  private constructor(agent: UserAgent, sockets: WebSocket[], options: BrowserPhoneOptions) {
    this.agent = agent;
    this.#options = options;
    this.#sockets = sockets;
    this.registerer = new Registerer(agent, { expires: 120 });
    agent.delegate = {
      onInvite: (invitation) => {
        this.invitations.push(invitation);
        options.onInvite?.(invitation);
      },
    };
  }

  /** Connects; nothing is registered yet. */
  static async connect(options: BrowserPhoneOptions): Promise<BrowserPhone> {
    const sockets: WebSocket[] = [];
    useWebSocket(options, sockets);
    const agent = new UserAgent({
      uri: addressOf(options.user),
      authorizationUsername: options.user,
      authorizationPassword: options.password,
      displayName: options.displayName ?? '',
      logBuiltinEnabled: false,
      transportOptions: { server: options.server, keepAliveInterval: 0 },
      sessionDescriptionHandlerFactory:
        options.descriptions ?? (() => new PlainDescriptions(options.rtpPort ?? 40_000)),
    });
    const phone = new BrowserPhone(agent, sockets, options);
    await agent.start();
    return phone;
  }

  /** Resolves with the status code that ends it. */
  register(): Promise<number> {
    return this.#registration((requestDelegate) => this.registerer.register({ requestDelegate }));
  }

  /** The first call that has come or comes. */
  invited(): Promise<Invitation> {
    return eventually(INVITATION_LIMIT_MS, 'a call at the browser phone', () => this.invitations.at(0));
  }

  unregister(): Promise<number> {
    return this.#registration((requestDelegate) => this.registerer.unregister({ requestDelegate }));
  }

  get isRegistered(): boolean {
    return this.registerer.state === RegistererState.Registered;
  }

  /** A call that is ringing or refused at once: its states say what becomes of it. */
  async call(user: string, host?: string): Promise<{ readonly session: Inviter; readonly refusal: Promise<number> }> {
    const session = new Inviter(this.agent, addressOf(user, host));
    const refusal = new Promise<number>((resolve) => {
      void session.invite({
        requestDelegate: { onReject: ({ message }) => resolve(message.statusCode ?? 0) },
      });
    });
    return { session, refusal };
  }

  /** Cuts the connection as a lost network does, without a goodbye. */
  breakConnection(): void {
    this.#sockets.at(-1)?.terminate();
  }

  async reconnect(): Promise<void> {
    useWebSocket(this.#options, this.#sockets);
    await this.agent.reconnect();
  }

  async close(): Promise<void> {
    await this.registerer.dispose().catch(() => undefined);
    await this.agent.stop().catch(() => undefined);
    for (const socket of this.#sockets) socket.terminate();
  }

  #registration(
    send: (delegate: Pick<OutgoingRequestDelegate, 'onAccept' | 'onReject'>) => Promise<unknown>,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      send({
        onAccept: ({ message }) => resolve(message.statusCode ?? 0),
        onReject: ({ message }) => resolve(message.statusCode ?? 0),
      }).catch(reject);
    });
  }
}

/** Resolves when the session gets there; rejects when it ends before. */
export function reaches(session: Session, state: SessionState): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (now: SessionState): void => {
      if (now === state) resolve();
      else if (now === SessionState.Terminated) reject(new Error(`the call ended before it was ${state}`));
    };
    session.stateChange.addListener(look);
    look(session.state);
  });
}

/** A re-INVITE; resolves with the status code of its answer. */
export function renegotiate(session: Session, hold: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    session
      .invite({
        sessionDescriptionHandlerOptions: { hold } as SessionDescriptionHandlerOptions,
        requestDelegate: {
          onAccept: ({ message }) => resolve(message.statusCode ?? 0),
          onReject: ({ message }) => resolve(message.statusCode ?? 0),
        },
      })
      .catch(reject);
  });
}

export function descriptionsOf(session: Session): readonly string[] {
  const handler = session.sessionDescriptionHandler;
  return handler instanceof PlainDescriptions ? handler.heard : [];
}

/** sip.js takes the global one, at the moment at which it connects. */
function useWebSocket(options: BrowserPhoneOptions, sockets: WebSocket[]): void {
  const settings: WebSocketOptions = {
    ...(options.origin === undefined ? undefined : { origin: options.origin }),
    ...(options.certificate === undefined ? undefined : { ca: options.certificate }),
  };
  class PageSocket extends WebSocket {
    constructor(address: string, protocols: string | string[]) {
      super(address, protocols, settings);
      sockets.push(this);
    }
  }
  Object.assign(globalThis, { WebSocket: PageSocket });
}

function addressOf(user: string, host = 'tonegate.example') {
  const uri = UserAgent.makeURI(`sip:${user}@${host}`);
  if (uri === undefined) throw new Error(`${user} is no user part`);
  return uri;
}
