/** Has the compiler see the signal path at work before the first call comes: cold, it costs fifteen times the CPU. */
import { DtmfDetector } from '../../dsp/dtmf-detector.js';
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import { decodeG711, encodeG711 } from '../../dsp/g711.js';
import { G722_SAMPLE_RATE_HZ, G722Decoder, G722Encoder } from '../../dsp/g722.js';
import { ToneSuppressor } from '../../dsp/tone-suppressor.js';
import { WINDOW_DELAY_UNITS } from './suppressed-line.js';

const FRAME_UNITS = WINDOW_DELAY_UNITS;
/** 40 seconds of audio: well past the point where the optimising compiler steps in. */
const FRAME_COUNT = 2000;

export function warmUp(): void {
  warmUpNarrow();
  warmUpWide();
}

function warmUpNarrow(): void {
  const suppressor = new ToneSuppressor({
    sampleRateHz: SAMPLE_RATE_HZ,
    delaySamples: FRAME_UNITS,
    replacement: 'comfort-noise',
  });
  const detector = new DtmfDetector();
  const codes = new Uint8Array(FRAME_UNITS);
  const input = new Int16Array(FRAME_UNITS);
  const output = new Int16Array(FRAME_UNITS);
  for (let frame = 0; frame < FRAME_COUNT; frame += 1) {
    renderSounds(input, frame, SAMPLE_RATE_HZ);
    const encoding = frame % 2 === 0 ? 'PCMU' : 'PCMA';
    encodeG711(encoding, input, codes, 0, FRAME_UNITS);
    decodeG711(encoding, codes, 0, input, FRAME_UNITS);
    suppressor.process(input, FRAME_UNITS, output);
    detector.process(input, FRAME_UNITS);
    detector.takeKey();
  }
}

function warmUpWide(): void {
  const frameSamples = 2 * FRAME_UNITS;
  const suppressor = new ToneSuppressor({
    sampleRateHz: G722_SAMPLE_RATE_HZ,
    delaySamples: frameSamples,
    replacement: 'comfort-noise',
  });
  const encoder = new G722Encoder();
  const decoder = new G722Decoder();
  const codes = new Uint8Array(FRAME_UNITS);
  const input = new Int16Array(frameSamples);
  for (let frame = 0; frame < FRAME_COUNT / 4; frame += 1) {
    renderSounds(input, frame, G722_SAMPLE_RATE_HZ);
    encoder.encode(input, codes, 0, FRAME_UNITS);
    decoder.decode(codes, 0, input, FRAME_UNITS);
    suppressor.process(input, frameSamples, input);
  }
}

/** Bursts of one key's tones between stretches of other sounds take every branch often. */
function renderSounds(target: Int16Array, frame: number, sampleRateHz: number): void {
  const isTone = frame % 20 < 6;
  for (let index = 0; index < target.length; index += 1) {
    const time = (frame * target.length + index) / sampleRateHz;
    const low = Math.sin(2 * Math.PI * (isTone ? 697 : 310) * time);
    target[index] = 4000 * (low + Math.sin(2 * Math.PI * (isTone ? 1209 : 523) * time));
  }
}
