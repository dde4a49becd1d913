/** For a test: the kinds of packets that a call's media consists of, each kind a call that is nothing else. */
import type { RecordingMode } from '../../gateway/media/control-wire.js';
import type { PressWay } from './caller-script.js';

type Encoding = 'PCMU' | 'G722';

export type RelayScene = {
  /** PCMU where nothing is said, and passed on untouched where both legs speak one encoding. */
  readonly caller?: Encoding;
  readonly agent?: Encoding;
  /** The caller presses a key every 400 ms. */
  readonly presses?: PressWay;
  /** A secure window is open, a capture armed. */
  readonly window?: 'open';
  /** Both legs send a report with every packet of their audio. */
  readonly reports?: 'sent';
  readonly recording?: RecordingMode;
};

export const RELAY_SCENES = {
  'audio passed on': {},
  'audio and events passed on': { presses: 'event' },
  'audio passed on, and reports heard': { reports: 'sent' },
  'G.722 passed on': { caller: 'G722', agent: 'G722' },
  'G.722 transcoded': { caller: 'G722' },
  'audio passed on and recorded': { recording: 'pause' },
  'G.722 passed on and recorded': { caller: 'G722', agent: 'G722', recording: 'pause' },
  'audio in a window': { window: 'open' },
  'events in a window': { window: 'open', presses: 'event' },
  'tones in a window': { window: 'open', presses: 'in-band' },
  'tones with events in a window': { window: 'open', presses: 'both' },
  'audio in a window, recorded': { window: 'open', recording: 'masked-continuous' },
  'G.722 in a window': { window: 'open', caller: 'G722', agent: 'G722' },
  'tones in G.722 in a window': { window: 'open', caller: 'G722', agent: 'G722', presses: 'in-band' },
} as const satisfies Readonly<Record<string, RelayScene>>;

export type RelaySceneName = keyof typeof RELAY_SCENES;
