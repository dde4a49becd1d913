/** Limits on waiting: nothing in a test may wait for ever, and what was waited for is named when it does not come. */

/** Rejects with a sentence that names `what` when `promise` has not settled after `limitMs`. */
export async function within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

const POLL_INTERVAL_MS = 10;

/** Asks `probe` every 10 ms until it answers something else than `undefined`; for states that nobody announces. */
export async function eventually<T>(
  limitMs: number,
  what: string | (() => string),
  probe: () => T | undefined,
): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const answer = probe();
    if (answer !== undefined) return answer;
    if (performance.now() > endMs) {
      throw new Error(`nothing within ${limitMs} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await pause(POLL_INTERVAL_MS);
  }
}

/** Lets real time pass: only for peers that run in real time, such as a caller who is speaking. */
export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
