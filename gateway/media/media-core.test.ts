import { describe, expect, test } from '@jest/globals';
import { encodeG711 } from '../../dsp/g711.js';
import { renderPress } from '../../dsp/tone-generator.js';
import { play, scriptCaller } from '../../test/media/caller-script.js';
import {
  AGENT_ADDRESS,
  AGENT_PORT,
  AGENT_SSRC,
  CALLER_ADDRESS,
  CALLER_PORT,
  CAPTURE_ID,
  EVENT_PAYLOAD_TYPE,
  eventPayload,
  legMedia,
  type ReceivedRtp,
  rtpPacket,
  SimulatedCall,
  VAULT_PUBLIC_KEY,
} from '../../test/media/simulated-call.js';
import type { MediaEvent } from './control-wire.js';
import { sequenceDistance, timestampDistance } from './rtp-header.js';

const LEAK = 8;
const SILENCE = Buffer.alloc(160, 0xff);
const VOICE = Buffer.alloc(160, 0x10);
const RECORDING_STARTED: MediaEvent = {
  kind: 'recording',
  callHandle: 2,
  state: 'recording',
  reason: 'automatic',
  file: 'call-2.wav',
  atSample: 0,
  monotonicMs: 0,
};

function peak(packets: readonly ReceivedRtp[]): number {
  return Math.max(0, ...packets.flatMap(({ samples }) => [...samples].map(Math.abs)));
}

function sendAudio(
  call: SimulatedCall,
  packets: number,
  fields: { sequence: number; timestamp: number; payload?: Buffer },
) {
  for (let index = 0; index < packets; index += 1) {
    call.advanceTo(call.nowMs + 20);
    const { sequence, timestamp, payload = SILENCE } = fields;
    call.fromCaller(rtpPacket({ sequence: sequence + index, timestamp: timestamp + index * 160 }, payload));
  }
}

function sendEvent(call: SimulatedCall, key: number, fields: { sequence: number; timestamp: number }): void {
  for (let packet = 0; packet < 5; packet += 1) {
    call.advanceTo(call.nowMs + 20);
    const header = {
      ...fields,
      sequence: fields.sequence + packet,
      payloadType: EVENT_PAYLOAD_TYPE,
      marker: packet === 0,
    };
    call.fromCaller(rtpPacket(header, eventPayload(key, Math.min(packet + 1, 4) * 160, packet === 4)));
  }
}

function info(call: SimulatedCall, body: string): Buffer {
  const bytes = Buffer.from(body);
  call.core.takeInfo(1, 'caller', 'application/dtmf-relay', bytes, call.nowMs);
  return bytes;
}

