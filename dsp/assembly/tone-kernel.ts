/**
 * The tone analysis of `../reference-analysis.ts` in WebAssembly SIMD, for many channels. AssemblyScript: `npm run kernel`
 * compiles it into `../tone-kernel-bytes.ts`, and a test sees to it that both match.
 *
 * It does what `hop-bank.ts`, `early-flag.ts`, `tone-pair-fit.ts`, `tone-pair-run.ts` and `press-debounce.ts` do, in the
 * same order of operations, so that all results agree to the last bit; why things are done is explained there. All
 * tables and limits are theirs as well: `../tone-kernel.ts` writes them into memory before the first call.
 *
 * ```
 *  0          CONSTANTS        SAMPLES           FLAGS, ENERGIES      CHANNELS
 *  | unused   | tables, limits | 32 hops of int16 | of the 32 hops     | CHANNEL_SIZE each …
 * ```
 */

// Constants, written by the host. Vectors of tables hold two samples' factors for each of four tones.
const HOP_TABLE: usize = 1024; // [pair of samples 0-3][cosine rows, cosine columns, sine rows, sine columns] v128
const HOP_COSINES: usize = 1280; // f64[8]
const HOP_SINES: usize = 1344;
const HALF_COSINES: usize = 1408;
const HALF_SINES: usize = 1472;
const LAG_COSINES: usize = 1536;
const LAG_SINES: usize = 1600;
const OFFSET_TANGENTS: usize = 1664;
const HALF_INVERSE: usize = 1728; // f64[16 pairs][6]
const WINDOW_INVERSE: usize = 2496; // f64[16 pairs][6]
const LIMITS: usize = 3264; // f64[]
const HOP_GATE_ENERGY: usize = LIMITS;
const UNIT_ENERGY: usize = LIMITS + 8;
const EARLY_LEAST_ENERGY: usize = LIMITS + 16;
const EARLY_LARGEST_TWIST_RATIO: usize = LIMITS + 24;
const EARLY_LEAST_SHARE: usize = LIMITS + 32;
const FIT_LEAST_ENERGY: usize = LIMITS + 40;
const FIT_LEAST_SHARE: usize = LIMITS + 48;
const RUN_LEAST_SHARE: usize = LIMITS + 56;
const RUN_LARGEST_TWIST_RATIO: usize = LIMITS + 64;
const RUN_LEAST_TWIST_RATIO: usize = LIMITS + 72;
const RUN_LEAST_SQUARE: usize = LIMITS + 80;
const RUN_LARGEST_RIPPLE_RATIO: usize = LIMITS + 88;
const RUN_LEAST_GROUP_RATIO: usize = LIMITS + 96;
const LARGEST_SHARE_OF_POWER: usize = LIMITS + 104;
const EARLY_RUN_LEAST_QUALITY: usize = LIMITS + 112;
const RUN_LEAST_QUALITY: usize = LIMITS + 120;
const LONG_RUN_LEAST_QUALITY: usize = LIMITS + 128;
const EARLY_RUN_LEAST_STEADINESS: usize = LIMITS + 136;
const EARLY_RUN_HOPS: usize = LIMITS + 144; // i32 from here on
const RUN_HOPS: usize = LIMITS + 148;
const LONG_RUN_HOPS: usize = LIMITS + 152;
const TOLERATED_BAD_HOPS: usize = LIMITS + 156;
const END_HOPS: usize = LIMITS + 160;

// Input and output of one call.
const SAMPLES: usize = 4096; // i16[32 * 16]
const FLAGS: usize = 5120; // u8[32]
const ENERGIES: usize = 5152; // f64[32]
const CHANNELS: usize = 8192;
const CHANNEL_SIZE: usize = 2048;

