import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { within } from '../../test/support/deadline.js';
import { CallRecorder, type RecorderEvent } from './call-recorder-store.js';
import type { RecordingNotes } from './recording-notes.js';
import { RING_SAMPLES } from './recording-timeline.js';
import { parseRecording, WAV_HEADER_SIZE_BYTES, type WavAudio } from './wav-file.js';

const PACKET = 160;
const PACKET_MS = 20;
let directory = '';
let events: RecorderEvent[] = [];

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'tonegate-recording-')), 'recordings');
  events = [];
});

afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

function recorderOf(mode: 'pause' | 'masked-continuous', callId = 'call'): CallRecorder {
  return new CallRecorder({
    directory,
    callId,
    mode,
    onState: (event) => events.push(event),
    wallClock: () => new Date('2026-01-02T03:04:05.000Z'),
  });
}

/** Both legs speak in 20 ms packets from `fromMs` to `toMs`; every sample holds the leg's value. */
function speak(recorder: CallRecorder, fromMs: number, toMs: number, caller: number, agent: number): void {
  for (let nowMs = fromMs; nowMs < toMs; nowMs += PACKET_MS) {
    recorder.write('caller', new Int16Array(PACKET).fill(caller), PACKET, nowMs * 8, nowMs);
    recorder.write('agent', new Int16Array(PACKET).fill(agent), PACKET, nowMs * 8, nowMs);
  }
}

function audioOf(name: string): WavAudio {
  const result = parseRecording(readFileSync(join(directory, name)));
  if (!result.ok) throw new Error(result.code);
  return result.audio;
}

/** Samples that would play if the process died now; -1 while there is no file. */
function lengthOnDisk(name: string): number {
  const path = join(directory, name);
  if (!existsSync(path) || statSync(path).size < WAV_HEADER_SIZE_BYTES) return -1;
  return audioOf(name).caller.length;
}

function notesOf(name: string): RecordingNotes {
  return JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8')) as RecordingNotes;
}

