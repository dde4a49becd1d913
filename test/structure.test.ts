import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import {
  controlEntries,
  controlHoldsNoDigits,
  dspIsPure,
  foldersKeepToThemselves,
  importsHaveNoCycles,
  importsLeadSomewhere,
  importsNameTheirModule,
  importsOf,
  importsReachOneFolderDown,
  MAX_SOURCE_LINES,
  mediaKnowsOnlyMedia,
  namesAreKebabCase,
  nothingIsAHoldAll,
  panelHoldsNoServer,
  reachable,
  type Sources,
  sourcesAreShort,
  testsAllRun,
} from './structure-rules.js';

const FOLDERS = ['bench', 'dsp', 'gateway', 'sip', 'test', 'vault-client'];
/** Built tests lie two folders below the repository: dist/test. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function readSources(): Sources {
  const sources = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      const path = `${folder}/${name.split(sep).join('/')}`;
      // This file is full of what the rules forbid.
      if (path.endsWith('.ts') && path !== 'test/structure.test.ts')
        sources.set(path, readFileSync(join(ROOT, path), 'utf8'));
    }
  }
  return sources;
}

const sources = readSources();

type Rule = {
  readonly says: string;
  readonly check: (sources: Sources) => readonly string[];
  /** Plants that the rule has to find, each alone: what breaks it, and in which words it is told. */
  readonly plants: readonly { readonly tree: Readonly<Record<string, string>>; readonly found: string }[];
};

function imports(specifier: string): string {
  return `import { x } from '${specifier}';\n`;
}

const MEDIA = 'gateway/media/media-process.ts';
const START = 'gateway/cli/start.ts';

