/** One lane on a canvas: its level over the last ten seconds, its spectrum below, and a mark where a key was pressed. */
import { element } from '../element-builder.js';
import { CAPACITY_FRAMES, FRAME_MS, heightOf, LaneHistory, type Mark, placeOf, WINDOW_MS } from './plot-model.js';

/** The level above, the spectrum as high below it. */
const LEVEL_SHARE = 0.5;
const LABEL_HEIGHT_PX = 18;
const PRESS_MS = 100;

export type LaneColours = {
  readonly level: string;
  readonly mark: string;
  readonly markText: string;
  readonly grid: string;
};

export type LevelPlotOptions = {
  readonly label: string;
  /** Red, green and blue of the spectrum; how strong it is shows in its opacity. */
  readonly spectrumRgb: readonly [number, number, number];
  /** Whether the marks bear the name of their key. */
  readonly namesKeys: boolean;
};

export class LevelPlot {
  readonly root: HTMLCanvasElement;
  readonly history = new LaneHistory();
  readonly #options: LevelPlotOptions;
  readonly #spectrum = document.createElement('canvas');
  #bins = 0;

  constructor(options: LevelPlotOptions) {
    this.#options = options;
    this.root = element('canvas', { class: 'plot', role: 'img', 'aria-label': options.label });
  }

  add(atMs: number, levelsDbm0: readonly number[], spectra: Uint8Array): void {
    if (levelsDbm0.length === 0) return;
    const bins = spectra.length / levelsDbm0.length;
    if (bins !== this.#bins) {
      this.#bins = bins;
      this.#spectrum.width = CAPACITY_FRAMES;
      this.#spectrum.height = bins;
    }
    const before = this.history.newest;
    const first = this.history.add(atMs, levelsDbm0);
    const context = this.#spectrum.getContext('2d');
    if (context === null) return;
    if (before >= 0) {
      for (let frame = before + 1; frame < first; frame += 1) context.clearRect(frame % CAPACITY_FRAMES, 0, 1, bins);
    }
    const [red, green, blue] = this.#options.spectrumRgb;
    levelsDbm0.forEach((_, index) => {
      const column = context.createImageData(1, bins);
      for (let bin = 0; bin < bins; bin += 1) {
        const strength = (spectra[index * bins + bin] ?? 0) / 255;
        // Low frequencies below; faint ones fainter than they are, so that tones stand out.
        column.data.set([red, green, blue, 255 * strength ** 1.6], (bins - 1 - bin) * 4);
      }
      context.putImageData(column, (first + index) % CAPACITY_FRAMES, 0);
    });
  }

  clear(): void {
    this.history.clear();
  }

  draw(shownMs: number, marks: readonly Mark[], colours: LaneColours): void {
    const scale = devicePixelRatio;
    const widthPx = this.root.clientWidth;
    const heightPx = this.root.clientHeight;
    if (this.root.width !== Math.round(widthPx * scale)) this.root.width = Math.round(widthPx * scale);
    if (this.root.height !== Math.round(heightPx * scale)) this.root.height = Math.round(heightPx * scale);
    const context = this.root.getContext('2d');
    if (context === null) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, widthPx, heightPx);
    const plotHeightPx = heightPx - LABEL_HEIGHT_PX;
    const middlePx = LABEL_HEIGHT_PX + plotHeightPx * LEVEL_SHARE;
    this.#drawGrid(context, { shownMs, widthPx, heightPx, middlePx, colours });
    this.#drawMarks(context, { shownMs, widthPx, heightPx, marks, colours });
    this.#drawLevels(context, { shownMs, widthPx, basePx: middlePx, heightPx: plotHeightPx * LEVEL_SHARE, colours });
    this.#drawSpectrum(context, { shownMs, widthPx, topPx: middlePx + 3, heightPx: heightPx - middlePx - 3 });
  }

  #drawGrid(
    context: CanvasRenderingContext2D,
    options: { shownMs: number; widthPx: number; heightPx: number; middlePx: number; colours: LaneColours },
  ): void {
    const { shownMs, widthPx, heightPx, middlePx, colours } = options;
    context.fillStyle = colours.grid;
    context.fillRect(0, middlePx, widthPx, 1);
    for (let second = Math.ceil((shownMs - WINDOW_MS) / 1000); second * 1000 <= shownMs; second += 1) {
      context.fillRect(Math.round(placeOf(second * 1000, shownMs) * widthPx), LABEL_HEIGHT_PX, 1, heightPx);
    }
  }

  #drawMarks(
    context: CanvasRenderingContext2D,
    options: {
      shownMs: number;
      widthPx: number;
      heightPx: number;
      marks: readonly Mark[];
      colours: LaneColours;
    },
  ): void {
    const { shownMs, widthPx, heightPx, marks, colours } = options;
    const pressPx = (PRESS_MS / WINDOW_MS) * widthPx;
    context.font = '600 12px system-ui, sans-serif';
    context.textAlign = 'center';
    for (const { key, atMs } of marks) {
      const leftPx = placeOf(atMs, shownMs) * widthPx;
      if (leftPx + pressPx < 0 || leftPx > widthPx) continue;
      context.fillStyle = colours.mark;
      context.fillRect(leftPx, LABEL_HEIGHT_PX, pressPx, heightPx);
      if (!this.#options.namesKeys) continue;
      context.fillStyle = colours.markText;
      context.fillText(key, leftPx + pressPx / 2, LABEL_HEIGHT_PX - 5);
    }
  }

  #drawLevels(
    context: CanvasRenderingContext2D,
    options: { shownMs: number; widthPx: number; basePx: number; heightPx: number; colours: LaneColours },
  ): void {
    const { shownMs, widthPx, basePx, heightPx, colours } = options;
    const framePx = (FRAME_MS / WINDOW_MS) * widthPx;
    context.fillStyle = colours.level;
    context.beginPath();
    for (const frame of framesShown(shownMs)) {
      const levelPx = heightOf(this.history.levelAt(frame) ?? Number.NEGATIVE_INFINITY) * heightPx;
      if (levelPx > 0) context.rect(placeOf(frame * FRAME_MS, shownMs) * widthPx, basePx - levelPx, framePx, levelPx);
    }
    context.fill();
  }

  #drawSpectrum(
    context: CanvasRenderingContext2D,
    options: { shownMs: number; widthPx: number; topPx: number; heightPx: number },
  ): void {
    const { shownMs, widthPx, topPx, heightPx } = options;
    if (this.#bins === 0) return;
    const framePx = (FRAME_MS / WINDOW_MS) * widthPx;
    context.imageSmoothingEnabled = false;
    const known = framesShown(shownMs).filter((frame) => this.history.levelAt(frame) !== undefined);
    const end = (known.at(-1) ?? -1) + 1;
    let frame = known[0] ?? end;
    // The columns are a ring: at most two runs of them.
    while (frame < end) {
      const column = frame % CAPACITY_FRAMES;
      const count = Math.min(end - frame, CAPACITY_FRAMES - column);
      const leftPx = placeOf(frame * FRAME_MS, shownMs) * widthPx;
      context.drawImage(this.#spectrum, column, 0, count, this.#bins, leftPx, topPx, count * framePx, heightPx);
      frame += count;
    }
  }
}

function framesShown(shownMs: number): readonly number[] {
  const first = Math.max(0, Math.floor((shownMs - WINDOW_MS) / FRAME_MS));
  const count = Math.max(0, Math.ceil(shownMs / FRAME_MS) - first);
  return Array.from({ length: count }, (_, index) => first + index);
}
