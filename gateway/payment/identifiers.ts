/**
 * Random identifiers of letters only. An identifier with digits in it would now and then hold a run of them that looks
 * like a card number, and the guards of log and audit would rightly refuse it.
 */
import { randomBytes } from 'node:crypto';

/** Thirty-two letters, so that five bits make one: both cases, without those that are read as another one. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJ';
/** 130 bits: unique on earth, as several gateways may share one call directory. */
const LENGTH = 26;

export function randomIdentifier(): string {
  return Array.from(randomBytes(LENGTH), (byte) => LETTERS[byte & 31]).join('');
}