describe('outside a window', () => {
  test('AC-19 keys pass as they are: event packets and tones, byte for byte', async () => {
    const call = await SimulatedCall.create();
    const presses = [
      { key: 1, atMs: 100, lengthMs: 200, way: 'event' as const },
      { key: 2, atMs: 500, lengthMs: 200, way: 'in-band' as const },
    ];
    const packets = scriptCaller({ lengthMs: 1000, presses, voiceAmplitude: 2000 });
    play(call, packets);
    expect(call.toAgent().map(({ payload }) => payload.toString('hex'))).toEqual(
      packets.map(({ bytes }) => bytes.subarray(12).toString('hex')),
    );
    expect(call.toAgent().map(({ payloadType, marker }) => [payloadType, marker])).toEqual(
      packets.map(({ bytes }) => [bytes[1] & 0x7f, bytes[1] > 0x7f || bytes === packets[0].bytes]),
    );
    expect(call.vault.keys).toEqual([]);
  });

  test('gives each leg an SSRC, sequence and timestamps of our own', async () => {
    const call = await SimulatedCall.create();
    sendAudio(call, 3, { sequence: 65_534, timestamp: 0xffffff60 });
    call.fromAgent(rtpPacket({ sequence: 9, timestamp: 10, ssrc: AGENT_SSRC }, VOICE));
    const [first, second, third] = call.toAgent();
    expect(first.ssrc).not.toBe(0x11223344);
    expect(call.toCaller()[0].ssrc).not.toBe(first.ssrc);
    expect(sequenceDistance(first.sequence, second.sequence)).toBe(1);
    expect(timestampDistance(second.timestamp, third.timestamp)).toBe(160);
  });

  test('lets loss and reordering of the caller be seen by the agent as they are', async () => {
    const call = await SimulatedCall.create();
    for (const offset of [0, 1, 4, 3, 5]) {
      call.fromCaller(rtpPacket({ sequence: 100 + offset, timestamp: 1000 + offset * 160 }, SILENCE));
    }
    const first = call.toAgent()[0];
    expect(call.toAgent().map(({ sequence }) => sequenceDistance(first.sequence, sequence))).toEqual([0, 1, 4, 3, 5]);
    expect(call.toAgent().map(({ timestamp }) => timestampDistance(first.timestamp, timestamp) / 160)).toEqual([
      0, 1, 4, 3, 5,
    ]);
  });

  test('leaves header extension, CSRC list and padding of the sender behind', async () => {
    const call = await SimulatedCall.create();
    const head = rtpPacket({ sequence: 1, timestamp: 1 }, Buffer.alloc(0));
    head[0] = 0x80 | 0x20 | 0x10 | 1;
    const extension = Buffer.from('0000000abede000151000000', 'hex');
    call.fromCaller(Buffer.concat([head, extension, VOICE, Buffer.from([0, 0, 0, 4])]));
    const sent = call.engine.sent[0];
    expect(sent.bytes.length).toBe(12 + 160);
    expect(sent.bytes[0]).toBe(0x80);
    expect(sent.bytes.subarray(12)).toEqual(VOICE);
  });

  test('maps payload types by the name of the encoding, and transcodes what the other side does not take', async () => {
    const call = await SimulatedCall.create();
    const audio = [{ payloadType: 100, encoding: 'PCMA' as const }];
    const events = [{ payloadType: 96, clockRateHz: 8000 }];
    const media = legMedia(AGENT_ADDRESS, AGENT_PORT, { sendAudio: audio, sendEvents: events });
    call.command({ kind: 'set-leg', callHandle: 1, leg: 'agent', media });
    call.fromCaller(rtpPacket({ sequence: 1, timestamp: 0 }, Buffer.alloc(160, 0xff)));
    call.fromCaller(rtpPacket({ sequence: 2, timestamp: 160, payloadType: EVENT_PAYLOAD_TYPE }, eventPayload(3, 160)));
    expect(call.toAgent().map(({ payloadType }) => payloadType)).toEqual([100, 96]);
    expect([0xd5, 0x55]).toContain(call.toAgent()[0].payload[0]);
  });

  test('carries on its numbers when the sender begins a new SSRC', async () => {
    const call = await SimulatedCall.create();
    sendAudio(call, 3, { sequence: 100, timestamp: 5000 });
    // The third of them is believed, two packets of time later than the first.
    for (let packet = 0; packet < 3; packet += 1) {
      call.advanceTo(call.nowMs + 20);
      call.fromCaller(rtpPacket({ sequence: 7 + packet, timestamp: 99 + packet * 160, ssrc: 77 }, SILENCE));
    }
    const [, , third, fourth] = call.toAgent();
    expect(call.toAgent()).toHaveLength(4);
    expect(sequenceDistance(third.sequence, fourth.sequence)).toBe(1);
    expect(timestampDistance(third.timestamp, fourth.timestamp)).toBe(480);
    expect(fourth.ssrc).toBe(third.ssrc);
    expect(fourth.marker).toBe(true);
  });

  test('keeps hold: nothing is taken from a leg that may not send, nor sent to one that takes nothing', async () => {
    const call = await SimulatedCall.create();
    const held = legMedia(AGENT_ADDRESS, AGENT_PORT, { direction: 'sendonly' });
    call.command({ kind: 'set-leg', callHandle: 1, leg: 'agent', media: held });
    call.fromAgent(rtpPacket({ sequence: 1, timestamp: 1, ssrc: AGENT_SSRC }, VOICE));
    call.fromCaller(rtpPacket({ sequence: 1, timestamp: 1 }, VOICE));
    expect([call.toCaller().length, call.toAgent().length]).toEqual([0, 1]);
    const away = legMedia('0.0.0.0', AGENT_PORT, { direction: 'sendrecv' });
    call.command({ kind: 'set-leg', callHandle: 1, leg: 'agent', media: away });
    call.fromCaller(rtpPacket({ sequence: 2, timestamp: 161 }, VOICE));
    expect(call.toAgent().length).toBe(1);
  });
});

describe('a new call', () => {
  test('is told to be created before its recording is told to run', async () => {
    const call = await SimulatedCall.create();
    await call.createCall(2, { onRecorderStart: () => call.events.push(RECORDING_STARTED) });
    const told = call.events.filter((event) => event.kind === 'call-created' || event.kind === 'recording');
    expect(told.map(({ kind, callHandle }) => [kind, callHandle])).toEqual([
      ['call-created', 1],
      ['call-created', 2],
      ['recording', 2],
    ]);
  });

  test('whose recorder breaks is ended with a fault', async () => {
    const call = await SimulatedCall.create();
    await call.createCall(2, {
      onRecorderStart: () => {
        throw new Error('a recorder that breaks');
      },
    });
    expect(call.events.slice(-2).map(({ kind }) => kind)).toEqual(['call-created', 'fault']);
    expect(call.core.callCount).toBe(1);
  });
});

