/**
 * The calls: joins signalling and media. It hears the back-to-back user agent and the media processes, and carries out
 * on media what payment asks. It holds no digit and never looks into a SIP INFO body.
 */
import { randomBytes } from 'node:crypto';
import type { BackToBackInput, BackToBackOutput, LegSide } from '../../sip/back-to-back-events.js';
import { bracketed } from '../../sip/ip-address.js';
import type { RegistrationState } from '../../sip/sip-endpoint-socket.js';
import type { AuditEntry } from '../audit/audit-trail.js';
import type { Configuration, PeerConfiguration } from '../config/configuration.js';
import type { LegMedia, LegPorts, MediaEvent } from '../media/control-wire.js';
import type { PaymentDesk, ZoneAnswer } from '../payment/payment-desk.js';
import type { CallMedia, CallSettings, CreatedCall, MediaAnswer } from '../process/media-fleet.js';
import { Call } from './call.js';
import type { CallDirectory } from './call-directory.js';
import type { CallRouting, RoutedCall } from './call-routing.js';
import { LostLegs } from './lost-legs.js';
import { type MediaEnd, MediaNegotiation } from './media-negotiation.js';
import { dialledParty, infoBodyType, recordingAction, sessionErrorOf } from './translations.js';

export type CallControlOptions = {
  readonly configuration: Configuration;
  readonly routing: CallRouting;
  readonly directory: CallDirectory;
  readonly payments: PaymentDesk;
  readonly media: { createCall(settings: CallSettings): Promise<CreatedCall> };
  readonly sip: {
    handle(input: BackToBackInput): void;
    registrationOf(user: string, listener: string): RegistrationState;
  };
  readonly onAudit: (entry: AuditEntry) => void;
  readonly onLog: (level: 'info' | 'warn' | 'error', fields: object, message: string) => void;
  /** Calls `act` once, in `delayMs`. */
  readonly after: (delayMs: number, act: () => void) => void;
};

/** A recording that begins, and then some. */
const MAX_EARLY_EVENTS = 8;

type SipOutput<Kind extends BackToBackOutput['kind']> = Extract<BackToBackOutput, { readonly kind: Kind }>;

export class CallControl {
  readonly #options: CallControlOptions;
  readonly #routing: CallRouting;
  readonly #lostLegs: LostLegs;
  readonly #counters = { started: 0, answered: 0, ended: 0, refused: 0 };
  readonly #sipCounters: Record<string, number> = {};
  /** Calls whose media is still being made. */
  readonly #arriving = new Set<string>();
  /** What media said of them meanwhile. */
  readonly #early = new Map<string, readonly MediaEvent[]>();

