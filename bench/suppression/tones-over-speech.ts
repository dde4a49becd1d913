/** Keys pressed while somebody speaks: the tones at a known ratio over the speech that sounds with them. */
import { KEY_COUNT } from '../../dsp/dtmf-keys.js';
import { dbm0OfPower, meanSquare, toSample } from '../../dsp/level.js';
import type { KnownPress } from '../../dsp/likelihood-listener.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { renderPress } from '../../dsp/tone-generator.js';
import { SPEECH_LEVEL_DBM0 } from '../speech/leveling.js';
import { readSpeech, type SpeechCorpus } from '../speech/speech-corpus.js';
import { type LineAudio, throughG711 } from './line-audio.js';

export const RATIOS_DB: readonly number[] = [15, 10, 6, 3, 0];

const SECONDS_PER_PACKAGE = 20;
/** Room for tones of 15 dB more. */
const ATTENUATION_DB = 10;
/** A press falls on speech, not into a pause: at most so far below the active level. */
const ACTIVE_RANGE_DB = 6;
const PRESS_SAMPLES = 640;
const LEAST_GAP_SAMPLES = 1_600;
const PAIR_DB = 3.01;

/** The first seconds of every package, one behind the other. */
export async function speechForTones(corpus: SpeechCorpus): Promise<Int16Array> {
  const parts: Int16Array[] = [];
  for (const speech of corpus.stored) parts.push(await readSpeech(speech, SECONDS_PER_PACKAGE));
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  const gain = 10 ** (-ATTENUATION_DB / 20);
  for (const part of parts) {
    for (let index = 0; index < part.length; index += 1) samples[at + index] = toSample(gain * part[index]);
    at += part.length;
  }
  return samples;
}

/** One press of 80 ms wherever there is speech; the power of its two tones is `ratioDb` over that of the speech in it. */
export function tonesOverSpeech(speech: Int16Array, ratioDb: number, seed: number): LineAudio {
  const random = new SeededRandom(seed);
  const samples = Int16Array.from(speech);
  const presses: KnownPress[] = [];
  const leastDbm0 = SPEECH_LEVEL_DBM0 - ATTENUATION_DB - ACTIVE_RANGE_DB;
  for (let at = LEAST_GAP_SAMPLES; at + PRESS_SAMPLES < speech.length; ) {
    const speechDbm0 = dbm0OfPower(meanSquare(speech, at, PRESS_SAMPLES));
    if (speechDbm0 < leastDbm0) {
      at += random.integer(40, 160);
      continue;
    }
    const key = random.integer(0, KEY_COUNT - 1);
    const phases = { lowPhaseRadians: random.between(0, 6.28), highPhaseRadians: random.between(0, 6.28) };
    const lowLevelDbm0 = speechDbm0 + ratioDb - PAIR_DB;
    renderPress(samples, { key, startSample: at, lengthSamples: PRESS_SAMPLES, lowLevelDbm0, ...phases });
    presses.push({ key, onsetSample: at, offsetSample: at + PRESS_SAMPLES });
    at += PRESS_SAMPLES + LEAST_GAP_SAMPLES + random.integer(0, 160);
  }
  return { samples: throughG711(samples, 'PCMU'), presses, loss: undefined };
}
