/** Has the compiler see the signal path at work before the first call comes: cold, it costs fifteen times the CPU. */
import { DtmfDetector } from '../../dsp/dtmf-detector.js';
import { decodeG711, encodeG711 } from '../../dsp/g711.js';
import { ToneSuppressor } from '../../dsp/tone-suppressor.js';
import { WINDOW_DELAY_SAMPLES } from './secure-window.js';

const FRAME_SAMPLES = 160;
/** 40 seconds of audio: well past the point where the optimising compiler steps in. */
const FRAME_COUNT = 2000;

export function warmUp(): void {
  const suppressor = new ToneSuppressor({
    sampleRateHz: 8_000,
    delaySamples: WINDOW_DELAY_SAMPLES,
    replacement: 'comfort-noise',
  });
  const detector = new DtmfDetector();
  const codes = new Uint8Array(FRAME_SAMPLES);
  const input = new Int16Array(FRAME_SAMPLES);
  const output = new Int16Array(FRAME_SAMPLES);
  for (let frame = 0; frame < FRAME_COUNT; frame += 1) {
    // Bursts of one key's tones between stretches of other sounds take every branch often.
    const isTone = frame % 20 < 6;
    for (let index = 0; index < FRAME_SAMPLES; index += 1) {
      const time = (frame * FRAME_SAMPLES + index) / 8000;
      const low = Math.sin(2 * Math.PI * (isTone ? 697 : 310) * time);
      input[index] = 4000 * (low + Math.sin(2 * Math.PI * (isTone ? 1209 : 523) * time));
    }
    const encoding = frame % 2 === 0 ? 'PCMU' : 'PCMA';
    encodeG711(encoding, input, codes, 0, FRAME_SAMPLES);
    decodeG711(encoding, codes, 0, input, FRAME_SAMPLES);
    suppressor.process(input, FRAME_SAMPLES, output);
    detector.process(input, FRAME_SAMPLES);
    detector.takeKey();
  }
}