describe('opening a window', () => {
  test('that is open already changes nothing and is acknowledged', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    call.arm();
    sendAudio(call, 5, { sequence: 1, timestamp: 0 });
    expect(call.command({ kind: 'open-window', callHandle: 1 })).toMatchObject({ kind: 'done' });
    sendEvent(call, 4, { sequence: 6, timestamp: 800 });
    expect(call.vault.keys).toEqual([4]);
    expect(call.counter('windows_opened')).toBe(1);
    expect(call.recorder.log).toEqual(['start automatic', 'pause window']);
  });

  test('AC-3 has paused the recorder before it is acknowledged, and resumes it with the close', async () => {
    const call = await SimulatedCall.create();
    expect(call.recorder.state).toBe('recording');
    expect(call.command({ kind: 'open-window', callHandle: 1 })).toMatchObject({ kind: 'done' });
    expect(call.recorder.state).toBe('paused');
    sendAudio(call, 20, { sequence: 1, timestamp: 0, payload: VOICE });
    expect(call.recorder.heard.caller).toEqual([]);
    call.closeWindow();
    expect(call.recorder.state).toBe('recording');
    expect(call.recorder.log).toEqual(['start automatic', 'pause window', 'resume window']);
  });

  test('AC-3 is refused when the recorder does not stop recording', async () => {
    const call = await SimulatedCall.create();
    call.recorder.isStuck = true;
    const reply = call.command({ kind: 'open-window', callHandle: 1 });
    expect(reply).toMatchObject({ kind: 'refused', code: 'recorder-failed' });
    expect(
      call.command({ kind: 'arm-capture', callHandle: 1, captureId: CAPTURE_ID, vaultPublicKey: VAULT_PUBLIC_KEY }),
    ).toMatchObject({ kind: 'refused', code: 'window-closed' });
  });

  test('is refused while the vault is not reached or the audio cannot be looked into', async () => {
    const call = await SimulatedCall.create();
    call.vault.isUp = false;
    expect(call.command({ kind: 'open-window', callHandle: 1 })).toMatchObject({ code: 'vault-link-down' });
    call.vault.isUp = true;
    const media = legMedia(CALLER_ADDRESS, CALLER_PORT, { receiveAudio: [] });
    call.command({ kind: 'set-leg', callHandle: 1, leg: 'caller', media });
    expect(call.command({ kind: 'open-window', callHandle: 1 })).toMatchObject({ code: 'audio-not-inspectable' });
  });

  test('inserts the delay of one packet and closing takes it out, without a gap in sequence or timestamps', async () => {
    const call = await SimulatedCall.create();
    const packets = scriptCaller({ lengthMs: 3000, presses: [], voiceAmplitude: 6000 });
    play(call, packets, [
      { atMs: 1005, act: () => call.openWindow() },
      { atMs: 2005, act: () => call.closeWindow() },
    ]);
    const sent = call.toAgent();
    expect(sent.length).toBe(packets.length);
    sent.forEach((packet, index) => {
      expect(sequenceDistance(sent[0].sequence, packet.sequence)).toBe(index);
      expect(timestampDistance(sent[0].timestamp, packet.timestamp)).toBe(index * 160);
    });
    expect(sent[10].payload).toEqual(packets[10].bytes.subarray(12));
    expect(sent[149].payload).toEqual(packets[149].bytes.subarray(12));
    expect(sent[80].payload).not.toEqual(packets[80].bytes.subarray(12));
  });

  test('AC-20 a press that began before does not leak its rest, and is nobody’s key', async () => {
    for (const way of ['in-band', 'event', 'both', 'event-then-tail'] as const) {
      const call = await SimulatedCall.create();
      play(call, scriptCaller({ lengthMs: 2000, presses: [{ key: 7, atMs: 300, lengthMs: 900, way }] }), [
        { atMs: 545, act: () => call.openWindow() },
        { atMs: 546, act: () => call.arm() },
      ]);
      const inWindow = call.toAgent(1545);
      expect(inWindow.every(({ payloadType }) => payloadType === 0)).toBe(true);
      expect([way, peak(inWindow) <= LEAK]).toEqual([way, true]);
      expect([way, call.vault.keys]).toEqual([way, []]);
    }
  });
});

