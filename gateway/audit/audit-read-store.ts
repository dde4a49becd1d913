import Database from 'better-sqlite3';

/** Few enough for the memory of any machine, many enough to make the reading quick. */
const PAGE_RECORDS = 500;

/** One stored record as its bytes stand in the log. */
export type AuditLine = { readonly sequence: number; readonly json: string };

/**
 * The records behind `afterSequence`, oldest first, at most `limit`, without changing anything: for a copy, or beside a
 * running gateway. @throws when there is no readable log at `path`
 */
export function* readAuditLines(
  path: string,
  range: { readonly afterSequence: number; readonly limit: number },
): Generator<AuditLine> {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const page = database.prepare<[number, number], AuditLine>(
      'SELECT sequence, record AS json FROM records WHERE sequence > ? ORDER BY sequence LIMIT ?',
    );
    let after = range.afterSequence;
    let left = range.limit;
    while (left > 0) {
      const lines = page.all(after, Math.min(left, PAGE_RECORDS));
      yield* lines;
      const last = lines.at(-1);
      if (!last) return;
      after = last.sequence;
      left -= lines.length;
    }
  } finally {
    database.close();
  }
}
