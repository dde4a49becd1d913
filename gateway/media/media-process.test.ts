import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LINK_SECRET, MediaProcessUnderTest, UdpPeer } from '../../test/media/media-process-under-test.js';
import { CAPTURE_ID, EVENT_PAYLOAD_TYPE, eventPayload, legMedia, rtpPacket } from '../../test/media/simulated-call.js';
import { encodeFrame, encodeJsonFrame, JSON_FRAME } from '../../vault-client/wire-frames.js';
import { INFO_FRAME } from './control-wire.js';

let media: MediaProcessUnderTest;
const caller = { peer: new UdpPeer(), port: 0 };
const agent = { peer: new UdpPeer(), port: 0 };

beforeEach(async () => {
  media = await MediaProcessUnderTest.start();
  for (const side of [caller, agent]) {
    side.peer = new UdpPeer();
    side.port = await side.peer.bind();
  }
});

afterEach(() => {
  media.close();
  caller.peer.udp.close();
  agent.peer.udp.close();
});

async function startCall(): Promise<{ callerPort: number; agentPort: number }> {
  const created = await media.request({
    kind: 'create-call',
    callHandle: 1,
    callId: 'call-1',
    mask: 'window',
    replacement: 'comfort-noise',
    suppression: 'tones',
    agentTransport: 'rtp',
    recording: { start: 'automatic', mode: 'pause' },
  });
  if (created.kind !== 'call-created') throw new Error(JSON.stringify(created));
  await media.request({ kind: 'set-leg', callHandle: 1, leg: 'caller', media: legMedia('127.0.0.1', caller.port) });
  await media.request({ kind: 'set-leg', callHandle: 1, leg: 'agent', media: legMedia('127.0.0.1', agent.port) });
  return { callerPort: created.caller.rtpPort, agentPort: created.agent.rtpPort };
}

describe('a media process', () => {
  test('AC-4 carries a call and brings keys to the vault alone, sealed', async () => {
    const { callerPort, agentPort } = await startCall();
    const voice = Buffer.alloc(160, 0x10);
    agent.peer.udp.send(rtpPacket({ sequence: 1, timestamp: 0 }, voice), agentPort, '127.0.0.1');
    caller.peer.udp.send(rtpPacket({ sequence: 1, timestamp: 0 }, voice), callerPort, '127.0.0.1');
    await media.until(() => caller.peer.heard.length === 1 && agent.peer.heard.length === 1);
    expect(agent.peer.heard[0].subarray(12)).toEqual(voice);

    expect(await media.request({ kind: 'open-window', callHandle: 1 })).toMatchObject({ kind: 'done' });
    expect(media.events.filter((event) => event.kind === 'recording').map(({ state }) => state)).toEqual([
      'recording',
      'paused',
    ]);
    const vaultPublicKey = media.vault.publicKey.toString('base64');
    await media.request({ kind: 'arm-capture', callHandle: 1, captureId: CAPTURE_ID, vaultPublicKey });
    const keys = [4, 2, 4, 2, 11];
    keys.forEach((key, index) => {
      const header = { timestamp: 160 + index * 800, payloadType: EVENT_PAYLOAD_TYPE };
      const sequence = 2 + index * 2;
      caller.peer.udp.send(rtpPacket({ ...header, sequence }, eventPayload(key, 0)), callerPort, '127.0.0.1');
      caller.peer.udp.send(
        rtpPacket({ ...header, sequence: sequence + 1 }, eventPayload(key, 320, true)),
        callerPort,
        '127.0.0.1',
      );
    });
    await media.until(() => media.vault.opened.length === keys.length);
    media.channel.write(
      encodeFrame(INFO_FRAME, Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 0]), Buffer.from('Signal=7\r\n')])),
    );
    await media.until(() => media.vault.opened.length === keys.length + 1);

    expect(media.vault.hellos).toEqual([LINK_SECRET.toString('hex')]);
    expect(media.vault.opened).toEqual([...keys, 7].map((key, sequence) => ({ captureId: CAPTURE_ID, sequence, key })));
    const statistics = await media.request({ kind: 'statistics' });
    expect(statistics).toMatchObject({ counters: { keys_captured: 6, vault_link_up_now: 1, calls_now: 1 } });
    await media.request({ kind: 'close-window', callHandle: 1 });
    expect(await media.request({ kind: 'close-call', callHandle: 1 })).toMatchObject({ kind: 'done' });
    // Whatever was sent to the agent has come before these answers.
    expect(agent.peer.heard.every((bytes) => (bytes[1] & 0x7f) === 0)).toBe(true);
    expect(readdirSync(join(media.directory, 'recordings'))).toContain('call-1-1.wav');
  });

  test('tells a fault when the vault goes away in a capture, and finds it again', async () => {
    await startCall();
    await media.request({ kind: 'open-window', callHandle: 1 });
    await media.request({
      kind: 'arm-capture',
      callHandle: 1,
      captureId: CAPTURE_ID,
      vaultPublicKey: media.vault.publicKey.toString('base64'),
    });
    media.endVault();
    await media.until(() => media.events.some((event) => event.kind === 'fault' && event.code === 'vault-link-down'));
    const refused = await media.request({
      kind: 'arm-capture',
      callHandle: 1,
      captureId: CAPTURE_ID,
      vaultPublicKey: media.vault.publicKey.toString('base64'),
    });
    expect(refused).toMatchObject({ kind: 'refused', code: 'vault-link-down' });
    media.newVault();
    await media.until(() => media.vault.hellos.length === 1);
  });

  test('answers what it cannot read with a refusal, survives SIGUSR1 without an inspector, ends with its parent', async () => {
    media.channel.write(encodeJsonFrame({ kind: 'open-window', requestId: 900 }));
    media.channel.write(encodeFrame(JSON_FRAME, Buffer.from('{"kind":')));
    media.channel.write(encodeFrame(77, Buffer.alloc(4)));
    await media.until(() => media.events.some((event) => event.kind === 'refused' && event.requestId === 900));
    media.child.kill('SIGUSR1');
    expect(await media.request({ kind: 'ping' })).toMatchObject({ kind: 'done' });
    expect(media.errorOutput).toBe('');
    const exited = once(media.child, 'exit');
    media.channel.destroy();
    expect(await exited).toEqual([0, null]);
  });
});
