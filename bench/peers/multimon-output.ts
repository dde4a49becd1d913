/** What `multimon-ng -a DTMF` prints, as data. */

const KEYS = '0123456789*#ABCD';

/** Lines are `DTMF: 5`. Anything else is no key. */
export function parseMultimonKeys(output: string): number[] {
  return [...output.matchAll(/^DTMF: (\S)$/gm)].map((match) => KEYS.indexOf(match[1])).filter((key) => key >= 0);
}
