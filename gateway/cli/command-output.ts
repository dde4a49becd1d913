/** Where a command writes. Lines come without their end. */
export type CommandOutput = { readonly out: (line: string) => void; readonly err: (line: string) => void };

/** What was asked was not done: a broken log, a wrong configuration. */
export const EXIT_FAILURE = 1;
/** The command itself was not understood. */
export const EXIT_USAGE = 2;

/** Controls, line ends and invisible formatting (as text running backwards), which peers could put into what we print. */
const TERMINAL_CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** `text` with such characters as JSON writes them, `\u009b`. */
export function printable(text: string): string {
  return text.replaceAll(TERMINAL_CONTROLS, (found) =>
    found
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
