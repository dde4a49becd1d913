/**
 * The tone analysis of `../reference-analysis.ts` in WebAssembly SIMD, for many channels. AssemblyScript: `npm run kernel`
 * compiles it into `../tone-kernel-bytes.ts`, and a test sees to it that both match.
 *
 * It does what `hop-bank.ts`, `early-flag.ts`, `tone-pair-fit.ts`, `tone-pair-run.ts` and `press-debounce.ts` do, in the
 * same order of operations, so that all results agree to the last bit; why things are done is explained there. Tables
 * and limits are theirs as well: `../tone-kernel.ts` writes them into memory before the first call. Only lengths that are
 * built into the code, and the flags, stand here once more.
 */
import {
  CHANNEL_SIZE_BYTES,
  CHANNELS,
  EARLY_LARGEST_TWIST_RATIO,
  EARLY_LEAST_ENERGY,
  EARLY_LEAST_SHARE,
  FIT,
  FIT_IM,
  FIT_LEAST_ENERGY,
  FIT_LEAST_SHARE,
  FIT_POWER,
  FIT_RE,
  FLAGS,
  HALF_COSINES,
  HALF_ENERGY,
  HALF_IM,
  HALF_INVERSE,
  HALF_POWER,
  HALF_RE,
  HALF_SINES,
  HOP_COUNT,
  HOP_ENERGY,
  HOP_GATE_ENERGY,
  HOP_IM,
  HOP_RE,
  HOP_TABLE,
  HOP_TURN_COSINES,
  HOP_TURN_SINES,
  LARGEST_SHARE_OF_POWER,
  PRESS_PAIR,
  RUN_PAIR,
  RUN_RECENT,
  SAMPLES,
  UNIT_ENERGY,
  WINDOW_INVERSE,
} from './memory-map.ts';
import { debounce, NO_PAIR, PRESS_ENDED, resetRun } from './press-run.ts';

const WINDOW_HOPS: i32 = 6;
const MAY_HOLD_TONES: i32 = 4;

/** Empties a channel, and what was said of the hops taken last. */
export function reset(channel: i32): void {
  const state = CHANNELS + <usize>channel * CHANNEL_SIZE_BYTES;
  memory.fill(FLAGS, 0, CHANNELS - FLAGS);
  memory.fill(state, 0, CHANNEL_SIZE_BYTES);
  resetRun(state);
  store<i32>(state, NO_PAIR, RUN_PAIR);
  store<i32>(state, NO_PAIR, PRESS_PAIR);
}

/**
 * Takes the hops in SAMPLES, which are zeros afterwards; writes their FLAGS. Returns all flags.
 */
export function takeHops(channel: i32, count: i32): i32 {
  const state = CHANNELS + <usize>channel * CHANNEL_SIZE_BYTES;
  let all = 0;
  for (let hop = 0; hop < count; hop += 1) {
    const flags = takeHop(state, SAMPLES + <usize>hop * 32);
    store<u8>(FLAGS + <usize>hop, <u8>flags);
    all |= flags;
  }
  return all;
}

function takeHop(state: usize, samples: usize): i32 {
  const hopCount = load<i32>(state, HOP_COUNT);
  const slot = hopCount & 3;
  const older = (slot + 1) & 3;
  store<i32>(state, hopCount + 1, HOP_COUNT);
  correlate(state, samples, slot);
  sumHalf(state, slot);
  if (hopCount + 1 < WINDOW_HOPS) return 0;
  const newestState = state + ((<usize>slot) << 5);
  const olderState = state + ((<usize>older) << 5);
  const energy =
    load<f64>(state + ((<usize>slot) << 3), HALF_ENERGY) + load<f64>(state + ((<usize>older) << 3), HALF_ENERGY);
  const least = load<f64>(FIT_LEAST_SHARE) * energy;
  const explained = energy < load<f64>(EARLY_LEAST_ENERGY) ? 0.0 : pairEnergy(newestState, olderState, least);
  let pair = NO_PAIR;
  if (explained > 0 && explained >= least && energy >= load<f64>(FIT_LEAST_ENERGY)) {
    pair = fitPair(state, newestState, olderState, energy);
  }
  const flags = debounce(state, pair, energy);
  if ((flags & PRESS_ENDED) !== 0) forgetFit(state);
  return explained > 0 && explained >= load<f64>(EARLY_LEAST_SHARE) * energy ? flags | MAY_HOLD_TONES : flags;
}

