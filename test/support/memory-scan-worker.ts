/** The thread behind `memory-scan.ts`: one request in, one report out. */
import { parentPort, workerData } from 'node:worker_threads';
import { scanNow } from './memory-scan.js';

parentPort?.postMessage(scanNow(workerData));
