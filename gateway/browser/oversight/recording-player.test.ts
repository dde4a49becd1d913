import { expect, test } from '@jest/globals';
import { wavHeader } from '../../recording/wav-file.js';
import { RecordingPlayer } from './recording-player.js';

const TWO_MINUTES_SIZE_BYTES = 120 * 8000 * 4;

/** Counts how often a part of it is taken. */
class CountedSound extends Blob {
  readings = 0;

  override slice(start?: number, end?: number): Blob {
    this.readings += 1;
    return super.slice(start, end);
  }
}

function playerOf(sound: Blob, signal: AbortSignal): Promise<RecordingPlayer | undefined> {
  return RecordingPlayer.of({ id: 'r-1', gaps: [], sound }, signal);
}

test('a recording that nobody wants to hear any more is not read to its end', async () => {
  const bytes = [Uint8Array.from(wavHeader(TWO_MINUTES_SIZE_BYTES)), new Uint8Array(TWO_MINUTES_SIZE_BYTES)];
  const left = new CountedSound(bytes);
  expect(await playerOf(left, AbortSignal.abort())).toBeUndefined();
  expect(left.readings).toBe(2);
  // The control: somebody who stays has header and four pieces read, and would then see them.
  const heard = new CountedSound(bytes);
  await expect(playerOf(heard, new AbortController().signal)).rejects.toThrow('document');
  expect(heard.readings).toBe(5);
});