// Within a channel. Slots are four, of eight tones.
const HOP_RE: usize = 0;
const HOP_IM: usize = 256;
const HALF_RE: usize = 512;
const HALF_IM: usize = 768;
const HALF_POWER: usize = 1024;
const HOP_ENERGY: usize = 1280; // f64[4]
const HALF_ENERGY: usize = 1312; // f64[4]
const FIT_RE: usize = 1344; // f64[8]
const FIT_IM: usize = 1408; // f64[8]
const FIT_POWER: usize = 1472; // f64[8]
const FIT: usize = 1536; // f64[4]: low and high amplitude, real and imaginary parts
const RUN_RECENT: usize = 1568; // f64[3][4]
const RUN_ADVANCE: usize = 1664; // f64[4]
const RUN_EXCESS: usize = 1696; // f64[4]
const RUN_POWERS: usize = 1728; // f64[8]
const RUN_ENERGY: usize = 1792;
const RUN_LOW: usize = 1800;
const RUN_HIGH: usize = 1808;
const RUN_LEAST: usize = 1816;
const RUN_LARGEST: usize = 1824;
const RUN_NEWEST: usize = 1832;
const RUN_END: usize = 1840;
const RUN_COUNT: usize = 1840; // i32 from here on
const RUN_PAIR: usize = 1844;
const RUN_START_HOP: usize = 1848;
const BAD_HOPS: usize = 1852;
const PRESS_PAIR: usize = 1856;
const MISSED_HOPS: usize = 1860;
const PRESS_START_HOP: usize = 1864;
const HOP_COUNT: usize = 1868;
const DEBOUNCED_HOPS: usize = 1872;
const MEASUREMENT: usize = 1880; // f64[6]

const WINDOW_HOPS: i32 = 6;
const WINDOW_SAMPLES: f64 = 96;
const LAG_HOPS: i32 = 3;
const SINC_FACTORS: i32 = 8;
const NO_PAIR: i32 = -1;
const PRESS_BEGAN: i32 = 1;
const PRESS_ENDED: i32 = 2;
const MAY_HOLD_TONES: i32 = 4;

/** Empties a channel, and what was said of the hops taken last. */
export function reset(channel: i32): void {
  const state = CHANNELS + <usize>channel * CHANNEL_SIZE;
  memory.fill(FLAGS, 0, CHANNELS - FLAGS);
  memory.fill(state, 0, CHANNEL_SIZE);
  resetRun(state);
  store<i32>(state, NO_PAIR, RUN_PAIR);
  store<i32>(state, NO_PAIR, PRESS_PAIR);
}

/**
 * Takes the hops in SAMPLES, which are zeros afterwards; writes their FLAGS and ENERGIES. Returns all flags.
 */
export function takeHops(channel: i32, count: i32): i32 {
  const state = CHANNELS + <usize>channel * CHANNEL_SIZE;
  let all = 0;
  for (let hop = 0; hop < count; hop += 1) {
    const flags = takeHop(state, SAMPLES + <usize>hop * 32, ENERGIES + <usize>hop * 8);
    store<u8>(FLAGS + <usize>hop, <u8>flags);
    all |= flags;
  }
  return all;
}

function takeHop(state: usize, samples: usize, energyOut: usize): i32 {
  const hopCount = load<i32>(state, HOP_COUNT);
  const slot = hopCount & 3;
  const older = (slot + 1) & 3;
  store<i32>(state, hopCount + 1, HOP_COUNT);
  correlate(state, samples, slot, energyOut);
  sumHalf(state, slot);
  if (hopCount + 1 < WINDOW_HOPS) return 0;
  const newestState = state + ((<usize>slot) << 6);
  const olderState = state + ((<usize>older) << 6);
  const energy =
    load<f64>(state + ((<usize>slot) << 3), HALF_ENERGY) + load<f64>(state + ((<usize>older) << 3), HALF_ENERGY);
  const least = load<f64>(FIT_LEAST_SHARE) * energy;
  const explained = energy < load<f64>(EARLY_LEAST_ENERGY) ? 0.0 : pairEnergy(newestState, olderState, least);
  let pair = NO_PAIR;
  if (explained > 0 && explained >= least && energy >= load<f64>(FIT_LEAST_ENERGY)) {
    pair = fitPair(state, newestState, olderState, energy);
  }
  const flags = debounce(state, pair, energy);
  return explained > 0 && explained >= load<f64>(EARLY_LEAST_SHARE) * energy ? flags | MAY_HOLD_TONES : flags;
}

