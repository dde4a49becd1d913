/** Draws a waveform, caller above agent, in the colours and at the width that the page has now. */
import { element } from '../element-builder.js';
import type { Lane, Waveform } from './waveform.js';

/** The least that shows that there is something. */
const MIN_STROKE_PX = 1;
/** Speech on the telephone is far below full scale, and is drawn larger; noise is not made to look like speech. */
const MAX_GAIN = 8;

export class WaveformCanvas {
  readonly root = element('canvas', { class: 'waveform' });
  readonly #waveform: Waveform;
  readonly #observer = new ResizeObserver(() => this.draw());
  readonly #dark = matchMedia('(prefers-color-scheme: dark)');
  readonly #redraw = (): void => this.draw();

  constructor(waveform: Waveform) {
    this.#waveform = waveform;
    this.#observer.observe(this.root);
    this.#dark.addEventListener('change', this.#redraw);
  }

  draw(): void {
    const { clientWidth: widthPx, clientHeight: heightPx } = this.root;
    const context = this.root.getContext('2d');
    if (context === null || widthPx === 0) return;
    this.root.width = Math.round(widthPx * devicePixelRatio);
    this.root.height = Math.round(heightPx * devicePixelRatio);
    context.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(this.root);
    const half = heightPx / 2;
    const gain = Math.min(MAX_GAIN, 0.86 / Math.max(this.#waveform.peak, 1e-6));
    const line = { context, widthPx, scalePx: (half / 2) * gain, colour: style.color };
    drawLane(this.#waveform.caller, { ...line, middlePx: half / 2 });
    drawLane(this.#waveform.agent, { ...line, middlePx: half + half / 2 });
  }

  close(): void {
    this.#observer.disconnect();
    this.#dark.removeEventListener('change', this.#redraw);
  }
}

type Place = {
  readonly context: CanvasRenderingContext2D;
  readonly widthPx: number;
  readonly middlePx: number;
  /** Height of full scale. */
  readonly scalePx: number;
  readonly colour: string;
};

function drawLane({ low, high }: Lane, { context, widthPx, middlePx, scalePx, colour }: Place): void {
  context.fillStyle = colour;
  const columns = low.length;
  for (let x = 0; x < widthPx; x += 1) {
    const from = Math.floor((x * columns) / widthPx);
    const to = Math.max(from + 1, Math.floor(((x + 1) * columns) / widthPx));
    const top = Math.max(0, ...high.subarray(from, to));
    const bottom = Math.min(0, ...low.subarray(from, to));
    // Nothing but silence is a hairline: sound, however faint, is a bar.
    const isSilent = top === 0 && bottom === 0;
    const heightPx = isSilent ? MIN_STROKE_PX / 2 : Math.max(MIN_STROKE_PX * 2, (top - bottom) * scalePx);
    const topPx = isSilent ? middlePx - heightPx / 2 : middlePx - Math.max(top * scalePx, MIN_STROKE_PX);
    context.globalAlpha = isSilent ? 0.45 : 1;
    context.fillRect(x, topPx, 1, heightPx);
  }
}
