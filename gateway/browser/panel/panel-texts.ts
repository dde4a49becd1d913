/**
 * Every text the panel shows, in one table. Labels, field states and the success banner are the product's wording,
 * exact to the letter; error messages come from the gateway and are not here.
 */
import type { CardBrand, FieldName } from '../../../vault-client/wire.js';
import type { CallView } from '../../api/call-desk.js';

export const texts = {
  title: 'Card payment',
  fields: {
    cardNumber: 'Card Number',
    expirationDate: 'Expiration Date',
    securityCode: 'Security Code (CVV)',
  } satisfies Record<FieldName, string>,
  fieldEmpty: 'Not captured yet',
  fieldAwaiting: 'Awaiting Input',
  buttons: {
    start: 'Start',
    capture: 'Capture',
    recapture: 'Re-capture',
    complete: 'Complete Tokenization',
    cancel: 'Cancel',
    tryAgain: 'Try Again',
    startNew: 'Start New Capture',
    copy: 'Copy token',
    copied: 'Copied',
    record: 'Record',
    pause: 'Pause',
    resume: 'Resume',
    stop: 'Stop',
  },
  vaulted: 'Card securely vaulted',
  tokenLabel: 'Payment token',
  tokenNote: 'Use it once, as the payment method of the order.',
  tokenSelected: 'The token is selected. Press Ctrl+C to copy it.',
  sayToCaller: 'Say to the caller',
  reconnecting: 'Reconnecting. The panel shows the last known state.',
  connecting: 'Connecting to the gateway.',
  signedOut: 'This panel is not signed in.',
  callStates: { ringing: 'Ringing', active: 'On call', held: 'On hold', ended: 'Call ended' } satisfies Record<
    CallView['state'],
    string
  >,
  brands: {
    visa: 'Visa',
    mastercard: 'Mastercard',
    amex: 'American Express',
    discover: 'Discover',
    jcb: 'JCB',
    diners: 'Diners Club',
    unionpay: 'UnionPay',
    maestro: 'Maestro',
  } satisfies Record<CardBrand, string>,
  status: {
    noCall: 'No active call',
    noCallNote: 'The panel is ready as soon as you are on a call.',
    idle: 'Ready to take a card',
    notActive: 'Start is available while the call is active.',
    starting: 'Securing the line',
    startingNote: 'Recording is being paused and the keypad tones are being hidden.',
    collecting: 'The line is secure',
    collectingNote: 'Capture the fields in any order. You will not hear the keys.',
    complete: 'All details captured',
    completeNote: 'Select Complete Tokenization to vault the card.',
    tokenizing: 'Vaulting the card',
    tokenizingNote: 'This takes a moment. Stay on the line.',
    vaultedNote: 'The line is back to normal.',
    failed: 'The payment was not taken',
    failedNote: 'Everything keyed was discarded. The keys stay hidden until you try again or cancel.',
    canceled: 'Payment canceled',
    canceledNote: 'Everything keyed was discarded.',
    ended: 'The call has ended',
    endedNote: 'Everything keyed was discarded and no token was made.',
    callOverNote: 'No payment can be taken on it any more.',
  },
  say: {
    idle: 'I can take your card now. You will key it in on your phone, so I will neither see nor hear the numbers.',
    starting: 'One moment please, I am securing the line.',
    ready:
      'I will ask for one detail at a time. Please use the keypad of your phone, and do not say the numbers aloud.',
    capture: {
      cardNumber: 'Please enter your card number on your keypad, then press the # key.',
      expirationDate:
        'Please enter the expiration date, two digits for the month and two for the year, then press the # key.',
      securityCode:
        'Please enter the security code, the three digits on the back or four on the front of an American Express card, then press the # key.',
    } satisfies Record<FieldName, string>,
    again: {
      cardNumber: 'That card number did not go through. Let us enter it once more.',
      expirationDate: 'That expiration date did not go through. Let us enter it once more.',
      securityCode: 'That security code did not go through. Let us enter it once more.',
    } satisfies Record<FieldName, string>,
    disturbed: {
      cardNumber: 'The line was disturbed. Please press the * key and enter your card number again, then the # key.',
      expirationDate:
        'The line was disturbed. Please press the * key and enter the expiration date again, then the # key.',
      securityCode: 'The line was disturbed. Please press the * key and enter the security code again, then the # key.',
    } satisfies Record<FieldName, string>,
    uncertain: {
      cardNumber: 'The line was disturbed, which is not your fault. Let us enter the card number once more.',
      expirationDate: 'The line was disturbed, which is not your fault. Let us enter the expiration date once more.',
      securityCode: 'The line was disturbed, which is not your fault. Let us enter the security code once more.',
    } satisfies Record<FieldName, string>,
    next: 'Thank you, I have that. Let us go on with the next detail.',
    complete: 'Thank you, that is everything. I am storing your card securely now.',
    vaulted: 'Your card is stored securely. You can put the keypad away.',
    failed: 'I am sorry, that did not work on our side. Your card has not been charged.',
    tooMany: 'That did not go through several times. We can start over, perhaps with another card.',
  },
  clearHint: 'The * key clears what was keyed so far.',
  recording: {
    off: 'Not recording',
    recording: 'Recording',
    paused: 'Recording paused',
    stopped: 'Recording stopped',
    lockedPaused: 'Paused for the payment. It resumes when the payment is over.',
    lockedMasked: 'Recording goes on with all keys hidden. The controls return when the payment is over.',
    locked: 'Recording cannot be changed during a payment.',
    resumed: 'Recording has resumed.',
  },
} as const;

export function keysText(count: number): string {
  return count === 1 ? '1 key' : `${count} keys`;
}

export function droppedKeysText(count: number): string {
  return count === 1
    ? '1 key pressed while no field was waiting was ignored.'
    : `${count} keys pressed while no field was waiting were ignored.`;
}

export function capturedText(label: string, masked: string | undefined): string {
  const lastFour = masked?.replace(/\s/g, '').match(/\d{4}$/)?.[0];
  return lastFour === undefined ? `${label} captured` : `${label} captured, ending in ${lastFour}`;
}
