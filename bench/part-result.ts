/** What one part of the bench hands back. */
import type { SectionResult } from './detection/q24-detection.js';
import type { LeakFigures } from './suppression/leak-figures.js';
import type { BenchTable } from './table.js';
import type { Target } from './targets.js';

export type PartResult = {
  readonly tables: readonly BenchTable[];
  readonly targets: readonly Target[];
  readonly figures: Figures;
};

/** What the page draws; each part fills in its own. */
export type Figures = {
  readonly matrix?: { readonly detectors: readonly string[]; readonly sections: readonly SectionResult[] };
  readonly leak?: LeakFigures;
};
