import { expect, test } from '@jest/globals';
import cardValidator from 'card-validator';
import { FIELDS, keysOf, testCards } from './test-cards.js';

const thisYear = new Date().getFullYear();

test('the cards are what they say, by a judge of cards that is not ours', () => {
  const judged = testCards(thisYear).map(({ name, values }) => {
    const { isValid, card } = cardValidator.number(values.cardNumber);
    const isDated = cardValidator.expirationDate(values.expirationDate).isValid;
    const isCoded = cardValidator.cvv(values.securityCode, card?.code.size ?? 3).isValid;
    return [name, card?.type, isValid, isDated, isCoded];
  });
  expect(judged).toEqual([
    ['Visa', 'visa', true, true, true],
    ['American Express', 'american-express', true, true, true],
    ['Invalid', 'visa', false, false, false],
  ]);
});

test('a value is keyed without its spaces, and confirmed', () => {
  const [visa] = testCards(2026);
  expect(FIELDS.map(({ field }) => keysOf(visa?.values[field] ?? ''))).toEqual(['4242424242424242#', '1228#', '123#']);
});
