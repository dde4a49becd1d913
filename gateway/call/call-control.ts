/**
 * The calls: joins signalling and media. It hears the back-to-back user agent and the media processes, and carries out
 * on media what payment asks. It holds no digit and never looks into a SIP INFO body.
 */
import type { BackToBackOutput, LegSide } from '../../sip/back-to-back-events.js';
import type { AuditEntry } from '../audit/audit-trail.js';
import type { LegMedia, MediaEvent } from '../media/control-wire.js';
import type { PaymentDesk, ZoneAnswer } from '../payment/payment-desk.js';
import type { CallMedia, MediaAnswer } from '../process/media-fleet.js';
import type { Call } from './call.js';
import { CallArrivals, type CallArrivalsOptions } from './call-arrivals.js';
import { LostLegs } from './lost-legs.js';
import { infoBodyType, recordingAction, sessionErrorOf } from './translations.js';

export type CallControlOptions = Omit<CallArrivalsOptions, 'onMedia' | 'onLog'> & {
  readonly payments: PaymentDesk;
  readonly onLog: (level: 'info' | 'warn' | 'error', fields: object, message: string) => void;
  /** Calls `act` once, in `delayMs`. */
  readonly after: (delayMs: number, act: () => void) => void;
};

type SipOutput<Kind extends BackToBackOutput['kind']> = Extract<BackToBackOutput, { readonly kind: Kind }>;

export class CallControl {
  readonly #options: CallControlOptions;
  readonly #arrivals: CallArrivals;
  readonly #lostLegs: LostLegs;
  readonly #counters = { answered: 0, ended: 0, refused: 0 };
  readonly #sipCounters: Record<string, number> = {};

  constructor(options: CallControlOptions) {
    this.#options = options;
    this.#arrivals = new CallArrivals({ ...options, onMedia: (media, event) => this.onMedia(media, event) });
    this.#lostLegs = new LostLegs({
      ...options,
      hangUp: (callId) => options.sip.handle({ kind: 'hang-up', callId, reason: 'media of a leg lost', cause: 503 }),
    });
  }

  /** Names are metric suffixes. */
  counters(): Readonly<Record<string, number>> {
    const sip = Object.entries(this.#sipCounters).map(([code, count]) => [`sip_${code.replaceAll('-', '_')}`, count]);
    return {
      calls_started: this.#arrivals.counters.started,
      calls_answered: this.#counters.answered,
      calls_ended: this.#counters.ended,
      calls_refused: this.#arrivals.counters.refused + this.#counters.refused,
      ...Object.fromEntries(sip),
    };
  }

  // ---- what signalling says

  onSip(output: BackToBackOutput): void {
    switch (output.kind) {
      case 'call-arrived':
        this.#orEnd(output.callId, this.#arrivals.arrived(output));
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
    this.#arrivals.ended(ended.callId);
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
    const ender = by === 'gateway' ? by : call.legName(by);
    const detail = { by: ender, reason, ...(status !== undefined && { status }) };
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
      this.#arrivals.keepEarly(mediaCall.callId, event);
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
        if (event.code === 'audio-not-inspectable') this.#mediaGivenUp(call);
        return;
      default:
        return;
    }
  }

  #recordingChanged(call: Call, event: Extract<MediaEvent, { readonly kind: 'recording' }>): void {
    const action = recordingAction(call.recording, event);
    call.recording = event.state;
    call.recordingFile = event.file;
    const { reason, file, atSample } = event;
    const detail = { reason, file, atSample, mediaMonotonicMs: event.monotonicMs };
    this.#audit(action, call.id, detail, reason === 'failed' ? 'failure' : 'success');
    this.#options.directory.changed(call);
  }

  /** The process that carried these calls is gone, and its recorder with it: they end, on both legs, recorded or not. */
  onMediaLost(calls: readonly CallMedia[]): void {
    const hangUp = (callId: string) =>
      this.#options.sip.handle({ kind: 'hang-up', callId, reason: 'media process lost' });
    // What cannot be recorded of one call must not keep the others up.
    for (const { callId } of calls) hangUp(callId);
    for (const { callId } of calls) {
      this.#orEnd(callId, this.#recordMediaLoss(callId));
    }
  }

  async #recordMediaLoss(callId: string): Promise<void> {
    this.#audit('media-fault', callId, {}, 'failure');
    const call = this.#options.directory.get(callId);
    if (!call || (call.recording !== 'recording' && call.recording !== 'paused')) return;
    call.recording = 'stopped';
    this.#audit('recording-failed', callId, { reason: 'media-lost', file: call.recordingFile }, 'failure');
    this.#options.directory.changed(call);
  }

  #mediaGivenUp({ id: callId }: Call): void {
    this.#options.sip.handle({ kind: 'hang-up', callId, reason: 'media process lost' });
    this.#audit('media-fault', callId, {}, 'failure');
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

  #audit(
    action: AuditEntry['action'],
    callId: string,
    detail: NonNullable<AuditEntry['detail']>,
    outcome: AuditEntry['outcome'] = 'success',
  ): void {
    this.#options.onAudit({ actor: 'gateway', origin: 'gateway', action, outcome, resource: { callId }, detail });
  }
}
