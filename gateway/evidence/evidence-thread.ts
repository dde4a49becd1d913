/** The thread that reads the past, away from the loop that carries the calls: one question in, its answer out. */
import { parentPort, workerData } from 'node:worker_threads';
import { verifyAuditLog } from '../audit/audit-verify-store.js';
import { type EvidenceAnswers, type EvidenceQuestion, evidenceQuestion } from './evidence-questions.js';
import { PastReader } from './past-reader-store.js';

async function answerTo(question: EvidenceQuestion): Promise<EvidenceAnswers[keyof EvidenceAnswers]> {
  if (question.kind === 'verification') return verifyAuditLog(question.paths.auditLog);
  const reader = PastReader.open(question.paths);
  try {
    return await reader[question.kind](question.range);
  } finally {
    reader.close();
  }
}

parentPort?.postMessage(await answerTo(evidenceQuestion.parse(workerData)));