/** `HopBank.#correlate`. */
function correlate(state: usize, samples: usize, slot: i32, energyOut: usize): void {
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
  store<f64>(energyOut, energy * 4);
  const target = state + ((<usize>slot) << 6);
  if (energy < load<f64>(HOP_GATE_ENERGY)) {
    clear(target + HOP_RE);
    clear(target + HOP_IM);
    return;
  }
  const e0 = v128.shuffle<i32>(even, even, 0, 0, 0, 0);
  const e1 = v128.shuffle<i32>(even, even, 1, 1, 1, 1);
  const e2 = v128.shuffle<i32>(even, even, 2, 2, 2, 2);
  const e3 = v128.shuffle<i32>(even, even, 3, 3, 3, 3);
  storeSums(target + HOP_RE, dots(e0, e1, e2, e3, HOP_TABLE));
  storeSums(target + HOP_RE + 32, dots(e0, e1, e2, e3, HOP_TABLE + 16));
  const o0 = v128.shuffle<i32>(odd, odd, 0, 0, 0, 0);
  const o1 = v128.shuffle<i32>(odd, odd, 1, 1, 1, 1);
  const o2 = v128.shuffle<i32>(odd, odd, 2, 2, 2, 2);
  const o3 = v128.shuffle<i32>(odd, odd, 3, 3, 3, 3);
  storeSums(target + HOP_IM, dots(o0, o1, o2, o3, HOP_TABLE + 32));
  storeSums(target + HOP_IM + 32, dots(o0, o1, o2, o3, HOP_TABLE + 48));
}

/** Of eight tones. A loop of `memory.fill` would leave WebAssembly for it. */
function clear(target: usize): void {
  v128.store(target, i64x2.splat(0));
  v128.store(target, i64x2.splat(0), 16);
  v128.store(target, i64x2.splat(0), 32);
  v128.store(target, i64x2.splat(0), 48);
}

function dots(v0: v128, v1: v128, v2: v128, v3: v128, table: usize): v128 {
  return i32x4.add(
    i32x4.add(i32x4.dot_i16x8_s(v0, v128.load(table)), i32x4.dot_i16x8_s(v1, v128.load(table, 64))),
    i32x4.add(i32x4.dot_i16x8_s(v2, v128.load(table, 128)), i32x4.dot_i16x8_s(v3, v128.load(table, 192))),
  );
}

function storeSums(target: usize, sums: v128): void {
  v128.store(target, f64x2.convert_low_i32x4_s(sums));
  v128.store(target, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(sums, sums, 2, 3, 2, 3)), 16);
}

/** `HopBank.#sumHalf`. */
function sumHalf(state: usize, slot: i32): void {
  const middleSlot = <usize>((slot + 3) & 3);
  const firstSlot = <usize>((slot + 2) & 3);
  const last = state + ((<usize>slot) << 6);
  const middle = state + (middleSlot << 6);
  const first = state + (firstSlot << 6);
  sumTwoTones(first, middle, last, 0);
  sumTwoTones(first, middle, last, 16);
  sumTwoTones(first, middle, last, 32);
  sumTwoTones(first, middle, last, 48);
  const energy =
    load<f64>(state + (firstSlot << 3), HOP_ENERGY) +
    load<f64>(state + (middleSlot << 3), HOP_ENERGY) +
    load<f64>(state + ((<usize>slot) << 3), HOP_ENERGY);
  store<f64>(state + ((<usize>slot) << 3), load<f64>(UNIT_ENERGY) * energy, HALF_ENERGY);
}

function sumTwoTones(first: usize, middle: usize, last: usize, at: usize): void {
  const cosine = v128.load(HOP_COSINES + at);
  const sine = v128.load(HOP_SINES + at);
  const firstRe = v128.load(first + at, HOP_RE);
  const firstIm = v128.load(first + at, HOP_IM);
  const lastRe = v128.load(last + at, HOP_RE);
  const lastIm = v128.load(last + at, HOP_IM);
  const re = f64x2.add(
    f64x2.add(v128.load(middle + at, HOP_RE), f64x2.mul(cosine, f64x2.add(firstRe, lastRe))),
    f64x2.mul(sine, f64x2.sub(lastIm, firstIm)),
  );
  const im = f64x2.add(
    f64x2.add(v128.load(middle + at, HOP_IM), f64x2.mul(cosine, f64x2.add(firstIm, lastIm))),
    f64x2.mul(sine, f64x2.sub(firstRe, lastRe)),
  );
  v128.store(last + at, re, HALF_RE);
  v128.store(last + at, im, HALF_IM);
  v128.store(last + at, f64x2.add(f64x2.mul(re, re), f64x2.mul(im, im)), HALF_POWER);
}