/** Lets the disk's callbacks run until `done`, at most ten seconds. */
async function diskTurns(done: () => boolean): Promise<void> {
  const endMs = Date.now() + 10_000;
  while (!done()) {
    if (Date.now() > endMs) throw new Error('the disk did not get there');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * Puts /dev/full in the place of an open file of this process: every write to it fails as on a full disk. The returned
 * function does nothing more than tell that the descriptor has been closed by its owner.
 */
function fillDiskUnder(path: string): () => void {
  const descriptor = readdirSync('/proc/self/fd')
    .map(Number)
    .find((number) => linkOf(`/proc/self/fd/${number}`) === path);
  if (descriptor === undefined) throw new Error('the file is not open');
  closeSync(descriptor);
  // The lowest number that is free is given out first; files that were closed before may have left lower ones.
  const lower: number[] = [];
  for (let opened = openSync('/dev/full', 'r+'); opened !== descriptor; opened = openSync('/dev/full', 'r+')) {
    if (opened > descriptor) throw new Error('somebody else has opened a file meanwhile');
    lower.push(opened);
  }
  for (const number of lower) closeSync(number);
  return () => expect(linkOf(`/proc/self/fd/${descriptor}`)).not.toBe('/dev/full');
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

describe('call recorder', () => {
  test('records both sides into one private file, with its notes', async () => {
    const recorder = recorderOf('pause');
    recorder.start('automatic', 0);
    speak(recorder, 0, 3000, 11, -22);
    await recorder.stop('call-ended', 3000);

    const { caller, agent } = audioOf('call-1.wav');
    expect(caller.length).toBe(24_000);
    expect(caller.every((sample) => sample === 11)).toBe(true);
    expect(agent.every((sample) => sample === -22)).toBe(true);
    expect(statSync(join(directory, 'call-1.wav')).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'call-1.wav.json')).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(notesOf('call-1.wav')).toEqual({
      callId: 'call',
      startedAt: '2026-01-02T03:04:05.000Z',
      mode: 'pause',
      sampleRateHz: 8000,
      channels: 2,
      channelNames: ['caller', 'agent'],
      outcome: 'complete',
      lengthSamples: 24_000,
      gaps: [],
    });
    expect(events).toEqual([
      { state: 'recording', reason: 'automatic', file: 'call-1.wav', atSample: 0, monotonicMs: 0 },
      { state: 'stopped', reason: 'call-ended', file: 'call-1.wav', atSample: 24_000, monotonicMs: 3000 },
    ]);
  });

  test('AC-3: a window is digital silence in the file, to the sample, and a gap in the notes', async () => {
    const recorder = recorderOf('pause');
    recorder.start('automatic', 0);
    speak(recorder, 0, 1000, 1, 2);
    recorder.pause('window', 1000);
    expect(recorder.state).toBe('paused');
    speak(recorder, 1000, 2000, 3, 4);
    expect(recorder.resume('window', 2000)).toBe(true);
    speak(recorder, 2000, 3000, 5, 6);
    await recorder.stop('call-ended', 3000);

    const { caller, agent } = audioOf('call-1.wav');
    expect(caller.subarray(0, 8000).every((sample) => sample === 1)).toBe(true);
    expect(caller.subarray(8000, 16_000).every((sample) => sample === 0)).toBe(true);
    expect(agent.subarray(8000, 16_000).every((sample) => sample === 0)).toBe(true);
    expect(caller.subarray(16_000).every((sample) => sample === 5)).toBe(true);
    expect(agent.subarray(16_000).every((sample) => sample === 6)).toBe(true);
    expect(notesOf('call-1.wav').gaps).toEqual([
      {
        kind: 'paused',
        reason: 'window',
        startSample: 8000,
        endSample: 16_000,
        startedAt: '2026-01-02T03:04:06.000Z',
        endedAt: '2026-01-02T03:04:07.000Z',
      },
    ]);
  });

  test('AC-3: pause and resume are acknowledged at once, with monotonic time and sample', () => {
    const recorder = recorderOf('pause');
    recorder.start('automatic', 100);
    recorder.pause('window', 1100);
    recorder.resume('window', 1600);
    expect(events.slice(1)).toEqual([
      { state: 'paused', reason: 'window', file: 'call-1.wav', atSample: 8000, monotonicMs: 1100 },
      { state: 'recording', reason: 'window', file: 'call-1.wav', atSample: 12_000, monotonicMs: 1600 },
    ]);
    return recorder.stop('call-ended', 1600);
  });

  test('AC-3: recording is back within one packet of the window closing, whatever the timestamps did meanwhile', async () => {
    const recorder = recorderOf('pause');
    recorder.start('automatic', 0);
    speak(recorder, 0, 500, 1, 1);
    recorder.pause('window', 500);
    await diskTurns(() => lengthOnDisk('call-1.wav') === 4000);
    recorder.resume('window', 5000);
    // The leg's clock stands 300 ms before its arrival: anchored anew, nothing is lost.
    recorder.write('caller', new Int16Array(PACKET).fill(7), PACKET, 4700 * 8, 5004);
    await recorder.stop('call-ended', 5100);
    const { caller } = audioOf('call-1.wav');
    expect(caller.indexOf(7)).toBe(5004 * 8);
    expect(caller.lastIndexOf(7)).toBe(5004 * 8 + PACKET - 1);
  });

  test('audio that arrived ahead of its time does not reach into the pause', async () => {
    const recorder = recorderOf('pause');
    recorder.start('automatic', 0);
    recorder.write('caller', new Int16Array(PACKET).fill(1), PACKET, 0, 0);
    recorder.write('caller', new Int16Array(PACKET).fill(2), PACKET, 1600, 100);
    recorder.write('caller', new Int16Array(PACKET).fill(9), PACKET, 2400, 110);
    recorder.pause('window', 210);
    await recorder.stop('call-ended', 1000);
    const { caller } = audioOf('call-1.wav');
    expect(caller.subarray(210 * 8).every((sample) => sample === 0)).toBe(true);
  });

  test('AC-24: a manual resume inside the window is refused, and the recorder stays paused', async () => {
    const recorder = recorderOf('pause');
    recorder.start('automatic', 0);
    recorder.pause('window', 100);
    expect(recorder.resume('manual', 200)).toBe(false);
    expect(recorder.state).toBe('paused');
    speak(recorder, 200, 400, 9, 9);
    await recorder.stop('call-ended', 400);
    expect(audioOf('call-1.wav').caller.includes(9)).toBe(false);
  });

  test('what the agent paused stays paused when the window closes', async () => {
    const recorder = recorderOf('pause');
    recorder.start('automatic', 0);
    recorder.pause('manual', 100);
    recorder.pause('window', 200);
    recorder.resume('window', 300);
    expect(recorder.state).toBe('paused');
    expect(recorder.resume('manual', 400)).toBe(true);
    expect(recorder.state).toBe('recording');
    await recorder.stop('call-ended', 500);
    expect(notesOf('call-1.wav').gaps.map((gap) => [gap.reason, gap.startSample, gap.endSample])).toEqual([
      ['manual', 800, 3200],
      ['window', 1600, 2400],
    ]);
  });

  test('a recording started inside a window begins paused', async () => {
    const recorder = recorderOf('pause');
    recorder.pause('window', 0);
    expect(recorder.state).toBe('off');
    recorder.start('manual', 100);
    expect(recorder.state).toBe('paused');
    speak(recorder, 100, 300, 9, 9);
    recorder.resume('window', 300);
    speak(recorder, 300, 500, 1, 1);
    await recorder.stop('manual', 500);
    const { caller } = audioOf('call-1.wav');
    expect(caller.subarray(0, 1600).every((sample) => sample === 0)).toBe(true);
    expect(caller.subarray(1600).every((sample) => sample === 1)).toBe(true);
  });

  test('masked-continuous goes on recording and marks the span; a manual pause still pauses', async () => {
    const recorder = recorderOf('masked-continuous');
    recorder.start('automatic', 0);
    recorder.pause('window', 1000);
    expect(recorder.state).toBe('recording');
    speak(recorder, 1000, 1500, 3, 4);
    recorder.pause('manual', 1500);
    expect(recorder.state).toBe('paused');
    speak(recorder, 1500, 2000, 9, 9);
    recorder.resume('window', 2000);
    recorder.resume('manual', 2000);
    await recorder.stop('call-ended', 2100);
    const { caller } = audioOf('call-1.wav');
    expect(caller.subarray(8000, 12_000).every((sample) => sample === 3)).toBe(true);
    expect(caller.subarray(12_000).every((sample) => sample === 0)).toBe(true);
    expect(notesOf('call-1.wav').gaps.map((gap) => [gap.kind, gap.reason])).toEqual([
      ['masked', 'window'],
      ['paused', 'manual'],
    ]);
  });

  test('each start makes a file of its own', async () => {
    const recorder = recorderOf('pause');
    recorder.start('manual', 0);
    await recorder.stop('manual', 100);
    recorder.start('manual', 200);
    speak(recorder, 200, 300, 1, 1);
    await recorder.stop('manual', 300);
    expect(audioOf('call-1.wav').caller.length).toBe(800);
    expect(audioOf('call-2.wav').caller.length).toBe(800);
  });

  test('AC-22: at any moment the file on disk plays, and after a crash in the window it ends before it', async () => {
    const recorder = recorderOf('pause');
    recorder.start('automatic', 0);
    for (let nowMs = 0; nowMs < 5000; nowMs += 1000) {
      speak(recorder, nowMs, nowMs + 1000, 1, 2);
      // 1.1 seconds are held for late packets, half a second more may wait for its write.
      const durableSamples = Math.max(0, nowMs + 1000 - 1100 - 500 - PACKET_MS) * 8;
      await diskTurns(() => lengthOnDisk('call-1.wav') >= durableSamples);
    }
    recorder.pause('window', 5000);
    await diskTurns(() => lengthOnDisk('call-1.wav') === 40_000);
    speak(recorder, 5000, 9000, 9, 9);
    await diskTurns(() => existsSync(join(directory, 'call-1.wav.json')) && notesOf('call-1.wav').gaps.length === 1);

    // As the disk stands now, a killed process would leave it.
    const { caller, agent } = audioOf('call-1.wav');
    expect(caller.every((sample) => sample === 1)).toBe(true);
    expect(agent.every((sample) => sample === 2)).toBe(true);
    expect(notesOf('call-1.wav')).toMatchObject({
      outcome: 'open',
      gaps: [{ kind: 'paused', reason: 'window', startSample: 40_000, endSample: null }],
    });
    await recorder.stop('call-ended', 9000);
  });

  test('what cannot be created fails the recording and nothing else', async () => {
    writeFileSync(directory, 'a file stands where the directory should be');
    const recorder = recorderOf('pause');
    recorder.start('automatic', 0);
    expect(recorder.failed).toBe(true);
    expect(events).toEqual([{ state: 'stopped', reason: 'failed', file: 'call-1.wav', atSample: 0, monotonicMs: 0 }]);
    speak(recorder, 0, 100, 1, 1);
    await recorder.stop('call-ended', 100);
  });

  test('an older recording is never overwritten: the new one fails', async () => {
    const first = recorderOf('pause');
    first.start('automatic', 0);
    speak(first, 0, 100, 5, 5);
    await first.stop('call-ended', 100);
    const second = recorderOf('pause');
    second.start('automatic', 0);
    await diskTurns(() => second.failed);
    await second.stop('call-ended', 100);
    expect(audioOf('call-1.wav').caller[0]).toBe(5);
    expect(events.at(-1)).toMatchObject({ state: 'stopped', reason: 'failed' });
  });

  test('a disk that takes nothing for as long as the ring lasts fails the recording; the file holds what it took', async () => {
    const recorder = recorderOf('pause');
    recorder.start('automatic', 0);
    // No turn of the event loop is given to the disk meanwhile.
    speak(recorder, 0, RING_SAMPLES / 8 + 2000, 1, 1);
    expect(recorder.failed).toBe(true);
    expect(events.at(-1)).toMatchObject({ state: 'stopped', reason: 'failed' });
    await recorder.stop('call-ended', 9000);
    expect(notesOf('call-1.wav').outcome).toBe('failed');
    const { caller } = audioOf('call-1.wav');
    expect(caller.length).toBeLessThanOrEqual(RING_SAMPLES + 4000);
    expect(caller.every((sample) => sample <= 1)).toBe(true);
  });

  test('a disk that is full fails the recording; what was on it before still plays', async () => {
    const recorder = recorderOf('pause');
    recorder.start('automatic', 0);
    speak(recorder, 0, 1000, 1, 2);
    recorder.pause('manual', 1000);
    await diskTurns(() => lengthOnDisk('call-1.wav') === 8000);
    // From here on nobody opens a file: the notes of the pause are in their place.
    await diskTurns(() => existsSync(join(directory, 'call-1.wav.json')) && notesOf('call-1.wav').gaps.length === 1);
    const takenBack = fillDiskUnder(join(directory, 'call-1.wav'));
    recorder.resume('manual', 1000);
    speak(recorder, 1000, 2000, 3, 4);
    recorder.pause('manual', 2000);
    await diskTurns(() => recorder.failed);
    await recorder.stop('call-ended', 2000);
    takenBack();

    expect(events.at(-1)).toMatchObject({ state: 'stopped', reason: 'failed' });
    expect(audioOf('call-1.wav').caller).toEqual(new Int16Array(8000).fill(1));
    expect(notesOf('call-1.wav').outcome).toBe('failed');
  });

  test('AC-22: a process killed in the window leaves a file that ends where the window opened, and an open gap', async () => {
    // Real time does not matter to the recorder, only that the disk keeps up: five minutes of call take a moment.
    const script = `
      import { existsSync, readFileSync } from 'node:fs';
      import { CallRecorder } from ${JSON.stringify(new URL('./call-recorder-store.js', import.meta.url).href)};
      const directory = ${JSON.stringify(directory)};
      const recorder = new CallRecorder({ directory, callId: 'killed', mode: 'pause', onState() {} });
      const path = directory + '/killed-1.wav';
      const lengthOnDisk = () => {
        const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
        return bytes.length < 44 ? 0 : bytes.readUInt32LE(40) / 4;
      };
      const onDisk = async (samples) => {
        while (lengthOnDisk() < samples) await new Promise((resolve) => setTimeout(resolve, 1));
      };
      const speak = async (fromMs, toMs, value) => {
        for (let nowMs = fromMs; nowMs < toMs; nowMs += 20) {
          for (const leg of ['caller', 'agent']) recorder.write(leg, new Int16Array(160).fill(value), 160, nowMs * 8, nowMs);
          if (nowMs % 1000 === 0) await onDisk(Math.min(160_000, (nowMs - 2000) * 8));
        }
      };
      recorder.start('automatic', 0);
      await speak(0, 20_000, 7);
      recorder.pause('window', 20_000);
      await speak(20_000, 300_000, 9);
      await onDisk(160_000);
      while (!readFileSync(path + '.json', 'utf8').includes('window')) await new Promise((resolve) => setTimeout(resolve, 1));
      console.log('in the window');
      setInterval(() => {}, 1000);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    try {
      const inWindow = new Promise((resolve) => child.stdout.once('data', resolve));
      await within(30_000, 'the pause of the recorder', inWindow);
    } finally {
      child.kill('SIGKILL');
    }
    await within(10_000, 'the end of the killed recorder', exited);

    const { caller, agent } = audioOf('killed-1.wav');
    expect(caller).toEqual(new Int16Array(160_000).fill(7));
    expect(agent).toEqual(caller);
    expect(notesOf('killed-1.wav')).toMatchObject({
      outcome: 'open',
      gaps: [{ kind: 'paused', reason: 'window', startSample: 160_000, endSample: null }],
    });
  });

  test('a call id never chooses a folder', async () => {
    const recorder = recorderOf('pause', '../../etc/passwd');
    recorder.start('automatic', 0);
    await recorder.stop('call-ended', 100);
    expect(existsSync(join(directory, '______etc_passwd-1.wav'))).toBe(true);
  });
});
