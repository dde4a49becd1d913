/**
 * Calls that arrive: asks the route, has media made, and dials the other side or refuses. From then on a call is in the
 * directory, and `call-control.ts` has it.
 */
import { randomBytes } from 'node:crypto';
import type { BackToBackInput, BackToBackOutput } from '../../sip/back-to-back-events.js';
import { bracketed } from '../../sip/ip-address.js';
import type { RegistrationState } from '../../sip/sip-endpoint-socket.js';
import type { AuditEntry } from '../audit/audit-trail.js';
import type { Configuration, PeerConfiguration } from '../config/configuration.js';
import type { LegPorts, MediaEvent } from '../media/control-wire.js';
import type { CallMedia, CallSettings, CreatedCall } from '../process/media-fleet.js';
import { Call } from './call.js';
import type { CallDirectory } from './call-directory.js';
import type { CallRouting, RoutedCall } from './call-routing.js';
import { type MediaEnd, MediaNegotiation } from './media-negotiation.js';
import { dialledParty } from './translations.js';

/** A recording that begins, and then some. */
const MAX_EARLY_EVENTS = 8;

type Arrival = Extract<BackToBackOutput, { readonly kind: 'call-arrived' }>;

export type CallArrivalsOptions = {
  readonly configuration: Configuration;
  readonly routing: CallRouting;
  readonly directory: CallDirectory;
  readonly media: { createCall(settings: CallSettings): Promise<CreatedCall> };
  readonly sip: {
    handle(input: BackToBackInput): void;
    registrationOf(user: string, listener: string): RegistrationState;
  };
  /** Of a call that is in the directory since just now. */
  readonly onMedia: (media: CallMedia, event: MediaEvent) => void;
  readonly onAudit: (entry: AuditEntry) => void;
  readonly onLog: (level: 'info' | 'warn', fields: object, message: string) => void;
};

export class CallArrivals {
  readonly counters = { started: 0, refused: 0 };
  readonly #options: CallArrivalsOptions;
  /** Calls whose media is still being made. */
  readonly #arriving = new Set<string>();
  /** What media said of them meanwhile. */
  readonly #early = new Map<string, readonly MediaEvent[]>();

  constructor(options: CallArrivalsOptions) {
    this.#options = options;
  }

  async arrived(arrival: Arrival): Promise<void> {
    const { callId, flow } = arrival;
    const routed = this.#options.routing.route({
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
    this.counters.started += 1;
    // In the directory first: a record that cannot be written ends the call and its media with it.
    this.#options.directory.add(this.#callOf(arrival, routed, media, created.call.ports));
    this.#audit('call-started', callId, { route: route.name, source: flow.remoteAddress, agent: routed.agent ?? '' });
    for (const event of this.#early.get(callId) ?? []) this.#options.onMedia(media, event);
    this.#early.delete(callId);
    this.#dial(arrival, routed);
  }

  /** Media's first words may come in one breath with its answer that the call is made. */
  keepEarly(callId: string, event: MediaEvent): void {
    if (!this.#arriving.has(callId)) return;
    this.#early.set(callId, [...(this.#early.get(callId) ?? []), event].slice(0, MAX_EARLY_EVENTS));
  }

  /** The call is over, whether its media has been made or not. */
  ended(callId: string): void {
    this.#arriving.delete(callId);
  }

  #refuse(arrival: Arrival, status: number, reason: string): void {
    this.counters.refused += 1;
    const { callId, flow } = arrival;
    // Not whom it was for: what was dialled may be any number.
    const why = { source: flow.remoteAddress, listener: flow.listener, status, reason };
    this.#audit('call-refused', callId, why, 'failure');
    this.#options.onLog('info', { callId, ...why }, 'call refused');
    this.#options.sip.handle({ kind: 'refuse-call', callId, status, reason });
  }

  #callOf(arrival: Arrival, routed: RoutedCall, media: CallMedia, ports: NonNullable<CallMedia['ports']>): Call {
    const aIsCaller = routed.callerLeg === 'a';
    const callerParty = aIsCaller ? arrival.from : dialledParty(arrival);
    return new Call({
      id: arrival.callId,
      route: routed.route,
      callerLeg: routed.callerLeg,
      agent: routed.agent,
      caller: callerParty.displayName || callerParty.user,
      callerNumber: callerParty.user,
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

  #dial(arrival: Arrival, { to }: RoutedCall): void {
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
