/**
 * The telephone's way to the gateway: sip.js over a WebSocket (RFC 7118), a session a call. It does what
 * `softphone-state.ts` orders and tells what came of it; it decides nothing. The one file that loads sip.js.
 *
 * Running calls outlive the connection: their dialogs are in memory and their sound does not pass here.
 */
import {
  type Invitation,
  Inviter,
  Registerer,
  RegistererState,
  type Session,
  SessionState,
  URI,
  UserAgent,
  type UserAgentOptions,
  Web,
} from 'sip.js';
import type { SoftphoneAccess } from '../../api/softphone-access.js';
import { userPartOf } from './destination.js';
import { type EndReason, endReasonOf, type Party } from './phone-line.js';
import type { PhoneEffect, PhoneInput } from './phone-state.js';
import { preferTelephony, SessionSound, type SoundSystem } from './session-sound.js';
import { type AccessAnswer, SipLink } from './sip-link-socket.js';

export type SipPhoneOptions = {
  readonly openAccess: () => Promise<AccessAnswer>;
  readonly sound: SoundSystem;
  readonly onInput: (input: PhoneInput) => void;
};

/** The gateway's id of the call, in its INVITEs; in its answers to ours it is the To tag. */
const CALL_ID_HEADER = 'X-Tonegate-Call';
/** A gateway that is gone is noticed by the next of these at the latest. */
const REGISTRATION_SECONDS = 120;
/** Percent of the registration's time after which it is renewed; sip.js takes 50 to 99. */
const RENEW_AFTER_PERCENT = 50;
const CONNECT_TIMEOUT_SECONDS = 5;
/** Addresses of this machine are there at once; a STUN or TURN server has to answer first. */
const HOST_CANDIDATES_MS = 300;
const SERVER_CANDIDATES_MS = 2_000;
/** RFC 3261 §21.4.24, .18: the agent does not want this call; there is no agent any more. */
const BUSY_HERE = 486;
const TEMPORARILY_UNAVAILABLE = 480;
/** Two lines, and some that are just being refused or ended; more is a fault of the far side. */
const MAX_SESSIONS = 8;

type Running = {
  readonly session: Session;
  sound: SessionSound | undefined;
  reason: EndReason | undefined;
  hearsFarSide: boolean;
};

export class SipPhone {
  readonly #options: SipPhoneOptions;
  readonly #link: SipLink;
  readonly #running = new Map<string, Running>();
  /** Dialled, while the microphone is still being looked at: may be given up again before anything is sent. */
  readonly #beginning = new Set<string>();
  #speaksTo: string | undefined;
  #incoming = 0;
  #isStopped = false;

