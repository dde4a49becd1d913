/** On what a bench ran. */
import { cpus, loadavg, release, type } from 'node:os';

export type Machine = {
  readonly cores: number;
  readonly processor: string;
  readonly kernel: string;
  readonly node: string;
  /** Of the minute before the bench: what else the machine was doing. */
  readonly loadBefore: number;
};

export function thisMachine(): Machine {
  const cores = cpus();
  return {
    cores: cores.length,
    processor: cores[0]?.model ?? 'unknown',
    kernel: `${type()} ${release()}`,
    node: process.version,
    loadBefore: loadavg()[0],
  };
}

export function describeMachine({ cores, processor, kernel, node, loadBefore }: Machine): string {
  const count = `${cores} ${cores === 1 ? 'core' : 'cores'}`;
  return `${count} (${processor}), ${kernel}, Node ${node}, load before the start ${loadBefore.toFixed(2)}`;
}
