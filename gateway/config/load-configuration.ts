import { readFileSync, statSync } from 'node:fs';
import { types } from 'node:util';
import {
  type ConfigurationResult,
  type Environment,
  MAX_CONFIGURATION_LENGTH,
  parseConfiguration,
} from './parse-configuration.js';

/**
 * Reads the file at `path` (defaults alone without one), lets the environment override single keys, and checks
 * everything. Never throws: what is wrong comes back as problems that name the key and what is allowed there.
 */
export function loadConfiguration(path: string | undefined, environment: Environment): ConfigurationResult {
  if (path === undefined) return parseConfiguration('', environment);
  let text: string;
  try {
    if (statSync(path).size > MAX_CONFIGURATION_LENGTH) return unreadable(`${path} is too large`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return unreadable(`cannot read ${path}: ${types.isNativeError(error) ? error.message : 'unknown reason'}`);
  }
  return parseConfiguration(text, environment);
}

function unreadable(text: string): ConfigurationResult {
  return { ok: false, problems: [{ key: '', text }], warnings: [] };
}
