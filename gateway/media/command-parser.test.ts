import { describe, expect, test } from '@jest/globals';
import { MAX_CANDIDATES } from '../../sip/webrtc-description.js';
import { legMedia } from '../../test/media/simulated-call.js';
import { parseInfoHeader, parseMediaCommand } from './command-parser.js';

const base = { requestId: 1, callHandle: 2 };
const recording = { start: 'automatic', mode: 'pause' };
const masking = { mask: 'window', replacement: 'tone', suppression: 'strict', agentTransport: 'rtp' };
const call = { ...base, kind: 'create-call', callId: 'x', ...masking, recording };
const leg = { ...base, kind: 'set-leg', leg: 'agent', media: legMedia('192.0.2.1', 4000) };

const candidate = { foundation: '1', priority: 5, address: '192.0.2.1', port: 4000, type: 'host' };
const webRtc = {
  iceUfrag: 'g7KT',
  icePwd: 'THJSGbQ5k5bb0+KM4LsMOzoD',
  fingerprint: { algorithm: 'sha-256', value: Array(32).fill('0A').join(':') },
  setup: 'passive',
  candidates: [candidate],
};
const withPeer = (changes: object) => ({ ...leg, media: { ...leg.media, webRtc: { ...webRtc, ...changes } } });

describe('commands from control', () => {
  test.each([
    call,
    leg,
    { ...call, agentTransport: 'webrtc' },
    withPeer({}),
    withPeer({ candidates: Array(MAX_CANDIDATES).fill(candidate) }),
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
    { ...call, agentTransport: 'sip' },
    { ...call, agentTransport: undefined },
    withPeer({ iceUfrag: 'g7K' }),
    withPeer({ iceUfrag: 'g7KT\r\na=candidate' }),
    withPeer({ icePwd: undefined }),
    withPeer({ fingerprint: { algorithm: 'sha-1', value: webRtc.fingerprint.value } }),
    withPeer({ fingerprint: { algorithm: 'sha-256', value: 'zz' } }),
    withPeer({ setup: 'actpass' }),
    withPeer({ candidates: undefined }),
    withPeer({ candidates: Array(MAX_CANDIDATES + 1).fill(candidate) }),
    withPeer({ candidates: [{ ...candidate, address: 'host.local' }] }),
    withPeer({ candidates: [{ ...candidate, foundation: '1 1' }] }),
    withPeer({ candidates: [{ ...candidate, port: 65_536 }] }),
    withPeer({ candidates: [{ ...candidate, priority: 1.5 }] }),
    { ...leg, media: { ...leg.media, webRtc: null } },
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
