/** Every section of the Q.24 material through every detector. */
import type { G711Encoding } from '../../dsp/g711.js';
import { CORNER, Q24_SECTIONS, renderSection, type Section } from '../q24-set.js';
import type { Contender } from './detector.js';
import { latenciesSamples, type Score, scoreOf, sumOf } from './score.js';

/** Times each key is pressed in a section. */
const ROUNDS = 4;
/** 128 presses a section, so that one more or less counts for less than a percent. */
const CORNER_ROUNDS = 8;
const SAMPLES_PER_MS = 8;

export type SectionResult = {
  readonly name: string;
  readonly kind: SectionKind;
  /** One a contender, in their order; undefined for one that is missing. */
  readonly scores: readonly (Score | undefined)[];
};

/** Corner sections are to be accepted too. */
export type SectionKind = 'accept' | 'corner' | 'reject';

export type Q24Result = {
  readonly sections: readonly SectionResult[];
  /** From the onset to the end of the packet with the report, of the accept presses read rightly, by contender. */
  readonly latenciesMs: readonly (readonly number[])[];
};

export async function detectQ24(contenders: readonly Contender[], seed: number): Promise<Q24Result> {
  const sections: SectionResult[] = [];
  const latenciesMs = contenders.map((): number[] => []);
  for (const [index, section] of Q24_SECTIONS.entries()) {
    const kind = kindOf(section);
    const { samples, presses } = renderSection(section, {
      seed: seed * 1_000 + index,
      rounds: roundsOf(section),
      encoding: encodingOf(index),
    });
    const scores: (Score | undefined)[] = [];
    for (const [position, contender] of contenders.entries()) {
      if (contender.kind === 'missing') {
        scores.push(undefined);
        continue;
      }
      const detection = await contender.detector.detect(samples);
      scores.push(scoreOf(detection, presses));
      if (kind === 'reject' || detection.kind === 'sequence') continue;
      for (const latency of latenciesSamples(detection.reports, presses)) {
        latenciesMs[position].push(latency / SAMPLES_PER_MS);
      }
    }
    sections.push({ name: section.name, kind, scores });
  }
  return { sections, latenciesMs };
}

/** All sections of these kinds together, for one contender. */
export function totalOf(result: Q24Result, kinds: readonly SectionKind[], contender: number): Score | undefined {
  const scores = result.sections.filter(({ kind }) => kinds.includes(kind)).map(({ scores: all }) => all[contender]);
  const known = scores.filter((score) => score !== undefined);
  return known.length === scores.length ? sumOf(known) : undefined;
}

function kindOf(section: Section): SectionKind {
  return section.name.startsWith(CORNER) ? 'corner' : section.verdict;
}

export function roundsOf(section: Section): number {
  return kindOf(section) === 'corner' ? CORNER_ROUNDS : ROUNDS;
}

/** Both laws, one section after the other. */
export function encodingOf(index: number): G711Encoding {
  return index % 2 === 0 ? 'PCMU' : 'PCMA';
}
