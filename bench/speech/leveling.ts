/** Speech at one level, whoever spoke how loud into which microphone. */
import { powerOfDbm0, toSample } from '../../dsp/level.js';
import { activeSpeechPower } from './active-level.js';

/** The mean level at which NTT's requirement for speech simulation is set (ITU-T Q.24 annex A). */
export const SPEECH_LEVEL_DBM0 = -15;

/** Samples with full scale at 1 as 16-bit samples whose speech is at `SPEECH_LEVEL_DBM0`; undefined without speech. */
export function leveled(samples: Float32Array): Int16Array | undefined {
  const power = activeSpeechPower(samples);
  if (power === undefined) return undefined;
  const gain = Math.sqrt(powerOfDbm0(SPEECH_LEVEL_DBM0) / power);
  const output = new Int16Array(samples.length);
  for (let index = 0; index < samples.length; index += 1) output[index] = toSample(gain * samples[index]);
  return output;
}
