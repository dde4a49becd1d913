/**
 * `npm run kernel`: compiles the tone kernel into `dsp/tone-kernel-bytes.ts`. With `--check` it writes nothing and ends
 * with exit code 1 if what is there does not match the source; a test does that.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const SOURCES = ['tone-kernel.ts', 'press-run.ts', 'memory-map.ts'];
const target = fileURLToPath(new URL('../tone-kernel-bytes.ts', import.meta.url));
/**
 * 16 MiB, which never grow, so that views of it stay valid: 10,917 channels, of which a call has two, with G.722 three.
 * Untouched pages cost nothing.
 */
const MEMORY_PAGES = '256';
const LINE_LENGTH = 100;

const text = format(await compile());
if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
  process.stderr.write(
    'dsp/tone-kernel-bytes.ts is not what dsp/assembly/tone-kernel.ts compiles to: npm run kernel\n',
  );
  process.exitCode = 1;
}

async function compile() {
  let binary;
  const memory = ['--initialMemory', MEMORY_PAGES, '--maximumMemory', MEMORY_PAGES];
  const { error, stderr } = await asc.main(
    [SOURCES[0], '--outFile', 'kernel.wasm', '-O3', '--enable', 'simd', '--runtime', 'stub', '--noAssert', ...memory],
    {
      readFile: (name) => (SOURCES.includes(name) ? readFileSync(new URL(name, import.meta.url), 'utf8') : null),
      writeFile: (name, contents) => {
        if (name === 'kernel.wasm') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) throw new Error(`the kernel does not compile:\n${stderr.toString()}`);
  return binary;
}

function format(binary) {
  const encoded = Buffer.from(binary).toString('base64');
  const lines = encoded.match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  return [
    '/** Compiled from `assembly/tone-kernel.ts` by `npm run kernel`; not to be edited. */',
    'const ENCODED = [',
    ...lines.map((line) => `  '${line}',`),
    "].join('');",
    '',
    'export const TONE_KERNEL_BYTES = Uint8Array.from(atob(ENCODED), (character) => character.charCodeAt(0));',
    '',
  ].join('\n');
}
