/**
 * `bench dsp`: how fast detector, suppressor and G.711 are, and what the detector finds and the suppressor lets through,
 * on seeded Q.24 material beside libspandsp.
 */

import { DtmfDetector, PRESS_BEGAN } from '../dsp/dtmf-detector.js';
import { decodeG711, encodeG711, type G711Encoding } from '../dsp/g711.js';
import { countFound, type KnownPress } from '../dsp/likelihood-listener.js';
import { SpeechLike } from '../dsp/speech-like.js';
import { renderPress } from '../dsp/tone-generator.js';
import { ToneSuppressor } from '../dsp/tone-suppressor.js';
import { openSpandsp, type Report, type SpandspPeer } from './peers/spandsp-process.js';
import { Q24_SECTIONS, renderSection, type Section } from './q24-set.js';
import type { BenchTable, Cell } from './table.js';

export type DspBenchOptions = { readonly seed: number; readonly quick: boolean };

const SAMPLE_RATE_HZ = 8_000;
const PACKET_SAMPLES = 160;
const SPEED_SAMPLES = 60 * SAMPLE_RATE_HZ;
/** A pass takes some milliseconds; the first dozens only warm the compiler up. */
const SPEED_PASSES = 60;
/** No receiver reports sooner than this after the onset, and all do before the next press has been on for so long. */
const EARLIEST_REPORT_SAMPLES = 160;
const NOT_INSTALLED = 'peer not installed';

/** Measures everything within a minute; `quick` takes a few seconds and fewer presses. */
export async function benchDsp(options: DspBenchOptions): Promise<BenchTable> {
  const spandsp = await openSpandsp();
  const rows: Cell[][] = [...(await speedRows(options, spandsp)), ...(await detectionRows(options, spandsp))];
  return {
    title: `DSP, seed ${options.seed}`,
    columns: ['what', 'tonegate', 'libspandsp', 'tonegate / libspandsp'],
    rows,
    notes: [
      'seconds of audio per CPU second: 60 s of speech-like audio with 60 presses at 8 kHz, packets of 20 ms, best of sixty passes',
      'libspandsp detects only; a suppressor or codec row has no peer',
      'Q.24 presses: seeded material within (accept) and outside (reject) the limits of ITU-T Q.24, both laws of G.711',
      'leak: accept presses of which any sample left the suppressor (20 ms packets, one packet of delay, silence as replacement)',
      'listener: told the time of each press, after suppression with comfort noise and G.711; one in sixteen is right by chance',
      ...(spandsp === undefined ? ['libspandsp or a C compiler is missing: no comparison'] : []),
    ],
  };
}

async function speedRows(options: DspBenchOptions, spandsp: SpandspPeer | undefined): Promise<Cell[][]> {
  const samples = speedMaterial(options.seed);
  const detector = new DtmfDetector();
  const suppressor = new ToneSuppressor({
    sampleRateHz: 8_000,
    delaySamples: PACKET_SAMPLES,
    replacement: 'comfort-noise',
  });
  const output = new Int16Array(PACKET_SAMPLES);
  const codes = new Uint8Array(PACKET_SAMPLES);
  const bothWays = (encoding: G711Encoding) => (packet: Int16Array) => {
    encodeG711(encoding, packet, codes, 0, PACKET_SAMPLES);
    decodeG711(encoding, codes, 0, output, PACKET_SAMPLES);
  };
  const detect = (packet: Int16Array) => {
    if ((detector.process(packet, PACKET_SAMPLES) & PRESS_BEGAN) !== 0) detector.takeKey();
  };
  const ours = speed(samples, detect);
  const peer = spandsp === undefined ? undefined : await spandsp.speed(samples, SPEED_PASSES);
  const both = speed(samples, (packet) => {
    detect(packet);
    suppressor.process(packet, PACKET_SAMPLES, output);
  });
  return [
    ['detector, s of audio per CPU s', ours, peer ?? NOT_INSTALLED, peer === undefined ? '' : ours / peer],
    ['detector and suppressor, s of audio per CPU s', both, '', ''],
    ['PCMU both ways, s of audio per CPU s', speed(samples, bothWays('PCMU')), '', ''],
    ['PCMA both ways, s of audio per CPU s', speed(samples, bothWays('PCMA')), '', ''],
  ];
}

function speedMaterial(seed: number): Int16Array {
  const samples = new Int16Array(SPEED_SAMPLES);
  new SpeechLike({ seed }).render(samples, samples.length);
  for (let press = 0; press < 60; press += 1) {
    renderPress(samples, { key: press & 15, startSample: press * SAMPLE_RATE_HZ + 777, lengthSamples: 800 });
  }
  return samples;
}

/** Seconds of audio handled in one second of CPU time, the best of all passes. */
function speed(samples: Int16Array, handle: (packet: Int16Array) => void): number {
  let best = 0;
  for (let pass = 0; pass < SPEED_PASSES; pass += 1) {
    const before = process.cpuUsage();
    for (let at = 0; at + PACKET_SAMPLES <= samples.length; at += PACKET_SAMPLES) {
      handle(samples.subarray(at, at + PACKET_SAMPLES));
    }
    const used = process.cpuUsage(before);
    best = Math.max(best, samples.length / SAMPLE_RATE_HZ / ((used.user + used.system) / 1e6));
  }
  return best;
}

