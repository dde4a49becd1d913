/** What finds keys in audio: ours and the peers, all asked in the same way. */

/** One key and the end of the packet in which it was reported. */
export type Report = { readonly key: number; readonly sample: number };

/** Some programs say when they found a key, some only in which order. */
export type Detection =
  | { readonly kind: 'timed'; readonly reports: readonly Report[] }
  | { readonly kind: 'sequence'; readonly keys: readonly number[] };

export type Detector = {
  readonly name: string;
  detect(samples: Int16Array): Promise<Detection>;
  /** Seconds of audio per CPU second; left out where it would say nothing: of an emulation, of a program fed by another one. */
  readonly speed?: (samples: Int16Array) => Promise<number>;
};

/** A detector, or what to do for it to be there. */
export type Contender =
  | { readonly kind: 'here'; readonly detector: Detector }
  | { readonly kind: 'missing'; readonly name: string; readonly toInstall: string };

export function keyCount(detection: Detection): number {
  return detection.kind === 'timed' ? detection.reports.length : detection.keys.length;
}
