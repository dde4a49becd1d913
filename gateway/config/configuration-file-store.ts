import { readFileSync, statSync } from 'node:fs';
import { types } from 'node:util';
import {
  type ConfigurationResult,
  type Environment,
  MAX_CONFIGURATION_LENGTH,
  parseConfiguration,
} from './parse-configuration.js';
import { checkTlsFiles } from './tls-files-store.js';

/**
 * Reads the file at `path`, or the one that TONEGATE_CONFIG names, or takes the defaults alone; lets the environment
 * override single keys, and checks everything. Never throws: what is wrong comes back as problems that name the key and
 * what is allowed there.
 */
export function loadConfiguration(path: string | undefined, environment: Environment): ConfigurationResult {
  const file = path ?? environment.TONEGATE_CONFIG;
  if (file === undefined) return withTlsFiles(parseConfiguration('', environment));
  let text: string;
  try {
    if (statSync(file).size > MAX_CONFIGURATION_LENGTH) return unreadable(`${file} is too large`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return unreadable(`cannot read ${file}: ${types.isNativeError(error) ? error.message : 'unknown reason'}`);
  }
  return withTlsFiles(parseConfiguration(text, environment));
}

/** The files that it names beside itself are looked at last. */
function withTlsFiles(result: ConfigurationResult): ConfigurationResult {
  if (!result.ok) return result;
  const notes = checkTlsFiles(result.configuration, Date.now());
  const warnings = [...result.warnings, ...notes.warnings];
  return notes.problems.length > 0 ? { ok: false, problems: notes.problems, warnings } : { ...result, warnings };
}

function unreadable(text: string): ConfigurationResult {
  return { ok: false, problems: [{ key: '', text }], warnings: [] };
}