  constructor(options: SipPhoneOptions) {
    this.#options = options;
    this.#link = new SipLink({
      openAccess: options.openAccess,
      stack: {
        makeAgent: (access, { connected, lost }) =>
          new UserAgent({
            ...this.#userAgentOptions(access),
            delegate: {
              onConnect: connected,
              onDisconnect: lost,
              onInvite: (invitation) => this.#invited(invitation),
            },
          }),
        makeRegisterer,
      },
      onSignalling: (signalling) => this.#tell({ kind: 'signalling', signalling, nowMs: performance.now() }),
    });
  }

  start(): Promise<void> {
    return this.#link.start();
  }

  /**
   * Ends all calls and leaves; nothing is told any more. Every BYE, CANCEL and refusal is on its way before this returns
   * for the first time: a page that is just being closed gets no other turn, and sip.js by itself would speak of its calls
   * only once the registrar has answered.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#beginning.clear();
    for (const { session } of this.#running.values()) void endSession(session, TEMPORARILY_UNAVAILABLE);
    this.#running.clear();
    await this.#link.stop();
  }

  /** See `SipLink`. */
  async probe(): Promise<void> {
    await this.#link.probe();
  }

  do(effect: PhoneEffect): void {
    if (effect.kind === 'invite') {
      void this.#invite(effect.session, effect.user);
      return;
    }
    const running = this.#running.get(effect.session);
    if (running === undefined) {
      this.#beginning.delete(effect.session);
      return;
    }
    switch (effect.kind) {
      case 'accept':
        void this.#accept(effect.session, running.session);
        return;
      case 'decline':
      case 'refuse-busy':
      case 'cancel':
      case 'bye':
        void endSession(running.session, BUSY_HERE);
        return;
      case 'hold':
      case 'resume':
        void this.#renegotiate(effect.session, running.session, effect.kind);
        return;
      case 'send-key':
        running.sound?.sendKey(effect.key);
    }
  }

  /** Only this session's caller hears the agent. */
  speakTo(session: string | undefined): void {
    this.#speaksTo = session;
    for (const [name, { sound }] of this.#running) sound?.setMicrophone(name === session);
  }

  /** The agent has taken another microphone. */
  async replaceMicrophone(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ sound }) => sound && this.#replaceMicrophoneOf(sound)));
  }

  async #replaceMicrophoneOf(sound: SessionSound): Promise<void> {
    try {
      await sound.replaceTrack(await this.#options.sound.trackForCall());
    } catch {
      // The call is just ending; or the microphone is gone again: the page says so, and orders this anew with the next.
    }
  }

  #userAgentOptions(access: SoftphoneAccess): UserAgentOptions {
    const uri = UserAgent.makeURI(access.aor);
    if (uri === undefined) throw new Error('the gateway gave no SIP address');
    return {
      uri,
      transportOptions: { server: access.server, connectionTimeout: CONNECT_TIMEOUT_SECONDS, traceSip: false },
      authorizationUsername: access.user,
      authorizationPassword: access.password,
      // The library would print messages and pressed keys to the console.
      logBuiltinEnabled: false,
      logConfiguration: false,
      userAgentString: 'Tonegate-Softphone',
      sessionDescriptionHandlerFactory: (session) => this.#descriptionHandler(session),
    };
  }

  #invited(invitation: Invitation): void {
    if (this.#running.size >= MAX_SESSIONS) {
      void endSession(invitation, BUSY_HERE);
      return;
    }
    this.#incoming += 1;
    const name = `incoming-${this.#incoming}`;
    this.#follow(name, invitation);
    const callId = invitation.request.getHeader(CALL_ID_HEADER);
    this.#tell({ kind: 'offered', session: name, party: partyOf(invitation), callId });
  }

  async #invite(name: string, user: string): Promise<void> {
    const { agent, access } = this.#link;
    const target = access && addressOf(access, user);
    if (agent === undefined || target === undefined) {
      this.#end(name, 'not-found');
      return;
    }
    this.#beginning.add(name);
    const hasMicrophone = await this.#hasMicrophone();
    if (!this.#beginning.delete(name)) return;
    if (!hasMicrophone) {
      this.#end(name, 'no-microphone');
      return;
    }
    const inviter = new Inviter(agent, target, { earlyMedia: true });
    const running = this.#follow(name, inviter);
    const requestDelegate = {
      onProgress: ({ message }: Answer) => {
        if (message.body !== '') running.hearsFarSide = true;
        const { hearsFarSide } = running;
        if ((message.statusCode ?? 0) <= 100) return;
        this.#tell({ kind: 'progressed', session: name, callId: message.toTag, hearsFarSide });
      },
      onAccept: ({ message }: Answer) => this.#established(name, message.toTag),
      onReject: ({ message }: Answer) => this.#because(name, endReasonOf(message.statusCode ?? 0)),
    };
    await inviter.invite({ requestDelegate }).catch(() => this.#because(name, 'failed'));
  }

  async #accept(name: string, session: Session): Promise<void> {
    if (!isInvitation(session)) return;
    // Without a track sip.js would refuse the call; this way it goes on ringing.
    if (!(await this.#hasMicrophone())) {
      this.#tell({ kind: 'answer-failed', session: name });
      return;
    }
    try {
      await session.accept();
      this.#established(name, undefined);
    } catch {
      this.#because(name, 'failed');
    }
  }

  #established(name: string, callId: string | undefined): void {
    if (!this.#running.has(name)) return;
    this.#tell({ kind: 'established', session: name, callId, nowMs: performance.now() });
  }

  /** RFC 3264 §8.4: hold is a direction in a new offer. */
  async #renegotiate(name: string, session: Session, wish: 'hold' | 'resume'): Promise<void> {
    const isHold = wish === 'hold';
    const before = session.sessionDescriptionHandlerOptionsReInvite;
    const failed = (): void => {
      session.sessionDescriptionHandlerOptionsReInvite = before;
      this.#tell({ kind: isHold ? 'hold-failed' : 'resume-failed', session: name });
    };
    session.sessionDescriptionHandlerOptionsReInvite = holdOptions(isHold);
    const requestDelegate = {
      onAccept: () => this.#tell({ kind: isHold ? 'held' : 'resumed', session: name }),
      onReject: failed,
    };
    await session.invite({ requestDelegate }).catch(failed);
  }

  #follow(name: string, session: Session): Running {
    const running: Running = { session, sound: undefined, reason: undefined, hearsFarSide: false };
    this.#running.set(name, running);
    session.delegate = {
      onBye: (bye) => {
        this.#because(name, 'they-hung-up');
        void bye.accept();
      },
      onCancel: () => this.#because(name, 'missed'),
      onSessionDescriptionHandler: (handler) => {
        if (handler instanceof TelephonyDescriptionHandler) running.sound = this.#soundOf(name, handler);
      },
    };
    session.stateChange.addListener((state) => {
      if (state === SessionState.Terminated) this.#terminated(name);
    });
    return running;
  }

  #because(name: string, reason: EndReason): void {
    const running = this.#running.get(name);
    if (running !== undefined) running.reason ??= reason;
    if (running?.session.state === SessionState.Terminated) this.#terminated(name);
  }

  #descriptionHandler(session: Session): TelephonyDescriptionHandler {
    // Those of the newest password: what a TURN server lends may be good for no longer.
    const iceServers = this.#link.access?.iceServers ?? [];
    const { sound } = this.#options;
    const logger = session.userAgent.getLogger('sip.SessionDescriptionHandler');
    const streamOfMicrophone = async (): Promise<MediaStream> => new MediaStream([await sound.trackForCall()]);
    return new TelephonyDescriptionHandler(logger, streamOfMicrophone, {
      iceGatheringTimeout: iceServers.length === 0 ? HOST_CANDIDATES_MS : SERVER_CANDIDATES_MS,
      peerConnectionConfiguration: { iceServers: iceServers.map((server) => ({ ...server, urls: [...server.urls] })) },
    });
  }

  #soundOf(name: string, handler: TelephonyDescriptionHandler): SessionSound | undefined {
    const { peerConnection, remoteMediaStream } = handler;
    if (peerConnection === undefined) return undefined;
    peerConnection.addEventListener('track', () => this.#options.sound.play(name, remoteMediaStream));
    peerConnection.addEventListener('signalingstatechange', () => this.speakTo(this.#speaksTo));
    return new SessionSound(peerConnection, (media) => this.#tell({ kind: 'media', session: name, media }));
  }

  async #hasMicrophone(): Promise<boolean> {
    try {
      (await this.#options.sound.trackForCall()).stop();
      return true;
    } catch {
      return false;
    }
  }

  /** The cause may be told just before or just after the end. */
  #terminated(name: string): void {
    queueMicrotask(() => {
      const running = this.#running.get(name);
      if (running === undefined) return;
      this.#running.delete(name);
      this.#options.sound.silence(name);
      this.#end(name, running.reason ?? 'failed');
    });
  }

  /** Calls of which something was still awaited at the end are nobody's any more. */
  #tell(input: PhoneInput): void {
    if (!this.#isStopped) this.#options.onInput(input);
  }

  #end(name: string, reason: EndReason): void {
    this.#tell({ kind: 'ended', session: name, reason, nowMs: performance.now() });
  }
}

