/**
 * What a gateway leaves behind after some days of calls, in a folder of its own: an audit log whose chain holds, and
 * recordings with their notes. The calls are made up; the files are what the gateway writes and reads.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { formatHead, headPathOf } from '../../gateway/audit/audit-head.js';
import { HISTORY_INDEXES } from '../../gateway/audit/audit-history-store.js';
import { type AuditAction, type AuditStatement, auditRecord } from '../../gateway/audit/audit-record.js';
import { RECORDS_SCHEMA } from '../../gateway/audit/audit-schema.js';
import { canonicalJson, chainHash, GENESIS_HASH } from '../../gateway/audit/hash-chain.js';
import { EvidenceStore } from '../../gateway/evidence/evidence-store.js';
import type { RecordingGap, RecordingNotes } from '../../gateway/recording/recording-notes.js';
import { wavHeader } from '../../gateway/recording/wav-file.js';

export const NEWEST_CALL_AT = '2026-11-23T12:00:00.000Z';
const HOUR_MS = 3_600_000;
const SAMPLE_RATE_HZ = 8_000;

export type PastOutcome = 'vaulted' | 'canceled' | 'failed' | 'ended';

export type PastCall = {
  readonly agent: string;
  readonly outcome: PastOutcome;
  readonly recording?: PastRecording;
};

export type PastRecording = {
  readonly lengthS: number;
  readonly gaps: readonly PastGap[];
  readonly file?: 'lost';
};

export type PastGap = Pick<RecordingGap, 'kind' | 'reason'> & {
  readonly fromS: number;
  readonly toS: number;
  /** Sound where there should be none. */
  readonly leaks?: true;
};

export class PastGateway {
  readonly directory = mkdtempSync(join(tmpdir(), 'tonegate-past-'));
  readonly auditLog = join(this.directory, 'audit.db');
  readonly recordings = join(this.directory, 'recordings');
  readonly evidence: EvidenceStore;
  #sequence = 0;
  #hash = GENESIS_HASH;