/** `HopBank.#correlate`. */
function correlate(state: usize, samples: usize, slot: i32): void {
  const first = v128.load(samples);
  const before = i16x8.shr_s(i8x16.shuffle(first, first, 14, 15, 12, 13, 10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1), 1);
  const after = i16x8.shr_s(v128.load(samples, 16), 1);
  v128.store(samples, i64x2.splat(0));
  v128.store(samples, i64x2.splat(0), 16);
  const even = i16x8.add(before, after);
  const odd = i16x8.sub(before, after);
  // Twice the energy in four lanes, each below 2^32.
  const squares = i32x4.add(i32x4.dot_i16x8_s(even, even), i32x4.dot_i16x8_s(odd, odd));
  const doubled = f64x2.add(
    f64x2.convert_low_i32x4_u(squares),
    f64x2.convert_low_i32x4_u(v128.shuffle<i32>(squares, squares, 2, 3, 2, 3)),
  );
  const energy = (f64x2.extract_lane(doubled, 0) + f64x2.extract_lane(doubled, 1)) * 0.5;
  store<f64>(state + ((<usize>slot) << 3), energy, HOP_ENERGY);
  const target = state + ((<usize>slot) << 5);
  if (energy < load<f64>(HOP_GATE_ENERGY)) {
    clear(target + HOP_RE);
    clear(target + HOP_IM);
    return;
  }
  const e0 = v128.shuffle<i32>(even, even, 0, 0, 0, 0);
  const e1 = v128.shuffle<i32>(even, even, 1, 1, 1, 1);
  const e2 = v128.shuffle<i32>(even, even, 2, 2, 2, 2);
  const e3 = v128.shuffle<i32>(even, even, 3, 3, 3, 3);
  v128.store(target, dots(e0, e1, e2, e3, HOP_TABLE), HOP_RE);
  v128.store(target, dots(e0, e1, e2, e3, HOP_TABLE + 16), HOP_RE + 16);
  const o0 = v128.shuffle<i32>(odd, odd, 0, 0, 0, 0);
  const o1 = v128.shuffle<i32>(odd, odd, 1, 1, 1, 1);
  const o2 = v128.shuffle<i32>(odd, odd, 2, 2, 2, 2);
  const o3 = v128.shuffle<i32>(odd, odd, 3, 3, 3, 3);
  v128.store(target, dots(o0, o1, o2, o3, HOP_TABLE + 32), HOP_IM);
  v128.store(target, dots(o0, o1, o2, o3, HOP_TABLE + 48), HOP_IM + 16);
}

/** Of eight tones. `memory.fill` would leave WebAssembly for it. */
function clear(target: usize): void {
  v128.store(target, i64x2.splat(0));
  v128.store(target, i64x2.splat(0), 16);
}

/** Sums of eight products each, of four tones. */
function dots(v0: v128, v1: v128, v2: v128, v3: v128, table: usize): v128 {
  return f32x4.convert_i32x4_s(
    i32x4.add(
      i32x4.add(i32x4.dot_i16x8_s(v0, v128.load(table)), i32x4.dot_i16x8_s(v1, v128.load(table, 64))),
      i32x4.add(i32x4.dot_i16x8_s(v2, v128.load(table, 128)), i32x4.dot_i16x8_s(v3, v128.load(table, 192))),
    ),
  );
}

