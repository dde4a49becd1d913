/** What is left of keys behind suppression, as rows. */
import { missingNotes, nameOf } from '../detection/contenders.js';
import type { Contender } from '../detection/detector.js';
import type { BenchTable, Cell } from '../table.js';
import type { AddedDelay } from './added-delay.js';
import type { Leak } from './leak-count.js';
import type { Curve } from './leak-figures.js';
import type { SpeechCost } from './speech-cost.js';
import { guessedPercent, type SpyResult } from './spies.js';
import type { ChangedBytes } from './untouched.js';

export type PacketLeak = { readonly packetMs: number; readonly accept: Leak; readonly wide: Leak };

export function packetTable(rows: readonly PacketLeak[], seed: number): BenchTable {
  const cells = ({ leaky, presses, meanMs, maxMs }: Leak): Cell[] => [`${leaky} of ${presses}`, meanMs, maxMs];
  return {
    title: `Leak by packet length, 20 ms held back, seed ${seed}`,
    columns: [
      'packets',
      ...['accept: presses leaking', 'mean, ms', 'most, ms'],
      ...['wide: presses leaking', 'mean, ms ', 'most, ms '],
    ],
    rows: rows.map(({ packetMs, accept, wide }) => [`${packetMs} ms`, ...cells(accept), ...cells(wide)]),
    notes: [
      'leaking: any sample in the time of the press that is not digital silence, with silence as replacement',
      DELAY_NOTE,
    ],
  };
}

const DELAY_NOTE =
  '20 ms are held back whatever the packets: of 20 ms one; of 30, 40 and 60 ms less than one, which is stricter; of 10 ms two, for the suppressor needs 18 ms';

export function delayTable(rows: readonly AddedDelay[]): BenchTable {
  return {
    title: 'Delay that the gateway adds to the caller’s audio, ms',
    columns: ['packets', 'no window (not armed)', 'window open (armed)'],
    rows: rows.map(({ packetMs, closedMs, openMs }) => [`${packetMs} ms`, closedMs ?? 'lost', openMs ?? 'lost']),
    notes: [
      'a click through a simulated call, from its place in the packet that came to its place in the packet that left; what the machine and the network take is not in it: see bench media',
      DELAY_NOTE,
    ],
  };
}

export function spyTable(
  title: string,
  results: readonly SpyResult[],
  receivers: readonly Contender[],
  notes: readonly string[],
): BenchTable {
  return {
    title,
    columns: [
      'behind',
      'presses leaking',
      'mean, ms',
      'most, ms',
      'energy, dB',
      ...receivers.map((receiver) => `${nameOf(receiver)} reads`),
      'ML right, %',
      'ML sure and right',
    ],
    rows: results.map((result) => {
      const { pipeline, leak, read, found } = result;
      const energy = leak.energyDb === Number.NEGATIVE_INFINITY ? 'nothing left' : leak.energyDb.toFixed(1);
      // Replacement audio is no leak, and cannot be told from one by counting samples.
      const isReplaced = pipeline.includes('comfort noise') || pipeline.includes('flat tone');
      const counted: Cell[] = isReplaced
        ? ['(replaced)', '', '', energy]
        : [`${leak.leaky} of ${leak.presses}`, leak.meanMs, leak.maxMs, energy];
      return [pipeline, ...counted, ...read.map((count) => count ?? ''), guessedPercent(result), found];
    }),
    notes: [...notes, ...missingNotes(receivers)],
  };
}

export const ML_NOTES: readonly string[] = [
  'accept set: presses within the limits of ITU-T Q.24 (levels, twist, offsets, timing, noise, all at once), 64 or 128 of each kind, both laws of G.711; the table of sections of bench dsp names them',
  'ML: the most likely listener, told the exact time of each press; right: its best of sixteen guesses; it makes none only of digital silence, and noise or speech that hold nothing of the key give 6.25 % by chance; sure: evidence beyond chance',
  'emulated: by the published rules of Asterisk’s squelch, and of rtpengine with libspandsp, DTMF security and a delay buffer; their output is silence where they mute',
];