type Score = { right: number; extra: number; presses: number };

async function detectionRows(options: DspBenchOptions, spandsp: SpandspPeer | undefined): Promise<Cell[][]> {
  const rounds = options.quick ? 1 : 4;
  const ours = { accept: newScore(), reject: newScore(), corner: newScore() };
  const peer = { accept: newScore(), reject: newScore(), corner: newScore() };
  let leaky = 0;
  let found = 0;
  let foundBefore = 0;
  let guessedRight = 0;
  for (const [index, section] of Q24_SECTIONS.entries()) {
    const encoding: G711Encoding = index % 2 === 0 ? 'PCMU' : 'PCMA';
    const { samples, presses } = renderSection(section, { seed: options.seed * 1_000 + index, rounds, encoding });
    addScore(ours, section, detectReports(samples), presses);
    if (spandsp !== undefined) addScore(peer, section, await spandsp.detect(samples), presses);
    if (section.verdict === 'reject') continue;
    leaky += countLeaky(samples, presses);
    // One round is enough to listen to; it is the slowest part.
    const listened = presses.slice(0, 16);
    foundBefore += countFound(samples, listened).found;
    const heard = countFound(throughG711(suppress(samples, 'comfort-noise'), encoding), listened);
    found += heard.found;
    guessedRight += heard.guessedRight;
  }
  const missing = spandsp === undefined;
  const compare = (what: string, text: (scores: typeof ours) => string): Cell[] => [
    what,
    text(ours),
    missing ? NOT_INSTALLED : text(peer),
    '',
  ];
  const acceptSections = Q24_SECTIONS.filter(({ verdict }) => verdict === 'accept').length;
  return [
    compare('Q.24 accept, presses right', ({ accept }) => shareOf(accept)),
    compare('Q.24 accept, extra keys', ({ accept }) => String(accept.extra)),
    compare('Q.24 reject, keys reported', ({ reject }) => `${reject.right + reject.extra} of ${reject.presses}`),
    compare('all limits at once, presses right', ({ corner }) => shareOf(corner)),
    ['leak at 20 ms, presses with any sample', `${leaky} of ${ours.accept.presses}`, 'does not suppress', ''],
    ['listener before suppression, presses found', `${foundBefore} of ${acceptSections * 16}`, '', ''],
    ['listener after suppression, presses found', `${found} of ${acceptSections * 16}`, '', ''],
    [
      'listener after suppression, guesses right',
      `${((100 * guessedRight) / (acceptSections * 16)).toFixed(1)} %`,
      '',
      '',
    ],
  ];
}

function newScore(): Score {
  return { right: 0, extra: 0, presses: 0 };
}

function shareOf(score: Score): string {
  return `${score.right} of ${score.presses} (${((100 * score.right) / score.presses).toFixed(2)} %)`;
}

/** A press is right if exactly one report with its key falls into it; all other reports are extra. */
function addScore(
  scores: { accept: Score; reject: Score; corner: Score },
  section: Section,
  reports: readonly Report[],
  presses: readonly KnownPress[],
): void {
  let right = 0;
  for (const [index, press] of presses.entries()) {
    const from = press.onsetSample + EARLIEST_REPORT_SAMPLES;
    const end = (presses[index + 1]?.onsetSample ?? Number.POSITIVE_INFINITY) + EARLIEST_REPORT_SAMPLES;
    const own = reports.filter(({ sample }) => sample >= from && sample < end);
    if (own.length === 1 && own[0].key === press.key) right += 1;
  }
  const into = [scores[section.verdict], ...(section.name.startsWith('all limits at once') ? [scores.corner] : [])];
  for (const score of into) {
    score.right += right;
    score.extra += reports.length - right;
    score.presses += presses.length;
  }
}

/** Each key with the end of the packet in which it was reported, as the peer reports it. */
function detectReports(samples: Int16Array): Report[] {
  const detector = new DtmfDetector();
  const reports: Report[] = [];
  for (let at = 0; at < samples.length; at += PACKET_SAMPLES) {
    const packet = samples.subarray(at, at + PACKET_SAMPLES);
    if ((detector.process(packet, packet.length) & PRESS_BEGAN) === 0) continue;
    reports.push({ key: detector.takeKey(), sample: at + packet.length });
  }
  return reports;
}

function suppress(samples: Int16Array, replacement: 'comfort-noise' | 'silence'): Int16Array {
  const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: PACKET_SAMPLES, replacement });
  const input = new Int16Array(samples.length + PACKET_SAMPLES);
  input.set(samples);
  const output = new Int16Array(input.length);
  suppressor.process(input, input.length, output);
  return output.subarray(PACKET_SAMPLES);
}

function countLeaky(samples: Int16Array, presses: readonly KnownPress[]): number {
  const output = suppress(samples, 'silence');
  return presses.filter(({ onsetSample, offsetSample }) =>
    output.subarray(onsetSample, offsetSample).some((sample) => sample !== 0),
  ).length;
}

function throughG711(samples: Int16Array, encoding: G711Encoding): Int16Array {
  const codes = new Uint8Array(samples.length);
  const decoded = new Int16Array(samples.length);
  encodeG711(encoding, samples, codes, 0, samples.length);
  decodeG711(encoding, codes, 0, decoded, samples.length);
  return decoded;
}