/** `HopBank.#sumHalf`. */
function sumHalf(state: usize, slot: i32): void {
  const middleSlot = <usize>((slot + 3) & 3);
  const firstSlot = <usize>((slot + 2) & 3);
  const last = state + ((<usize>slot) << 5);
  const middle = state + (middleSlot << 5);
  const first = state + (firstSlot << 5);
  sumFourTones(first, middle, last, 0);
  sumFourTones(first, middle, last, 16);
  const energy =
    load<f64>(state + (firstSlot << 3), HOP_ENERGY) +
    load<f64>(state + (middleSlot << 3), HOP_ENERGY) +
    load<f64>(state + ((<usize>slot) << 3), HOP_ENERGY);
  store<f64>(state + ((<usize>slot) << 3), load<f64>(UNIT_ENERGY) * energy, HALF_ENERGY);
}

function sumFourTones(first: usize, middle: usize, last: usize, at: usize): void {
  const cosine = v128.load(HOP_TURN_COSINES + at);
  const sine = v128.load(HOP_TURN_SINES + at);
  const firstRe = v128.load(first + at, HOP_RE);
  const firstIm = v128.load(first + at, HOP_IM);
  const lastRe = v128.load(last + at, HOP_RE);
  const lastIm = v128.load(last + at, HOP_IM);
  const re = f32x4.add(
    f32x4.add(v128.load(middle + at, HOP_RE), f32x4.mul(cosine, f32x4.add(firstRe, lastRe))),
    f32x4.mul(sine, f32x4.sub(lastIm, firstIm)),
  );
  const im = f32x4.add(
    f32x4.add(v128.load(middle + at, HOP_IM), f32x4.mul(cosine, f32x4.add(firstIm, lastIm))),
    f32x4.mul(sine, f32x4.sub(firstRe, lastRe)),
  );
  v128.store(last + at, re, HALF_RE);
  v128.store(last + at, im, HALF_IM);
  v128.store(last + at, f32x4.add(f32x4.mul(re, re), f32x4.mul(im, im)), HALF_POWER);
}

/** `pairEnergy` of early-flag.ts, for a window that is not too quiet. */
function pairEnergy(newest: usize, older: usize, least: f64): f64 {
  const low = f32x4.add(v128.load(newest, HALF_POWER), v128.load(older, HALF_POWER));
  const high = f32x4.add(v128.load(newest, HALF_POWER + 16), v128.load(older, HALF_POWER + 16));
  const lowLargest = largestOf(low);
  const highLargest = largestOf(high);
  const rowPower = <f64>f32x4.extract_lane(lowLargest, 0);
  const columnPower = <f64>f32x4.extract_lane(highLargest, 0);
  const largest = load<f64>(EARLY_LARGEST_TWIST_RATIO);
  if (rowPower > columnPower * largest || columnPower > rowPower * largest) return 0;
  // No pair explains more than this of a half; most hops end here.
  if ((rowPower + columnPower) * load<f64>(LARGEST_SHARE_OF_POWER) < least) return 0;
  const row = <usize>ctz(i32x4.bitmask(f32x4.eq(low, lowLargest)));
  const column = <usize>ctz(i32x4.bitmask(f32x4.eq(high, highLargest)));
  const inverse = HALF_INVERSE + (row * 4 + column) * 48;
  return (
    explainedEnergy(inverse, newest, row << 2, column << 2) + explainedEnergy(inverse, older, row << 2, column << 2)
  );
}

/** The largest of four in all four lanes. */
function largestOf(numbers: v128): v128 {
  const pairs = f32x4.pmax(numbers, v128.shuffle<i32>(numbers, numbers, 1, 0, 3, 2));
  return f32x4.pmax(pairs, v128.shuffle<i32>(pairs, pairs, 2, 3, 0, 1));
}

/** `explainedEnergy` of pair-gram.ts. */
function explainedEnergy(inverse: usize, half: usize, row: usize, column: usize): f64 {
  const lowRe = <f64>load<f32>(half + row, HALF_RE);
  const lowIm = <f64>load<f32>(half + row, HALF_IM);
  const highRe = <f64>load<f32>(half + column, HALF_RE + 16);
  const highIm = <f64>load<f32>(half + column, HALF_IM + 16);
  return (
    lowRe * (load<f64>(inverse) * lowRe + 2 * load<f64>(inverse, 8) * highRe) +
    load<f64>(inverse, 16) * highRe * highRe +
    lowIm * (load<f64>(inverse, 24) * lowIm + 2 * load<f64>(inverse, 32) * highIm) +
    load<f64>(inverse, 40) * highIm * highIm
  );
}