/** `pairEnergy` of early-flag.ts, for a window that is not too quiet. */
function pairEnergy(newest: usize, older: usize, least: f64): f64 {
  const low01 = f64x2.add(v128.load(newest, HALF_POWER), v128.load(older, HALF_POWER));
  const low23 = f64x2.add(v128.load(newest, HALF_POWER + 16), v128.load(older, HALF_POWER + 16));
  const high01 = f64x2.add(v128.load(newest, HALF_POWER + 32), v128.load(older, HALF_POWER + 32));
  const high23 = f64x2.add(v128.load(newest, HALF_POWER + 48), v128.load(older, HALF_POWER + 48));
  const rowPower = largestOf(low01, low23);
  const columnPower = largestOf(high01, high23);
  const largest = load<f64>(EARLY_LARGEST_TWIST_RATIO);
  if (rowPower > columnPower * largest || columnPower > rowPower * largest) return 0;
  // No pair explains more than this of a half; most hops end here.
  if ((rowPower + columnPower) * load<f64>(LARGEST_SHARE_OF_POWER) < least) return 0;
  const row = indexOf(rowPower, low01, low23);
  const column = indexOf(columnPower, high01, high23);
  const inverse = HALF_INVERSE + (row * 4 + column) * 48;
  return (
    explainedEnergy(inverse, newest, row << 3, column << 3) + explainedEnergy(inverse, older, row << 3, column << 3)
  );
}

function largestOf(first: v128, second: v128): f64 {
  const larger = f64x2.pmax(first, second);
  return f64x2.extract_lane(f64x2.pmax(larger, v128.shuffle<i64>(larger, larger, 1, 0)), 0);
}

/** Of the first that equals `value`. */
function indexOf(value: f64, first: v128, second: v128): usize {
  const wanted = f64x2.splat(value);
  return <usize>ctz(i64x2.bitmask(f64x2.eq(first, wanted)) | (i64x2.bitmask(f64x2.eq(second, wanted)) << 2));
}

/** `explainedEnergy` of pair-gram.ts. */
function explainedEnergy(inverse: usize, half: usize, row: usize, column: usize): f64 {
  const lowRe = load<f64>(half + row, HALF_RE);
  const lowIm = load<f64>(half + row, HALF_IM);
  const highRe = load<f64>(half + column, HALF_RE + 32);
  const highIm = load<f64>(half + column, HALF_IM + 32);
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
  const olderRe = v128.load(older + at, HALF_RE);
  const olderIm = v128.load(older + at, HALF_IM);
  const newestRe = v128.load(newest + at, HALF_RE);
  const newestIm = v128.load(newest + at, HALF_IM);
  const re = f64x2.add(f64x2.mul(cosine, f64x2.add(olderRe, newestRe)), f64x2.mul(sine, f64x2.sub(newestIm, olderIm)));
  const im = f64x2.add(f64x2.mul(cosine, f64x2.add(olderIm, newestIm)), f64x2.mul(sine, f64x2.sub(olderRe, newestRe)));
  v128.store(state + at, re, FIT_RE);
  v128.store(state + at, im, FIT_IM);
  v128.store(state + at, f64x2.add(f64x2.mul(re, re), f64x2.mul(im, im)), FIT_POWER);
}

function strongest(powers: usize): usize {
  const first = v128.load(powers);
  const second = v128.load(powers, 16);
  return indexOf(largestOf(first, second), first, second);
}

/** `PressDebounce.takeHop`. */
function debounce(state: usize, pair: i32, energy: f64): i32 {
  store<i32>(state, load<i32>(state, DEBOUNCED_HOPS) + 1, DEBOUNCED_HOPS);
  return followPress(state, pair) | followRun(state, pair, energy);
}

function followPress(state: usize, pair: i32): i32 {
  const pressPair = load<i32>(state, PRESS_PAIR);
  if (pressPair === NO_PAIR) return 0;
  if (pair === pressPair) {
    store<i32>(state, 0, MISSED_HOPS);
    return 0;
  }
  const missed = load<i32>(state, MISSED_HOPS) + 1;
  store<i32>(state, missed, MISSED_HOPS);
  if (missed < load<i32>(END_HOPS)) return 0;
  store<i32>(state, NO_PAIR, PRESS_PAIR);
  return PRESS_ENDED;
}