const RULES: readonly Rule[] = [
  {
    says: 'folders import only what the architecture lets them',
    check: foldersKeepToThemselves,
    plants: [
      { tree: { 'dsp/a.ts': imports('../sip/b.js') }, found: 'dsp/a.ts imports sip/b.ts' },
      { tree: { 'sip/a.ts': imports('../dsp/b.js') }, found: 'sip/a.ts imports dsp/b.ts' },
      {
        tree: { 'vault-client/a.ts': "import type { X } from '../gateway/config/b.js';\n" },
        found: 'vault-client/a.ts imports gateway/config/b.ts',
      },
      {
        tree: { 'gateway/call/a.ts': "import {\n  type X,\n  y,\n} from '../../vault-client/digit-buffer.js';\n" },
        found: 'gateway/call/a.ts imports vault-client/digit-buffer.ts',
      },
      { tree: { 'gateway/call/a.ts': imports('../../test/b.js') }, found: 'gateway/call/a.ts imports test/b.ts' },
      {
        tree: { 'gateway/call/a.ts': "const x = await import('../../bench/b.js');\n" },
        found: 'gateway/call/a.ts imports bench/b.ts',
      },
    ],
  },
  {
    says: 'dsp uses neither Node nor packages',
    check: dspIsPure,
    plants: [
      { tree: { 'dsp/a.ts': imports('node:fs') }, found: 'dsp/a.ts imports node:fs' },
      { tree: { 'dsp/a.ts': imports('goertzel') }, found: 'dsp/a.ts imports goertzel' },
    ],
  },
  {
    says: 'no import reaches into a folder of a folder',
    check: importsReachOneFolderDown,
    plants: [
      {
        tree: { 'gateway/call/a.ts': imports('../../sip/leg/b.js') },
        found: 'gateway/call/a.ts reaches into sip/leg/b.ts',
      },
      { tree: { 'sip/a.ts': imports('./leg/deep/b.js') }, found: 'sip/a.ts reaches into sip/leg/deep/b.ts' },
    ],
  },
  {
    says: 'every import leads to a file',
    check: importsLeadSomewhere,
    plants: [
      {
        tree: { 'sip/a.ts': "export { x } from './gone.js';\n" },
        found: 'sip/a.ts imports sip/gone.ts, which is not there',
      },
    ],
  },
  {
    says: 'no import is computed',
    check: importsNameTheirModule,
    plants: [
      { tree: { 'gateway/a.ts': 'const m = await import(name);\n' }, found: 'gateway/a.ts computes an import' },
      { tree: { 'gateway/a.ts': "const fs = require('node:fs');\n" }, found: 'gateway/a.ts computes an import' },
    ],
  },
  {
    says: 'imports make no circle',
    check: importsHaveNoCycles,
    plants: [
      {
        tree: {
          'sip/a.ts': imports('./b.js'),
          'sip/b.ts': "export type { X } from './c.js';\n",
          'sip/c.ts': imports('./a.js'),
        },
        found: 'sip/a.ts → sip/b.ts → sip/c.ts → sip/a.ts',
      },
    ],
  },
  {
    says: 'the control process loads nothing that ever holds a digit',
    check: controlHoldsNoDigits,
    plants: [
      {
        tree: { [START]: imports('../call/a.js'), 'gateway/call/a.ts': imports('../media/telephone-event.js') },
        found: `the control process loads ${START} → gateway/call/a.ts → gateway/media/telephone-event.ts`,
      },
      {
        tree: { [START]: imports('../media/info-body.js') },
        found: `the control process loads ${START} → gateway/media/info-body.ts`,
      },
      {
        tree: { [START]: imports('../../dsp/dtmf-detector.js') },
        found: `the control process loads ${START} → dsp/dtmf-detector.ts`,
      },
      {
        tree: { [START]: "import '../../vault-client/vault-process.js';\n" },
        found: `the control process loads ${START} → vault-client/vault-process.ts`,
      },
      {
        tree: {
          'gateway/cli/main.ts': "const { x } = await import('./other.js');\n",
          'gateway/cli/other.ts': imports('../media/press-merger.js'),
        },
        found: 'the control process loads gateway/cli/other.ts → gateway/media/press-merger.ts',
      },
    ],
  },
  {
    says: 'a media process loads neither signalling nor the vault',
    check: mediaKnowsOnlyMedia,
    plants: [
      {
        tree: { [MEDIA]: imports('../../vault-client/digit-buffer.js') },
        found: `a media process loads ${MEDIA} → vault-client/digit-buffer.ts`,
      },
      { tree: { [MEDIA]: imports('../../sip/message.js') }, found: `a media process loads ${MEDIA} → sip/message.ts` },
      {
        tree: { [MEDIA]: imports('../recording/a.js'), 'gateway/recording/a.ts': imports('../api/b.js') },
        found: `a media process loads ${MEDIA} → gateway/recording/a.ts → gateway/api/b.ts`,
      },
    ],
  },
  {
    says: "the panel's code in the browser holds no server module",
    check: panelHoldsNoServer,
    plants: [
      {
        tree: { 'gateway/browser/a.ts': imports('../api/call-desk.js') },
        found: 'gateway/browser/a.ts loads gateway/api/call-desk.ts',
      },
      { tree: { 'gateway/browser/a.ts': imports('ws') }, found: 'gateway/browser/a.ts loads ws' },
      { tree: { 'gateway/browser/a.ts': imports('sip.js') }, found: 'gateway/browser/a.ts loads sip.js' },
      {
        tree: { 'gateway/browser/softphone/sip-phone-socket.ts': imports('ws') },
        found: 'gateway/browser/softphone/sip-phone-socket.ts loads ws',
      },
    ],
  },
  {
    says: 'no source is too long to be read',
    check: sourcesAreShort,
    plants: [
      {
        tree: { 'sip/a.ts': 'x();\n'.repeat(MAX_SOURCE_LINES + 1) },
        found: `sip/a.ts has ${MAX_SOURCE_LINES + 1} lines`,
      },
    ],
  },
  {
    says: 'files and folders have kebab-case names',
    check: namesAreKebabCase,
    plants: [
      { tree: { 'sip/messageParser.ts': '' }, found: 'sip/messageParser.ts' },
      { tree: { 'sip/Leg/a.test.ts': '' }, found: 'sip/Leg/a.test.ts' },
      { tree: { 'sip/a_b.ts': '' }, found: 'sip/a_b.ts' },
    ],
  },
  {
    says: 'there is no drawer for everything',
    check: nothingIsAHoldAll,
    plants: [
      { tree: { 'gateway/utils/a.ts': '' }, found: 'gateway/utils/a.ts' },
      { tree: { 'sip/helpers.ts': '' }, found: 'sip/helpers.ts' },
      { tree: { 'sip/index.ts': '' }, found: 'sip/index.ts' },
    ],
  },
  {
    says: 'every test runs',
    check: testsAllRun,
    plants: ['test.skip', 'describe.only', 'it.todo', 'test.each.skip', 'test.failing'].map((call) => ({
      tree: { 'sip/a.test.ts': `${call}('x', () => {});\n` },
      found: 'sip/a.test.ts leaves tests out',
    })),
  },
];