describe('closing a window', () => {
  test('a press that outlasts it is masked to its end', async () => {
    for (const way of ['in-band', 'event', 'both', 'event-then-tail', 'tone-then-event'] as const) {
      const call = await SimulatedCall.create();
      const presses = [{ key: 8, atMs: 500, lengthMs: 800, way }];
      play(call, scriptCaller({ lengthMs: 2500, presses }), [
        { atMs: 5, act: () => call.openWindow() },
        { atMs: 705, act: () => call.closeWindow() },
      ]);
      expect(call.toAgent().every(({ payloadType }) => payloadType === 0)).toBe(true);
      expect([way, peak(call.toAgent()) <= LEAK]).toEqual([way, true]);
    }
  });

  test('a press that begins after it passes', async () => {
    const call = await SimulatedCall.create();
    const presses = [{ key: 8, atMs: 1500, lengthMs: 200, way: 'event' as const }];
    play(call, scriptCaller({ lengthMs: 2500, presses }), [
      { atMs: 5, act: () => call.openWindow() },
      { atMs: 705, act: () => call.closeWindow() },
    ]);
    expect(call.toAgent().filter(({ payloadType }) => payloadType === EVENT_PAYLOAD_TYPE).length).toBe(12);
  });

  test('is told once, when the press that outlasts it has died away and the next packet passes as it is', async () => {
    const call = await SimulatedCall.create();
    const told = () => call.events.filter(({ kind }) => kind === 'window-closed');
    const presses = [{ key: 8, atMs: 500, lengthMs: 800, way: 'event' as const }];
    play(call, scriptCaller({ lengthMs: 1700, presses }), [
      { atMs: 5, act: () => call.openWindow() },
      { atMs: 705, act: () => call.closeWindow() },
    ]);
    expect(told()).toEqual([]);
    let sequence = 40_200;
    while (told().length === 0 && sequence < 40_300) {
      sendAudio(call, 1, { sequence, timestamp: sequence * 160 });
      sequence += 1;
    }
    expect(told()).toEqual([{ kind: 'window-closed', callHandle: 1 }]);
    sendAudio(call, 1, { sequence, timestamp: sequence * 160, payload: VOICE });
    expect(call.toAgent().at(-1)?.payload).toEqual(VOICE);
    sendAudio(call, 100, { sequence: sequence + 1, timestamp: (sequence + 1) * 160 });
    expect(told()).toHaveLength(1);
  });

  test('is not told while it has been opened again', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    sendAudio(call, 10, { sequence: 1, timestamp: 0 });
    call.closeWindow();
    expect(call.command({ kind: 'open-window', callHandle: 1 })).toMatchObject({ kind: 'done' });
    expect(call.recorder.state).toBe('paused');
    sendAudio(call, 200, { sequence: 11, timestamp: 1600 });
    expect(call.events.filter(({ kind }) => kind === 'window-closed')).toEqual([]);
    call.arm();
    call.closeWindow();
    sendAudio(call, 60, { sequence: 211, timestamp: 210 * 160 });
    expect(call.events.filter(({ kind }) => kind === 'window-closed')).toHaveLength(1);
  });

  test('packets of the window that come after it are not let through', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    sendAudio(call, 50, { sequence: 100, timestamp: 0 });
    const tone = new Int16Array(160);
    renderPress(tone, { key: 3, startSample: 0, lengthSamples: 160 });
    const late = Buffer.alloc(160);
    encodeG711('PCMU', tone, late, 0, 160);
    call.closeWindow();
    sendAudio(call, 30, { sequence: 150, timestamp: 50 * 160 });
    const closedMs = call.nowMs;
    call.fromCaller(rtpPacket({ sequence: 149, timestamp: 49 * 160 }, late));
    call.fromCaller(
      rtpPacket({ sequence: 148, timestamp: 48 * 160, payloadType: EVENT_PAYLOAD_TYPE }, eventPayload(3, 160)),
    );
    call.fromCaller(
      rtpPacket({ sequence: 180, timestamp: 48 * 160, payloadType: EVENT_PAYLOAD_TYPE }, eventPayload(3, 320, true)),
    );
    call.fromCaller(rtpPacket({ sequence: 181, timestamp: 80 * 160 }, VOICE));
    const after = call.toAgent(closedMs).slice(1);
    expect(after.map(({ payload }) => payload)).toEqual([VOICE]);
  });

  test('can be opened again while it is closing', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    sendAudio(call, 5, { sequence: 1, timestamp: 0 });
    call.closeWindow();
    expect(call.command({ kind: 'close-window', callHandle: 1 })).toMatchObject({ code: 'window-closed' });
    call.openWindow();
    call.arm();
    sendEvent(call, 6, { sequence: 6, timestamp: 800 });
    expect(call.vault.keys).toEqual([6]);
  });

  test('a stall of network or process is no quiet: what comes after it is still suppressed', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    const presses = [7, 8, 9].map((key, index) => ({
      key,
      atMs: 400 + index * 300,
      lengthMs: 150,
      way: 'both' as const,
    }));
    const packets = scriptCaller({ lengthMs: 3000, presses });
    play(call, packets.slice(0, 10));
    // Two seconds of audio with three presses in it are on their way when the window is closed.
    call.advanceTo(call.nowMs + 2000);
    call.closeWindow();
    for (const { bytes } of packets.slice(10)) call.fromCaller(Buffer.from(bytes));
    expect(peak(call.toAgent())).toBeLessThanOrEqual(LEAK);
    expect(call.toAgent().every(({ payloadType }) => payloadType === 0)).toBe(true);
    sendAudio(call, 50, { sequence: 40_000 + packets.length, timestamp: 0xffff_f000 + 24_000 });
    const passedMs = call.nowMs;
    call.fromCaller(rtpPacket({ sequence: 40_050 + packets.length, timestamp: 0xffff_f000 + 32_000 }, VOICE));
    expect(call.toAgent(passedMs).at(-1)?.payload).toEqual(VOICE);
  });

  test('a new source that comes while it is closing is suppressed until it is quiet', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    sendAudio(call, 20, { sequence: 1, timestamp: 0 });
    call.closeWindow();
    const tone = { key: 7, atMs: 0, lengthMs: 400, way: 'in-band' as const };
    for (const { bytes } of scriptCaller({ lengthMs: 900, presses: [tone] })) {
      call.advanceTo(call.nowMs + 20);
      bytes.writeUInt32BE(0x99, 8);
      call.fromCaller(bytes);
    }
    expect(peak(call.toAgent())).toBeLessThanOrEqual(LEAK);
    expect(call.counter('dropped_foreign_ssrc')).toBe(0);
  });
});

