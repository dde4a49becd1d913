/** spandsp's DTMF receiver as an independent listener, through a small C driver compiled on first use. */
import { existsSync, renameSync, statSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from './peer-process.js';
import { cacheDirectory, peersDirectory } from './places.js';

const COMPILE_LIMIT_MS = 60_000;
const DECODE_LIMIT_MS = 60_000;

let driver: Promise<string> | undefined;

/** Digits that spandsp hears in 8 kHz audio, as key names. */
export async function decodeWithSpandsp(samples: Int16Array): Promise<string> {
  if (endianness() !== 'LE') throw new Error('the driver reads little-endian samples');
  driver ??= compiledDriver();
  const input = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const output = await runToEnd({ command: await driver, args: [], input, limitMs: DECODE_LIMIT_MS });
  return output.trim();
}

async function compiledDriver(): Promise<string> {
  const source = join(peersDirectory, 'spandsp-dtmf.c');
  const binary = join(cacheDirectory('spandsp'), 'spandsp-dtmf');
  if (existsSync(binary) && statSync(binary).mtimeMs > statSync(source).mtimeMs) return binary;
  // Several test processes may compile at once: each writes its own file and the last rename wins.
  const fresh = `${binary}.${process.pid}`;
  const args = ['-O2', '-Wall', '-Werror', '-o', fresh, source, '-lspandsp'];
  await runToEnd({ command: 'gcc', args, limitMs: COMPILE_LIMIT_MS });
  renameSync(fresh, binary);
  return binary;
}
