/**
 * The words of `npm run bench`. Without a part it is short: `leak` is left out, and so is what takes `dsp` longest and
 * proves least. A part that is named is whole, and has to be measured to the last of its targets.
 */
import { randomInt } from 'node:crypto';
import { parseArgs, types } from 'node:util';

export const USAGE =
  'npm run bench [-- [dsp] [leak] [media] [panel] [webrtc] [--json FILE] [--html FILE] [--calls N] [--seed N] [--repeats N]]';

const PARTS = ['dsp', 'leak', 'media', 'panel', 'webrtc'] as const;
const SHORT_PARTS: readonly Part[] = ['dsp', 'media'];
export type Part = (typeof PARTS)[number];

export type Extent = 'short' | 'whole';

export type BenchArguments = {
  readonly parts: readonly Part[];
  readonly extent: Extent;
  readonly json: string | undefined;
  /** Where the page goes. */
  readonly html: string;
  readonly calls: number;
  /** Drawn, unless given: material nobody has seen. */
  readonly seed: number;
  readonly repeats: number;
  /** What to type for the same run. */
  readonly command: string;
};

export type ParsedArguments =
  | { readonly kind: 'run'; readonly value: BenchArguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly problem: string };

/** So many calls one media process takes. */
const MAX_CALLS = 2000;
const MAX_REPEATS = 100;
const MAX_SEED = 0x7fffffff;

/** Not kept in the repository. */
const PAGE_FOLDER = 'bench-output';

const OPTIONS = {
  json: { type: 'string' },
  html: { type: 'string' },
  calls: { type: 'string', default: '100' },
  seed: { type: 'string' },
  repeats: { type: 'string', default: '2' },
} as const;

export function parseBenchArguments(
  words: readonly string[],
  drawSeed: () => number = () => randomInt(1, MAX_SEED + 1),
): ParsedArguments {
  if (words.includes('--help')) return { kind: 'help' };
  try {
    const { values, positionals } = parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
    const unknown = positionals.find((word) => !PARTS.some((part) => part === word));
    if (unknown !== undefined) throw new RangeError(`there is no bench called ${unknown}`);
    const extent = positionals.length === 0 ? 'short' : 'whole';
    const numbers = {
      calls: wholeNumber('calls', values.calls, MAX_CALLS),
      seed: values.seed === undefined ? drawSeed() : wholeNumber('seed', values.seed, MAX_SEED),
      repeats: wholeNumber('repeats', values.repeats, MAX_REPEATS),
    };
    const parts = extent === 'short' ? SHORT_PARTS : PARTS.filter((part) => positionals.includes(part));
    const options = Object.entries(numbers).map(([name, value]) => `--${name} ${value}`);
    const command = ['npm run bench --', ...positionals, ...options].join(' ');
    return {
      kind: 'run',
      value: {
        parts,
        extent,
        json: values.json,
        html: values.html ?? pageOf(positionals.length === 0 ? [] : parts),
        ...numbers,
        command,
      },
    };
  } catch (error) {
    return { kind: 'refused', problem: types.isNativeError(error) ? error.message : 'not understood' };
  }
}

/** One page a set of parts, so that `dsp` and then `leak` leave two. */
function pageOf(named: readonly Part[]): string {
  return `${PAGE_FOLDER}/${named.length === 0 ? 'bench' : named.join('-')}.html`;
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new RangeError(`--${name} is a whole number from 1 to ${most}`);
}