describe('keys in a window', () => {
  test('AC-18 without a capture are suppressed, dropped and told by number', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    sendEvent(call, 1, { sequence: 1, timestamp: 0 });
    sendAudio(call, 5, { sequence: 6, timestamp: 640 });
    info(call, 'Signal=2\r\nDuration=160\r\n');
    call.advanceTo(call.nowMs + 40);
    const told = call.events.filter((event) => event.kind === 'keys-dropped');
    expect(told.reduce((sum, event) => sum + event.count, 0)).toBe(2);
    expect(call.vault.keys).toEqual([]);
    expect(call.toAgent().every(({ payloadType }) => payloadType === 0)).toBe(true);
    call.arm();
    sendEvent(call, 3, { sequence: 11, timestamp: 1600 });
    call.command({ kind: 'disarm-capture', callHandle: 1 });
    sendEvent(call, 4, { sequence: 16, timestamp: 4000 });
    expect(call.vault.keys).toEqual([3]);
  });

  test('AC-4 come by SIP INFO too, merged with the same press by event, and its bytes are wiped', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    call.arm();
    sendEvent(call, 5, { sequence: 1, timestamp: 0 });
    const body = info(call, 'Signal=5\r\nDuration=80\r\n');
    expect(body.every((byte) => byte === 0)).toBe(true);
    call.advanceTo(call.nowMs + 2000);
    info(call, 'Signal= #\r\nDuration= 160\r\n');
    expect(call.vault.keys).toEqual([5, 11]);
    call.closeWindow();
    info(call, 'Signal=9\r\n');
    call.core.takeInfo(1, 'agent', 'application/dtmf', Buffer.from('9'), call.nowMs);
    call.core.takeInfo(99, 'caller', 'application/dtmf', Buffer.from('9'), call.nowMs);
    expect(call.vault.keys).toEqual([5, 11]);
    expect(call.counter('info_bodies_unused')).toBe(3);
  });

  test('the agent’s own keys and voice go to the caller as ever and are no capture', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    call.arm();
    const header = { sequence: 1, timestamp: 0, ssrc: AGENT_SSRC };
    call.fromAgent(rtpPacket(header, VOICE));
    call.fromAgent(rtpPacket({ ...header, sequence: 2, payloadType: EVENT_PAYLOAD_TYPE }, eventPayload(1, 160)));
    expect(call.toCaller().map(({ payload }) => payload)).toEqual([VOICE, eventPayload(1, 160)]);
    expect(call.vault.keys).toEqual([]);
  });

  test('a fault is told, and keys are dropped, when the way to the vault is lost', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    call.arm();
    call.vault.isUp = false;
    call.core.vaultLinkLost();
    sendEvent(call, 1, { sequence: 1, timestamp: 0 });
    expect(call.events).toContainEqual({ kind: 'fault', callHandle: 1, code: 'vault-link-down' });
    expect(call.counter('keys_dropped')).toBe(1);
    expect(call.toAgent().every(({ payloadType }) => payloadType === 0)).toBe(true);
  });

  test('slots that held a caller’s packet hold zeros afterwards', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    call.fromCaller(rtpPacket({ sequence: 1, timestamp: 0, payloadType: EVENT_PAYLOAD_TYPE }, eventPayload(7, 160)));
    expect(call.engine.slab.subarray(0, 200).every((byte) => byte === 0)).toBe(true);
    call.fromCaller(rtpPacket({ sequence: 2, timestamp: 160 }, VOICE));
    expect(call.engine.slab.subarray(0, 200).every((byte) => byte === 0)).toBe(true);
  });

  test('so do those of packets that come when it is over, and of the one with which it is', async () => {
    const call = await SimulatedCall.create();
    const isWiped = () => call.engine.slab.subarray(0, 200).every((byte) => byte === 0);
    call.openWindow();
    sendAudio(call, 10, { sequence: 1, timestamp: 0, payload: VOICE });
    call.closeWindow();
    let sequence = 11;
    while (call.events.at(-1)?.kind !== 'window-closed' && sequence < 100) {
      sendAudio(call, 1, { sequence, timestamp: (sequence - 1) * 160, payload: VOICE });
      expect(isWiped()).toBe(true);
      sequence += 1;
    }
    expect(call.events.at(-1)).toMatchObject({ kind: 'window-closed' });
    // Its number is new, its time is the window's.
    const header = { sequence, timestamp: 800, payloadType: EVENT_PAYLOAD_TYPE };
    call.fromCaller(rtpPacket(header, eventPayload(7, 160)));
    expect(isWiped()).toBe(true);
    call.fromCaller(rtpPacket({ sequence: 5, timestamp: 640 }, VOICE));
    expect(isWiped()).toBe(true);
  });

  test('an event longer than a duration can count is one key', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    call.arm();
    sendAudio(call, 1, { sequence: 0, timestamp: -160 });
    let sequence = 1;
    let timestamp = 0;
    for (let units = 160; units <= 90_000; units += 160) {
      if (units - timestamp > 0xffff) timestamp += 65_440;
      call.advanceTo(call.nowMs + 20);
      const header = { sequence, timestamp, payloadType: EVENT_PAYLOAD_TYPE, marker: sequence === 1 };
      call.fromCaller(rtpPacket(header, eventPayload(2, units - timestamp)));
      sequence += 1;
    }
    expect(call.vault.keys).toEqual([2]);
    const seconds = call.toAgent().reduce((sum, { samples }) => sum + samples.length, 0) / 8000;
    expect(seconds).toBeGreaterThan(11);
  });
});