describe('structure of the sources', () => {
  test.each(RULES)('$says', ({ check }) => {
    expect(check(sources)).toEqual([]);
  });

  test('the sources are all there: each zone has its process, and the graphs are not empty', () => {
    expect(controlEntries(sources)).toEqual(expect.arrayContaining(['gateway/cli/main.ts', START]));
    expect([...reachable(sources, [START]).keys()]).toEqual(
      expect.arrayContaining([
        'gateway/control/control-process.ts',
        'gateway/call/call-control.ts',
        'gateway/audit/audit-log-store.ts',
      ]),
    );
    expect([...reachable(sources, [MEDIA]).keys()]).toEqual(
      expect.arrayContaining([
        'gateway/media/telephone-event.ts',
        'dsp/dtmf-detector.ts',
        'gateway/recording/wav-file.ts',
      ]),
    );
    expect(sources.has('vault-client/vault-process.ts')).toBe(true);
    expect(sources.size).toBeGreaterThan(100);
  });
});

describe('each rule finds what breaks it', () => {
  const plants = RULES.flatMap(({ says, check, plants: all }) => all.map((plant) => ({ says, check, ...plant })));

  test.each(plants)('$says: $found', ({ check, tree, found }) => {
    expect(check(new Map(Object.entries(tree)))).toContain(found);
  });

  test('what the rules allow is found by none of them', () => {
    const tree = new Map(
      Object.entries({
        'gateway/call/a.ts': `${imports('../../sip/b.js')}import type { X } from '../../vault-client/wire.js';\n`,
        'sip/b.ts': "/**\n * import { x } from '../dsp/c.js';\n */\nexport const x = 1; // test.only\n",
        'vault-client/wire.ts': imports('node:crypto'),
        'gateway/browser/softphone/sip-phone-socket.ts': imports('sip.js'),
        'gateway/browser/p.ts': "import type { X } from '../call/a.js';\n",
        'gateway/cli/main.ts': "const demo = await import('./demo.js');\n",
        'gateway/cli/demo.ts': imports('../../dsp/d.js'),
        'dsp/d.ts': '',
      }),
    );
    for (const { check } of RULES) expect(check(tree)).toEqual([]);
  });
});

describe('finding imports', () => {
  test.each([
    ["import a from './b.js';", './b.js', false, false],
    ["import { a,\n  b,\n} from './b.js';", './b.js', false, false],
    ["import type { A } from './b.js';", './b.js', true, false],
    ["import { type A } from './b.js';", './b.js', false, false],
    ["import * as a from './b.js';", './b.js', false, false],
    ["export * from './b.js';", './b.js', false, false],
    ["export type { A } from './b.js';", './b.js', true, false],
    ["import './b.js';", './b.js', false, false],
    ["  const a = await import('./b.js');", './b.js', false, true],
  ])('%s', (text, _specifier, typeOnly, dynamic) => {
    expect(importsOf('sip/a.ts', `const before = 1;\n${text}\nexport const after = 'from';\n`)).toEqual([
      { target: 'sip/b.ts', own: true, typeOnly, dynamic },
    ]);
  });
});
