/** What the bench and its load generator say to each other over the IPC channel. */
import type { Spread } from './media-statistics.js';

/** The ports of one call's two legs: of the phones, or of the relay where each phone sends to. */
export type CallPorts = { readonly caller: number; readonly agent: number };

export type GeneratorCommand =
  /** Binds a socket for each leg, at ports of this range. Answered by `bound`. */
  | { readonly kind: 'bind'; readonly calls: number; readonly firstPort: number; readonly lastPort: number }
  /** Sends and receives on the sockets bound before, then closes them. Answered by `measured`. */
  | {
      readonly kind: 'run';
      /** Where each phone sends to. */
      readonly targets: readonly CallPorts[];
      /** The process whose use of CPU and memory is measured; null when there is none. */
      readonly relayPid: number | null;
      readonly seed: number;
      readonly warmUpMs: number;
      readonly measureMs: number;
    };

export type GeneratorReply =
  | { readonly kind: 'bound'; readonly ports: readonly CallPorts[] }
  | { readonly kind: 'measured'; readonly result: LoadResult }
  | { readonly kind: 'failed'; readonly reason: string };

/** Times from the sending of some audio until the same audio came out, of packets sent while measuring. */
export type DelayOf = { readonly toAgent?: Spread; readonly toCaller?: Spread };

export type LoadResult = {
  /** RTP packets of the whole run, warm-up and tail included. */
  readonly sent: number;
  readonly received: number;
  /** Of the packets received while measuring. */
  readonly receivedMeasured: number;
  /** Those of them whose audio was not known to be what had been sent. */
  readonly unknownMeasured: number;
  readonly delay: DelayOf;
  /** CPU time of the relay while measuring. */
  readonly relayCpuMs?: number;
  readonly relayResidentMib?: number;
  /** How much later than planned the generator sent. */
  readonly lateness: Spread;
  /** Share of one core that the generator used. */
  readonly generatorCpuShare: number;
  /** Wall clock of the measuring, for what others have noted meanwhile. */
  readonly measuredFromEpochMs: number;
  readonly measuredToEpochMs: number;
};
