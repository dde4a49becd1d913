/** Something that calls are sent through, as the bench sees it. */
import type { CallPorts } from './media-load.js';

export const ADDRESS = '127.0.0.1';

/** Ports that a contender may bind, the last one included. */
export type PortSpan = { readonly firstPort: number; readonly lastPort: number };

export type RunningContender = {
  /** The process that relays; null when none does. */
  readonly pid: number | null;
  /** Where each phone is to send to. */
  readonly targets: readonly CallPorts[];
  /** Ends all that was started. Resolves with what `node --trace-gc` told, where it was asked. */
  stop(): Promise<CollectionLog | undefined>;
};

export type CollectionLog = { readonly startedEpochMs: number; readonly output: string };

export type Start = (phones: readonly CallPorts[], ports: PortSpan) => Promise<RunningContender>;

/** The floor: each phone sends to the other one. */
export async function startNothing(phones: readonly CallPorts[]): Promise<RunningContender> {
  const targets = phones.map(({ caller, agent }) => ({ caller: agent, agent: caller }));
  return { pid: null, targets, stop: async () => undefined };
}
