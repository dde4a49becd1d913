/** The built vault as its neighbours see it: control on descriptor 3, media on the key socket, the order system over HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import sodium from 'sodium-native';
import { scanFiles, scanProcess } from '../test/support/memory-scan.js';
import type { CardRules, FieldName, VaultConfiguration, VaultEvent } from './wire.js';
import { HELLO_FRAME, KEY_FRAME, KEY_FRAME_SIZE_BYTES } from './wire.js';
import { encodeFrame, encodeJsonFrame, FrameDecoder } from './wire-frames.js';

const SCRIPT = fileURLToPath(new URL('./vault-process.js', import.meta.url));
const RULES: CardRules = {
  acceptedBrands: ['visa'],
  maxAttempts: 3,
  firstDigitTimeoutMs: 30_000,
  interDigitTimeoutMs: 10_000,
  timeZone: 'UTC',
  showExpiry: false,
};
const NUMBER = '4929618305724964';
const POUND = 11;
/** A code and a date are too short to be told from chance in so much memory; they are wiped where the number is. */
const SECRETS = [{ name: 'card number', digits: [...NUMBER].map(Number) }];

let directory = '';
const vaults: Vault[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-vault-process-'));
});
afterEach(async () => {
  await Promise.all(vaults.splice(0).map((vault) => vault.kill()));
  rmSync(directory, { recursive: true });
});

type Reply = { readonly status: number; readonly body: Record<string, unknown> };

class Vault {
  readonly process: ChildProcess;
  readonly events: VaultEvent[] = [];
  readonly exited: Promise<number | null>;
  stderr = '';
  /** As control does, whose audit log is at hand. */
  recordsAudit = true;
  readonly #control: Duplex;
  readonly #waiting = new Set<() => void>();
  #media: Socket | undefined;
  #linkSecret = randomBytes(32);
  #publicKey: Buffer = Buffer.alloc(32);
  #redeemPort = 0;
  #requestId = 0;

