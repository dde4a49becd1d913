/** The sockets of calls: takes ports for both legs of a call, binds them, and gives them back. */
import type { LegPorts, LegTransport, RefusalCode, WebRtcPeer } from './control-wire.js';
import { legOf, rtcpSocketOf, rtpSocketOf } from './leg-table.js';
import { PortPool, type PortPoolOptions } from './port-pool.js';
import { PORT_REFUSED, type UdpEngine, type WebRtcWay } from './udp-engine.js';

/** Other programs may sit on a port of our range; so many in a row mean that the range is not ours. */
const MAX_PORT_TRIES = 16;

export type CallPorts = { readonly caller: LegPorts; readonly agent: LegPorts };

export type CallSocketsOptions = PortPoolOptions & {
  readonly engine: UdpEngine;
  /** Without it, calls with a WebRTC leg are refused. */
  readonly webRtc: WebRtcWay | undefined;
  /** A pair was not to be had, and another one is tried. */
  readonly onPortsRefused: () => void;
};

export class CallSockets {
  readonly #engine: UdpEngine;
  readonly #webRtc: WebRtcWay | undefined;
  readonly #onPortsRefused: () => void;
  readonly #pool: PortPool;
  /** Even ports of pairs, by the call's index. */
  readonly #taken = new Map<number, number[]>();

  constructor({ engine, webRtc, onPortsRefused, ...range }: CallSocketsOptions) {
    this.#engine = engine;
    this.#webRtc = webRtc;
    this.#onPortsRefused = onPortsRefused;
    this.#pool = new PortPool(range);
  }

  /** Pairs that could be handed out. */
  get availableCount(): number {
    return this.#pool.availableCount;
  }

  get webRtcCount(): number {
    return this.#webRtc?.size ?? 0;
  }

  /** `release` has to follow once, also for a call whose sockets were not all to be had. */
  async open(index: number, agentTransport: LegTransport, nowMs: number): Promise<CallPorts | RefusalCode> {
    const caller = await this.#openLeg(index, legOf(index, 'caller'), 'rtp', nowMs);
    if (typeof caller === 'string') return caller;
    const agent = await this.#openLeg(index, legOf(index, 'agent'), agentTransport, nowMs);
    return typeof agent === 'string' ? agent : { caller, agent };
  }

  /** @returns false where the leg is not of the peer's kind, or has another peer already */
  connect(leg: number, peer: WebRtcPeer | undefined): boolean {
    return this.#webRtc === undefined ? peer === undefined : this.#webRtc.connect(rtpSocketOf(leg), peer);
  }

  release(index: number, nowMs: number): void {
    for (const leg of [legOf(index, 'caller'), legOf(index, 'agent')]) this.#closeLeg(leg);
    for (const port of this.#taken.get(index) ?? []) this.#pool.release(port, nowMs);
    this.#taken.delete(index);
  }

  /** Binds an even port and the odd one above it, or says why there is none to be had. */
  async #openLeg(index: number, leg: number, transport: LegTransport, nowMs: number): Promise<LegPorts | RefusalCode> {
    for (let tries = 0; tries < MAX_PORT_TRIES; tries += 1) {
      const port = this.#pool.take(nowMs);
      if (port === undefined) return 'no-ports';
      const rtp = await this.#openRtp(leg, transport, port);
      if (typeof rtp === 'object' && (await this.#engine.addLeg(rtcpSocketOf(leg), port + 1))) {
        this.#taken.set(index, [...(this.#taken.get(index) ?? []), port]);
        return { ...rtp, rtcpPort: port + 1 };
      }
      this.#closeLeg(leg);
      this.#pool.release(port, nowMs);
      if (rtp === 'webrtc-unavailable') return rtp;
      this.#onPortsRefused();
    }
    return 'no-ports';
  }

  async #openRtp(
    leg: number,
    transport: LegTransport,
    rtpPort: number,
  ): Promise<Omit<LegPorts, 'rtcpPort'> | typeof PORT_REFUSED | 'webrtc-unavailable'> {
    const socket = rtpSocketOf(leg);
    if (transport === 'rtp') return (await this.#engine.addLeg(socket, rtpPort)) ? { rtpPort } : PORT_REFUSED;
    const webRtc = await this.#webRtc?.open(socket, rtpPort);
    if (webRtc === undefined) return 'webrtc-unavailable';
    return webRtc === PORT_REFUSED ? webRtc : { rtpPort, webRtc };
  }

  #closeLeg(leg: number): void {
    this.#webRtc?.close(rtpSocketOf(leg));
    this.#engine.removeLeg(rtpSocketOf(leg));
    this.#engine.removeLeg(rtcpSocketOf(leg));
  }
}
