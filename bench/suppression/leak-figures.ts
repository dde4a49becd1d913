/** What the page draws of the leak bench. */

export type CurvePoint = { readonly lookaheadMs: number; readonly leakyShare: number };

export type Curve = { readonly name: string; readonly points: readonly CurvePoint[] };

export type LeakFigures = {
  readonly curves: readonly Curve[];
  /** The same stretch of speech with keys, before and after. */
  readonly before: Int16Array;
  readonly after: Int16Array;
  /** When keys sounded in it. */
  readonly keys: readonly { readonly fromSample: number; readonly endSample: number }[];
};
