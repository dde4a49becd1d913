/** Every state the panel can show of a call, each brought about at the memory desk, and what the panel offers in it. */
import type { MemoryCallDesk } from '../support/memory-call-desk.js';
import { keepTexts } from './panel-bench.js';
import { ADA, captureAll, type PanelPage } from './panel-world.js';

/** A button by its `data-action`; a field's Capture and Re-capture are one. */
export type Action =
  | 'start'
  | 'capture'
  | 'complete'
  | 'tryAgain'
  | 'startNew'
  | 'cancel'
  | 'copy-token'
  | 'recording-start'
  | 'recording-pause'
  | 'recording-resume'
  | 'recording-stop';

export type StateCase = {
  readonly name: string;
  /** A sentence of the panel that is there in this state. */
  readonly shows: string;
  /** The buttons that can be pressed; `disabled` ones are there and cannot. All others are not there. */
  readonly enabled: readonly Action[];
  readonly disabled: readonly Action[];
  /** Brings the call about, and answers its id. */
  readonly make: (desk: MemoryCallDesk, caller: string) => Promise<string>;
  /** What happens once the call is on show: of a state that lasts for a moment. */
  readonly whenOnShow?: (desk: MemoryCallDesk, callId: string) => void;
};

const LOCKED = ['recording-resume', 'recording-stop'] as const;
const FREE = ['recording-pause', 'recording-stop'] as const;

async function started(desk: MemoryCallDesk, caller: string): Promise<string> {
  const callId = desk.addCall({ agent: 'ada', caller });
  await desk.startSession(ADA, callId);
  return callId;
}

function sessionOf(desk: MemoryCallDesk, callId: string): string {
  const call = desk.call(ADA, callId);
  if (!call.ok || call.value.session === undefined) throw new Error('the call has no payment session');
  return call.value.session.id;
}

async function awaiting(desk: MemoryCallDesk, caller: string, keys = 0): Promise<string> {
  const callId = await started(desk, caller);
  await desk.capture(ADA, sessionOf(desk, callId), 'cardNumber');
  desk.pressKeys(callId, keys);
  return callId;
}

async function captured(desk: MemoryCallDesk, caller: string): Promise<string> {
  const callId = await started(desk, caller);
  await captureAll(desk, ADA, callId);
  return callId;
}

async function tokenizing(desk: MemoryCallDesk, caller: string): Promise<string> {
  const callId = await captured(desk, caller);
  await desk.complete(ADA, sessionOf(desk, callId));
  return callId;
}

async function vaulted(desk: MemoryCallDesk, caller: string): Promise<string> {
  const callId = await tokenizing(desk, caller);
  desk.finishTokenization(callId, 'tgt_7f3a9c0e51d24b8fa6c2');
  return callId;
}

