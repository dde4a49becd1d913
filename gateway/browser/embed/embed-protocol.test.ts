import { describe, expect, test } from '@jest/globals';
import { parentOriginOf, parseParentMessage } from './embed-protocol.js';

const CRM = 'https://crm.example';

describe('messages of the page around the panel', () => {
  test('a ticket, with language and theme if they are such', () => {
    const plain = { type: 'tonegate:ticket', ticket: 't' };
    expect(parseParentMessage(plain)).toEqual(plain);
    const dressed = { ...plain, lang: 'de', theme: 'dark' };
    expect(parseParentMessage(dressed)).toEqual(dressed);
    expect(parseParentMessage({ ...dressed, theme: 'url(x)', lang: 7, more: 1 })).toEqual(plain);
    const looks = { style: { '--tonegate-accent': 'red' }, messages: { title: 'Betaling' } };
    expect(parseParentMessage({ ...plain, ...looks })).toEqual({ ...plain, ...looks });
    expect(parseParentMessage({ ...plain, style: 'color: red', messages: ['x'] })).toEqual(plain);
    expect(parseParentMessage({ ...plain, lang: 'x'.repeat(10_000) })).toMatchObject({ lang: 'x'.repeat(35) });
  });

  test.each([
    ['not-found', 'not-found'],
    ['failed', 'failed'],
    ['something else', 'failed'],
    [undefined, 'failed'],
  ])('no ticket, because %s, is %s', (reason, understood) => {
    const message = { type: 'tonegate:no-ticket', reason: understood };
    expect(parseParentMessage({ ...message, reason })).toEqual(message);
  });

  test.each([
    undefined,
    null,
    7,
    'tonegate:ticket',
    [],
    {},
    { type: 'tonegate:ticket' },
    { type: 'tonegate:ticket', ticket: '' },
    { type: 'tonegate:ticket', ticket: 7 },
    { type: 'tonegate:ticket', ticket: 'x'.repeat(129) },
    { type: 'webpackOk', ticket: 't' },
  ])('%j is none', (data) => {
    expect(parseParentMessage(data)).toBeUndefined();
  });
});

describe('the origin that is spoken to first', () => {
  test.each([
    ['the ancestor', CRM, '', CRM],
    ['the referrer, where the browser names no ancestor', undefined, `${CRM}/orders?id=1`, CRM],
    ['the ancestor rather than the referrer', 'https://evil.example', `${CRM}/`, undefined],
    ['nobody of another origin', 'https://crm.example.evil.example', '', undefined],
    ['nobody when the page says nothing', undefined, '', undefined],
    ['no page without an origin', 'null', '', undefined],
  ])('%s', (_case, ancestor, referrer, origin) => {
    expect(parentOriginOf({ ancestor, referrer }, [CRM])).toBe(origin);
  });
});
