/** What is asked of the thread that reads the past (`evidence-thread.ts`), and how: one thread a question. */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { CallRecord, RecordingRecord, SessionRecord } from '../api/evidence-desk.js';
import type { AuditVerdict } from '../audit/audit-verify-store.js';

const paths = z.object({ auditLog: z.string(), recordings: z.string() });
const range = z.object({ before: z.number(), limit: z.number() });

export const evidenceQuestion = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['sessions', 'calls', 'recordings']), paths, range }),
  z.object({ kind: z.literal('verification'), paths }),
]);
export type EvidenceQuestion = Readonly<z.infer<typeof evidenceQuestion>>;

export type EvidenceAnswers = {
  readonly sessions: readonly SessionRecord[];
  readonly calls: readonly CallRecord[];
  readonly recordings: readonly RecordingRecord[];
  readonly verification: AuditVerdict;
};

const THREAD = fileURLToPath(new URL('./evidence-thread.js', import.meta.url));

export function askThread<Kind extends keyof EvidenceAnswers>(
  question: EvidenceQuestion & { readonly kind: Kind },
): Promise<EvidenceAnswers[Kind]> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(THREAD, { workerData: question });
    thread.once('message', (answer: EvidenceAnswers[Kind]) => resolve(answer));
    thread.once('error', reject);
    thread.once('exit', () =>
      reject(new Error(`the thread that was asked for ${question.kind} ended without an answer`)),
    );
  });
}
