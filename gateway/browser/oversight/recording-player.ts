/**
 * A recording to be heard and seen: both channels drawn, the gaps laid over them where they are, and for each paused one
 * whether there is truly nothing in it. The sound is fetched by the page, with the auditor's token, and stays in it.
 */
import type { RecordingNotes } from '../../api/evidence-desk.js';
import { element, setAttribute, setText } from '../element-builder.js';
import { icon, setIcon } from '../icons.js';
import { badge, button, DataTable, download } from './oversight-parts.js';
import { recordingTexts } from './oversight-texts.js';
import { type GapView, gapViewsOf, ticksOf } from './recording-gaps.js';
import { clockText, durationText, positionText, spokenDuration } from './time-texts.js';
import { FRAME_SIZE_BYTES, WAV_HEADER_SIZE_BYTES, Waveform, wavShapeOf } from './waveform.js';
import { WaveformCanvas } from './waveform-canvas.js';

export type RecordedSound = {
  readonly id: string;
  readonly gaps: RecordingNotes['gaps'];
  readonly sound: Blob;
};

type Drawn = { readonly waveform: Waveform; readonly gaps: readonly GapView[]; readonly durationMs: number };

/** More columns than any screen has points for them. */
const COLUMNS = 2_400;
/** Half a minute of sound, and always whole frames. */
const PIECE_SIZE_BYTES = 250_000 * FRAME_SIZE_BYTES;
const MAX_TICKS = 8;
/** So that what goes before a gap is heard. */
const LEAD_IN_S = 2;

export class RecordingPlayer {
  readonly root: HTMLElement;
  readonly #drawn: Drawn;
  readonly #canvas: WaveformCanvas;
  readonly #audio = element('audio', { preload: 'auto' });
  readonly #url: string;
  readonly #playIcon = icon('play');
  readonly #playLabel = element('span', {}, recordingTexts.play);
  readonly #time = element('bdi', { class: 'player-time' });
  readonly #seek = element('input', { type: 'range', min: '0', step: '0.1', 'aria-label': recordingTexts.position });
  readonly #playhead = element('div', { class: 'playhead' });

  /** Undefined when the bytes are no recording of ours, or nobody wants to hear it any more. */
  static async of({ id, gaps, sound }: RecordedSound, signal: AbortSignal): Promise<RecordingPlayer | undefined> {
    const header = new DataView(await sound.slice(0, WAV_HEADER_SIZE_BYTES).arrayBuffer());
    const shape = wavShapeOf(header, sound.size);
    if (!shape.ok) return undefined;
    const { lengthSamples, sampleRateHz } = shape;
    const views = gapViewsOf({ gaps, sampleRateHz }, lengthSamples);
    const waveform = new Waveform({ lengthSamples, columns: COLUMNS, gaps: views });
    for (let at = WAV_HEADER_SIZE_BYTES; at < sound.size; at += PIECE_SIZE_BYTES) {
      waveform.add(new DataView(await sound.slice(at, at + PIECE_SIZE_BYTES).arrayBuffer()));
      if (signal.aborted) return undefined;
    }
    return new RecordingPlayer(id, sound, { waveform, gaps: views, durationMs: (lengthSamples * 1000) / sampleRateHz });
  }

  private constructor(id: string, sound: Blob, drawn: Drawn) {
    this.#drawn = drawn;
    this.#canvas = new WaveformCanvas(drawn.waveform);
    this.#url = URL.createObjectURL(sound);
    this.#audio.src = this.#url;
    this.root = element(
      'div',
      { class: 'card player' },
      this.#buildTimeline(),
      this.#buildControls(() => download(sound, id)),
      element('h3', {}, recordingTexts.gaps),
      this.#buildGaps(),
    );
    this.#seek.max = String(drawn.durationMs / 1000);
    for (const event of ['timeupdate', 'play', 'pause', 'ended', 'seeked'] as const) {
      this.#audio.addEventListener(event, () => this.#follow());
    }
    this.#follow();
  }

  /** Once it is on the page, and has a width. */
  draw(): void {
    this.#canvas.draw();
  }