  /** @param calls newest first, one an hour */
  constructor(calls: readonly PastCall[]) {
    mkdirSync(this.recordings);
    const database = new Database(this.auditLog);
    // A test's log need not outlive a power cut.
    database.pragma('synchronous = OFF');
    database.exec(RECORDS_SCHEMA);
    database.exec(HISTORY_INDEXES);
    const write = database.transaction(() => {
      for (const [index, call] of [...calls.entries()].toReversed()) this.#writeCall(database, index, call);
    });
    write();
    database.close();
    writeFileSync(headPathOf(this.auditLog), formatHead({ records: this.#sequence, hash: this.#hash }));
    this.evidence = new EvidenceStore({ auditLog: this.auditLog, recordings: this.recordings });
  }

  get records(): number {
    return this.#sequence;
  }

  /** Somebody with the file in hand, past the triggers. */
  tamper(sql: string): void {
    tamperWith(this.auditLog, sql);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #writeCall(database: Database.Database, index: number, { agent, outcome, recording }: PastCall): void {
    const startMs = Date.parse(NEWEST_CALL_AT) - index * HOUR_MS;
    const call = { callId: `call-${index}` };
    const session = { ...call, sessionId: `session-${index}` };
    const insert = database.prepare('INSERT INTO records (sequence, record, hash) VALUES (?, ?, ?)');
    const say = (atS: number, action: AuditAction, more: Partial<AuditStatement> = {}): void => {
      const statement = { actor: 'gateway', outcome: 'success', origin: 'gateway', resource: call, ...more } as const;
      const atMs = startMs + atS * 1000;
      const record = auditRecord({ ...statement, action, atIso: new Date(atMs).toISOString(), monotonicMs: atMs });
      const text = canonicalJson(record);
      this.#sequence += 1;
      this.#hash = chainHash(this.#sequence, this.#hash, Buffer.from(text));
      insert.run(this.#sequence, text, this.#hash);
    };
    const byAgent = { actor: agent, origin: '127.0.0.1', resource: session };
    const file = `call-${index}-1.wav`;
    say(0, 'call-started', { detail: { agent, route: 'inbound' } });
    say(2, 'call-answered');
    if (recording !== undefined) {
      say(2, 'recording-started', { detail: { file } });
      this.#writeRecording(file, startMs + 2000, recording);
    }
    say(30, 'session-started', byAgent);
    say(30.1, 'window-opened');
    say(30.1, 'recording-paused');
    say(30.2, 'session-ready', byAgent);
    say(32, 'capture-started', { ...byAgent, resource: { ...session, field: 'cardNumber' } });
    say(40, 'capture-rejected', {
      ...byAgent,
      outcome: 'failure',
      resource: { ...session, field: 'cardNumber' },
      detail: { code: 'invalid-card-number' },
    });
    say(42, 'capture-started', { ...byAgent, resource: { ...session, field: 'cardNumber' } });
    say(50, 'capture-accepted', { ...byAgent, resource: { ...session, field: 'cardNumber' } });
    const code = outcome === 'failed' ? { detail: { code: 'payment-connector-error' } } : {};
    say(60, `session-${outcome}`, { ...byAgent, ...code, outcome: outcome === 'failed' ? 'failure' : 'success' });
    say(60.1, 'window-closed');
    say(60.2, 'recording-resumed');
    say(90, 'call-ended', { detail: { by: 'caller', reason: 'hung-up' } });
  }

  #writeRecording(name: string, startMs: number, { lengthS, gaps, file }: PastRecording): void {
    const at = (seconds: number): string => new Date(startMs + seconds * 1000).toISOString();
    const notes: RecordingNotes = {
      callId: name.replace(/-1\.wav$/, ''),
      startedAt: at(0),
      sampleRateHz: SAMPLE_RATE_HZ,
      channels: 2,
      channelNames: ['caller', 'agent'],
      mode: 'pause',
      outcome: 'complete',
      lengthSamples: lengthS * SAMPLE_RATE_HZ,
      gaps: gaps.map(({ kind, reason, fromS, toS }) => ({
        kind,
        reason,
        startSample: fromS * SAMPLE_RATE_HZ,
        endSample: toS * SAMPLE_RATE_HZ,
        startedAt: at(fromS),
        endedAt: at(toS),
      })),
    };
    if (file === 'lost') return;
    writeFileSync(join(this.recordings, `${name}.json`), JSON.stringify(notes));
    writeFileSync(join(this.recordings, name), soundOf(lengthS, gaps));
  }
}

/** Two voices that take turns, and nothing at all in paused gaps that do not leak. */
function soundOf(lengthS: number, gaps: readonly PastGap[]): Buffer {
  const length = lengthS * SAMPLE_RATE_HZ;
  const samples = Buffer.alloc(4 * length);
  for (let sample = 0; sample < length; sample += 1) {
    const second = sample / SAMPLE_RATE_HZ;
    const gap = gaps.find(({ fromS, toS }) => second >= fromS && second < toS);
    if (gap?.kind === 'paused' && gap.leaks !== true) continue;
    const [caller, agent] = Math.floor(second / 2) % 2 === 0 ? [9_000, 400] : [500, 12_000];
    const swell = 0.35 + 0.65 * Math.abs(Math.sin(second * 5.3) * Math.sin(second * 1.7));
    samples.writeInt16LE(Math.round(caller * swell * Math.sin(sample * 0.35)), 4 * sample);
    samples.writeInt16LE(Math.round(agent * swell * Math.sin(sample * 0.21)), 4 * sample + 2);
  }
  return Buffer.concat([wavHeader(length), samples]);
}

/** Changes an audit log behind the gateway's back: its triggers are taken away, and put back afterwards. */
export function tamperWith(auditLog: string, sql: string): void {
  const database = new Database(auditLog);
  const triggers = database
    .prepare<[], { readonly name: string; readonly sql: string }>(
      "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    )
    .all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
  database.exec(sql);
  for (const trigger of triggers) database.exec(trigger.sql);
  database.close();
}
