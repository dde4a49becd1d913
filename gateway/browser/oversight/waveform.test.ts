import { describe, expect, test } from '@jest/globals';
import { wavHeader } from '../../recording/wav-file.js';
import { FRAME_SIZE_BYTES, type Span, WAV_HEADER_SIZE_BYTES, Waveform, wavShapeOf } from './waveform.js';

/** Frames of two samples each. */
function framesOf(samples: readonly (readonly [number, number])[]): DataView {
  const view = new DataView(new ArrayBuffer(samples.length * FRAME_SIZE_BYTES));
  samples.forEach(([caller, agent], index) => {
    view.setInt16(index * FRAME_SIZE_BYTES, caller, true);
    view.setInt16(index * FRAME_SIZE_BYTES + 2, agent, true);
  });
  return view;
}

function waveformOf(samples: readonly (readonly [number, number])[], columns: number, gaps: readonly Span[] = []) {
  const waveform = new Waveform({ lengthSamples: samples.length, columns, gaps });
  waveform.add(framesOf(samples));
  return waveform;
}

describe('the header', () => {
  const header = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  test("is read as the recorder writes it, and the file's size counts", () => {
    const bytes = wavHeader(0);
    expect(wavShapeOf(header(bytes), WAV_HEADER_SIZE_BYTES + 403)).toEqual({
      ok: true,
      lengthSamples: 100,
      sampleRateHz: 8000,
    });
  });

  test.each([
    ['no RIFF', 0],
    ['no WAVE', 8],
    ['another encoding', 20],
    ['one channel', 22],
    ['8 bits', 34],
    ['no data', 36],
  ])('%s is refused', (_, offset) => {
    const bytes = Uint8Array.from(wavHeader(10));
    bytes[offset] = 99;
    expect(wavShapeOf(header(bytes), 84)).toEqual({ ok: false });
  });

  test('less than a header is refused', () => {
    expect(wavShapeOf(header(wavHeader(0).subarray(0, 43)), 43)).toEqual({ ok: false });
  });
});

describe('the waveform', () => {
  test('has the lowest and highest of each column and channel', () => {
    const { caller, agent, peak } = waveformOf(
      [
        [16_384, 0],
        [-8_192, 0],
        [0, -32_768],
        [0, 8_192],
      ],
      2,
    );
    expect([...caller.high]).toEqual([0.5, 0]);
    expect([...caller.low]).toEqual([-0.25, 0]);
    expect([...agent.high]).toEqual([0, 0.25]);
    expect([...agent.low]).toEqual([0, -1]);
    expect(peak).toBe(1);
  });

  test('is the same in whatever pieces the bytes come', () => {
    const samples = Array.from({ length: 1000 }, (_, index) => [index * 30, -index * 7] as const);
    const whole = waveformOf(samples, 37);
    const pieces = new Waveform({ lengthSamples: samples.length, columns: 37, gaps: [] });
    for (let at = 0; at < samples.length; at += 13) pieces.add(framesOf(samples.slice(at, at + 13)));
    expect(pieces.caller).toEqual(whole.caller);
    expect(pieces.agent).toEqual(whole.agent);
  });

  test('a gap is silent only when every sample of both channels is zero; what stands beside it does not count', () => {
    const samples = Array.from({ length: 400 }, (_, index) => {
      const inGap = (index >= 100 && index < 200) || (index >= 300 && index < 350);
      return inGap ? ([0, index === 320 ? 1 : 0] as const) : ([5000, 5000] as const);
    });
    const gaps = [
      { startSample: 100, endSample: 200 },
      { startSample: 300, endSample: 350 },
      { startSample: 199, endSample: 201 },
    ];
    expect(waveformOf(samples, 50, gaps).silences()).toEqual([true, false, false]);
  });

  test('more bytes than the file was long are not looked at', () => {
    const waveform = new Waveform({ lengthSamples: 1, columns: 1, gaps: [] });
    waveform.add(
      framesOf([
        [0, 0],
        [9000, 9000],
      ]),
    );
    expect(waveform.peak).toBe(0);
  });
});