function followRun(state: usize, pair: i32, energy: f64): i32 {
  const runPair = load<i32>(state, RUN_PAIR);
  if (pair !== runPair) {
    if (runPair !== NO_PAIR) {
      const bad = load<i32>(state, BAD_HOPS) + 1;
      store<i32>(state, bad, BAD_HOPS);
      if (bad <= load<i32>(TOLERATED_BAD_HOPS)) return 0;
    }
    startRun(state, pair);
  }
  if (pair === NO_PAIR) return 0;
  store<i32>(state, 0, BAD_HOPS);
  if (addToRun(state, energy)) store<i32>(state, load<i32>(state, DEBOUNCED_HOPS), RUN_START_HOP);
  const hops = load<i32>(state, RUN_COUNT);
  const isLong = hops === load<i32>(LONG_RUN_HOPS);
  if (hops !== load<i32>(EARLY_RUN_HOPS) && hops !== load<i32>(RUN_HOPS) && !isLong) return 0;
  const pressed = isKey(state, pair, hops);
  const flags = pressed && pair !== load<i32>(state, PRESS_PAIR) ? beginPress(state, pair) : 0;
  if (pressed || isLong) startRun(state, NO_PAIR);
  return flags;
}

function startRun(state: usize, pair: i32): void {
  resetRun(state);
  store<i32>(state, pair, RUN_PAIR);
  store<i32>(state, load<i32>(state, DEBOUNCED_HOPS), RUN_START_HOP);
  store<i32>(state, 0, BAD_HOPS);
}

function beginPress(state: usize, pair: i32): i32 {
  const flags = load<i32>(state, PRESS_PAIR) === NO_PAIR ? PRESS_BEGAN : PRESS_BEGAN | PRESS_ENDED;
  store<i32>(state, pair, PRESS_PAIR);
  store<i32>(state, 0, MISSED_HOPS);
  store<i32>(state, load<i32>(state, RUN_START_HOP), PRESS_START_HOP);
  return flags;
}

function resetRun(state: usize): void {
  memory.fill(state + RUN_RECENT, 0, RUN_END - RUN_RECENT);
  store<f64>(state, Infinity, RUN_LEAST);
  store<i32>(state, 0, RUN_COUNT);
}

/** `TonePairRun.add`; true when it restarted. */
function addToRun(state: usize, energy: f64): bool {
  const lowRe = load<f64>(state, FIT);
  const lowIm = load<f64>(state, FIT + 8);
  const highRe = load<f64>(state, FIT + 16);
  const highIm = load<f64>(state, FIT + 24);
  const low = lowRe * lowRe + lowIm * lowIm;
  const high = highRe * highRe + highIm * highIm;
  const restarts = low + high > load<f64>(state, RUN_LEAST) * load<f64>(RUN_LARGEST_RIPPLE_RATIO);
  if (restarts) resetRun(state);
  const hops = load<i32>(state, RUN_COUNT);
  const recent = state + RUN_RECENT + <usize>((hops % LAG_HOPS) * 32);
  if (hops >= LAG_HOPS) {
    const oldLowRe = load<f64>(recent);
    const oldLowIm = load<f64>(recent, 8);
    const oldHighRe = load<f64>(recent, 16);
    const oldHighIm = load<f64>(recent, 24);
    increase(state + RUN_ADVANCE, lowRe * oldLowRe + lowIm * oldLowIm);
    increase(state + RUN_ADVANCE + 8, lowIm * oldLowRe - lowRe * oldLowIm);
    increase(state + RUN_ADVANCE + 16, highRe * oldHighRe + highIm * oldHighIm);
    increase(state + RUN_ADVANCE + 24, highIm * oldHighRe - highRe * oldHighIm);
  }
  store<f64>(recent, lowRe);
  store<f64>(recent, lowIm, 8);
  store<f64>(recent, highRe, 16);
  store<f64>(recent, highIm, 24);
  for (let at: usize = 0; at < 64; at += 16) {
    v128.store(state + at, f64x2.add(v128.load(state + at, RUN_POWERS), v128.load(state + at, FIT_POWER)), RUN_POWERS);
  }
  increase(state + RUN_LOW, low);
  increase(state + RUN_HIGH, high);
  increase(state + RUN_ENERGY, energy);
  store<f64>(state, low + high, RUN_NEWEST);
  if (low + high < load<f64>(state, RUN_LEAST)) store<f64>(state, low + high, RUN_LEAST);
  if (low + high > load<f64>(state, RUN_LARGEST)) store<f64>(state, low + high, RUN_LARGEST);
  store<i32>(state, hops + 1, RUN_COUNT);
  return restarts;
}

function increase(at: usize, by: f64): void {
  store<f64>(at, load<f64>(at) + by);
}

