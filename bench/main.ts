/** `npm run bench [-- media|dsp] [--json FILE] [--calls N] [--seed N] [--repeats N]`: figures beside peers, as tables and as data. */
import { writeFileSync } from 'node:fs';
import { type BenchArguments, parseBenchArguments, USAGE } from './bench-arguments.js';
import { benchDsp } from './dsp.js';
import { describeMachine, thisMachine } from './machine.js';
import { benchMedia } from './media.js';
import type { ContenderResult } from './media-report.js';
import { type BenchTable, formatTable, tableAsData } from './table.js';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** As a shell tells that a program was interrupted. */
const EXIT_INTERRUPTED = 130;

// Children end with their channels; what tidies up at exit would not run otherwise.
process.once('SIGINT', () => process.exit(EXIT_INTERRUPTED));
process.once('SIGTERM', () => process.exit(EXIT_INTERRUPTED));

const parsed = parseBenchArguments(process.argv.slice(2));
if (parsed.ok) {
  process.exitCode = await bench(parsed.value);
} else {
  process.stderr.write(`${parsed.problem}\nusage: ${USAGE}\n`);
  process.exitCode = EXIT_USAGE;
}

async function bench(words: BenchArguments): Promise<number> {
  const machine = thisMachine();
  const startMs = performance.now();
  say(`${describeMachine(machine)}`);
  say('Machines are shared and differ: within one run, the ratios are what counts.\n');
  const tables: BenchTable[] = [];
  const show = (table: BenchTable): void => {
    tables.push(table);
    say(`${formatTable(table)}\n`);
  };
  let media: readonly ContenderResult[] | undefined;
  if (words.parts.includes('dsp')) {
    progress('dsp');
    show(await benchDsp({ seed: words.seed, quick: false }));
  }
  if (words.parts.includes('media')) {
    const result = await benchMedia({ ...words, onProgress: progress });
    for (const table of result.tables) show(table);
    media = result.results;
  }
  const tookS = (performance.now() - startMs) / 1000;
  say(`Repeat with: ${words.command}   (took ${tookS.toFixed(0)} s)`);
  if (words.json !== undefined) {
    const data = { machine, command: words.command, tookS, tables: tables.map(tableAsData), ...(media && { media }) };
    writeFileSync(words.json, `${JSON.stringify(data, null, 2)}\n`);
  }
  return media?.some(isOursAndFailed) ? EXIT_FAILURE : 0;
}

/** A peer may be missing or fail; if we do, whoever runs the bench in a script has to learn of it. */
function isOursAndFailed({ role, outcomes }: ContenderResult): boolean {
  return role === 'ours' && outcomes.some(({ kind }) => kind === 'failed');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function progress(text: string): void {
  process.stderr.write(`... ${text}\n`);
}
