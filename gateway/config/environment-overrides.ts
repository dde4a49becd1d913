/**
 * Single keys of the configuration from the environment. Pure.
 *
 * `TONEGATE_MEDIA__PORT_MIN=12000` sets `media.portMin`: two underscores go one level down, one begins the next word of a
 * key, a number is a place in a list (`TONEGATE_PEERS__0__TARGET__PORT`). The value is read as JSON where it is JSON, and
 * as text otherwise.
 */
import type { ConfigurationNote } from './configuration-note.js';

const PREFIX = 'TONEGATE_';
/** Ours, but no keys of the configuration. */
const OTHER_VARIABLES: readonly string[] = ['TONEGATE_BUILD', 'TONEGATE_CONFIG'];
/** Deeper than any key is. */
const MAX_DEPTH = 8;
/** No list of ours comes near it; a larger place would leave a hole as long as itself. */
const MAX_INDEX = 999;

export type Override = {
  readonly variable: string;
  readonly path: readonly (string | number)[];
  readonly value: unknown;
};

/** A tree as YAML and JSON know it. */
type Tree = Record<string, unknown>;

export function environmentOverrides(
  environment: Readonly<Record<string, string | undefined>>,
  topKeys: readonly string[],
): { readonly overrides: readonly Override[]; readonly warnings: readonly ConfigurationNote[] } {
  const overrides: Override[] = [];
  const warnings: ConfigurationNote[] = [];
  for (const variable of Object.keys(environment).sort()) {
    const text = environment[variable];
    if (!variable.startsWith(PREFIX) || OTHER_VARIABLES.includes(variable) || text === undefined) continue;
    const path = variable.slice(PREFIX.length).split('__').map(segmentOf);
    if (path.includes('') || path.length > MAX_DEPTH || !topKeys.includes(String(path[0]))) {
      warnings.push({ key: variable, text: `is ignored: it names no key; keys begin with ${topKeys.join(', ')}` });
    } else {
      overrides.push({ variable, path, value: readValue(text) });
    }
  }
  return { overrides, warnings };
}

/**
 * Sets the overrides in a copy of `tree`. Where a list is addressed that the file does not have, its default is taken
 * first, so that one number in a default peer can be changed alone.
 */
export function applyOverrides(tree: Tree, overrides: readonly Override[], defaults: Tree): Tree {
  const changed = structuredClone(tree);
  for (const override of overrides) setAt(changed, defaults, override);
  return changed;
}

function segmentOf(segment: string): string | number {
  if (/^\d{1,3}$/.test(segment)) return Math.min(Number(segment), MAX_INDEX);
  if (!/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/.test(segment)) return '';
  return segment.toLowerCase().replaceAll(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function setAt(root: Tree, defaults: Tree, { path, value }: Override): void {
  let node: Tree = root;
  let defaultNode: unknown = defaults;
  for (const [depth, segment] of path.slice(0, -1).entries()) {
    defaultNode = memberOf(defaultNode, segment);
    const present = memberOf(node, segment);
    const next = isTree(present) ? present : containerFor(path[depth + 1], defaultNode);
    node[segment] = next;
    node = next;
  }
  node[path[path.length - 1]] = value;
}

function containerFor(nextSegment: string | number, defaultNode: unknown): Tree {
  if (typeof nextSegment !== 'number') return {};
  const list: unknown = Array.isArray(defaultNode) ? structuredClone(defaultNode) : [];
  return list as Tree;
}

function memberOf(node: unknown, key: string | number): unknown {
  return isTree(node) && Object.hasOwn(node, key) ? node[key] : undefined;
}

/** Lists count as trees: their places are keys. */
function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null;
}
