/** From the text of a configuration file and the environment to a configuration that has passed every check. Pure. */
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { checkConfiguration } from './check-configuration.js';
import { type Configuration, configurationSchema } from './configuration.js';
import { type ConfigurationNote, keyPath } from './configuration-note.js';
import { applyOverrides, environmentOverrides } from './environment-overrides.js';
import { knownKeysAt } from './json-schema.js';

export type ConfigurationResult =
  | { readonly ok: true; readonly configuration: Configuration; readonly warnings: readonly ConfigurationNote[] }
  | {
      readonly ok: false;
      readonly problems: readonly ConfigurationNote[];
      readonly warnings: readonly ConfigurationNote[];
    };

/** A configuration with a thousand peers has a tenth of it. */
export const MAX_CONFIGURATION_LENGTH = 1024 * 1024;
/** More than a person reads at once; the rest shows when these are mended. */
const MAX_PROBLEMS = 50;

export type Environment = Readonly<Record<string, string | undefined>>;

/** An empty text is a configuration of defaults. */
export function parseConfiguration(text: string, environment: Environment): ConfigurationResult {
  const tree = parseTree(text);
  if (!tree.ok) return { ok: false, problems: tree.problems, warnings: [] };
  const { overrides, warnings } = environmentOverrides(environment, Object.keys(configurationSchema.shape));
  const defaults = configurationSchema.parse({});
  const parsed = configurationSchema.safeParse(applyOverrides(tree.value, overrides, defaults));
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap(notesOf).map((note) => nameVariable(note, overrides));
    return { ok: false, problems: problems.slice(0, MAX_PROBLEMS), warnings };
  }
  const checks = checkConfiguration(parsed.data);
  const all = [...warnings, ...checks.warnings];
  if (checks.problems.length > 0) return { ok: false, problems: checks.problems.slice(0, MAX_PROBLEMS), warnings: all };
  return { ok: true, configuration: parsed.data, warnings: all };
}

type TreeResult =
  | { readonly ok: true; readonly value: Record<string, unknown> }
  | { readonly ok: false; readonly problems: readonly ConfigurationNote[] };

function parseTree(text: string): TreeResult {
  if (text.length > MAX_CONFIGURATION_LENGTH) return failure('the file is larger than a configuration can be');
  const document = parseDocument(text, { prettyErrors: true, logLevel: 'silent' });
  const [first, ...rest] = document.errors;
  if (first) {
    // One missing colon makes an error of every line behind it. The lines behind the message's first repeat the file.
    const more = rest.length === 0 ? '' : ` (and ${rest.length} more, which may come of it)`;
    const [line = ''] = first.message.split('\n');
    return failure(`YAML: ${line.replace(/:$/, '')}${more}`);
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    return failure('YAML: aliases that cannot be resolved, or too many of them');
  }
  if (value === null || value === undefined) return { ok: true, value: {} };
  if (typeof value !== 'object' || Array.isArray(value)) return failure('the file must hold keys and values');
  return { ok: true, value: value as Record<string, unknown> };
}

function failure(text: string): TreeResult {
  return { ok: false, problems: [note(text)] };
}

function note(text: string): ConfigurationNote {
  return { key: '', text };
}

function notesOf(issue: z.core.$ZodIssue): readonly ConfigurationNote[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeysAt(issue.path).join(', ');
    return issue.keys.map((key) => ({
      key: keyPath([...issue.path, key]),
      text: `is no known key; known are: ${known}`,
    }));
  }
  return [{ key: keyPath(issue.path), text: sentence(issue.message) }];
}

function sentence(message: string): string {
  return message.replace(/^Invalid (?:input|option): /, '').replace(/^Invalid input$/, 'is not what is allowed here');
}

/** Tells where a wrong value came from when it was not the file. */
function nameVariable(
  problem: ConfigurationNote,
  overrides: readonly { readonly variable: string; readonly path: readonly (string | number)[] }[],
): ConfigurationNote {
  const source = overrides.find((override) => keyPath(override.path) === problem.key);
  return source ? { ...problem, text: `${problem.text} (from ${source.variable})` } : problem;
}