describe('a foreign source', () => {
  test('types no key into a window and is told at most once a second', async () => {
    const call = await SimulatedCall.create();
    sendAudio(call, 5, { sequence: 1, timestamp: 0 });
    call.openWindow();
    call.arm();
    for (let packet = 0; packet < 100; packet += 1) {
      call.advanceTo(call.nowMs + 20);
      const forged = rtpPacket(
        { sequence: 6 + packet, timestamp: 800 + packet * 160, payloadType: EVENT_PAYLOAD_TYPE, marker: true },
        eventPayload(packet % 10, 160, true),
      );
      call.fromCaller(Buffer.from(forged), '198.51.100.7', 4000);
      call.fromCaller(Buffer.from(forged), CALLER_ADDRESS, 4001);
      // From the right place with another SSRC: an injector who can forge addresses.
      call.fromCaller(
        rtpPacket(
          { sequence: packet, timestamp: packet * 800, ssrc: 5, payloadType: EVENT_PAYLOAD_TYPE },
          eventPayload(1, 160, true),
        ),
      );
    }
    expect(call.vault.keys).toEqual([]);
    expect(call.counter('keys_dropped')).toBe(0);
    expect(call.counter('dropped_foreign_source')).toBe(200);
    expect(call.counter('dropped_foreign_ssrc')).toBe(100);
    const told = call.events.filter((event) => event.kind === 'foreign-media');
    expect(told.length).toBeGreaterThanOrEqual(2);
    expect(told.length).toBeLessThanOrEqual(3);
  });

  test('one forged packet of the right address before a window does not hold the window against its caller', async () => {
    const call = await SimulatedCall.create();
    sendAudio(call, 5, { sequence: 1, timestamp: 0 });
    call.fromCaller(rtpPacket({ sequence: 900, timestamp: 9, ssrc: 5 }, SILENCE));
    call.openWindow();
    call.arm();
    sendEvent(call, 4, { sequence: 6, timestamp: 800 });
    expect(call.vault.keys).toEqual([4]);
    expect(call.counter('dropped_foreign_ssrc')).toBe(0);
  });

  test('of a caller not heard yet when the window opens is believed only at the signalled address and port', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    call.arm();
    const event = (packet: number) =>
      rtpPacket(
        { sequence: packet, timestamp: 0, payloadType: EVENT_PAYLOAD_TYPE, marker: packet === 1 },
        eventPayload(packet > 20 ? 2 : 1, 160),
      );
    for (let packet = 1; packet <= 20; packet += 1) {
      call.advanceTo(call.nowMs + 20);
      call.fromCaller(event(packet), CALLER_ADDRESS, CALLER_PORT + 2);
    }
    expect(call.vault.keys).toEqual([]);
    call.fromCaller(event(21));
    expect(call.vault.keys).toEqual([2]);
  });

  test('an event of a payload type that was not negotiated is no key and is not passed on', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    call.arm();
    call.fromCaller(rtpPacket({ sequence: 1, timestamp: 0, payloadType: 96 }, eventPayload(1, 160)));
    call.fromCaller(rtpPacket({ sequence: 2, timestamp: 0, payloadType: 18 }, Buffer.alloc(20)));
    expect(call.vault.keys).toEqual([]);
    expect(call.toAgent()).toEqual([]);
    expect(call.counter('dropped_payload_type')).toBe(2);
  });

  test('new descriptions that move or widen the call are refused in a window, a repeated one is not', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    const set = (leg: 'caller' | 'agent', media: ReturnType<typeof legMedia>) =>
      call.command({ kind: 'set-leg', callHandle: 1, leg, media });
    expect(set('caller', legMedia(CALLER_ADDRESS, CALLER_PORT))).toMatchObject({ kind: 'done' });
    expect(set('agent', legMedia(AGENT_ADDRESS, AGENT_PORT, { direction: 'sendonly' }))).toMatchObject({
      kind: 'done',
    });
    for (const direction of ['sendonly', 'inactive'] as const) {
      const deaf = legMedia(CALLER_ADDRESS, CALLER_PORT, { direction });
      expect(set('caller', deaf)).toMatchObject({ code: 'window-open' });
    }
    const speechless = legMedia(CALLER_ADDRESS, CALLER_PORT, { direction: 'recvonly' });
    expect(set('caller', speechless)).toMatchObject({ kind: 'done' });
    expect(set('agent', legMedia('192.0.2.99', AGENT_PORT))).toMatchObject({ code: 'window-open' });
    const events = [{ payloadType: 97, clockRateHz: 8000 }];
    expect(set('caller', legMedia(CALLER_ADDRESS, CALLER_PORT, { receiveEvents: events }))).toMatchObject({
      code: 'window-open',
    });
  });
});

describe('mask: always', () => {
  test('suppresses from the first packet on, without a capture, and goes on after a window', async () => {
    const call = await SimulatedCall.create({ mask: 'always' });
    const presses = [100, 1000, 2500].map((atMs) => ({ key: 9, atMs, lengthMs: 200, way: 'both' as const }));
    play(call, scriptCaller({ lengthMs: 3500, presses }), [
      { atMs: 905, act: () => call.openWindow() },
      { atMs: 906, act: () => call.arm() },
      { atMs: 1505, act: () => call.closeWindow() },
    ]);
    expect(call.vault.keys).toEqual([9]);
    expect(peak(call.toAgent())).toBeLessThanOrEqual(LEAK);
    expect(call.toAgent().every(({ payloadType }) => payloadType === 0)).toBe(true);
    expect(call.counter('keys_dropped')).toBe(0);
    // The window's part is over; the audio stays suppressed.
    expect(call.events.filter(({ kind }) => kind === 'window-closed')).toHaveLength(1);
  });
});

