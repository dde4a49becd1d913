/** The ear as the sound's own thread runs it: block by block, as long as it says that it wants more. */
import { afterAll, expect, test } from '@jest/globals';

type Ear = { readonly port: MessagePort; process(inputs: readonly (readonly Float32Array[])[]): boolean };

/** What an AudioWorkletGlobalScope has. */
const scope: { Ear?: new () => Ear } = {};
const channel = new MessageChannel();
Object.assign(globalThis, {
  AudioWorkletProcessor: class {
    readonly port = channel.port1;
  },
  registerProcessor: (_name: string, ear: new () => Ear) => {
    scope.Ear = ear;
  },
});

// An open port would keep the test's process.
afterAll(() => channel.port1.close());

const BLOCK_SAMPLES = 128;

test('hands on what it hears until it is told that the stream is over', async () => {
  await import('./ear-worklet.js');
  if (scope.Ear === undefined) throw new Error('the worklet has registered nothing');
  const ear = new scope.Ear();
  const heard = nextOf(channel.port2);
  const block = new Float32Array(BLOCK_SAMPLES).fill(0.5);
  // Three blocks are not a chunk yet, the fourth fills one.
  for (let count = 0; count < 4; count += 1) expect(ear.process([[block]])).toBe(true);
  const chunk = await heard;
  expect(chunk instanceof ArrayBuffer && [...new Set(new Int16Array(chunk))]).toEqual([16_384]);
  // Silence, or nothing connected for a moment, is no end.
  expect(ear.process([[]])).toBe(true);
  const told = new Promise((resolve) => ear.port.addEventListener('message', resolve));
  channel.port2.postMessage('end');
  await told;
  expect(ear.process([[block]])).toBe(false);
});

function nextOf(port: MessagePort): Promise<unknown> {
  return new Promise((resolve) => {
    port.onmessage = ({ data }) => resolve(data);
  });
}
