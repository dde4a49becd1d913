/**
 * The last line of defence before anything is written down: finds runs of digits that could be a card number, whatever
 * meant them to be. It errs towards hiding: a telephone number of twelve digits or an epoch time in milliseconds is
 * hidden as well; write ISO times and opaque ids.
 */

/** The shortest card number that any scheme has issued. */
export const MIN_HIDDEN_DIGITS = 12;

/**
 * Digits count as one run over what people and serialisers put between them, up to eight of spaces, line ends, hyphens,
 * commas, quotes and backslashes: `4242 4242`, `4242 - 4242`, `4,2,4,2`, `["4","2"]`, also escaped. Colons, points and
 * letters end a run, so neither ISO times nor IP addresses make one.
 */
const DIGIT_RUN = `\\d(?:(?:\\\\[nrt]|[\\s,"'\\\\-]){0,8}\\d){${MIN_HIDDEN_DIGITS - 1},}`;

/**
 * Ids of our own making, which hold such runs by chance: UUIDs and hexadecimal words of 128 bits or more. At least one
 * letter has to be in them: a card number written in hexadecimal ASCII has none.
 */
const OPAQUE_ID = [
  '\\b(?=[0-9-]*[a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b',
  '\\b(?=[0-9]*[a-f])[0-9a-f]{32,128}\\b',
].join('|');

/** The ids are tried first at each place, and what is inside them is skipped. */
const PATTERN = new RegExp(`(${OPAQUE_ID})|${DIGIT_RUN}`, 'g');

export const HIDDEN = '[digits hidden]';

/** True when `text` has a run of MIN_HIDDEN_DIGITS digits or more outside of an opaque id. */
export function holdsDigitRun(text: string): boolean {
  for (const match of text.matchAll(PATTERN)) if (match[1] === undefined) return true;
  return false;
}

/** `text` with each such run replaced. Every character of the run goes: not even its length stays. */
export function hideDigitRuns(text: string): string {
  return text.replaceAll(PATTERN, (found: string, id: string | undefined) => (id === undefined ? HIDDEN : found));
}
