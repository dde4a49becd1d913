import { describe, expect, test } from '@jest/globals';
import { G722_ONLY, legMedia } from '../../test/media/simulated-call.js';
import { AUDIO_G722, AUDIO_PCMA, AUDIO_PCMU, LegTable, NO_PAYLOAD_TYPE, NOT_NEGOTIATED } from './leg-table.js';

const KINDS = [AUDIO_PCMU, AUDIO_PCMA, AUDIO_G722];

describe('a leg', () => {
  test('is sent what came, or what its peer wants most', () => {
    const legs = new LegTable(2);
    expect(legs.describe(1, legMedia('192.0.2.1', 4000), 0)).toBe(true);
    expect(KINDS.map((kind) => legs.sendKind(1, kind))).toEqual([AUDIO_PCMU, AUDIO_PCMA, AUDIO_PCMU]);
    expect(legs.describe(1, legMedia('192.0.2.1', 4000, { sendAudio: G722_ONLY }), 0)).toBe(true);
    expect(KINDS.map((kind) => legs.sendKind(1, kind))).toEqual([AUDIO_G722, AUDIO_G722, AUDIO_G722]);
  });

  test('that is released wants nothing any more', () => {
    const legs = new LegTable(2);
    const unused = KINDS.map((kind) => legs.sendKind(1, kind));
    expect(unused).toEqual([NOT_NEGOTIATED, NOT_NEGOTIATED, NOT_NEGOTIATED]);
    legs.describe(1, legMedia('192.0.2.1', 4000, { sendAudio: G722_ONLY }), 0);
    legs.release(1);
    expect(KINDS.map((kind) => legs.sendKind(1, kind))).toEqual(unused);
    expect(KINDS.map((kind) => legs.audioPayloadType(1, kind))).toEqual(KINDS.map(() => NO_PAYLOAD_TYPE));
    expect([legs.meaningOf(1, 9), legs.isInspectable(1), legs.isDescribed[1]]).toEqual([NOT_NEGOTIATED, false, 0]);
  });
});
