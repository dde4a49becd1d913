/** In which phase of a payment a call is, as the panel shows it. */
import type { CallView } from '../../api/call-desk.js';

export type PanelPhase =
  | 'no-call'
  | 'idle'
  | 'starting'
  | 'collecting'
  | 'tokenizing'
  | 'vaulted'
  | 'failed'
  | 'canceled'
  | 'ended';

export function phaseOf(call: CallView | undefined): PanelPhase {
  if (call === undefined) return 'no-call';
  const state = call.session?.state;
  if (state === 'vaulted') return 'vaulted';
  if (call.state === 'ended') return 'ended';
  switch (state) {
    case undefined:
      return 'idle';
    case 'ready':
    case 'capturing':
      return 'collecting';
    default:
      return state;
  }
}