  close(): void {
    this.#audio.pause();
    this.#canvas.close();
    URL.revokeObjectURL(this.#url);
  }

  #buildTimeline(): HTMLElement {
    const { gaps, durationMs } = this.#drawn;
    const place = (node: HTMLElement, left: number, width?: number): HTMLElement => {
      node.style.left = `${left * 100}%`;
      if (width !== undefined) node.style.width = `${width * 100}%`;
      return node;
    };
    const bands = gaps.map(({ kind, reason, label, left, width }) =>
      place(
        element('div', { class: 'gap', 'data-kind': kind, 'data-reason': reason }, element('span', {}, label)),
        left,
        width,
      ),
    );
    const ticks = ticksOf(durationMs, MAX_TICKS).map(({ text, left }) => place(element('span', {}, text), left));
    const { caller, agent } = recordingTexts.channels;
    const lanes = element(
      'div',
      { class: 'lanes', role: 'img', 'aria-label': recordingTexts.waveform },
      this.#canvas.root,
      element('span', { class: 'lane-name' }, caller),
      element('span', { class: 'lane-name lower' }, agent),
      ...bands,
      this.#playhead,
    );
    lanes.addEventListener('click', (event) => {
      const box = lanes.getBoundingClientRect();
      this.#goTo((Math.max(0, event.clientX - box.left) / box.width) * (durationMs / 1000));
    });
    // Sound runs from left to right in every language.
    return element(
      'div',
      { class: 'wave', dir: 'ltr' },
      lanes,
      element('div', { class: 'axis', 'aria-hidden': 'true' }, ...ticks),
    );
  }

  #buildControls(onDownload: () => void): HTMLElement {
    const play = element('button', { type: 'button', class: 'button play' }, this.#playIcon, this.#playLabel);
    play.addEventListener('click', () => {
      if (this.#audio.paused) void this.#audio.play().catch(() => this.#follow());
      else this.#audio.pause();
    });
    this.#seek.addEventListener('input', () => this.#goTo(Number(this.#seek.value)));
    const save = button('', onDownload, 'button outline');
    save.append(icon('download'), recordingTexts.download);
    return element('div', { class: 'controls' }, play, this.#seek, this.#time, save);
  }

  #buildGaps(): HTMLElement {
    const { gaps, waveform } = this.#drawn;
    if (gaps.length === 0) return element('p', { class: 'searched' }, recordingTexts.none);
    const table = new DataTable(recordingTexts.gaps, Object.values(recordingTexts.gapColumns));
    const silences = waveform.silences();
    table.show(
      gaps.map((gap, index) =>
        table.row([
          gap.text,
          button(
            `${gap.from} – ${gap.to}`,
            () => this.#goTo(gap.startSample / this.#samplesASecond() - LEAD_IN_S),
            'link',
          ),
          `${clockText(gap.startedAt)} – ${gap.endedAt === null ? '…' : clockText(gap.endedAt)}`,
          gap.length,
          soundIn(gap, silences[index] === true),
        ]),
      ),
    );
    return table.root;
  }

  #samplesASecond(): number {
    return this.#drawn.waveform.lengthSamples / (this.#drawn.durationMs / 1000);
  }

  #goTo(seconds: number): void {
    this.#audio.currentTime = Math.min(Math.max(0, seconds), this.#drawn.durationMs / 1000);
    this.#follow();
  }

  #follow(): void {
    const { durationMs } = this.#drawn;
    const nowMs = this.#audio.currentTime * 1000;
    const { paused } = this.#audio;
    setIcon(this.#playIcon, paused ? 'play' : 'pause');
    setText(this.#playLabel, paused ? recordingTexts.play : recordingTexts.pause);
    setText(this.#time, `${positionText(nowMs)} / ${durationText(durationMs)}`);
    this.#seek.value = String(nowMs / 1000);
    setAttribute(this.#seek, 'aria-valuetext', spokenDuration(nowMs));
    this.#playhead.style.left = durationMs === 0 ? '0' : `${(nowMs / durationMs) * 100}%`;
  }
}

function soundIn({ kind }: GapView, isSilent: boolean): HTMLElement {
  if (kind === 'masked') return badge({ tone: 'yellow', icon: 'lock', text: recordingTexts.masked });
  return isSilent
    ? badge({ tone: 'green', icon: 'check', text: recordingTexts.silent })
    : badge({ tone: 'red', icon: 'alert', text: recordingTexts.soundFound });
}