  constructor(environment: Readonly<Record<string, string>> = {}, nodeArguments: readonly string[] = []) {
    this.process = spawn(process.execPath, [...nodeArguments, SCRIPT], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', ...environment },
    });
    vaults.push(this);
    this.exited = new Promise((resolve) => this.process.once('close', (code) => resolve(code)));
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.process.stdout?.on('data', () => {
      this.stderr += 'wrote to stdout';
    });
    this.#control = this.process.stdio[3] as Duplex;
    const decoder = new FrameDecoder();
    this.#control.on('error', () => {});
    this.#control.on('data', (chunk: Buffer) =>
      decoder.push(chunk, (frame) => {
        const event: VaultEvent = JSON.parse(frame.payload.toString('utf8'));
        this.events.push(event);
        if (event.kind === 'audit' && this.recordsAudit) {
          this.write({ kind: 'audit-recorded', eventId: event.eventId });
        }
        for (const wake of this.#waiting) wake();
      }),
    );
  }

  configuration(wrong: Partial<VaultConfiguration> = {}): VaultConfiguration {
    return {
      dataDirectory: join(directory, 'data'),
      keySocketPath: join(directory, 'run', 'keys.sock'),
      linkSecret: this.#linkSecret.toString('base64'),
      redeem: { address: '127.0.0.1', port: 0, allowReveal: false },
      redeemCredentialPath: join(directory, 'redeem.token'),
      envelopeKeyPath: join(directory, 'envelope.key'),
      tokenLifetimeMs: 3_600_000,
      ...wrong,
    };
  }

  async start(wrong: Partial<VaultConfiguration> = {}): Promise<void> {
    this.write({ kind: 'configure', configuration: this.configuration(wrong) });
    const ready = await this.event((event) => event.kind === 'ready');
    if (ready.kind !== 'ready') throw new Error('not ready');
    this.#publicKey = Buffer.from(ready.publicKey, 'base64');
    this.#redeemPort = ready.redeemPort;
    const media = createConnection(join(directory, 'run', 'keys.sock'));
    media.on('error', () => {}).resume();
    media.write(encodeFrame(HELLO_FRAME, this.#linkSecret));
    this.#media = media;
  }

  write(...messages: object[]): void {
    this.#control.write(Buffer.concat(messages.map((message) => encodeJsonFrame(message))));
  }

  closeControl(): void {
    this.#control.destroy();
  }

  async request(command: object): Promise<VaultEvent> {
    this.#requestId += 1;
    const requestId = this.#requestId;
    this.write({ ...command, requestId });
    return this.event((event) => 'requestId' in event && event.requestId === requestId);
  }

  async event(wanted: (event: VaultEvent) => boolean): Promise<VaultEvent> {
    for (;;) {
      const found = this.events.find(wanted);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  /** Keys one value without `#`; resolves when the vault has counted all of it. */
  async key(sessionId: string, field: FieldName, digits: string): Promise<() => Promise<VaultEvent>> {
    const captureId = randomBytes(16);
    await this.request({ kind: 'begin-capture', sessionId, field, captureId: captureId.toString('hex') });
    for (let index = 0; index < digits.length; index += 1) this.#send(captureId, index, Number(digits[index]));
    await this.#field(field, (report) => report.keyCount === digits.length);
    let sequence = digits.length;
    return () => {
      this.#send(captureId, sequence, POUND);
      sequence += 1;
      return this.#field(field, (report) => report.state !== 'awaiting');
    };
  }

  async enter(sessionId: string, field: FieldName, digits: string): Promise<VaultEvent> {
    return (await this.key(sessionId, field, digits))();
  }

  async fill(sessionId: string): Promise<void> {
    await this.request({ kind: 'open-session', sessionId, rules: RULES });
    await this.enter(sessionId, 'cardNumber', NUMBER);
    await this.enter(sessionId, 'expirationDate', '0945');
    await this.enter(sessionId, 'securityCode', '739');
  }

  redeem(token: string, reveal = false): Promise<Reply> {
    const credential = readFileSync(join(directory, 'redeem.token'), 'utf8').trim();
    const headers = { authorization: `Bearer ${credential}` };
    return new Promise((resolve, reject) => {
      const target = {
        port: this.#redeemPort,
        host: '127.0.0.1',
        path: '/v1/redeem',
        method: 'POST',
        headers,
        agent: false,
      };
      const request = httpRequest(target, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      });
      request.on('error', reject);
      request.end(JSON.stringify({ token, orderId: 'order-1', reveal }));
    });
  }

  /** A well-sealed key under a capture id that nobody announced. */
  forgeKey(): void {
    this.#send(randomBytes(16), 0, 7);
  }

  /** The key socket and the control channel are read in no order of ours. */
  async settled(check: () => Promise<boolean>): Promise<void> {
    for (let round = 0; round < 200; round += 1) if (await check()) return;
    throw new Error('the vault did not count it');
  }

  async kill(): Promise<void> {
    this.#media?.destroy();
    this.process.kill('SIGKILL');
    await this.exited;
  }

  /** The newest report of the field that fits and came after this call. */
  async #field(field: FieldName, fits: (report: { keyCount: number; state: string }) => boolean): Promise<VaultEvent> {
    const event = await this.event(
      (candidate) => candidate.kind === 'field' && candidate.report.field === field && fits(candidate.report),
    );
    this.events.splice(this.events.indexOf(event), 1);
    return event;
  }

  #send(captureId: Buffer, sequence: number, key: number): void {
    const payload = Buffer.alloc(KEY_FRAME_SIZE_BYTES);
    captureId.copy(payload);
    payload.writeUInt32BE(sequence, 16);
    const plaintext = Buffer.concat([payload.subarray(0, 20), Buffer.from([key])]);
    sodium.crypto_box_seal(payload.subarray(20), plaintext, this.#publicKey);
    this.#media?.write(encodeFrame(KEY_FRAME, payload));
  }
}

async function tokenOf(vault: Vault, sessionId: string): Promise<string> {
  await vault.fill(sessionId);
  await vault.request({ kind: 'tokenize', sessionId, idempotencyKey: `${sessionId}-1` });
  const event = await vault.event((candidate) => candidate.kind === 'tokenized' && candidate.sessionId === sessionId);
  if (event.kind !== 'tokenized') throw new Error('no token');
  return event.token;
}

describe('a card, from the first key to the order', () => {
  test('AC-14: the token is redeemed once, and stays redeemed when the vault is killed and started again', async () => {
    const vault = new Vault();
    await vault.start();
    const token = await tokenOf(vault, 'a');
    const reply = await vault.redeem(token);
    expect(reply).toMatchObject({ status: 200, body: { masked: '**** **** **** 4964', expiry: '**/**' } });
    expect((await vault.redeem(token)).status).toBe(409);
    await vault.kill();

    const restarted = new Vault();
    await restarted.start();
    expect(await restarted.redeem(token)).toMatchObject({
      status: 409,
      body: { error: { code: 'token_already_redeemed' } },
    });
    const again = await tokenOf(restarted, 'b');
    expect((await restarted.redeem(again)).status).toBe(200);
    expect(restarted.events.filter((event) => event.kind === 'audit').map((event) => event.outcome)).toEqual([
      'token_already_redeemed',
      'redeemed',
    ]);
  });

  test('AC-14: killed right after the answer, five times over, it redeems no token twice', async () => {
    let vault = new Vault();
    await vault.start();
    const tokens: string[] = [];
    for (let index = 0; index < 6; index += 1) tokens.push(await tokenOf(vault, `s${index}`));
    for (const token of tokens.slice(0, 5)) {
      expect((await vault.redeem(token)).status).toBe(200);
      await vault.kill();
      vault = new Vault();
      await vault.start();
      expect((await vault.redeem(token)).status).toBe(409);
    }
    expect((await vault.redeem(tokens[5])).status).toBe(200);
  });

  test('AC-15: a session closed while its token is being made leaves a void token', async () => {
    const vault = new Vault();
    await vault.start();
    await vault.fill('a');
    vault.write(
      { kind: 'tokenize', requestId: 900, sessionId: 'a', idempotencyKey: 'a-1' },
      { kind: 'close-session', requestId: 901, sessionId: 'a', outcome: 'abandoned' },
    );
    const audit = await vault.event((event) => event.kind === 'audit');
    expect(audit).toMatchObject({ action: 'token-voided', outcome: 'voided' });
    expect(vault.events.some((event) => event.kind === 'tokenized')).toBe(false);
  });

  test('AC-15: a token reported just before the Cancel is void', async () => {
    const vault = new Vault();
    await vault.start();
    const token = await tokenOf(vault, 'a');
    await vault.request({ kind: 'close-session', sessionId: 'a', outcome: 'abandoned' });
    await vault.event((event) => event.kind === 'audit');
    expect(await vault.redeem(token)).toMatchObject({ status: 410, body: { error: { code: 'token_voided' } } });
  });

  test('AC-9, AC-18: a second # after the first is dropped and told to the session', async () => {
    const vault = new Vault();
    await vault.start();
    await vault.request({ kind: 'open-session', sessionId: 'a', rules: RULES });
    const pound = await vault.key('a', 'securityCode', '739');
    await pound();
    void pound();
    const dropped = await vault.event((event) => event.kind === 'keys-dropped');
    expect(dropped).toEqual({ kind: 'keys-dropped', sessionId: 'a', count: 1 });
  });

  test('what was forged, lost or out of place is told as numbers', async () => {
    const vault = new Vault();
    await vault.start();
    await vault.request({ kind: 'open-session', sessionId: 'a', rules: RULES });
    await vault.enter('a', 'securityCode', '739');
    vault.forgeKey();
    await vault.settled(async () => {
      const answer = await vault.request({ kind: 'statistics' });
      return answer.kind === 'statistics' && answer.counters.keys_foreign === 1;
    });
    expect(await vault.request({ kind: 'statistics' })).toMatchObject({
      counters: {
        sessions_now: 1,
        keys_foreign: 1,
        keys_lost: 0,
        keys_out_of_order: 0,
        frames_not_for_us: 0,
        strangers: 0,
      },
    });
  });

  test('AC-22: a vault that is killed in the middle of a capture knows nothing of it afterwards', async () => {
    const vault = new Vault();
    await vault.start();
    await vault.request({ kind: 'open-session', sessionId: 'a', rules: RULES });
    await vault.key('a', 'cardNumber', NUMBER);
    await vault.kill();
    expect((await scanFiles([directory], SECRETS)).hits).toEqual([]);
    const restarted = new Vault();
    await restarted.start();
    const answer = await restarted.request({ kind: 'tokenize', sessionId: 'a', idempotencyKey: 'a-1' });
    expect(answer).toMatchObject({ kind: 'refused', code: 'unknown-session' });
    expect((await tokenOf(restarted, 'b')).length).toBeGreaterThan(20);
  });
});

describe('audit events', () => {
  const audits = (vault: Vault) => vault.events.filter((event) => event.kind === 'audit');
  const waiting = async (vault: Vault) => {
    const answer = await vault.request({ kind: 'statistics' });
    return answer.kind === 'statistics' ? answer.counters.audit_unrecorded_now : undefined;
  };

  test('that nobody records are no answer: the order gets 500, after a restart its record first, and then its answer', async () => {
    const vault = new Vault();
    await vault.start();
    const token = await tokenOf(vault, 'a');
    vault.recordsAudit = false;
    expect(await vault.redeem(token)).toMatchObject({ status: 500, body: { error: { code: 'internal_error' } } });
    const [unrecorded] = audits(vault);
    expect(unrecorded).toMatchObject({ action: 'token-redeemed', tokenHint: token.slice(0, 8), orderId: 'order-1' });
    expect(await waiting(vault)).toBe(1);
    await vault.kill();

    const restarted = new Vault();
    await restarted.start();
    expect(await restarted.event((event) => event.kind === 'audit')).toEqual(unrecorded);
    expect((await restarted.redeem(token)).status).toBe(200);
    expect((await restarted.redeem(token)).status).toBe(409);
    expect(audits(restarted).map(({ action, isRetry }) => [action, isRetry])).toEqual([
      ['token-redeemed', undefined],
      ['token-redeemed', true],
      ['token-refused', undefined],
    ]);
    expect(await waiting(restarted)).toBe(0);
    await restarted.kill();

    const quiet = new Vault();
    await quiet.start();
    await quiet.request({ kind: 'ping' });
    expect(audits(quiet)).toEqual([]);
  });

  test('are sent again while control lives but cannot write', async () => {
    const vault = new Vault();
    await vault.start();
    const token = await tokenOf(vault, 'a');
    vault.recordsAudit = false;
    await vault.request({ kind: 'close-session', sessionId: 'a', outcome: 'abandoned' });
    const voided = await vault.event((event) => event.kind === 'audit');
    vault.events.splice(0);
    vault.recordsAudit = true;
    expect(await vault.event((event) => event.kind === 'audit')).toEqual(voided);
    expect((await vault.redeem(token)).status).toBe(410);
    expect(await waiting(vault)).toBe(0);
  }, 20_000);
});

/** In what forms digits are in the vault's memory. */
async function formsIn(vault: Vault): Promise<readonly string[]> {
  const { hits } = await scanProcess(vault.process.pid ?? 0, SECRETS);
  return [...new Set(hits.map(({ form }) => form))];
}

type Found = Readonly<Record<string, readonly string[]>>;

/**
 * What is found at each moment at which `live` looks into the vault. Eight or nine digits stand in a process by chance, about
 * once in a hundred searches: where there are any, another vault does the same, and they count if it has them too, as it has
 * what a vault leaves behind. Every other form counts wherever it is.
 */
async function foundIn(live: (vault: Vault, look: (moment: string) => Promise<void>) => Promise<void>): Promise<Found> {
  const one = await lookedInto(live);
  const mayBeChance = (form: string) => /^[89] digits as /.test(form);
  if (!Object.values(one).flat().some(mayBeChance)) return one;
  const other = await lookedInto(live);
  return Object.fromEntries(
    Object.entries(one).map(([moment, forms]) => [
      moment,
      [
        ...forms.filter((form) => !mayBeChance(form) || other[moment].includes(form)),
        ...other[moment].filter((form) => !mayBeChance(form)),
      ],
    ]),
  );
}

async function lookedInto(live: Parameters<typeof foundIn>[0]): Promise<Found> {
  const vault = new Vault();
  const found = new Map<string, readonly string[]>();
  await live(vault, async (moment) => {
    found.set(moment, await formsIn(vault));
  });
  await vault.kill();
  return Object.fromEntries(found);
}

describe('AC-11, AC-16: the vault’s memory', () => {
  test('holds the digits during a capture, which shows that the search finds them, and not after Cancel', async () => {
    const found = await foundIn(async (vault, look) => {
      await vault.start();
      await vault.request({ kind: 'open-session', sessionId: 'a', rules: RULES });
      await look('before');
      const end = await vault.key('a', 'cardNumber', NUMBER);
      expect(await formsIn(vault)).toContain('ASCII');
      await end();
      await vault.enter('a', 'expirationDate', '0945');
      await vault.request({ kind: 'close-session', sessionId: 'a', outcome: 'abandoned' });
      await look('after Cancel');
    });
    expect(found).toEqual({ before: [], 'after Cancel': [] });
  });

  test('holds none of them after tokenization, nor after a redemption that reveals the card; no file ever does', async () => {
    const found = await foundIn(async (vault, look) => {
      await vault.start({ redeem: { address: '127.0.0.1', port: 0, allowReveal: true } });
      const session = `session of ${vault.process.pid}`;
      const token = await tokenOf(vault, session);
      await look('after tokenization');
      expect((await scanFiles([directory], SECRETS)).hits).toEqual([]);
      await vault.request({ kind: 'close-session', sessionId: session, outcome: 'vaulted' });
      expect((await vault.redeem(token, true)).body).toMatchObject({ cardNumber: NUMBER, expirationDate: '0945' });
      expect((await vault.request({ kind: 'ping' })).kind).toBe('done');
      await look('after redemption');
      expect((await scanFiles([directory], SECRETS)).hits).toEqual([]);
    });
    expect(found).toEqual({ 'after tokenization': [], 'after redemption': [] });
  });
});

describe('starting and ending', () => {
  const fatal = (vault: Vault): string => JSON.parse(vault.stderr).code;

  test('needs the control channel', async () => {
    const orphan = spawn(process.execPath, [SCRIPT], { stdio: ['ignore', 'ignore', 'pipe', 'ignore'] });
    let stderr = '';
    orphan.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const code = await new Promise((resolve) => orphan.once('close', resolve));
    expect([code === 0, JSON.parse(stderr).code]).toEqual([false, 'control-channel-missing']);
  });

  test.each<[Record<string, string>, string[]]>([
    [{ NODE_OPTIONS: '--inspect=127.0.0.1:0' }, []],
    [{ NODE_OPTIONS: '--heapsnapshot-signal=SIGUSR2' }, []],
    [{}, ['--inspect=127.0.0.1:0']],
  ])('does not run where its memory could be looked into (%j %j)', async (environment, nodeArguments) => {
    const vault = new Vault(environment, nodeArguments);
    expect(await vault.exited).toBe(1);
    expect(vault.stderr).toContain('"code":"inspector-enabled"');
  });

  test('SIGUSR1 opens no inspector, and SIGINT is left to the gateway', async () => {
    const vault = new Vault();
    await vault.start();
    vault.process.kill('SIGUSR1');
    vault.process.kill('SIGINT');
    expect((await vault.request({ kind: 'ping' })).kind).toBe('done');
    // Node says so there when its inspector listens.
    expect(vault.stderr).toBe('');
  });

  test.each<[string, (path: string) => void, string]>([
    ['is open to others', (path) => chmodSync(path, 0o644), 'secret-file-mode'],
    [
      'is not the one the tokens were made with',
      (path) => writeFileSync(path, randomBytes(32)),
      'envelope-key-mismatch',
    ],
    ['is gone', (path) => rmSync(path), 'envelope-key-missing'],
  ])('is refused when the envelope key %s', async (_, change, code) => {
    const first = new Vault();
    await first.start();
    await first.kill();
    change(join(directory, 'envelope.key'));
    const vault = new Vault();
    vault.write({ kind: 'configure', configuration: vault.configuration() });
    expect(await vault.exited).toBe(1);
    expect(fatal(vault)).toBe(code);
    expect(vault.stderr.trim().split('\n').length).toBe(1);
  });

  test('is refused beside a vault that runs on the same data', async () => {
    await new Vault().start();
    const second = new Vault();
    second.write({ kind: 'configure', configuration: second.configuration() });
    expect(await second.exited).toBe(1);
    expect(fatal(second)).toBe('store-unavailable');
  });

  test.each([
    ['twice configured', [{ kind: 'configure' }, { kind: 'configure' }], 'control-channel-broken'],
    ['with a configuration that is none', [{ kind: 'configure', configuration: {} }], 'control-channel-broken'],
  ])('%s it stops', async (_, messages, code) => {
    const vault = new Vault();
    vault.write(...messages.map((message) => ({ configuration: vault.configuration(), ...message })));
    expect(await vault.exited).toBe(1);
    expect(fatal(vault)).toBe(code);
  });

  test('before it is configured, and for what it does not understand, it refuses', async () => {
    const vault = new Vault();
    expect(await vault.request({ kind: 'open-session', sessionId: 'a', rules: RULES })).toMatchObject({
      code: 'not-configured',
    });
    expect(await vault.request({ kind: 'open-session', sessionId: 'a', rules: {} })).toMatchObject({
      code: 'bad-rules',
    });
    expect(await vault.request({ kind: 'nonsense' })).toMatchObject({ code: 'bad-command' });
    expect((await vault.request({ kind: 'ping' })).kind).toBe('done');
  });

  test.each<[string, (vault: Vault) => void]>([
    ['control goes away', (vault) => vault.closeControl()],
    ['it is told to shut down', (vault) => vault.write({ kind: 'shut-down' })],
    ['it gets SIGTERM', (vault) => vault.process.kill('SIGTERM')],
  ])('ends when %s, also in the middle of a capture', async (_, end) => {
    const vault = new Vault();
    await vault.start();
    await vault.request({ kind: 'open-session', sessionId: 'a', rules: RULES });
    await vault.key('a', 'cardNumber', NUMBER);
    end(vault);
    expect(await vault.exited).toBe(0);
    expect(vault.stderr).toBe('');
    expect(existsSync(join(directory, 'data', 'vault.sqlite-wal'))).toBe(false);
  });
});
