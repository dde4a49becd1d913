import { expect, test } from '@jest/globals';
import type { Dialog } from '../dialog.js';
import { CONNECTION_GRACE_MS, UserPaths } from './user-paths.js';

type Leg = { readonly name: string; readonly dialog: Dialog | undefined };

/** Ringing still: there is no dialog that a phone could come back to. */
const leg = (name: string): Leg => ({ name, dialog: undefined });

test('a leg whose connection is gone is lost half a minute later, and told so once', () => {
  const paths = new UserPaths<Leg>(undefined);
  const [one, other] = [leg('one'), leg('other')];
  paths.lose(one, 1, 0);
  paths.lose(other, 2, 1_000);
  expect(paths.deadlineMs).toBe(CONNECTION_GRACE_MS);
  expect(paths.takeLost(CONNECTION_GRACE_MS - 1)).toEqual([]);
  expect(paths.takeLost(CONNECTION_GRACE_MS)).toEqual([one]);
  expect(paths.deadlineMs).toBe(1_000 + CONNECTION_GRACE_MS);
  expect(paths.takeLost(1_000 + CONNECTION_GRACE_MS)).toEqual([other]);
  expect([paths.size, paths.deadlineMs]).toEqual([0, Infinity]);
});

test('the same connection lost again does not begin the wait anew, and another one does', () => {
  const paths = new UserPaths<Leg>(undefined);
  const one = leg('one');
  paths.lose(one, 1, 0);
  paths.lose(one, 1, 10_000);
  expect(paths.deadlineMs).toBe(CONNECTION_GRACE_MS);
  paths.lose(one, 2, 20_000);
  expect([paths.size, paths.deadlineMs]).toEqual([1, 20_000 + CONNECTION_GRACE_MS]);
});

test('one that has ended meanwhile is waited for no more', () => {
  const paths = new UserPaths<Leg>(undefined);
  const one = leg('one');
  paths.lose(one, 1, 0);
  paths.forget(one);
  expect([paths.size, paths.takeLost(CONNECTION_GRACE_MS)]).toEqual([0, []]);
});