/** `TonePairRun.isKey`. */
function isKey(state: usize, pair: i32, count: i32): bool {
  const row = <usize>(pair >> 2);
  const column = <usize>(4 + (pair & 3));
  if (!isOnFrequency(state, 0, row) || !isOnFrequency(state, 16, column)) return false;
  const hops = <f64>count;
  const lowSquares = load<f64>(state, RUN_LOW);
  const highSquares = load<f64>(state, RUN_HIGH);
  const lowAdvance = sizeOfExcess(state + RUN_EXCESS);
  const highAdvance = sizeOfExcess(state + RUN_EXCESS + 16);
  const low = lowSquares / windowGain(load<f64>(state, RUN_EXCESS) / lowAdvance);
  const high = highSquares / windowGain(load<f64>(state, RUN_EXCESS + 16) / highAdvance);
  const share = ((low + high) * (WINDOW_SAMPLES / 2)) / load<f64>(state, RUN_ENERGY);
  const spans = hops / (hops - <f64>LAG_HOPS);
  const lowCoherence = (lowAdvance / lowSquares) * spans;
  const highCoherence = (highAdvance / highSquares) * spans;
  const quality = share + min(lowCoherence, highCoherence);
  if (!(share >= load<f64>(RUN_LEAST_SHARE) && quality >= leastQuality(count))) return false;
  if (
    count < load<i32>(RUN_HOPS) &&
    load<f64>(state, RUN_NEWEST) < load<f64>(EARLY_RUN_LEAST_STEADINESS) * load<f64>(state, RUN_LARGEST)
  ) {
    return false;
  }
  if (high > low * load<f64>(RUN_LARGEST_TWIST_RATIO) || high < low * load<f64>(RUN_LEAST_TWIST_RATIO)) return false;
  const least = load<f64>(RUN_LEAST_SQUARE) * hops;
  if (low < least || high < least) return false;
  if (load<f64>(state, RUN_LARGEST) > load<f64>(state, RUN_LEAST) * load<f64>(RUN_LARGEST_RIPPLE_RATIO)) return false;
  if (!standsOut(state, row, 0) || !standsOut(state, column, 4)) return false;
  store<f64>(state, load<f64>(state, RUN_LOW) / hops, MEASUREMENT);
  store<f64>(state, load<f64>(state, RUN_HIGH) / hops, MEASUREMENT + 8);
  memory.copy(state + MEASUREMENT + 16, state + RUN_EXCESS, 32);
  return true;
}

function isOnFrequency(state: usize, at: usize, tone: usize): bool {
  const advance = state + RUN_ADVANCE + at;
  const advanceRe = load<f64>(advance);
  const advanceIm = load<f64>(advance, 8);
  const cosine = load<f64>(LAG_COSINES + (tone << 3));
  const sine = load<f64>(LAG_SINES + (tone << 3));
  const re = advanceRe * cosine + advanceIm * sine;
  const im = advanceIm * cosine - advanceRe * sine;
  store<f64>(state + at, re, RUN_EXCESS);
  store<f64>(state + at, im, RUN_EXCESS + 8);
  return re > 0 && abs(im) <= re * load<f64>(OFFSET_TANGENTS + (tone << 3));
}

function leastQuality(hops: i32): f64 {
  if (hops < load<i32>(RUN_HOPS)) return load<f64>(EARLY_RUN_LEAST_QUALITY);
  return hops < load<i32>(LONG_RUN_HOPS) ? load<f64>(RUN_LEAST_QUALITY) : load<f64>(LONG_RUN_LEAST_QUALITY);
}

function sizeOfExcess(excess: usize): f64 {
  const re = load<f64>(excess);
  const im = load<f64>(excess, 8);
  return sqrt(re * re + im * im);
}

function windowGain(cosineOfExcess: f64): f64 {
  let cosine = cosineOfExcess;
  let gain = 1.0;
  for (let factor = 0; factor < SINC_FACTORS; factor += 1) {
    const square = (1 + cosine) / 2;
    gain *= square;
    cosine = sqrt(square);
  }
  return gain;
}

function standsOut(state: usize, tone: usize, groupStart: usize): bool {
  const own = load<f64>(state + (tone << 3), RUN_POWERS);
  const ratio = load<f64>(RUN_LEAST_GROUP_RATIO);
  for (let other = groupStart; other < groupStart + 4; other += 1) {
    if (other !== tone && load<f64>(state + (other << 3), RUN_POWERS) * ratio > own) return false;
  }
  return true;
}
