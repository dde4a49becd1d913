import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type OutboxMessage, WebhookOutbox } from './webhook-outbox-store.js';

let directory = '';
let path = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-outbox-'));
  path = join(directory, 'outbox.db');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function message(id: string, body = '{}'): OutboxMessage {
  return { id, endpoint: 'crm', type: 'call.ended', body, attempts: 0, dueAtMs: 1000 };
}

test('messages wait in order, with what became of them, through a restart', () => {
  const first = WebhookOutbox.open(path);
  first.add([message('b'), message('a')]);
  first.add([message('c')]);
  first.postpone('b', 2, 5000);
  first.remove('a');
  first.close();
  const second = WebhookOutbox.open(path);
  expect(second.deliveries()).toEqual([
    { id: 'b', endpoint: 'crm', attempts: 2, dueAtMs: 5000 },
    { id: 'c', endpoint: 'crm', attempts: 0, dueAtMs: 1000 },
  ]);
  expect(second.message('c')).toMatchObject(message('c'));
  expect(second.message('a')).toBeUndefined();
  second.close();
});

test('several messages are stored together or not at all', () => {
  const outbox = WebhookOutbox.open(path);
  outbox.add([message('a')]);
  expect(() => outbox.add([message('b'), message('a')])).toThrow(/UNIQUE/);
  expect(outbox.deliveries().map(({ id }) => id)).toEqual(['a']);
  outbox.close();
});

test('every file is private, and a token that was delivered is in none of them', () => {
  const outbox = WebhookOutbox.open(path);
  const token = 'tgt_abcdefghijklmnopqrstuv';
  outbox.add([message('a', `{"token":"${token}"}`)]);
  const inFiles = () =>
    readdirSync(directory).filter((name) => readFileSync(join(directory, name)).includes(token)).length;
  for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o077).toBe(0);
  // The control: until then it is.
  expect(inFiles()).toBeGreaterThan(0);
  outbox.remove('a');
  outbox.wipe();
  expect(inFiles()).toBe(0);
  outbox.close();
});

test('a process that is killed leaves every message that it had acknowledged', async () => {
  const script = `
    import { WebhookOutbox } from ${JSON.stringify(new URL('./webhook-outbox-store.js', import.meta.url).href)};
    const outbox = WebhookOutbox.open(${JSON.stringify(path)});
    for (let n = 1; ; n++) {
      outbox.add([{ ...${JSON.stringify(message('x'))}, id: 'm' + n }]);
      process.stdout.write(n + '\\n');
    }
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
    if (said.length > 300) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('close', resolve));
  const acknowledged = Number(said.split('\n').at(-2));
  const outbox = WebhookOutbox.open(path);
  const ids = outbox.deliveries().map(({ id }) => id);
  expect(ids.slice(0, acknowledged)).toEqual(Array.from({ length: acknowledged }, (_, n) => `m${n + 1}`));
  expect(acknowledged).toBeGreaterThan(50);
  outbox.close();
});
