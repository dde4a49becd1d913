/** Cards to key: numbers that the brands and payment services publish for tests. No person bears one. */
import type { FieldName } from '../../../vault-client/wire.js';

export const FIELDS: readonly { readonly field: FieldName; readonly label: string }[] = [
  { field: 'cardNumber', label: 'Card Number' },
  { field: 'expirationDate', label: 'Expiration Date' },
  { field: 'securityCode', label: 'Security Code (CVV)' },
];

export type TestCard = {
  readonly name: string;
  readonly note: string;
  /** As it is printed; the spaces are not keyed. */
  readonly values: Readonly<Record<FieldName, string>>;
};

/** @param year the present one: the cards are good to the end of the year after next */
export function testCards(year: number): readonly TestCard[] {
  const expirationDate = `12/${String((year + 2) % 100).padStart(2, '0')}`;
  return [
    { name: 'Visa', note: '', values: { cardNumber: '4242 4242 4242 4242', expirationDate, securityCode: '123' } },
    {
      name: 'American Express',
      note: '',
      values: { cardNumber: '3782 822463 10005', expirationDate, securityCode: '1234' },
    },
    {
      name: 'Invalid',
      note: 'its last digit is wrong',
      values: { cardNumber: '4242 4242 4242 4241', expirationDate: '13/20', securityCode: '12' },
    },
  ];
}

/** What the caller keys for a value: its digits, and `#` to confirm. */
export function keysOf(value: string): string {
  return `${value.replace(/\D/g, '')}#`;
}