  constructor(options: CallControlOptions) {
    this.#options = options;
    this.#routing = options.routing;
    this.#lostLegs = new LostLegs({
      ...options,
      hangUp: (callId) => options.sip.handle({ kind: 'hang-up', callId, reason: 'media of a leg lost', cause: 503 }),
    });
  }

  /** Names are metric suffixes. */
  counters(): Readonly<Record<string, number>> {
    const sip = Object.entries(this.#sipCounters).map(([code, count]) => [`sip_${code.replaceAll('-', '_')}`, count]);
    return {
      calls_started: this.#counters.started,
      calls_answered: this.#counters.answered,
      calls_ended: this.#counters.ended,
      calls_refused: this.#counters.refused,
      ...Object.fromEntries(sip),
    };
  }

  // ---- what signalling says

  onSip(output: BackToBackOutput): void {
    switch (output.kind) {
      case 'call-arrived':
        this.#orEnd(output.callId, this.#arrived(output));
        return;
      case 'description-received':
        this.#orEnd(output.callId, this.#described(output));
        return;
      case 'call-progress':
        this.#progressed(output);
        return;
      case 'renegotiation-failed':
        this.#options.directory.get(output.callId)?.negotiation.rollBack();
        return;
      case 'info-received':
        this.#informed(output);
        return;
      case 'call-ended':
        this.#ended(output);
        return;
      case 'counted':
        this.#sipCounters[output.code] = (this.#sipCounters[output.code] ?? 0) + 1;
        return;
      case 'login-refused':
        this.#loginRefused(output);
        return;
      case 'send':
        return;
    }
  }

  #loginRefused({ flow, failures, untold }: SipOutput<'login-refused'>): void {
    const { listener, remoteAddress: source } = flow;
    const detail = { way: 'sip', listener, count: failures, ...(untold === 0 ? undefined : { untold }) };
    this.#options.onLog('warn', { source, ...detail }, 'SIP authentication failed');
    this.#options.onAudit({
      actor: 'unknown',
      origin: source,
      action: 'authentication-failed',
      outcome: 'refused',
      detail,
    });
  }

  /** A fault of ours, such as an audit log that cannot be written, ends the call and not the process. */
  #orEnd(callId: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#options.onLog('error', { callId, err: error }, 'a call was lost to a fault');
      this.#options.sip.handle({ kind: 'hang-up', callId, reason: 'internal error' });
    });
  }

  async #arrived(arrival: SipOutput<'call-arrived'>): Promise<void> {
    const { callId, flow } = arrival;
    const routed = this.#routing.route({
      listener: flow.listener,
      remoteAddress: flow.remoteAddress,
      dialledUser: dialledParty(arrival).user,
      fromUser: arrival.from.user,
      registeredUser: flow.user,
    });
    if (!routed.ok) {
      this.#refuse(arrival, routed.status, routed.reason);
      return;
    }
    if (routed.to.kind === 'registered') {
      const state = this.#options.sip.registrationOf(dialledParty(arrival).user, routed.to.listener);
      if (state === 'unknown-user') return this.#refuse(arrival, 404, 'Not Found');
      if (state === 'not-registered') return this.#refuse(arrival, 480, 'Not Registered');
    }
    const { route } = routed;
    this.#arriving.add(callId);
    const agentPeer = routed.callerLeg === 'a' ? routed.to : routed.from;
    const created = await this.#options.media.createCall({
      callId,
      agentTransport: agentPeer.media,
      mask: route.mask,
      replacement: route.replacement,
      suppression: route.suppression,
      recording: { start: route.recording, mode: route.recordingMode },
    });
    // The caller may have given up meanwhile.
    if (!this.#arriving.delete(callId)) {
      this.#early.delete(callId);
      if (created.ok) void created.call.request({ kind: 'close-call' });
      return;
    }
    if (!created.ok || !created.call.ports) {
      this.#early.delete(callId);
      this.#options.onLog('warn', { callId, code: created.ok ? 'no-ports' : created.code }, 'no media for a call');
      const lacksWebRtc = !created.ok && created.code === 'webrtc-unavailable';
      this.#refuse(arrival, 503, lacksWebRtc ? 'WebRTC Unavailable' : 'Service Unavailable');
      return;
    }
    const media = created.call;
    this.#counters.started += 1;
    // In the directory first: a record that cannot be written ends the call and its media with it.
    this.#options.directory.add(this.#callOf(arrival, routed, media, created.call.ports));
    this.#audit('call-started', callId, { route: route.name, source: flow.remoteAddress, agent: routed.agent ?? '' });
    for (const event of this.#early.get(callId) ?? []) this.onMedia(media, event);
    this.#early.delete(callId);
    this.#dial(arrival, routed);
  }

  #refuse(arrival: SipOutput<'call-arrived'>, status: number, reason: string): void {
    this.#counters.refused += 1;
    this.#audit('call-refused', arrival.callId, { source: arrival.flow.remoteAddress, status }, 'failure');
    this.#options.sip.handle({ kind: 'refuse-call', callId: arrival.callId, status, reason });
  }

  #callOf(
    arrival: SipOutput<'call-arrived'>,
    routed: RoutedCall,
    media: CallMedia,
    ports: NonNullable<CallMedia['ports']>,
  ): Call {
    const aIsCaller = routed.callerLeg === 'a';
    const callerParty = aIsCaller ? arrival.from : dialledParty(arrival);
    return new Call({
      id: arrival.callId,
      route: routed.route,
      callerLeg: routed.callerLeg,
      agent: routed.agent,
      caller: callerParty.displayName || callerParty.user,
      media,
      startedAt: new Date().toISOString(),
      negotiation: new MediaNegotiation({
        originId: randomBytes(4).readUInt32BE(0),
        ends: {
          a: this.#mediaEnd(routed.from, aIsCaller ? ports.caller : ports.agent),
          b: this.#mediaEnd(routed.to, aIsCaller ? ports.agent : ports.caller),
        },
      }),
    });
  }

  #dial(arrival: SipOutput<'call-arrived'>, { to }: RoutedCall): void {
    const { callId, from } = arrival;
    const dialled = dialledParty(arrival);
    const { listener } = to;
    if (to.kind === 'registered') {
      this.#options.sip.handle({
        kind: 'route-call-to-user',
        callId,
        user: dialled.user,
        listener,
        from,
        to: dialled,
      });
      return;
    }
    const { address, port, transport } = to.target;
    const parameter = transport === 'tcp' ? ';transport=tcp' : '';
    this.#options.sip.handle({
      kind: 'route-call',
      callId,
      target: {
        flow: { listener, transport, remoteAddress: address, remotePort: port },
        requestUri: `sip:${dialled.user}@${bracketed(address)}:${port}${parameter}`,
        from,
        to: dialled,
      },
    });
  }

  async #described(received: SipOutput<'description-received'>): Promise<void> {
    const { exchangeId } = received;
    const call = this.#options.directory.get(received.callId);
    if (!call) {
      this.#refuseDescription(undefined, exchangeId, 500, 'No Such Call');
      return;
    }
    const isFrozen = this.#options.payments.holdsWindow(call.id);
    if (received.role === 'offer') {
      // A hold, another codec or another place in the window would end the inspection of what the caller keys.
      const offered = call.negotiation.offered(received.from, received.sdp, isFrozen ? 'frozen' : 'free');
      if (offered.ok) this.#options.sip.handle({ kind: 'description-ready', exchangeId, sdp: offered.sdp });
      else this.#refuseDescription(call, exchangeId, offered.status, offered.reason);
      return;
    }
    const answered = call.negotiation.answered(received.from, received.sdp);
    if (!answered.ok) {
      this.#refuseDescription(call, exchangeId, answered.status, answered.reason);
      return;
    }
    const { agreement, sdp } = answered;
    if (isFrozen && !call.negotiation.isUnchanged(agreement)) {
      // The answerer has changed over already: from here on the caller's keys might not be heard.
      this.#options.payments.mediaFault(call.id, 'audio-not-inspectable');
    }
    if (await this.#setLegs(call, agreement.media)) {
      call.negotiation.agree(agreement);
      this.#options.sip.handle({ kind: 'description-ready', exchangeId, sdp });
    } else {
      const before = call.negotiation.rollBack();
      if (before) await this.#setLegs(call, before);
      this.#refuseDescription(call, exchangeId, 488, 'Not Acceptable Here');
    }
    this.#options.directory.changed(call);
  }

  #refuseDescription(call: Call | undefined, exchangeId: number, status: number, reason: string): void {
    if (call !== undefined && call.answeredAt === undefined) call.isRefused = true;
    this.#options.sip.handle({ kind: 'description-refused', exchangeId, status, reason });
  }

  async #setLegs(call: Call, media: Readonly<Record<LegSide, LegMedia>>): Promise<boolean> {
    const sides: readonly LegSide[] = ['a', 'b'];
    const answers = await Promise.all(
      sides.map((side) => call.media.request({ kind: 'set-leg', leg: call.legName(side), media: media[side] })),
    );
    return answers.every((answer) => answer.ok);
  }

  #progressed(progress: SipOutput<'call-progress'>): void {
    const call = this.#options.directory.get(progress.callId);
    if (!call || progress.state !== 'answered' || call.answeredAt !== undefined) return;
    call.answeredAt = new Date().toISOString();
    this.#counters.answered += 1;
    this.#audit('call-answered', call.id, {});
    this.#options.directory.changed(call);
  }

  #informed(info: SipOutput<'info-received'>): void {
    const call = this.#options.directory.get(info.callId);
    const fromCaller = call?.legName(info.from) === 'caller';
    const secured =
      call &&
      fromCaller &&
      (this.#options.payments.holdsWindow(call.id) || call.isSuppressed || call.route.mask === 'always');
    if (!call || !secured) {
      this.#options.sip.handle({ kind: 'answer-info', infoId: info.infoId, action: 'relay' });
      return;
    }
    const type = infoBodyType(info.contentType);
    // A body whose type we cannot read may hold a key in some other form: it goes nowhere.
    if (type === undefined || call.route.info === 'refuse') {
      this.#options.sip.handle({ kind: 'answer-info', infoId: info.infoId, action: 'refuse' });
      return;
    }
    call.media.handInfo('caller', type, info.body);
    this.#options.sip.handle({ kind: 'answer-info', infoId: info.infoId, action: 'accept' });
  }

  #ended(ended: SipOutput<'call-ended'>): void {
    this.#arriving.delete(ended.callId);
    const call = this.#options.directory.get(ended.callId);
    if (!call || call.endedAt !== undefined) return;
    call.endedAt = new Date().toISOString();
    this.#counters.ended += 1;
    if (call.isRefused) this.#counters.refused += 1;
    this.#options.payments.callEnded(call.id);
    const closed = call.media.request({ kind: 'close-call' });
    this.#options.directory.changed(call);
    // The recorder's first and last words come before the answer, and so stand in the audit log before the end.
    const recordEnd = () => this.#recordEnd(call, ended);
    this.#orEnd(call.id, closed.then(recordEnd, recordEnd));
  }

  #recordEnd(call: Call, { by, reason, status }: SipOutput<'call-ended'>): void {
    const detail = { by, reason, ...(status !== undefined && { status }) };
    try {
      if (call.isRefused) this.#audit('call-refused', call.id, detail, 'failure');
      this.#audit('call-ended', call.id, detail);
    } finally {
      this.#options.directory.retire(call);
    }
  }

  // ---- what media says

  onMedia(mediaCall: CallMedia, event: MediaEvent): void {
    const call = this.#options.directory.get(mediaCall.callId);
    if (!call) {
      if (this.#arriving.has(mediaCall.callId)) this.#keepEarly(mediaCall.callId, event);
      return;
    }
    switch (event.kind) {
      case 'recording':
        this.#recordingChanged(call, event);
        return;
      case 'window-closed':
        call.isSuppressed = false;
        this.#audit('window-closed', call.id, {});
        return;
      case 'keys-dropped':
        this.#options.payments.keysDropped(call.id, event.count);
        return;
      case 'foreign-media':
        this.#audit('foreign-media', call.id, { leg: event.leg, packets: event.count }, 'failure');
        this.#options.onLog('warn', { callId: call.id, leg: event.leg, packets: event.count }, 'foreign media ignored');
        return;
      case 'leg-silent':
        this.#options.onLog('warn', { callId: call.id, leg: event.leg }, 'no media from a leg');
        return;
      case 'leg-connected':
        this.#options.onLog('info', { callId: call.id, leg: event.leg }, 'the WebRTC transport of a leg is up');
        return;
      case 'leg-lost':
        this.#lostLegs.lost(call, event.leg);
        return;
      case 'fault':
        this.#options.payments.mediaFault(call.id, sessionErrorOf(event.code));
        // Media has given this call up: nothing of it could be inspected any more.
        if (event.code === 'audio-not-inspectable') this.onMediaLost([mediaCall]);
        return;
      default:
        return;
    }
  }

  /** Media's first words may come in one breath with its answer that the call is made. */
  #keepEarly(callId: string, event: MediaEvent): void {
    this.#early.set(callId, [...(this.#early.get(callId) ?? []), event].slice(0, MAX_EARLY_EVENTS));
  }

  #recordingChanged(call: Call, event: Extract<MediaEvent, { readonly kind: 'recording' }>): void {
    const action = recordingAction(call.recording, event);
    call.recording = event.state;
    const { reason, file, atSample } = event;
    const detail = { reason, file, atSample, mediaMonotonicMs: event.monotonicMs };
    this.#audit(action, call.id, detail, reason === 'failed' ? 'failure' : 'success');
    this.#options.directory.changed(call);
  }

  /** The media of these calls is gone: they end, on both legs. */
  onMediaLost(calls: readonly CallMedia[]): void {
    for (const { callId } of calls) {
      this.#audit('media-fault', callId, {}, 'failure');
      this.#options.sip.handle({ kind: 'hang-up', callId, reason: 'media process lost' });
    }
  }

  /** A step of a payment could not be carried out: the call ends rather than go on unrecorded or unsecured. */
  onPaymentFault(callId: string, error: unknown): void {
    this.#options.onLog('error', { callId, err: error }, 'a call was ended for a fault in its payment');
    this.#options.sip.handle({ kind: 'hang-up', callId, reason: 'internal error' });
  }

  /** Ends every call, for a shut-down. */
  hangUpAll(): void {
    for (const call of this.#options.directory.all()) {
      if (call.endedAt === undefined)
        this.#options.sip.handle({ kind: 'hang-up', callId: call.id, reason: 'shut-down' });
    }
  }

  // ---- what payment asks of media

  async openWindow(callId: string): Promise<ZoneAnswer> {
    const answer = await this.#askedOfWhole(callId, (media) => media.request({ kind: 'open-window' }));
    const call = this.#options.directory.get(callId);
    if (call && answer.ok) {
      call.isSuppressed = true;
      this.#audit('window-opened', callId, {});
    }
    return answer;
  }

  async closeWindow(callId: string): Promise<void> {
    await this.#asked(callId, (media) => media.request({ kind: 'close-window' }));
  }

  /** @param vaultPublicKey base64, to which media seals every key */
  armCapture(callId: string, captureId: string, vaultPublicKey: string): Promise<ZoneAnswer> {
    return this.#askedOfWhole(callId, (media) => media.request({ kind: 'arm-capture', captureId, vaultPublicKey }));
  }

  async disarmCapture(callId: string): Promise<void> {
    await this.#asked(callId, (media) => media.request({ kind: 'disarm-capture' }));
  }

  /** What is not begun in a call that has lost a leg. */
  async #askedOfWhole(callId: string, ask: (media: CallMedia) => Promise<MediaAnswer>): Promise<ZoneAnswer> {
    if (this.#options.directory.get(callId)?.isLegLost) return { ok: false, code: 'media-unreachable' };
    return this.#asked(callId, ask);
  }

  async #asked(callId: string, ask: (media: CallMedia) => Promise<MediaAnswer>): Promise<ZoneAnswer> {
    const call = this.#options.directory.get(callId);
    if (!call) return { ok: false, code: 'media-unreachable' };
    const answer = await ask(call.media);
    return answer.ok ? answer : { ok: false, code: sessionErrorOf(answer.code) };
  }

  #mediaEnd({ listener: name }: PeerConfiguration, ports: LegPorts): MediaEnd {
    const { sip, media } = this.#options.configuration;
    const publicAddress = sip.listeners.find((listener) => listener.name === name)?.publicAddress;
    return { address: publicAddress ?? media.address, ...ports };
  }

  #audit(
    action: AuditEntry['action'],
    callId: string,
    detail: NonNullable<AuditEntry['detail']>,
    outcome: AuditEntry['outcome'] = 'success',
  ): void {
    this.#options.onAudit({ actor: 'gateway', origin: 'gateway', action, outcome, resource: { callId }, detail });
  }
}