export const G722_NOTE =
  'G.722: the same presses from a telephone with G.722, suppressed at 16 kHz in packets of 20 ms, where samples left are counted too; everybody listens to it at 8 kHz, with comfort noise after one more G.722';

export function curveTable(curves: readonly Curve[]): BenchTable {
  const held = [...new Set(curves.flatMap(({ points }) => points.map(({ lookaheadMs }) => lookaheadMs)))];
  return {
    title: 'Leak against lookahead: accept presses leaking, %',
    columns: ['held back, ms', ...curves.map(({ name }) => name)],
    rows: held
      .sort((a, b) => a - b)
      .map((ms) => [
        String(ms),
        ...curves.map(({ points }) => {
          const share = points.find(({ lookaheadMs }) => lookaheadMs === ms)?.leakyShare;
          return share === undefined || Number.isNaN(share) ? '' : (100 * share).toFixed(1);
        }),
      ]),
    notes: [CURVE_NOTE],
  };
}

export const CURVE_NOTE =
  'tonegate: measured from 18 ms on, the least it can be set to; below that from when it flagged, each sample leaving exactly so long after it came. Peers: whole packets of 20 ms, by their published rules';

export type SpeechRatio = { readonly ratioDb: number; readonly results: readonly SpyResult[] };

export function overSpeechTable(ratios: readonly SpeechRatio[]): BenchTable {
  const pipelines = ratios[0].results.map(({ pipeline }) => pipeline);
  return {
    title: 'Tones over live speech: ML right, % (libspandsp reads, of presses)',
    columns: ['behind', ...ratios.map(({ ratioDb }) => `${ratioDb} dB`)],
    rows: pipelines.map((pipeline, index) => [
      pipeline,
      ...ratios.map(({ results }) => {
        const { read, leak } = results[index];
        return `${guessedPercent(results[index]).toFixed(1)} (${read[0] ?? '?'} of ${leak.presses})`;
      }),
    ]),
    notes: [
      'both tones together so many dB over the speech that sounds with them; presses of 80 ms; here the listener always hears speech, so 6.25 % is nothing',
    ],
  };
}

export function speechCostTable(cost: SpeechCost): BenchTable {
  const mean = meanStoi(cost);
  const worst = worstStoi(cost);
  return {
    title: 'Speech while armed',
    columns: ['what', 'tonegate'],
    rows: [
      ['muted though no key was pressed, % of time', cost.mutedPercent.toFixed(3)],
      ['times a minute', cost.episodesPerMinute.toFixed(2)],
      ['each, ms', cost.meanEpisodeMs],
      ['STOI, mean', mean === undefined ? 'none' : mean.toFixed(4)],
      ['STOI, worst package', worst === undefined ? 'none' : `${worst.value.toFixed(4)} (${worst.packageName})`],
      ...cost.stoi.map(({ packageName, value }): Cell[] => [`STOI, ${packageName}`, value.toFixed(4)]),
    ],
    notes: [
      `muted: over ${cost.minutes.toFixed(0)} minutes of speech; STOI after Taal and others (2011), of the first two minutes of each package, with comfort noise where muted`,
    ],
  };
}

export function meanStoi({ stoi }: SpeechCost): number | undefined {
  return stoi.length === 0 ? undefined : stoi.reduce((sum, { value }) => sum + value, 0) / stoi.length;
}

export function worstStoi({ stoi }: SpeechCost): SpeechCost['stoi'][number] | undefined {
  return [...stoi].sort((a, b) => a.value - b.value)[0];
}

export function untouchedTable(closed: ChangedBytes, open: ChangedBytes): BenchTable {
  const row = (what: string, { changed, lostPackets, of }: ChangedBytes): Cell[] => [what, changed, of, lostPackets];
  return {
    title: 'Bytes of the caller’s audio that the media core changed',
    columns: ['window', 'bytes changed', 'of', 'packets not passed on'],
    rows: [row('closed', closed), row('open (control)', open)],
    notes: ['a simulated call with keys in the audio, 20 ms packets of PCMU; payload in against payload out'],
  };
}
