/** The bare relay of `dgram-relay-process.ts` as a contender. */
import { once } from 'node:events';
import { join } from 'node:path';
import { within } from '../../test/support/deadline.js';
import type { PortSpan, RunningContender } from '../media-contender.js';
import type { CallPorts } from '../media-load.js';
import { TracedChild } from '../traced-child-process.js';
import type { DgramRelayCommand, DgramRelayReply } from './dgram-relay-process.js';

const SCRIPT = join(import.meta.dirname, 'dgram-relay-process.js');
const START_LIMIT_MS = 10_000;

export async function startDgramRelay(phones: readonly CallPorts[], ports: PortSpan): Promise<RunningContender> {
  const traced = new TracedChild(SCRIPT, 'ipc');
  const { child } = traced;
  const stop = () => traced.stop(() => child.disconnect());
  try {
    const replied = once(child, 'message') as Promise<[DgramRelayReply]>;
    child.send({ phones, ...ports } satisfies DgramRelayCommand);
    const [reply] = await within(START_LIMIT_MS, 'the bare relay', replied);
    if (!reply.ok) throw new Error(reply.reason);
    return { pid: traced.pid, targets: reply.ports, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
