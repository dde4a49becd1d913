/** `npm run bench`: figures beside peers, as tables, as data and as a page. Its usage is in `bench-arguments.ts`. */
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { types } from 'node:util';
import { type BenchArguments, parseBenchArguments, USAGE } from './bench-arguments.js';
import { benchDsp } from './dsp.js';
import { benchLeak } from './leak.js';
import { describeMachine, thisMachine } from './machine.js';
import { benchMedia } from './media.js';
import type { ContenderResult } from './media-report.js';
import { reportPage } from './page/report-page.js';
import { benchPanel } from './panel.js';
import type { Figures, PartResult } from './part-result.js';
import { openSpeechCorpus } from './speech/speech-corpus.js';
import { speechTable } from './speech/speech-table.js';
import { type BenchTable, formatTable, tableAsData } from './table.js';
import { isFailed, type Target, targetsTable } from './targets.js';
import { benchWebRtc } from './webrtc.js';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** As a shell tells that a program was interrupted. */
const EXIT_INTERRUPTED = 130;

// Children end with their channels; what tidies up at exit would not run otherwise.
process.once('SIGINT', () => process.exit(EXIT_INTERRUPTED));
process.once('SIGTERM', () => process.exit(EXIT_INTERRUPTED));

const parsed = parseBenchArguments(process.argv.slice(2));
switch (parsed.kind) {
  case 'help':
    say(`usage: ${USAGE}`);
    break;
  case 'refused':
    refuse(parsed.problem);
    break;
  case 'run': {
    const problem = whyNotWritable(parsed.value);
    if (problem === undefined) process.exitCode = await bench(parsed.value);
    else refuse(problem);
  }
}

function refuse(problem: string): void {
  process.stderr.write(`${problem}\nusage: ${USAGE}\n`);
  process.exitCode = EXIT_USAGE;
}

/** To be known before minutes of measuring, not after. */
function whyNotWritable({ json, html }: BenchArguments): string | undefined {
  for (const file of json === undefined ? [html] : [html, json]) {
    try {
      mkdirSync(dirname(file), { recursive: true });
      closeSync(openSync(file, 'a'));
    } catch (error) {
      return `${file} cannot be written: ${types.isNativeError(error) ? error.message : 'for no known reason'}`;
    }
  }
  return undefined;
}

async function bench(words: BenchArguments): Promise<number> {
  const machine = thisMachine();
  const date = new Date().toISOString().slice(0, 10);
  const startMs = performance.now();
  say(`${describeMachine(machine)}`);
  say('Machines are shared and differ: within one run, the ratios are what counts.');
  say(`Seed ${words.seed}: --seed ${words.seed} makes the same material again.\n`);
  const tables: BenchTable[] = [];
  const targets: Target[] = [];
  let figures: Figures = {};
  const show = (table: BenchTable): void => {
    tables.push(table);
    say(`${formatTable(table)}\n`);
  };
  const add = (part: PartResult): void => {
    for (const table of part.tables) show(table);
    targets.push(...part.targets);
    figures = { ...figures, ...part.figures };
  };
  if (words.parts.includes('dsp') || words.parts.includes('leak')) {
    const speech = await openSpeechCorpus(progress);
    show(speechTable(speech));
    const options = { seed: words.seed, speech, onProgress: progress };
    if (words.parts.includes('dsp')) add(await benchDsp({ ...options, extent: words.extent }));
    if (words.parts.includes('leak')) add(await benchLeak(options));
  }
  if (words.parts.includes('panel')) add(await benchPanel(progress));
  // The leg is a part of what the agent's side costs; it has a name of its own because it is quick.
  if (words.parts.includes('panel') || words.parts.includes('webrtc')) add(await benchWebRtc(progress));
  if (targets.length > 0) say(`${formatTable(targetsTable(targets))}\n`);
  let media: readonly ContenderResult[] | undefined;
  if (words.parts.includes('media')) {
    const result = await benchMedia({ ...words, onProgress: progress });
    for (const table of result.tables) show(table);
    media = result.results;
  }
  const tookS = (performance.now() - startMs) / 1000;
  const { command, seed } = words;
  writeFileSync(words.html, reportPage({ machine, command, seed, date, targets, tables, figures }));
  say(`The same as a page: ${words.html}`);
  say(`Repeat with: ${command}   (took ${tookS.toFixed(0)} s)`);
  if (words.json !== undefined) {
    const data = { machine, command, seed, tookS, targets, tables: tables.map(tableAsData), ...(media && { media }) };
    writeFileSync(words.json, `${JSON.stringify(data, null, 2)}\n`);
  }
  return isFailed(targets, words.extent) || media?.some(isOursAndFailed) ? EXIT_FAILURE : 0;
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
