/** What a person sees of a drawn recording: bands over it, and how high the drawing is at each place. */
import type { OversightPage } from './oversight-world.js';

/** Runs in the page: for each column of points, how many are painted in the upper and in the lower half. */
const PAINTED = `(() => {
  const canvas = document.querySelector('canvas.waveform');
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  const half = Math.floor(height / 2);
  const count = (x, from, to) => {
    let painted = 0;
    for (let y = from; y < to; y += 1) if (data[4 * (y * width + x) + 3] > 25) painted += 1;
    return painted;
  };
  const columns = Array.from({ length: width }, (_, x) => x);
  return { caller: columns.map((x) => count(x, 0, half)), agent: columns.map((x) => count(x, half, height)) };
})()`;

/** Runs in the page: where each band begins and ends, in parts of the whole. */
const BANDS = `(() => {
  const whole = document.querySelector('canvas.waveform').getBoundingClientRect();
  return [...document.querySelectorAll('.gap')].map((gap) => {
    const { left, right } = gap.getBoundingClientRect();
    const place = (x) => Math.round((1000 * (x - whole.left)) / whole.width) / 1000;
    return { label: gap.textContent, from: place(left), to: place(right) };
  });
})()`;

export type Lane = { highestBetween(from: number, to: number): number };

export async function inkOf({ page }: OversightPage): Promise<{ readonly caller: Lane; readonly agent: Lane }> {
  const painted: { readonly caller: readonly number[]; readonly agent: readonly number[] } =
    await page.evaluate(PAINTED);
  return { caller: laneOf(painted.caller), agent: laneOf(painted.agent) };
}

export function gapBands({
  page,
}: OversightPage): Promise<readonly { readonly label: string; readonly from: number; readonly to: number }[]> {
  return page.evaluate(BANDS);
}

function laneOf(columns: readonly number[]): Lane {
  return {
    highestBetween: (from, to) =>
      Math.max(...columns.slice(Math.ceil(from * columns.length), Math.floor(to * columns.length))),
  };
}
