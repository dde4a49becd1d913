/** The operations on what is kept. Looking into audit log and recordings is itself recorded, before the answer. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiAuditEvent } from './api-audit.js';
import { byteRange } from './byte-range.js';
import type { EvidenceDesk, HistoryRange } from './evidence-desk.js';
import type { Outcome } from './outcome.js';
import type { Account } from './roles.js';
import type { Handlers } from './routes.js';

export type EvidenceHandlerOptions = {
  readonly evidence: EvidenceDesk;
  readonly onAudit: (event: ApiAuditEvent) => void;
};

type EvidenceOperation =
  | 'list-past-sessions'
  | 'list-past-calls'
  | 'list-recordings'
  | 'read-recording'
  | 'read-recording-notes'
  | 'read-audit-log'
  | 'verify-audit-log';

export function evidenceHandlers({ evidence, onAudit }: EvidenceHandlerOptions): Pick<Handlers, EvidenceOperation> {
  return {
    'list-past-sessions': async ({ query }) => {
      const sessions = await evidence.sessions(query);
      return { ok: true, value: { sessions, ...nextBefore(sessions, query) } };
    },
    'list-past-calls': async ({ query }) => {
      const calls = await evidence.calls(query);
      return { ok: true, value: { calls, ...nextBefore(calls, query) } };
    },
    'list-recordings': async ({ query }) => {
      const recordings = await evidence.recordings(query);
      return { ok: true, value: { recordings, ...nextBefore(recordings, query) } };
    },
    'read-recording': async ({ account, source, id, request, reply }) => {
      onAudit({ kind: 'recording-read', source, actor: nameOf(account), name: id });
      return sendRecording(evidence, id, request, reply);
    },
    'read-recording-notes': async ({ id }) => {
      const notes = await evidence.recordingNotes(id);
      return notes.ok ? { ok: true, value: { notes: notes.value } } : notes;
    },
    'read-audit-log': ({ account, source, query }) => {
      onAudit({ kind: 'audit-log-read', source, actor: nameOf(account), after: query.after });
      const records = evidence.auditLines(query);
      const last = records.at(-1);
      const isWhole = last === undefined || records.length < query.limit;
      return { ok: true, value: { records, ...(isWhole ? {} : { nextAfter: last.sequence }) } };
    },
    'verify-audit-log': async ({ account, source }) => {
      onAudit({ kind: 'audit-log-verified', source, actor: nameOf(account) });
      return { ok: true, value: await evidence.verifyAuditLog() };
    },
  };
}

async function sendRecording(
  evidence: EvidenceDesk,
  id: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Outcome<undefined>> {
  const opened = await evidence.openRecording(id);
  if (!opened.ok) return opened;
  const { sizeBytes } = opened.value;
  const range = byteRange(request.headers.range, sizeBytes);
  if (range.kind === 'nothing') {
    reply.header('Content-Range', `bytes */${sizeBytes}`);
    return { ok: false, code: 'range-not-satisfiable' };
  }
  const [first, last] = range.kind === 'part' ? [range.firstByte, range.lastByte] : [0, sizeBytes - 1];
  if (range.kind === 'part') reply.code(206).header('Content-Range', `bytes ${first}-${last}/${sizeBytes}`);
  reply.headers({
    'Content-Type': 'audio/wav',
    'Content-Length': last - first + 1,
    'Accept-Ranges': 'bytes',
    'Content-Disposition': `attachment; filename="${id}"`,
  });
  // Of a recorder that was killed before its first write: no range of bytes names nothing.
  reply.send(sizeBytes === 0 ? '' : opened.value.read(first, last));
  return { ok: true, value: undefined };
}

/** The page goes on below its last item; a page that is not full is the last. */
function nextBefore(items: readonly { readonly sequence: number }[], { limit }: HistoryRange): { nextBefore?: number } {
  const last = items.at(-1);
  return last === undefined || items.length < limit ? {} : { nextBefore: last.sequence };
}

function nameOf(account: Account | undefined): string {
  if (account === undefined) throw new Error('an operation of auditors was let through to nobody');
  return account.name;
}