describe('senders with habits of their own', () => {
  test('an audio clock that stands still during events makes no hole and no repeat', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    call.arm();
    sendAudio(call, 5, { sequence: 1, timestamp: 0, payload: VOICE });
    sendEvent(call, 4, { sequence: 6, timestamp: 800 });
    const resumedMs = call.nowMs;
    sendAudio(call, 50, { sequence: 11, timestamp: 800, payload: VOICE });
    const sent = call.toAgent();
    sent.slice(1).forEach((packet, index) => {
      expect(timestampDistance(sent[index].timestamp, packet.timestamp)).toBe(160);
    });
    expect(call.toAgent(resumedMs).length).toBeGreaterThanOrEqual(50);
    expect(call.vault.keys).toEqual([4]);
  });

  test('a press told only by its first and last packet is filled by the clock', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    call.arm();
    sendAudio(call, 5, { sequence: 1, timestamp: 0 });
    const header = { timestamp: 800, payloadType: EVENT_PAYLOAD_TYPE };
    call.fromCaller(rtpPacket({ ...header, sequence: 6, marker: true }, eventPayload(4, 0)));
    call.advanceTo(call.nowMs + 140);
    call.fromCaller(rtpPacket({ ...header, sequence: 7 }, eventPayload(4, 1120, true)));
    sendAudio(call, 5, { sequence: 8, timestamp: 1920 });
    expect(call.vault.keys).toEqual([4]);
    const sent = call.toAgent();
    sent.slice(1).forEach((packet, index) => {
      expect(timestampDistance(sent[index].timestamp, packet.timestamp)).toBe(160);
    });
    expect(sent.length).toBe(17);
  });

  test('packets of one sample with holes between them do not make a packet for each sample of the holes', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    sendAudio(call, 2, { sequence: 1, timestamp: 0 });
    for (let packet = 0; packet < 20; packet += 1) {
      const before = call.toAgent().length;
      const timestamp = 320 + packet * 1601;
      call.fromCaller(rtpPacket({ sequence: 3 + packet, timestamp }, Buffer.alloc(1, 0xff)));
      expect(call.toAgent().length - before).toBeLessThanOrEqual(21);
    }
    const header = { timestamp: 320 + 20 * 1601, payloadType: EVENT_PAYLOAD_TYPE };
    const before = call.toAgent().length;
    call.fromCaller(rtpPacket({ ...header, sequence: 23, marker: true }, eventPayload(4, 1600)));
    expect(call.toAgent().length - before).toBeLessThanOrEqual(21);
    const clocked = call.toAgent().length;
    call.advanceTo(call.nowMs + 140);
    expect(call.toAgent().length - clocked).toBeLessThanOrEqual(14);
  });

  test('packets of 30 and 60 ms, and of other encodings, are suppressed alike', async () => {
    for (const count of [80, 240, 480]) {
      const call = await SimulatedCall.create();
      call.openWindow();
      call.arm();
      const audio = new Int16Array(9600);
      renderPress(audio, { key: 3, startSample: 3000, lengthSamples: 1600 });
      for (let packet = 0; packet * count < audio.length; packet += 1) {
        call.advanceTo(call.nowMs + count / 8);
        const payload = Buffer.alloc(count);
        encodeG711('PCMA', audio.subarray(packet * count, (packet + 1) * count), payload, 0, count);
        call.fromCaller(rtpPacket({ sequence: packet, timestamp: packet * count, payloadType: 8 }, payload));
      }
      expect([count, call.vault.keys]).toEqual([count, [3]]);
      expect(peak(call.toAgent())).toBeLessThanOrEqual(LEAK);
      expect(call.toAgent().every(({ samples }) => samples.length === count)).toBe(true);
    }
  });
});

describe('bad input', () => {
  test('packets of any size and content are dropped and counted', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(3),
      Buffer.alloc(12),
      Buffer.alloc(1600, 0x80),
      Buffer.alloc(65_507, 0x80),
    ]) {
      for (const socket of [0, 1, 2, 3]) call.deliverTo(socket, CALLER_ADDRESS, CALLER_PORT, bytes);
    }
    call.deliverTo(0, CALLER_ADDRESS, CALLER_PORT, rtpPacket({ sequence: 1, timestamp: 0 }, Buffer.alloc(0)));
    call.deliverTo(
      0,
      CALLER_ADDRESS,
      CALLER_PORT,
      rtpPacket({ sequence: 2, timestamp: 0, payloadType: EVENT_PAYLOAD_TYPE }, Buffer.from([1, 2])),
    );
    call.deliverTo(
      0,
      CALLER_ADDRESS,
      CALLER_PORT,
      rtpPacket({ sequence: 3, timestamp: 0, payloadType: EVENT_PAYLOAD_TYPE }, eventPayload(36, 160)),
    );
    call.deliverTo(99, CALLER_ADDRESS, CALLER_PORT, Buffer.alloc(200, 0x80));
    expect(call.vault.keys).toEqual([]);
    expect(call.counter('malformed_events')).toBe(2);
    expect(call.counter('dropped_oversize')).toBe(8);
    expect(call.counter('dropped_malformed_rtp')).toBeGreaterThan(0);
    expect(call.counter('dropped_unexpected')).toBe(1);
  });

  test('a packet of the largest size that fits is suppressed whole', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    call.fromCaller(rtpPacket({ sequence: 1, timestamp: 0 }, Buffer.alloc(1524, 0x10)));
    expect(call.toAgent()[0].samples.length).toBe(1524);
    expect(call.counter('calls_failed')).toBe(0);
  });

  test('commands for calls that do not exist, or twice, are refused', async () => {
    const call = await SimulatedCall.create({ maxCalls: 1 });
    expect(call.command({ kind: 'open-window', callHandle: 7 })).toMatchObject({ code: 'unknown-call' });
    expect(call.command({ kind: 'close-window', callHandle: 1 })).toMatchObject({ code: 'window-closed' });
    expect(call.command({ kind: 'arm-capture', callHandle: 1, captureId: 'x', vaultPublicKey: '' })).toMatchObject({
      code: 'window-closed',
    });
    call.openWindow();
    expect(call.command({ kind: 'arm-capture', callHandle: 1, captureId: 'x', vaultPublicKey: '' })).toMatchObject({
      code: 'bad-command',
    });
    const bad = legMedia('gateway.example', 4000);
    call.command({ kind: 'close-window', callHandle: 1 });
    call.advanceTo(call.nowMs + 3000);
    expect(call.command({ kind: 'set-leg', callHandle: 1, leg: 'agent', media: bad })).toMatchObject({
      code: 'bad-command',
    });
    await call.createCall(2);
    expect(call.events.at(-1)).toMatchObject({ kind: 'refused', code: 'too-many-calls' });
  });

  test('AC-24 a manual resume of the recorder in a window is refused', async () => {
    const call = await SimulatedCall.create();
    call.openWindow();
    expect(call.command({ kind: 'record', callHandle: 1, action: 'resume' })).toMatchObject({ code: 'window-open' });
    expect(call.recorder.state).toBe('paused');
  });
});

