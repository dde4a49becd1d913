import { describe, expect, test } from '@jest/globals';
import { legMedia } from '../../test/media/simulated-call.js';
import { parseInfoHeader, parseMediaCommand } from './command-parser.js';

const base = { requestId: 1, callHandle: 2 };
const recording = { start: 'automatic', mode: 'pause' };
const masking = { mask: 'window', replacement: 'tone', suppression: 'strict', agentTransport: 'rtp' };
const call = { ...base, kind: 'create-call', callId: 'x', ...masking, recording };
const leg = { ...base, kind: 'set-leg', leg: 'agent', media: legMedia('192.0.2.1', 4000) };

describe('commands from control', () => {
  test.each([
    call,
    leg,
    { ...base, kind: 'open-window' },
    { ...base, kind: 'arm-capture', captureId: '', vaultPublicKey: '' },
    { ...base, kind: 'record', action: 'stop' },
    { kind: 'ping', requestId: 3 },
    { kind: 'shut-down' },
  ])('reads %j', (command) => expect(parseMediaCommand(JSON.stringify(command))).toEqual(command));

  test.each([
    [],
    null,
    'ping',
    {},
    { kind: 'open-window', requestId: 1 },
    { kind: 'ping' },
    { kind: 'configure', configuration: { address: '' } },
    { ...call, mask: 'never' },
    { ...call, suppression: 'lenient' },
    { ...call, suppression: undefined },
    { ...call, recording: undefined },
    { ...leg, leg: 'supervisor' },
    { ...leg, media: { ...leg.media, remotePort: '4000' } },
    { ...leg, media: { ...leg.media, rtcpMux: 1 } },
    { ...leg, media: { ...leg.media, sendEvents: [null] } },
    { ...leg, media: { ...leg.media, receiveAudio: [{ payloadType: 18, encoding: 'G729' }] } },
    { ...base, kind: 'record', action: 'erase' },
    { ...base, kind: 'unheard-of' },
  ])('refuses %j', (command) => expect(parseMediaCommand(JSON.stringify(command))).toBeUndefined());

  test('hands on what it has checked and nothing else', () =>
    expect(parseMediaCommand(JSON.stringify({ ...base, kind: 'open-window', keys: '12' }))).toEqual({
      ...base,
      kind: 'open-window',
    }));

  test('refuses what is no JSON', () => expect(parseMediaCommand('{"kind"')).toBeUndefined());

  test('reads the header of an INFO frame and leaves its body alone', () => {
    expect(parseInfoHeader(Buffer.from([0, 0, 1, 2, 1, 1, 0x35]))).toEqual({
      callHandle: 258,
      leg: 'agent',
      type: 'application/dtmf',
    });
    expect(parseInfoHeader(Buffer.from([0, 0, 1, 2, 2, 0]))).toBeUndefined();
    expect(parseInfoHeader(Buffer.from([0, 0, 1, 2, 0]))).toBeUndefined();
  });
});
