import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { configurationSchemaText, knownKeysAt } from './json-schema.js';

describe('published schema', () => {
  test('tonegate.schema.json is the schema that the gateway checks with (tonegate check --print-schema)', () => {
    // Built code lies three folders below the package: dist/gateway/config.
    const published = readFileSync(new URL('../../../tonegate.schema.json', import.meta.url), 'utf8');
    expect(published).toBe(configurationSchemaText());
  });

  test('what has a default need not be written', () => {
    expect(JSON.parse(configurationSchemaText()).required).toBeUndefined();
  });

  test('known keys are found at any depth, lists included', () => {
    expect(knownKeysAt(['peers', 0, 'target'])).toEqual(['address', 'port', 'transport']);
    expect(knownKeysAt(['nowhere', 3])).toEqual([]);
  });
});
