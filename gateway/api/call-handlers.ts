/** The operations on calls and payment sessions: an agent's own, and what a supervisor may look at. */
import type { CallDesk, DeskResult, Requester, WatchDesk } from './call-desk.js';
import type { Outcome } from './outcome.js';
import type { Account } from './roles.js';
import type { Handlers } from './routes.js';

export type CallHandlerOptions = { readonly desk: CallDesk; readonly watch: WatchDesk };

type CallOperation =
  | 'list-calls'
  | 'read-call'
  | 'hang-up'
  | 'record'
  | 'start-session'
  | 'read-session'
  | 'capture'
  | 'complete'
  | 'cancel';

export function callHandlers({ desk, watch }: CallHandlerOptions): Pick<Handlers, CallOperation> {
  return {
    'list-calls': ({ account, source }) => ({
      ok: true,
      value: { calls: account?.role === 'supervisor' ? watch.calls() : desk.calls(requesterOf(account, source)) },
    }),
    'read-call': ({ account, source, id }) =>
      named('call', account?.role === 'supervisor' ? watch.call(id) : desk.call(requesterOf(account, source), id)),
    'hang-up': async ({ account, source, id }) => named('call', await desk.hangUp(requesterOf(account, source), id)),
    record: async ({ account, source, id, body }) =>
      named('call', await desk.record(requesterOf(account, source), id, body.action)),
    'start-session': async ({ account, source, id }) =>
      named('session', await desk.startSession(requesterOf(account, source), id)),
    'read-session': ({ account, source, id }) =>
      named(
        'session',
        account?.role === 'supervisor' ? watch.session(id) : desk.session(requesterOf(account, source), id),
      ),
    capture: async ({ account, source, id, body }) =>
      named('session', await desk.capture(requesterOf(account, source), id, body.field)),
    complete: async ({ account, source, id }) =>
      named('session', await desk.complete(requesterOf(account, source), id)),
    cancel: async ({ account, source, id }) => named('session', await desk.cancel(requesterOf(account, source), id)),
  };
}

/** The agent that an account is. */
export function requesterOf(account: Account | undefined, origin: string): Requester {
  if (account?.role !== 'agent') throw new Error('an operation of agents was let through to somebody else');
  const onlyCallId = account.panel?.callId;
  return { agent: account.name, origin, ...(onlyCallId === undefined ? {} : { onlyCallId }) };
}

function named<Name extends string, T>(name: Name, result: DeskResult<T>): Outcome<{ readonly [Key in Name]: T }> {
  return result.ok ? { ok: true, value: { [name]: result.value } as { readonly [Key in Name]: T } } : result;
}
