/** The sockets of calls: takes ports for both legs of a call, binds them, and gives them back. */
import type { LegPorts, LegTransport, RefusalCode, WebRtcPeer } from './control-wire.js';
import { legOf, rtcpSocketOf, rtpSocketOf } from './leg-table.js';
import { PortPool, type PortPoolOptions } from './port-pool.js';
import type { UdpEngine, WebRtcWay } from './udp-engine.js';

/** Other programs may sit on a port of our range; so many in a row mean that the range is not ours. */
const MAX_PORT_TRIES = 16;

export type CallPorts = { readonly caller: LegPorts; readonly agent: LegPorts };

export type CallSocketsOptions = PortPoolOptions & {
  readonly engine: UdpEngine;
  /** Without it, calls with a WebRTC leg are refused. */
  readonly webRtc: WebRtcWay | undefined;
};

export class CallSockets {
  readonly #engine: UdpEngine;
  readonly #webRtc: WebRtcWay | undefined;
  readonly #pool: PortPool;
  /** Even ports of pairs, by the call's index. */
  readonly #taken = new Map<number, number[]>();

  constructor({ engine, webRtc, ...range }: CallSocketsOptions) {
    this.#engine = engine;
    this.#webRtc = webRtc;
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
    const caller = await this.#bindPair(index, legOf(index, 'caller'), nowMs);
    if (caller === undefined) return 'no-ports';
    const agentLeg = legOf(index, 'agent');
    const agent = await this.#bindPair(index, agentLeg, nowMs);
    if (agent === undefined) return 'no-ports';
    if (agentTransport === 'rtp') return { caller, agent };
    const webRtc = await this.#webRtc?.open(rtpSocketOf(agentLeg), agent.rtpPort);
    return webRtc === undefined ? 'webrtc-unavailable' : { caller, agent: { ...agent, webRtc } };
  }

  /** @returns false where the leg is not of the peer's kind, or has another peer already */
  connect(leg: number, peer: WebRtcPeer | undefined): boolean {
    return this.#webRtc === undefined ? peer === undefined : this.#webRtc.connect(rtpSocketOf(leg), peer);
  }

  release(index: number, nowMs: number): void {
    for (const leg of [legOf(index, 'caller'), legOf(index, 'agent')]) {
      this.#webRtc?.close(rtpSocketOf(leg));
      this.#engine.removeLeg(rtpSocketOf(leg));
      this.#engine.removeLeg(rtcpSocketOf(leg));
    }
    for (const port of this.#taken.get(index) ?? []) this.#pool.release(port, nowMs);
    this.#taken.delete(index);
  }

  /** Binds an even port and the odd one above it. Returns undefined when no pair was to be had. */
  async #bindPair(index: number, leg: number, nowMs: number): Promise<LegPorts | undefined> {
    const engine = this.#engine;
    for (let tries = 0; tries < MAX_PORT_TRIES; tries += 1) {
      const port = this.#pool.take(nowMs);
      if (port === undefined) return undefined;
      if (await engine.addLeg(rtpSocketOf(leg), port)) {
        if (await engine.addLeg(rtcpSocketOf(leg), port + 1)) {
          this.#taken.set(index, [...(this.#taken.get(index) ?? []), port]);
          return { rtpPort: port, rtcpPort: port + 1 };
        }
        engine.removeLeg(rtpSocketOf(leg));
      }
      this.#pool.release(port, nowMs);
    }
    return undefined;
  }
}
