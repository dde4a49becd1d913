import { expect, test } from '@jest/globals';
import type { FieldState } from '../../../vault-client/wire.js';
import type { SessionState, SessionView } from '../../payment/session-view.js';
import { TOUR_STEPS, type TourInput, tourOf } from './tour.js';

function session(state: SessionState, fields: readonly [FieldState, FieldState, FieldState]): SessionView {
  const [cardNumber, expirationDate, securityCode] = fields.map((one) => ({
    state: one,
    keyCount: 0,
    failedAttempts: 0,
  }));
  if (!cardNumber || !expirationDate || !securityCode) throw new Error('three fields');
  const views = { cardNumber, expirationDate, securityCode };
  return { id: 's', callId: 'c', state, fields: views, actions: [], droppedKeys: 0 };
}

const NOTHING: TourInput = {
  phone: 'on-call',
  agentPhone: 'softphone',
  session: undefined,
  hasFreshToken: false,
  paidOrders: 0,
  refusedOrders: 0,
};
const EMPTY = ['empty', 'empty', 'empty'] as const;
const GREEN = ['captured', 'captured', 'captured'] as const;

test.each<[number, RegExp, Partial<TourInput>]>([
  [1, /microphone.*press Call/, { phone: 'idle' }],
  [1, /Press Call/, { phone: 'idle', agentPhone: 'desk-phone' }],
  [1, /select Answer/, { phone: 'calling' }],
  [1, /ringing/, { phone: 'calling', agentPhone: 'desk-phone' }],
  [2, /select Take payment and Start/, {}],
  [2, /select Start/, { agentPhone: 'desk-phone' }],
  [2, /select Take payment and Start/, { session: session('canceled', EMPTY) }],
  [2, /being hidden/, { session: session('starting', EMPTY) }],
  [3, /Select Capture beside Card Number/, { session: session('ready', EMPTY) }],
  [3, /Key the Card Number/, { session: session('capturing', ['awaiting', 'empty', 'empty']) }],
  [3, /Select Capture beside Expiration Date/, { session: session('ready', ['captured', 'empty', 'empty']) }],
  [3, /Select Re-capture beside Card Number/, { session: session('ready', ['error', 'captured', 'captured']) }],
  [3, /Key the Security Code/, { session: session('capturing', ['captured', 'captured', 'awaiting']) }],
  [4, /Select Complete Tokenization/, { session: session('ready', GREEN) }],
  [4, /vault/, { session: session('tokenizing', GREEN) }],
  [2, /Try Again/, { session: session('failed', EMPTY) }],
  [5, /Pay an order/, { session: session('vaulted', GREEN), hasFreshToken: true }],
  [5, /Pay an order/, { phone: 'idle', hasFreshToken: true }],
  [5, /Try the same token/, { session: session('vaulted', GREEN), paidOrders: 1 }],
  [5, /Start New Capture/, { session: session('vaulted', GREEN), paidOrders: 1, refusedOrders: 1 }],
  [3, /Select Capture/, { session: session('ready', EMPTY), paidOrders: 1, refusedOrders: 1 }],
  [5, /That is all of it/, { session: session('vaulted', GREEN), paidOrders: 2, refusedOrders: 1 }],
])('step %i says %s', (step, caption, input) => {
  const tour = tourOf({ ...NOTHING, ...input });
  expect(tour.step).toBe(step);
  expect(tour.caption).toMatch(caption);
  expect(TOUR_STEPS[step - 1]).toBeDefined();
});
