import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { describeNote } from './configuration-note.js';
import { parseConfiguration } from './parse-configuration.js';

const ROOT = new URL('../../../', import.meta.url);

/** Examples that are a whole configuration have routes; the others show single keys. */
function examplesOf(file: string): string[] {
  const text = readFileSync(new URL(file, ROOT), 'utf8');
  const blocks = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);
  return blocks.filter((block) => /^routes:/m.test(block));
}

describe('examples in the documentation', () => {
  test.each([
    ['README.md', 1],
    ['docs/softphone.md', 3],
  ])('those of %s are configurations without a warning', (file, count) => {
    const examples = examplesOf(file);
    expect(examples.length).toBe(count);
    for (const example of examples) {
      const result = parseConfiguration(example, {});
      const problems = result.ok ? [] : result.problems.map(describeNote);
      expect({ problems, warnings: result.warnings.map(describeNote) }).toEqual({ problems: [], warnings: [] });
    }
  });
});
