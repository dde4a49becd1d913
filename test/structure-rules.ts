/**
 * The rules of the source tree, pure: each takes all sources (path → text) and returns what breaks it, one line a
 * finding. Paths are those of the repository, with forward slashes.
 */
import { posix } from 'node:path';

export type Sources = ReadonlyMap<string, string>;

export type ImportOf = {
  /** Path in the repository for our own modules, the specifier itself for packages. */
  readonly target: string;
  readonly own: boolean;
  /** Gone from the built code (verbatimModuleSyntax). */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
};

/** What is longer cannot be read in one go; only tests may be, as they are tables. */
export const MAX_SOURCE_LINES = 500;

/** Statements begin their line, as the formatter leaves them; a comment's lines never do. */
const STATEMENT = /^(?:import|export)\b(\s+type\b)?[^;'"`]*?\bfrom\s*'([^']+)'/gm;
const BARE_IMPORT = /^import\s*'([^']+)'/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*'([^']+)'\s*\)/g;
const COMPUTED_IMPORT = /\bimport\((?!\s*'[^']+'\s*\))|\brequire\s*\(|\bcreateRequire\b/;

export function importsOf(path: string, text: string): readonly ImportOf[] {
  const found: ImportOf[] = [];
  const add = (specifier: string, typeOnly: boolean, dynamic: boolean): void => {
    const own = specifier.startsWith('.');
    const target = own
      ? posix.normalize(posix.join(posix.dirname(path), specifier)).replace(/\.js$/, '.ts')
      : specifier;
    found.push({ target, own, typeOnly, dynamic });
  };
  for (const match of text.matchAll(STATEMENT)) add(match[2], match[1] !== undefined, false);
  for (const match of text.matchAll(BARE_IMPORT)) add(match[1], false, false);
  for (const match of text.matchAll(DYNAMIC_IMPORT)) add(match[1], false, true);
  return found;
}

/** Tests, and the messages of RFC 4475 that they take. */
export function isTest(path: string): boolean {
  return path.startsWith('test/') || path.startsWith('sip/torture/') || path.endsWith('.test.ts');
}

/** ARCHITECTURE §2: the top folders, and what each may import of ours beside itself. */
const MAY_IMPORT: Readonly<Record<string, RegExp>> = {
  dsp: /^$/,
  sip: /^$/,
  'vault-client': /^$/,
  gateway: /^(?:dsp\/|sip\/|vault-client\/wire(?:-frames|-digest)?\.ts$)/,
  bench: /^(?:dsp|sip|vault-client|gateway|test)\//,
  test: /^(?:dsp|sip|vault-client|gateway|bench)\//,
};

export function foldersKeepToThemselves(sources: Sources): readonly string[] {
  return findings(sources, (path, { own, target }) => {
    const folder = topFolder(path);
    if (!own || topFolder(target) === folder || isTest(path)) return undefined;
    return MAY_IMPORT[folder]?.test(target) ? undefined : `${path} imports ${target}`;
  });
}

/** `dsp/` runs anywhere: no Node API, no package. */
export function dspIsPure(sources: Sources): readonly string[] {
  return findings(sources, (path, { own, target }) =>
    topFolder(path) === 'dsp' && !own && !isTest(path) ? `${path} imports ${target}` : undefined,
  );
}

/** From where two files' paths part, the target lies at most one folder down: nobody reaches into folders in folders. */
export function importsReachOneFolderDown(sources: Sources): readonly string[] {
  return findings(sources, (path, { own, target }) => {
    if (!own || isTest(path) || topFolder(path) === 'bench') return undefined;
    const from = posix.dirname(path).split('/');
    const to = posix.dirname(target).split('/');
    let shared = 0;
    while (shared < from.length && from[shared] === to[shared]) shared++;
    return to.length - shared > 1 ? `${path} reaches into ${target}` : undefined;
  });
}

export function importsLeadSomewhere(sources: Sources): readonly string[] {
  return findings(sources, (path, { own, target }) =>
    own && !sources.has(target) ? `${path} imports ${target}, which is not there` : undefined,
  );
}

/** An import that only the run decides would make every rule here worth nothing. */
export function importsNameTheirModule(sources: Sources): readonly string[] {
  return [...sources]
    .filter(([path, text]) => !isTest(path) && COMPUTED_IMPORT.test(withoutComments(text)))
    .map(([path]) => `${path} computes an import`);
}

/** Types count: two modules that need each other's types are one thing in two files. */
export function importsHaveNoCycles(sources: Sources): readonly string[] {
  const done = new Set<string>();
  const way: string[] = [];
  const found: string[] = [];
  const visit = (path: string): void => {
    if (done.has(path)) return;
    const at = way.indexOf(path);
    if (at >= 0) {
      found.push([...way.slice(at), path].join(' → '));
      return;
    }
    way.push(path);
    for (const { own, target } of importsOf(path, sources.get(path) ?? ''))
      if (own && sources.has(target)) visit(target);
    way.pop();
    done.add(path);
  };
  for (const path of sources.keys()) visit(path);
  return found;
}

/**
 * Every module that running `entries` can load, with the way to it. `leaveOut` cuts an edge: a command of another
 * process.
 */
export function reachable(
  sources: Sources,
  entries: readonly string[],
  leaveOut: RegExp = /^$/,
): ReadonlyMap<string, string> {
  const ways = new Map<string, string>(entries.map((entry) => [entry, entry]));
  const queue = [...entries];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const { own, target, typeOnly } of importsOf(path, sources.get(path) ?? '')) {
      if (!own || typeOnly || leaveOut.test(target) || ways.has(target)) continue;
      ways.set(target, `${ways.get(path)} → ${target}`);
      queue.push(target);
    }
  }
  return ways;
}

/** `tonegate demo` plays caller and agent: its own process, in which nothing of the gateway runs. */
const DEMO = /^gateway\/(?:cli\/demo[^/]*|demo\/.*)\.ts$/;
/** Of the media folder, control may load what speaks to media and what knows addresses; nothing that has seen a packet. */
const MEDIA_SEAM = /^gateway\/media\/(?:control-wire|ip-address)\.ts$/;
const VAULT_SEAM = /^vault-client\/wire(?:-frames|-digest)?\.ts$/;

export function controlEntries(sources: Sources): readonly string[] {
  return [...sources.keys()].filter((path) => /^gateway\/cli\/(?!demo)[^/]+\.ts$/.test(path) && !isTest(path));
}

/** Nothing that ever holds, decodes or detects a digit is loaded into the control process. */
export function controlHoldsNoDigits(sources: Sources): readonly string[] {
  const ways = reachable(sources, controlEntries(sources), DEMO);
  return [...ways]
    .filter(
      ([path]) =>
        path.startsWith('dsp/') ||
        (path.startsWith('gateway/media/') && !MEDIA_SEAM.test(path)) ||
        (path.startsWith('vault-client/') && !VAULT_SEAM.test(path)),
    )
    .map(([, way]) => `the control process loads ${way}`);
}

/** A media process knows no signalling, no API, and of the vault only how to speak to it; the guard imports nothing. */
export function mediaKnowsOnlyMedia(sources: Sources): readonly string[] {
  const ways = reachable(sources, ['gateway/media/media-process.ts']);
  const allowed = /^(?:dsp\/|gateway\/(?:media|recording|log)\/|gateway\/process\/inspector-guard-process\.ts$)/;
  return [...ways]
    .filter(([path]) => !allowed.test(path) && !VAULT_SEAM.test(path))
    .map(([, way]) => `a media process loads ${way}`);
}

/** The one package that runs in the agent's browser, and the one file that may load it. */
const SIP_LIBRARY = { file: 'gateway/browser/softphone/sip-phone-socket.ts', package: 'sip.js' };

/** What runs in the agent's browser holds no module of the server, and no package but the softphone's SIP. */
export function panelHoldsNoServer(sources: Sources): readonly string[] {
  return findings(sources, (path, { own, target, typeOnly }) => {
    if (!path.startsWith('gateway/browser/') || isTest(path) || typeOnly) return undefined;
    if (path === SIP_LIBRARY.file && target === SIP_LIBRARY.package) return undefined;
    return own && target.startsWith('gateway/browser/') ? undefined : `${path} loads ${target}`;
  });
}

export function sourcesAreShort(sources: Sources): readonly string[] {
  return [...sources]
    .filter(([path]) => !isTest(path))
    .map(([path, text]) => [path, text.trimEnd().split('\n').length] as const)
    .filter(([, lines]) => lines > MAX_SOURCE_LINES)
    .map(([path, lines]) => `${path} has ${lines} lines`);
}

export function namesAreKebabCase(sources: Sources): readonly string[] {
  return [...sources.keys()].filter((path) => {
    const parts = path
      .replace(/\.ts$/, '')
      .replace(/\.(?:test|d)$/, '')
      .split('/');
    return !parts.every((part) => /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(part));
  });
}

/** Drawers for everything, and files that only pass others' names on. */
export function nothingIsAHoldAll(sources: Sources): readonly string[] {
  return [...sources.keys()].filter((path) =>
    /(?:^|\/)(?:common|utils?|helpers?|misc)(?:\/|\.)|(?:^|\/)index\.ts$/.test(path),
  );
}

/** A test that is skipped is a test that fails; one that runs alone skips the others. */
export function testsAllRun(sources: Sources): readonly string[] {
  const skipping =
    /\b(?:describe|test|it)(?:\.each|\.concurrent)?\.(?:skip|only|todo|failing)\b|\b(?:xdescribe|xtest|xit|fdescribe|fit)\s*\(/;
  return [...sources]
    .filter(([path, text]) => path.endsWith('.test.ts') && skipping.test(withoutComments(text)))
    .map(([path]) => `${path} leaves tests out`);
}

function findings(
  sources: Sources,
  judge: (path: string, imported: ImportOf) => string | undefined,
): readonly string[] {
  return [...sources].flatMap(([path, text]) =>
    importsOf(path, text)
      .map((imported) => judge(path, imported))
      .filter((finding) => finding !== undefined),
  );
}

function topFolder(path: string): string {
  return path.split('/')[0];
}

/** Good enough for looking for words: comments on lines of their own, and behind code after a space. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '').replaceAll(/\s\/\/ .*$/gm, '');
}
