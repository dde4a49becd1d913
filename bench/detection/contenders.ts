/** Everything that is asked for keys in one run, ours first. */
import { ASTERISK_RULES } from '../peers/asterisk-rules.js';
import { GOERTZEL_NORMALISED, GOERTZEL_README } from '../peers/goertzel-baseline.js';
import { openMultimon } from '../peers/multimon-process.js';
import { peerVersions } from '../peers/peer-versions.js';
import { openSpandsp, type SpandspPeer } from '../peers/spandsp-process.js';
import { PASSES_PER_ROUND } from './cpu-speed.js';
import type { Contender, Detector } from './detector.js';
import { OWN_DETECTOR } from './own-detector.js';

export type Contenders = {
  readonly all: readonly Contender[];
  /** The library itself, for what only it can tell. */
  readonly spandsp: SpandspPeer | undefined;
  /** Of the peers, for the notes. */
  readonly versions: string;
};

export const SPANDSP = 'libspandsp';

export async function openContenders(): Promise<Contenders> {
  const spandsp = await openSpandsp();
  const multimon = await openMultimon();
  const all: Contender[] = [here(OWN_DETECTOR), spandspContender(spandsp), multimon];
  for (const detector of [ASTERISK_RULES, GOERTZEL_NORMALISED, GOERTZEL_README]) all.push(here(detector));
  return { all, spandsp, versions: `peers: ${(await peerVersions()).join(', ')}` };
}

export function nameOf(contender: Contender): string {
  return contender.kind === 'here' ? contender.detector.name : contender.name;
}

/** What is missing and how to get it, one line each. */
export function missingNotes(contenders: readonly Contender[]): string[] {
  return contenders.flatMap((one) =>
    one.kind === 'missing' ? [`${one.name} is missing, its column is empty: ${one.toInstall}`] : [],
  );
}

function here(detector: Detector): Contender {
  return { kind: 'here', detector };
}

function spandspContender(spandsp: SpandspPeer | undefined): Contender {
  if (spandsp === undefined) {
    return { kind: 'missing', name: SPANDSP, toInstall: 'apt-get install libspandsp-dev gcc libc6-dev' };
  }
  return here({
    name: SPANDSP,
    detect: async (samples) => ({ kind: 'timed', reports: await spandsp.detect(samples) }),
    speed: (samples) => spandsp.speed(samples, PASSES_PER_ROUND),
  });
}