export const STATES: readonly StateCase[] = [
  {
    name: 'ringing',
    shows: 'Ringing',
    enabled: FREE,
    disabled: ['start'],
    make: async (desk, caller) => desk.addCall({ agent: 'ada', caller, state: 'ringing' }),
  },
  {
    name: 'idle',
    shows: 'Ready to take a card',
    enabled: ['start', ...FREE],
    disabled: [],
    make: async (desk, caller) => desk.addCall({ agent: 'ada', caller }),
  },
  {
    name: 'held',
    shows: 'On hold',
    enabled: FREE,
    disabled: ['start'],
    make: async (desk, caller) => desk.addCall({ agent: 'ada', caller, state: 'held' }),
  },
  {
    name: 'not recorded',
    shows: 'Not recording',
    enabled: ['start', 'recording-start'],
    disabled: [],
    make: async (desk, caller) => desk.addCall({ agent: 'ada', caller, recording: 'off' }),
  },
  {
    name: 'starting',
    shows: 'Securing the line',
    enabled: ['cancel'],
    disabled: LOCKED,
    make: async (desk, caller) => {
      desk.startAnswers = 'held';
      const callId = await started(desk, caller);
      desk.startAnswers = 'at-once';
      return callId;
    },
  },
  {
    name: 'ready',
    shows: 'The line is secure',
    enabled: ['capture', 'cancel'],
    disabled: ['complete', ...LOCKED],
    make: started,
  },
  {
    name: 'capturing',
    shows: '11 keys',
    enabled: ['capture', 'cancel'],
    disabled: ['complete', ...LOCKED],
    make: (desk, caller) => awaiting(desk, caller, 11),
  },
  {
    name: 'timing out',
    shows: '5 seconds left',
    enabled: ['capture', 'cancel'],
    disabled: ['complete', ...LOCKED],
    make: (desk, caller) => awaiting(desk, caller, 3),
    whenOnShow: (desk, callId) => desk.tellTimeLeft(callId, 5_000),
  },
  {
    name: 'disturbed',
    shows: 'Line disturbed: ask the caller to press * and enter it again',
    enabled: ['capture', 'cancel'],
    disabled: ['complete', ...LOCKED],
    make: async (desk, caller) => {
      const callId = await awaiting(desk, caller, 7);
      desk.disturbEntry(callId);
      return callId;
    },
  },
  {
    name: 'field error',
    shows: 'Invalid card number',
    enabled: ['capture', 'cancel'],
    disabled: ['complete', ...LOCKED],
    make: async (desk, caller) => {
      const callId = await awaiting(desk, caller, 5);
      desk.endEntry(callId, { error: 'invalid-card-number' });
      return callId;
    },
  },
  {
    name: 'keys ignored',
    shows: '3 keys pressed while no field was waiting were ignored.',
    enabled: ['capture', 'cancel'],
    disabled: ['complete', ...LOCKED],
    make: async (desk, caller) => {
      const callId = await started(desk, caller);
      desk.pressKeys(callId, 3);
      return callId;
    },
  },
  {
    name: 'all captured',
    shows: 'All details captured',
    enabled: ['capture', 'complete', 'cancel'],
    disabled: LOCKED,
    make: captured,
  },
  {
    name: 'tokenizing',
    shows: 'Vaulting the card',
    enabled: ['cancel'],
    disabled: ['capture', 'complete', ...LOCKED],
    make: tokenizing,
  },
  {
    name: 'vaulted',
    shows: 'Card securely vaulted',
    enabled: ['startNew', 'copy-token', ...FREE],
    disabled: [],
    make: vaulted,
  },
  {
    name: 'vaulted, call over',
    shows: 'Card securely vaulted',
    enabled: ['copy-token'],
    disabled: [],
    make: async (desk, caller) => {
      const callId = await vaulted(desk, caller);
      desk.endCall(callId);
      return callId;
    },
  },
  {
    name: 'failed',
    shows: 'The payment service could not create a token',
    enabled: ['tryAgain', 'cancel'],
    disabled: LOCKED,
    make: async (desk, caller) => {
      const callId = await tokenizing(desk, caller);
      desk.fail(callId, 'payment-connector-error');
      return callId;
    },
  },
  {
    name: 'too many attempts',
    shows: 'Too many attempts',
    enabled: ['tryAgain', 'cancel'],
    disabled: LOCKED,
    make: async (desk, caller) => {
      const callId = await started(desk, caller);
      for (let attempt = 0; attempt < 3; attempt += 1) {
        await desk.capture(ADA, sessionOf(desk, callId), 'cardNumber');
        desk.endEntry(callId, { error: 'invalid-card-number' });
      }
      return callId;
    },
  },
  {
    name: 'canceled',
    shows: 'Payment canceled',
    enabled: ['start', ...FREE],
    disabled: [],
    make: async (desk, caller) => {
      const callId = await awaiting(desk, caller);
      await desk.cancel(ADA, sessionOf(desk, callId));
      return callId;
    },
  },
  {
    name: 'ended',
    shows: 'The call has ended',
    enabled: [],
    disabled: [],
    make: async (desk, caller) => {
      const callId = await awaiting(desk, caller, 6);
      desk.endCall(callId);
      return callId;
    },
  },
];

/** Brings the call about, chooses it in the page's list and waits for what it shows. */
export async function showState(
  page: PanelPage,
  desk: MemoryCallDesk,
  { shows, make, whenOnShow }: StateCase,
  caller: string,
): Promise<string> {
  const callId = await make(desk, caller);
  await page.page.getByRole('button', { name: new RegExp(`^${caller}\\b`) }).click();
  await page.panel.locator('.caller').getByText(caller, { exact: true }).waitFor();
  const shown = page.panel.locator('.panel').getByText(shows, { exact: true }).first();
  if (whenOnShow === undefined) {
    await shown.waitFor();
    return callId;
  }
  const texts = await keepTexts(page, page.panel.locator('.field[data-state="awaiting"] .time-left'));
  whenOnShow(desk, callId);
  await texts.shown(shows);
  return callId;
}
