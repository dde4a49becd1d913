/** The thread that reads a whole audit log; the log's path in, the verdict out. */
import { parentPort, workerData } from 'node:worker_threads';
import { verifyAuditLog } from './audit-verify-store.js';

parentPort?.postMessage(verifyAuditLog(String(workerData)));
