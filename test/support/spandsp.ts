/** spandsp as an independent listener (DTMF) and codec (G.722), through small C drivers compiled on first use. */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { endianness, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from './peer-process.js';
import { cacheDirectory, peersDirectory } from './places.js';

const COMPILE_LIMIT_MS = 60_000;
const DECODE_LIMIT_MS = 60_000;

const drivers = new Map<string, Promise<string>>();

/** Digits that spandsp hears in 8 kHz audio, as key names. */
export async function decodeWithSpandsp(samples: Int16Array): Promise<string> {
  const output = await runToEnd({
    command: await driver('spandsp-dtmf'),
    args: [],
    input: littleEndian(samples),
    limitMs: DECODE_LIMIT_MS,
  });
  return output.trim();
}

/** G.722 of 16 kHz audio, by spandsp. */
export async function encodeG722WithSpandsp(samples: Int16Array): Promise<Uint8Array> {
  return throughG722('encode', littleEndian(samples));
}

/** 16 kHz audio of G.722, by spandsp. */
export async function decodeG722WithSpandsp(octets: Uint8Array): Promise<Int16Array> {
  const bytes = await throughG722('decode', octets);
  return Int16Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readInt16LE(2 * index));
}

async function throughG722(way: 'encode' | 'decode', input: Uint8Array): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), 'tonegate-g722-'));
  try {
    const [from, to] = [join(directory, 'from'), join(directory, 'to')];
    writeFileSync(from, input);
    await runToEnd({ command: await driver('spandsp-g722'), args: [way, from, to], limitMs: DECODE_LIMIT_MS });
    return readFileSync(to);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function littleEndian(samples: Int16Array): Buffer {
  if (endianness() !== 'LE') throw new Error('the drivers read little-endian samples');
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

function driver(name: string): Promise<string> {
  const known = drivers.get(name) ?? compiledDriver(name);
  drivers.set(name, known);
  return known;
}

async function compiledDriver(name: string): Promise<string> {
  const source = join(peersDirectory, `${name}.c`);
  const binary = join(cacheDirectory('spandsp'), name);
  if (existsSync(binary) && statSync(binary).mtimeMs > statSync(source).mtimeMs) return binary;
  // Several test processes may compile at once: each writes its own file and the last rename wins.
  const fresh = `${binary}.${process.pid}`;
  const args = ['-O2', '-Wall', '-Werror', '-o', fresh, source, '-lspandsp'];
  await runToEnd({ command: 'gcc', args, limitMs: COMPILE_LIMIT_MS });
  renameSync(fresh, binary);
  return binary;
}