describe('a broken invariant of ours', () => {
  test.each(['packet', 'INFO'])('met by a %s ends its call with a fault, and no other', async (way) => {
    const call = await SimulatedCall.create();
    await call.createCall(2);
    call.openWindow();
    call.arm();
    call.vault.send = () => {
      throw new Error('a key that must not be quoted');
    };
    if (way === 'INFO') info(call, 'Signal=1');
    else sendEvent(call, 1, { sequence: 1, timestamp: 0 });
    expect(call.events.filter(({ kind }) => kind === 'fault')).toEqual([
      { kind: 'fault', callHandle: 1, code: 'audio-not-inspectable' },
    ]);
    expect(call.command({ kind: 'close-window', callHandle: 1 })).toMatchObject({ code: 'unknown-call' });
    expect(call.recorder.state).toBe('stopped');
    expect(call.core.callCount).toBe(1);
    expect(call.engine.slab.subarray(0, 200).every((byte) => byte === 0)).toBe(true);
    call.fromCaller(rtpPacket({ sequence: 90, timestamp: 90 }, VOICE));
    expect(call.toAgent().every(({ payload }) => !payload.equals(VOICE))).toBe(true);
  });
});

describe('the scratch that all calls share', () => {
  test.each(['vault', 'recorder'])(
    'holds nothing of a caller whose call has broken on the way to the %s',
    async (place) => {
      const call = await SimulatedCall.create({ recordingMode: 'masked-continuous' });
      const scratch = new Set<Int16Array>();
      let isBroken = false;
      const breakDown = () => {
        isBroken = true;
        throw new Error('broken half-way');
      };
      call.recorder.write = (_, samples) => {
        scratch.add(samples);
        if (place === 'recorder' && call.nowMs > 1500) breakDown();
      };
      if (place === 'vault') call.vault.send = breakDown;
      const presses = [{ key: 5, atMs: 460, lengthMs: 200, way: 'in-band' as const }];
      const packets = scriptCaller({ lengthMs: 1000, presses, voiceAmplitude: 2000 });
      const sounds = () => [...scratch].map((samples) => samples.some((sample) => sample !== 0));
      play(call, packets.slice(0, 10));
      // The control: outside a window the last packet stays there.
      expect(sounds()).toEqual([true]);
      call.openWindow();
      call.arm();
      play(call, packets.slice(10));
      expect([isBroken, sounds(), call.core.callCount]).toEqual([true, [false, false], 0]);
    },
  );
});

describe('calls and ports', () => {
  test('a call takes two even ports with the odd ones above, skips those in use, and gives them back', async () => {
    const call = await SimulatedCall.create();
    const created = call.events.find((event) => event.kind === 'call-created');
    expect(created).toBeDefined();
    const available = call.counter('ports_available_now');
    for (let port = 20_000; port < 20_100; port += 4) call.engine.busyPorts.add(port + 1);
    await call.createCall(2);
    const second = call.events.find((event) => event.kind === 'call-created' && event.callHandle === 2);
    if (second?.kind !== 'call-created') throw new Error('the second call was not created');
    for (const { rtpPort, rtcpPort } of [second.caller, second.agent]) {
      expect(rtpPort % 4).toBe(2);
      expect(rtcpPort).toBe(rtpPort + 1);
    }
    call.command({ kind: 'close-call', callHandle: 2 });
    call.command({ kind: 'close-call', callHandle: 1 });
    expect(call.engine.bound.size).toBe(0);
    expect(call.counter('ports_available_now')).toBe(available + 2);
    expect(call.recorder.state).toBe('stopped');
  });

  test('a call that control gives up while its sockets are being bound leaves nothing behind', async () => {
    const call = await SimulatedCall.create();
    const creating = call.createCall(2);
    expect(call.command({ kind: 'close-call', callHandle: 2 })).toMatchObject({ kind: 'done' });
    await creating;
    expect(call.engine.bound.size).toBe(4);
    expect(call.core.callCount).toBe(1);
  });

  test('a leg that falls silent is told once, and again when it has spoken in between', async () => {
    const call = await SimulatedCall.create();
    const silences = () => call.events.filter((event) => event.kind === 'leg-silent' && event.leg === 'caller').length;
    call.advanceTo(call.nowMs + 15_000);
    expect(silences()).toBe(1);
    sendAudio(call, 2, { sequence: 1, timestamp: 0 });
    call.advanceTo(call.nowMs + 15_000);
    expect(silences()).toBe(2);
  });

  test('each leg gets reports of our own about every five seconds, and good-bye at the end', async () => {
    const call = await SimulatedCall.create();
    play(call, scriptCaller({ lengthMs: 20_000, presses: [] }));
    const rtcp = (socket: number) => call.engine.sent.filter((packet) => packet.socket === socket);
    expect(rtcp(3).length).toBeGreaterThanOrEqual(2);
    expect(rtcp(3).length).toBeLessThanOrEqual(8);
    expect(rtcp(3)[0]).toMatchObject({ address: AGENT_ADDRESS, port: AGENT_PORT + 1 });
    // The agent is sent audio, so it gets sender reports; the caller gets receiver reports.
    expect(rtcp(3)[0].bytes[1]).toBe(200);
    expect(rtcp(1)[0].bytes[1]).toBe(201);
    call.command({ kind: 'close-call', callHandle: 1 });
    expect(
      rtcp(3)
        .at(-1)
        ?.bytes.includes(Buffer.from([0x81, 203])),
    ).toBe(true);
  });
});
