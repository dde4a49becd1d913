import { describe, expect, test } from '@jest/globals';
import { SpeechLike } from '../../dsp/speech-like.js';
import { LaneAlignment } from './lane-alignment.js';

const SECONDS = 6;

function speech(seed: number): Int16Array {
  const audio = new Int16Array(SECONDS * 8000);
  new SpeechLike({ seed, levelDbm0: -20 }).render(audio, audio.length);
  return audio;
}

/** What an agent hears who joins `lateSamples` into the call and hears everything `delaySamples` later. */
function heardBy(sent: Int16Array, lateSamples: number, delaySamples: number): Int16Array {
  const heard = new Int16Array(sent.length - lateSamples);
  heard.set(sent.subarray(lateSamples, sent.length - delaySamples), delaySamples);
  return heard;
}

/** Follows as the call grows, a tenth of a second at a time. */
function follow(alignment: LaneAlignment, sent: Int16Array, heard: Int16Array, fromSample = 0): void {
  for (let now = fromSample + 800; now <= sent.length; now += 800) {
    alignment.follow(sent.subarray(0, now), heard.subarray(0, Math.max(0, now - (sent.length - heard.length))));
  }
}

describe('where the caller is in what the agent hears', () => {
  test.each([
    [0, 0],
    [0, 160],
    [5000, 0],
    [6400, 1900],
    [12_000, 4800],
  ])('late by %i samples, delayed by %i', (lateSamples, delaySamples) => {
    const sent = speech(4);
    const alignment = new LaneAlignment();
    follow(alignment, sent, heardBy(sent, lateSamples, delaySamples));
    expect(alignment.startSample).toBe(delaySamples - lateSamples);
  });

  test('somebody else is not taken for the caller', () => {
    const alignment = new LaneAlignment();
    follow(alignment, speech(4), speech(5));
    expect(alignment.startSample).toBeUndefined();
  });

  test('what a jitter buffer adds is followed, and what is not alike changes nothing', () => {
    const sent = speech(4);
    const heard = heardBy(sent, 0, 160);
    // Halfway the browser plays 30 ms more; then, for the last second, something else.
    heard.copyWithin(24_240, 24_000, sent.length - 240);
    const alignment = new LaneAlignment();
    follow(alignment, sent.subarray(0, 24_000), heard.subarray(0, 24_000));
    expect(alignment.startSample).toBe(160);
    follow(alignment, sent, heard, 24_000);
    expect(alignment.startSample).toBe(400);
    heard.set(speech(5).subarray(0, 8000), 40_000);
    follow(alignment, sent, heard, 40_000);
    expect(alignment.startSample).toBe(400);
  });
});
