/** Requests repeated under one `Idempotency-Key`, over real HTTP. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CallView } from '../../gateway/api/call-desk.js';
import type { SessionView } from '../../gateway/payment/session-view.js';
import { ADA, captureAll, OTHER_TOKEN, type PanelServer, startServer, TOKEN } from '../panel/panel-world.js';
import { MemoryCallDesk } from '../support/memory-call-desk.js';
import { type Answer, ApiClient, codeOf } from './api-client.js';

let world: PanelServer;
let client: ApiClient;

beforeAll(async () => {
  world = await startServer();
  client = new ApiClient(world.port);
});
afterAll(() => world.server.close());

function post(path: string, key: string, body: object = {}, token = TOKEN): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
  return client.ask('POST', path, { token, headers, body: JSON.stringify(body) });
}

const replayed = ({ headers }: Answer) => headers.get('idempotency-replayed');

describe('a request that is repeated', () => {
  test('is answered as before and does nothing again', async () => {
    const path = `/v1/calls/${world.desk.addCall({ agent: 'ada' })}/payment-sessions`;
    const before = world.desk.requests.length;
    const [first, second] = [await post(path, 'start-1'), await post(path, 'start-1')];
    expect([first.status, replayed(first), second.status, replayed(second)]).toEqual([201, null, 201, 'true']);
    expect(second.body).toEqual(first.body);
    expect(world.desk.requests.length).toBe(before + 1);
    // The control: without the key it is another Start.
    expect(codeOf(await client.post(path, {}))).toBe('session-in-progress');
  });

  test('is refused as before, also when it could be done by now', async () => {
    const callId = world.desk.addCall({ agent: 'ada', state: 'held' });
    const path = `/v1/calls/${callId}/payment-sessions`;
    expect(codeOf(await post(path, 'held'))).toBe('call-not-active');
    world.desk.setCallState(callId, 'active');
    const second = await post(path, 'held');
    expect([codeOf(second), replayed(second)]).toEqual(['call-not-active', 'true']);
    expect((await post(path, 'active')).status).toBe(201);
  });

  test('is tried again after a fault of ours', async () => {
    const path = `/v1/calls/${world.desk.addCall({ agent: 'ada' })}/payment-sessions`;
    world.desk.startRefusal = 'vault-unreachable';
    expect(codeOf(await post(path, 'fault'))).toBe('vault-unreachable');
    const second = await post(path, 'fault');
    expect([second.status, replayed(second)]).toEqual([201, null]);
  });

  test('in flight is told so', async () => {
    class SlowDesk extends MemoryCallDesk {
      release: () => void = () => undefined;
      #ask: () => void = () => undefined;
      readonly asked = new Promise<void>((resolve) => {
        this.#ask = resolve;
      });

      override async record(...asked: Parameters<MemoryCallDesk['record']>): ReturnType<MemoryCallDesk['record']> {
        const released = new Promise<void>((resolve) => {
          this.release = resolve;
        });
        this.#ask();
        await released;
        return super.record(...asked);
      }
    }
    const desk = new SlowDesk();
    const slow = await startServer({ desk });
    const there = new ApiClient(slow.port);
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': 'pause' };
    const path = `/v1/calls/${desk.addCall({ agent: 'ada' })}/recording`;
    const pause = () => there.ask('POST', path, { headers, body: '{"action":"pause"}' });
    const first = pause();
    await desk.asked;
    const second = await pause();
    expect([second.status, codeOf(second)]).toEqual([409, 'idempotency-in-flight']);
    desk.release();
    expect((await first).status).toBe(200);
    expect(replayed(await pause())).toBe('true');
    await slow.server.close();
  });

  test.each([
    ['another body', '/recording', { action: 'resume' }],
    ['another address', '/payment-sessions', {}],
  ])('with %s is refused', async (_, tail, body) => {
    const callId = world.desk.addCall({ agent: 'ada' });
    const key = `reuse${tail.replace('/', '-')}`;
    expect((await post(`/v1/calls/${callId}/recording`, key, { action: 'pause' })).status).toBe(200);
    const second = await post(`/v1/calls/${callId}${tail}`, key, body);
    expect([second.status, codeOf(second)]).toEqual([422, 'idempotency-key-reused']);
  });

  test("is not found under another agent's key of the same name", async () => {
    const path = `/v1/calls/${world.desk.addCall({ agent: 'ada' })}/payment-sessions`;
    await post(path, 'mine');
    expect(codeOf(await post(path, 'mine', {}, OTHER_TOKEN))).toBe('not-found');
  });

  test('is answered without the token that the first answer may have had', async () => {
    const callId = world.desk.addCall({ agent: 'ada' });
    const started = await world.desk.startSession(ADA, callId);
    if (!started.ok) throw new Error(started.code);
    await captureAll(world.desk, ADA, callId);
    await world.desk.complete(ADA, started.value.id);
    world.desk.finishTokenization(callId, 'tok_kept_nowhere');
    const path = `/v1/calls/${callId}/recording`;
    const [first, second] = [
      await post(path, 'token', { action: 'pause' }),
      await post(path, 'token', { action: 'pause' }),
    ];
    expect((first.body.call as CallView).session?.token).toBe('tok_kept_nowhere');
    expect((second.body.call as CallView).session).toMatchObject({ state: 'vaulted' } satisfies Partial<SessionView>);
    expect(JSON.stringify(second.body)).not.toContain('tok_kept_nowhere');
  });

  test.each(['two words', 'x'.repeat(129), '"'])('a key that is none is refused: %s', async (key) => {
    const path = `/v1/calls/${world.desk.addCall({ agent: 'ada' })}/payment-sessions`;
    expect(codeOf(await post(path, key))).toBe('bad-request');
  });
});