/** sip.js's own, but for the codecs it offers. */
class TelephonyDescriptionHandler extends Web.SessionDescriptionHandler {
  protected override createLocalOfferOrAnswer(
    options?: Web.SessionDescriptionHandlerOptions,
  ): Promise<RTCSessionDescriptionInit> {
    if (this.peerConnection !== undefined) preferTelephony(this.peerConnection);
    return super.createLocalOfferOrAnswer(options);
  }
}

function makeRegisterer(agent: UserAgent, onLapsed: () => void): Registerer {
  const registerer = new Registerer(agent, {
    expires: REGISTRATION_SECONDS,
    refreshFrequency: RENEW_AFTER_PERCENT,
    logConfiguration: false,
  });
  // It renews by itself, and says so here when that fails.
  registerer.stateChange.addListener((state) => {
    if (state === RegistererState.Unregistered) onLapsed();
  });
  return registerer;
}

type Answer = {
  readonly message: {
    readonly statusCode: number | undefined;
    readonly body: string;
    readonly toTag: string;
  };
};

/** Whatever state it is in: refuse, cancel or hang up; said before the first pause. */
async function endSession(session: Session, refusal: number): Promise<void> {
  try {
    switch (session.state) {
      case SessionState.Initial:
      case SessionState.Establishing:
        if (isInvitation(session)) await session.reject({ statusCode: refusal });
        else if (session instanceof Inviter) await session.cancel();
        return;
      case SessionState.Established:
        await session.bye();
        return;
      default:
        return;
    }
  } catch {
    // It has ended meanwhile, or there is no connection: then the gateway hears of it by the API.
  }
}

function isInvitation(session: Session): session is Invitation {
  return 'accept' in session;
}

function holdOptions(hold: boolean): Web.SessionDescriptionHandlerOptions {
  return { hold };
}

function partyOf({ remoteIdentity }: Invitation): Party {
  // Missing where the caller has none, whatever the library's types say.
  const { displayName = '' }: { readonly displayName?: string } = remoteIdentity;
  // RFC 3261 §25.1 `quoted-pair`: sip.js leaves the backslashes in.
  const name = displayName.replaceAll(/\\(.)/g, '$1');
  return { name, number: remoteIdentity.uri.user ?? '' };
}

function addressOf({ aor }: SoftphoneAccess, user: string): URI | undefined {
  const own = UserAgent.makeURI(aor);
  return own && new URI('sip', userPartOf(user), own.host, own.port);
}
