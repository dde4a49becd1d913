/**
 * The terminal at which the demo was started, as long as the demo goes on: what is typed comes key by key, and none of it
 * is echoed, for a card must not stand in what one can scroll back to.
 */
import { readFileSync } from 'node:fs';
import { TypedKeys } from './typed-keys.js';

/** Of `process.stdin`, what is needed. */
export type TerminalInput = NodeJS.ReadableStream & {
  readonly isTTY?: boolean;
  readonly setRawMode?: (isRaw: boolean) => unknown;
};

export type TerminalListener = {
  /** Key codes, wiped when it returns. */
  readonly onKeys: (keys: Uint8Array) => void;
  /** Ctrl-C, or the terminal is gone. */
  readonly onEnd: () => void;
};

export type TerminalOptions = { readonly input?: TerminalInput; readonly isOurs?: boolean };

export class TerminalSocket {
  readonly #input: TerminalInput;
  readonly #listener: TerminalListener;
  readonly #typed = new TypedKeys();
  readonly #restore = () => void this.#input.setRawMode?.(false);
  readonly #hungUp = () => this.#listener.onEnd();
  readonly #read = (bytes: Buffer) => this.#take(bytes);

  private constructor(input: TerminalInput, listener: TerminalListener) {
    this.#input = input;
    this.#listener = listener;
    // The last is of a way out that nobody has thought of.
    process.once('exit', this.#restore);
    process.once('SIGHUP', this.#hungUp);
    // Stays: the mode of a terminal that is gone cannot be restored, which is no error then.
    input.on('error', this.#hungUp);
    input.on('end', this.#hungUp);
    input.setRawMode?.(true);
    input.on('data', this.#read);
  }

  /** @returns undefined where there is no terminal, or it is somebody else's: the demo runs in the background */
  static open(
    listener: TerminalListener,
    { input = process.stdin, isOurs = isInForeground() }: TerminalOptions = {},
  ): TerminalSocket | undefined {
    return input.isTTY === true && isOurs ? new TerminalSocket(input, listener) : undefined;
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.#input.off('data', this.#read);
    this.#input.off('end', this.#hungUp);
    // A terminal that is read keeps the process alive.
    this.#input.pause();
    this.#restore();
    process.off('exit', this.#restore);
    process.off('SIGHUP', this.#hungUp);
  }

  #take(bytes: Buffer): void {
    try {
      const { keys, isEnd } = this.#typed.take(bytes);
      if (keys.length > 0) this.#listener.onKeys(keys);
      if (isEnd) this.#listener.onEnd();
    } finally {
      bytes.fill(0);
    }
  }
}

/** Who touches its terminal from the background is stopped (termios(3), SIGTTOU). By proc(5), the fields 5 and 8 of `stat`. */
function isInForeground(): boolean {
  let stat: string;
  try {
    stat = readFileSync('/proc/self/stat', 'latin1');
  } catch {
    return true;
  }
  const [, , group, , , groupInForeground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group === groupInForeground;
}
