/**
 * For tests: what the typed arrays within an object hold. They are private, so they are reached as a debugger does it:
 * through the inspector, by a walk over all own and private fields.
 */
import { Session } from 'node:inspector';

type Remote = { readonly objectId?: string; readonly type: string; readonly subtype?: string };
type Property = { readonly name: string; readonly value?: Remote };

const MARK = '__tonegateMemoryProbe';
/** Whether this object was met before: what refers back to its owner would be walked for ever. */
const SEEN = `function (seen) { const isSeen = seen.has(this); seen.add(this); return isSeen; }`;

/** For each typed array found in the object, how many of its elements are not zero. */
export function nonZeroElements(object: object): Map<string, number> {
  return inspect(object, 'function () { let n = 0; for (const x of this) if (x !== 0) n += 1; return n; }');
}

export function allElements(object: object): Map<string, number> {
  return inspect(object, 'function () { return this.length; }');
}

/** Of arrays up to this length: longer ones are the tone kernel's memory, which all who analyse in this process share. */
const LONGEST_OF_ITS_OWN = 100_000;

/** For each typed array that is the object's own, what is in it. */
export function contents(object: object): Map<string, string> {
  return inspect(object, `function () { return this.length > ${LONGEST_OF_ITS_OWN} ? '' : this.join(' '); }`);
}

/** For each typed array found in the object, its path and what `reader` makes of it. */
function inspect<Found>(object: object, reader: string): Map<string, Found> {
  const session = new Session();
  session.connect();
  const found = new Map<string, Found>();
  const post = (method: string, parameters: object): { [key: string]: unknown } => {
    let answer: { [key: string]: unknown } = {};
    session.post(method, parameters, (error, result) => {
      if (error !== null) throw error;
      answer = result as { [key: string]: unknown };
    });
    return answer;
  };
  const call = (objectId: string, functionDeclaration: string, given: readonly object[] = []): unknown => {
    const parameters = { objectId, functionDeclaration, arguments: given, returnByValue: true };
    return (post('Runtime.callFunctionOn', parameters).result as { value: unknown }).value;
  };
  const walk = (objectId: string, path: string, seen: Remote): void => {
    if (call(objectId, SEEN, [{ objectId: seen.objectId }]) === true) return;
    const answer = post('Runtime.getProperties', { objectId, ownProperties: true });
    const own = (answer.result as Property[]).filter(({ name }) => name !== '__proto__');
    for (const { name, value } of [...own, ...((answer.privateProperties ?? []) as Property[])]) {
      if (value?.objectId === undefined || value.type !== 'object') continue;
      if (value.subtype === 'typedarray') found.set(`${path}${name}`, call(value.objectId, reader) as Found);
      else walk(value.objectId, `${path}${name}.`, seen);
    }
  };
  try {
    (globalThis as { [key: string]: unknown })[MARK] = object;
    // Jest runs tests in a context of their own; the mark tells which one it is.
    const contexts: number[] = [];
    session.on('Runtime.executionContextCreated', ({ params }) => contexts.push(params.context.id));
    post('Runtime.enable', {});
    const evaluate = (expression: string, contextId: number) =>
      (post('Runtime.evaluate', { expression, contextId }) as { result: Remote }).result;
    for (const contextId of contexts) {
      const { objectId } = evaluate(`globalThis.${MARK}`, contextId);
      if (objectId !== undefined) walk(objectId, '', evaluate('new WeakSet()', contextId));
    }
  } finally {
    delete (globalThis as { [key: string]: unknown })[MARK];
    session.disconnect();
  }
  return found;
}
