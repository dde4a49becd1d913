/** All that the log's file holds. The writer makes it, and whoever verifies the file wants it to be so. */
import { HISTORY_INDEXES } from './audit-history-store.js';
import { UNFINISHED_SCHEMA } from './unfinished-store.js';

export const RECORDS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS records (
    sequence INTEGER PRIMARY KEY,
    record TEXT NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;
  CREATE TRIGGER IF NOT EXISTS records_are_not_changed BEFORE UPDATE ON records
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER IF NOT EXISTS records_are_not_deleted BEFORE DELETE ON records
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
`;

export const LOG_SCHEMA: string = RECORDS_SCHEMA + HISTORY_INDEXES + UNFINISHED_SCHEMA;
