/**
 * A media process: the shell around `MediaCore`. Control speaks to it over the socket pair on file descriptor 3 and
 * watches it; when that closes, or anything of ours breaks, the process ends and control starts another.
 */
import '../process/inspector-guard-process.js';
import { randomInt } from 'node:crypto';
import { Socket } from 'node:net';
import { encodeJsonFrame, FrameDecoder, JSON_FRAME } from '../../vault-client/wire-frames.js';
import { CallRecorder } from '../recording/call-recorder-store.js';
import { parseInfoHeader, parseMediaCommand } from './command-parser.js';
import { INFO_FRAME, INFO_HEADER_SIZE_BYTES, type MediaConfiguration, type MediaEvent } from './control-wire.js';
import { DgramEngine } from './dgram-engine-socket.js';
import { MediaCore } from './media-core.js';
import { VaultLink } from './vault-link-socket.js';
import { warmUp } from './warm-up.js';
import { WebRtcLegs } from './webrtc-legs-socket.js';

const CONTROL_DESCRIPTOR = 3;
/** One packet: what waits for the clock waits no longer than that. */
const SWEEP_INTERVAL_MS = 20;
/** Calls may be opened without a vault, so `ready` does not wait long for one that is itself just starting. */
const VAULT_PATIENCE_MS = 1000;

// No message of an error is printed: it could quote what was being handled.
process.on('uncaughtException', (error) => {
  process.stderr.write(`media process: ${error.name}\n${stackWithoutMessage(error)}\n`);
  process.exit(1);
});

const control = new Socket({ fd: CONTROL_DESCRIPTOR, readable: true, writable: true });
let core: MediaCore | undefined;

const decoder = new FrameDecoder();
control.on('data', (chunk) => decoder.push(chunk, (frame) => takeFrame(frame.type, frame.payload)));
control.on('error', () => process.exit(0));
control.on('close', () => process.exit(0));

function emit(event: MediaEvent): void {
  control.write(encodeJsonFrame(event));
}

function takeFrame(type: number, payload: Buffer): void {
  const nowMs = performance.now();
  if (type === INFO_FRAME) {
    const info = parseInfoHeader(payload);
    if (info === undefined) return;
    core?.takeInfo(info.callHandle, info.leg, info.type, payload.subarray(INFO_HEADER_SIZE_BYTES), nowMs);
    return;
  }
  const command = type === JSON_FRAME ? parseMediaCommand(payload.toString('utf8')) : undefined;
  if (command === undefined) {
    refuseUnreadable(payload);
    return;
  }
  if (command.kind === 'configure') {
    if (core === undefined) core = start(command.configuration);
  } else if (command.kind === 'shut-down') {
    void shutDown(nowMs);
  } else {
    core?.command(command, nowMs);
  }
}

/** A command that could not be read is still owed an answer, if it says to whom. */
function refuseUnreadable(payload: Buffer): void {
  const requestId = /"requestId":(\d{1,15})[,}]/.exec(payload.toString('utf8'))?.[1];
  if (requestId !== undefined) emit({ kind: 'refused', requestId: Number(requestId), code: 'bad-command' });
}

function start(configuration: MediaConfiguration): MediaCore {
  let isReady = false;
  const becomeReady = (): void => {
    if (!isReady) emit({ kind: 'ready' });
    isReady = true;
  };
  const keySink = new VaultLink({
    path: configuration.keySocketPath,
    secret: Buffer.from(configuration.linkSecret, 'base64'),
    onUp: becomeReady,
    onLost: () => created.vaultLinkLost(),
  });
  const engine = new DgramEngine({
    address: configuration.address,
    onSendFailed: () => {
      created.counters.sendFailed += 1;
    },
  });
  const webRtc = new WebRtcLegs({
    engine,
    address: configuration.address,
    onConnected: (socket) => created.webRtcChanged(socket, 'leg-connected'),
    onLost: (socket) => created.webRtcChanged(socket, 'leg-lost'),
    onSendFailed: () => {
      created.counters.sendFailed += 1;
    },
    onDropped: (reason, count) => {
      if (reason === 'replayed') created.counters.webrtcPacketsReplayed += count;
      else created.counters.webrtcPacketsUnauthentic += count;
    },
    onUnavailable: () => process.stderr.write('media process: node-datachannel cannot be loaded: no WebRTC legs\n'),
  });
  const created = new MediaCore({
    configuration,
    engine,
    webRtc,
    keySink,
    emit,
    makeRecorder: ({ callHandle, callId, mode }) =>
      new CallRecorder({
        directory: configuration.recordingDirectory,
        callId,
        mode,
        onState: (state) => emit({ kind: 'recording', callHandle, ...state }),
      }),
    randomBelow: (bound) => randomInt(bound),
    wallClockMs: () => Date.now(),
  });
  engine.onBatch((first, count) => created.takeBatch(first, count, performance.now()));
  warmUp();
  setInterval(() => created.sweep(performance.now()), SWEEP_INTERVAL_MS);
  setTimeout(becomeReady, VAULT_PATIENCE_MS);
  keySink.connect();
  return created;
}

async function shutDown(nowMs: number): Promise<void> {
  await core?.close(nowMs);
  control.end(() => process.exit(0));
}

function stackWithoutMessage(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n');
}