/** `TonePairFit.measure`; the pair, or NO_PAIR. */
function fitPair(state: usize, newest: usize, older: usize, energy: f64): i32 {
  for (let at: usize = 0; at < 64; at += 16) fitTwoTones(state, newest, older, at);
  const column = strongest(state + FIT_POWER + 32);
  const row = strongest(state + FIT_POWER);
  const lowRe = load<f64>(state + (row << 3), FIT_RE);
  const lowIm = load<f64>(state + (row << 3), FIT_IM);
  const highRe = load<f64>(state + (column << 3), FIT_RE + 32);
  const highIm = load<f64>(state + (column << 3), FIT_IM + 32);
  const inverse = WINDOW_INVERSE + (row * 4 + column) * 48;
  const lowAmplitudeRe = load<f64>(inverse) * lowRe + load<f64>(inverse, 8) * highRe;
  const highAmplitudeRe = load<f64>(inverse, 8) * lowRe + load<f64>(inverse, 16) * highRe;
  const lowAmplitudeIm = load<f64>(inverse, 24) * lowIm + load<f64>(inverse, 32) * highIm;
  const highAmplitudeIm = load<f64>(inverse, 32) * lowIm + load<f64>(inverse, 40) * highIm;
  store<f64>(state, lowAmplitudeRe, FIT);
  store<f64>(state, lowAmplitudeIm, FIT + 8);
  store<f64>(state, highAmplitudeRe, FIT + 16);
  store<f64>(state, highAmplitudeIm, FIT + 24);
  const explained =
    lowRe * lowAmplitudeRe + highRe * highAmplitudeRe + lowIm * lowAmplitudeIm + highIm * highAmplitudeIm;
  return explained >= load<f64>(FIT_LEAST_SHARE) * energy ? <i32>(row * 4 + column) : NO_PAIR;
}

function fitTwoTones(state: usize, newest: usize, older: usize, at: usize): void {
  const cosine = v128.load(HALF_COSINES + at);
  const sine = v128.load(HALF_SINES + at);
  const olderRe = f64x2.promote_low_f32x4(v128.load64_zero(older + (at >> 1), HALF_RE));
  const olderIm = f64x2.promote_low_f32x4(v128.load64_zero(older + (at >> 1), HALF_IM));
  const newestRe = f64x2.promote_low_f32x4(v128.load64_zero(newest + (at >> 1), HALF_RE));
  const newestIm = f64x2.promote_low_f32x4(v128.load64_zero(newest + (at >> 1), HALF_IM));
  const re = f64x2.add(f64x2.mul(cosine, f64x2.add(olderRe, newestRe)), f64x2.mul(sine, f64x2.sub(newestIm, olderIm)));
  const im = f64x2.add(f64x2.mul(cosine, f64x2.add(olderIm, newestIm)), f64x2.mul(sine, f64x2.sub(olderRe, newestRe)));
  v128.store(state + at, re, FIT_RE);
  v128.store(state + at, im, FIT_IM);
  v128.store(state + at, f64x2.add(f64x2.mul(re, re), f64x2.mul(im, im)), FIT_POWER);
}

/** `TonePairFit.reset`. */
function forgetFit(state: usize): void {
  for (let at = FIT_RE; at < RUN_RECENT; at += 16) v128.store(state + at, i64x2.splat(0));
}

/** Of the first that is largest. */
function strongest(powers: usize): usize {
  const first = v128.load(powers);
  const second = v128.load(powers, 16);
  const larger = f64x2.pmax(first, second);
  const largest = f64x2.pmax(larger, v128.shuffle<i64>(larger, larger, 1, 0));
  return <usize>ctz(i64x2.bitmask(f64x2.eq(first, largest)) | (i64x2.bitmask(f64x2.eq(second, largest)) << 2));
}
