/** Where a newcomer is on the way from the call to the paid order, and what to do next. Pure. */
import type { FieldName } from '../../../vault-client/wire.js';
import type { AgentPhone, PhoneState } from '../../demo/page-messages.js';
import type { SessionView } from '../../payment/session-view.js';
import { FIELDS } from './test-cards.js';

export const TOUR_STEPS = ['Call', 'Start', 'Capture and key', 'Complete', 'Pay'] as const;

export type TourInput = {
  readonly phone: PhoneState;
  readonly agentPhone: AgentPhone;
  /** The newest payment session of the call that is shown. */
  readonly session: SessionView | undefined;
  /** Whether a token has arrived that has paid nothing yet. */
  readonly hasFreshToken: boolean;
  readonly paidOrders: number;
  readonly refusedOrders: number;
};

export type Tour = {
  /** 1 to 5: what is to be done now. */
  readonly step: number;
  readonly caption: string;
};

export function tourOf(input: TourInput): Tour {
  const { phone, session, hasFreshToken } = input;
  const isSoftphone = input.agentPhone === 'softphone';
  if (hasFreshToken) {
    return { step: 5, caption: 'The token is with the agent. Pay an order with it, below: no card number is needed.' };
  }
  if (phone === 'calling') {
    const caption = isSoftphone ? 'It rings at the agent’s: select Answer there.' : 'The agent’s phone is ringing.';
    return { step: 1, caption };
  }
  if (phone === 'idle') {
    return {
      step: 1,
      caption: isSoftphone
        ? 'Let the browser use the microphone, for the agent’s softphone. Then press Call on the caller’s phone.'
        : 'Press Call on the caller’s phone. The agent answers, and a real call is up.',
    };
  }
  switch (session?.state) {
    case undefined:
    case 'canceled':
    case 'ended':
      return {
        step: 2,
        caption: `Press a few keys: the agent hears them. Then select ${
          isSoftphone ? 'Take payment and Start on the agent’s screen' : 'Start in the agent’s panel'
        }, and the line is secured.`,
      };
    case 'starting':
      return { step: 2, caption: 'The recording is being paused and the keys are being hidden.' };
    case 'failed':
      return { step: 2, caption: 'That payment was not taken. Select Try Again in the panel.' };
    case 'ready':
    case 'capturing':
      return capturing(session);
    case 'tokenizing':
      return { step: 4, caption: 'The vault is trading the card for a token.' };
    case 'vaulted':
      return { step: 5, caption: afterPaying(input) };
  }
}

function capturing(session: SessionView): Tour {
  const stateOf = (field: FieldName) => session.fields[field].state;
  const awaiting = FIELDS.find(({ field }) => stateOf(field) === 'awaiting');
  if (awaiting !== undefined) {
    const caption = `Key the ${awaiting.label} on the phone, then #. A test card does it for you. Watch the two lanes.`;
    return { step: 3, caption };
  }
  const left = FIELDS.find(({ field }) => stateOf(field) !== 'captured');
  if (left === undefined) {
    return { step: 4, caption: 'All three are green. Select Complete Tokenization in the panel.' };
  }
  const verb = stateOf(left.field) === 'error' ? 'Re-capture' : 'Capture';
  return { step: 3, caption: `Select ${verb} beside ${left.label} in the panel.` };
}

function afterPaying({ paidOrders, refusedOrders }: TourInput): string {
  if (paidOrders === 0) return 'Pay an order with the token, below.';
  if (paidOrders > 1) {
    return 'Two cards, two tokens, two orders, and the agent has heard none of the keys. That is all of it.';
  }
  return refusedOrders === 0
    ? 'Paid. Try the same token on the other order: it is refused.'
    : 'A token pays once. Select Start New Capture for a second card on the same call.';
}
