/** What the event socket says to its clients. Types only, so the panel in the browser can share them. */
import type { CallView, DeskEvent } from './call-desk.js';

export type EventMessage =
  | { readonly type: 'snapshot'; readonly calls: readonly CallView[] }
  | { readonly type: 'call'; readonly call: CallView }
  | { readonly type: 'session'; readonly session: Extract<DeskEvent, { kind: 'session' }>['session'] }
  | { readonly type: 'pong' };
