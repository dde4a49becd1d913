/** `press-debounce.ts` and `tone-pair-run.ts` in the kernel. */
import {
  BAD_HOPS,
  DEBOUNCED_HOPS,
  EARLY_RUN_HOPS,
  EARLY_RUN_LEAST_QUALITY,
  EARLY_RUN_LEAST_STEADINESS,
  END_HOPS,
  FIT,
  FIT_POWER,
  LAG_COSINES,
  LAG_SINES,
  LONG_RUN_HOPS,
  LONG_RUN_LEAST_QUALITY,
  MEASUREMENT,
  MISSED_HOPS,
  OFFSET_TANGENTS,
  PRESS_PAIR,
  PRESS_START_HOP,
  RUN_ADVANCE,
  RUN_COUNT,
  RUN_END,
  RUN_ENERGY,
  RUN_EXCESS,
  RUN_HIGH,
  RUN_HOPS,
  RUN_LARGEST,
  RUN_LARGEST_RIPPLE_RATIO,
  RUN_LARGEST_TWIST_RATIO,
  RUN_LEAST,
  RUN_LEAST_GROUP_RATIO,
  RUN_LEAST_QUALITY,
  RUN_LEAST_SHARE,
  RUN_LEAST_SQUARE,
  RUN_LEAST_TWIST_RATIO,
  RUN_LOW,
  RUN_NEWEST,
  RUN_PAIR,
  RUN_POWERS,
  RUN_RECENT,
  RUN_START_HOP,
  TOLERATED_BAD_HOPS,
} from './memory-map.ts';

const WINDOW_SAMPLES: f64 = 96;
const LAG_HOPS: i32 = 3;
const SINC_FACTORS: i32 = 8;
export const NO_PAIR: i32 = -1;
const PRESS_BEGAN: i32 = 1;
export const PRESS_ENDED: i32 = 2;

/** `PressDebounce.takeHop`. */
export function debounce(state: usize, pair: i32, energy: f64): i32 {
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

export function resetRun(state: usize): void {
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
