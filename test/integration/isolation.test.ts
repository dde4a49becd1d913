/**
 * Where a card's digits are while they are keyed, and where they are not: the memory of every process, the files, the
 * log at debug level, and all HTTP and WebSocket traffic, searched by one scanner. Each search that must find nothing
 * stands beside one that must find something.
 *
 * What is searched for: the card number in every form of `digit-forms.ts` and as runs of eight of its digits; the
 * expiration date and the code one after the other, as keyed with `#` between and without. A code of three digits alone
 * turns up by chance in any memory and is not searched for; one of four is, as text, chosen so that nobody had it before.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/deadline.js';
import type { Secret } from '../support/digit-forms.js';
import type { KeyWay } from '../support/keypad-phone.js';
import { keysOf } from '../support/keys.js';
import { type Hit, type ScanReport, scanBytes, scanFiles, scanProcess } from '../support/memory-scan.js';
import { type KeyedCard, PaymentScene } from '../support/payment-scene.js';
import { findInMemory } from '../support/remnant-scan.js';

/** What the vault may still need to wipe after it has answered. */
const WIPED_WITHIN_MS = 2_000;
const INFO_WIPE_LIMIT_MS = 2_000;
const TEST_LIMIT_MS = 180_000;
/**
 * Node's block of the last read stays until a later read falls on it, and there are a few such blocks. So many packets
 * of a hundred make no card number.
 */
const MAX_PACKETS_LEFT = 3;
/**
 * Eight or nine digits of a number stand by chance in the byte code of some process, about once in a hundred searches;
 * a receipt may show ten (PCI DSS 3.4.1).
 */
const MIN_RUN_DIGITS = 10;

/** Numbers published for tests, of those with few zeros: eight digits with four zeros among them are found by chance. */
const VISA = '4263982640269299';
const VISA_DEBIT = '4917484589897107';
const AMEX = '371449635398431';

/** With a zero in front, as no program writes numbers. */
const CODES_OF_FOUR = ['0719', '0836', '0694', '0587', '0948', '0375'];

let scene: PaymentScene;
/** Every card that was keyed so far. */
const keyed: KeyedCard[] = [];

beforeAll(async () => {
  scene = await PaymentScene.open({
    keepsTraffic: true,
    limitMs: 4 * TEST_LIMIT_MS,
    configure: (configuration) => ({ ...configuration, media: { ...configuration.media, processes: 2 } }),
  });
}, TEST_LIMIT_MS);

/** A test that failed half-way leaves its call behind; one whose gateway did not start has none. */
afterEach(async () => {
  scene?.caller.hangUp();
  await scene?.agent.hungUp();
}, TEST_LIMIT_MS);

afterAll(() => scene?.close(), TEST_LIMIT_MS);

function secretsOf(card: KeyedCard): readonly Secret[] {
  const { cardNumber, expirationDate, securityCode } = card;
  return [
    { name: 'card number', digits: keysOf(cardNumber) },
    { name: 'expiration date and code', digits: keysOf(expirationDate + securityCode) },
    { name: 'expiration date and code as keyed', digits: keysOf(`${expirationDate}#${securityCode}#`) },
  ];
}

function allSecrets(): readonly Secret[] {
  return keyed.flatMap(secretsOf);
}

function processesBesideVault(): ReadonlyArray<readonly [string, number]> {
  const found = Object.entries(scene.gateway.pids()).filter(([name]) => name !== 'vault');
  expect(found.map(([name]) => name).sort()).toEqual(['control', 'media-0', 'media-1']);
  return found;
}

async function hitsBesideVault(secrets: readonly Secret[]): Promise<readonly string[]> {
  const hits: string[] = [];
  for (const [name, pid] of processesBesideVault()) {
    const report = await scanProcess(pid, secrets);
    expect(report.scannedBytes).toBeGreaterThan(20 << 20);
    hits.push(...report.hits.filter(isTelling).map((hit) => `${name}: ${describeHit(hit)}`));
  }
  return hits;
}

/** Whole numbers in any form, and runs of digits too long for chance. */
function isTelling({ form }: Hit): boolean {
  const run = /^(\d+) digits as /.exec(form)?.[1];
  return run === undefined || Number(run) >= MIN_RUN_DIGITS;
}

function describeHit({ secret, form, where }: Hit): string {
  return `${secret} as ${form} in ${where}`;
}

/** The vault holds none of it, at the latest some moments after it said so. */
async function expectVaultWiped(secrets: readonly Secret[]): Promise<void> {
  const endMs = performance.now() + WIPED_WITHIN_MS;
  for (;;) {
    const startedMs = performance.now();
    const hits = (await scanProcess(scene.gateway.pid('vault'), secrets)).hits.filter(isTelling);
    if (hits.length === 0 || startedMs > endMs) {
      expect(hits.map(describeHit)).toEqual([]);
      return;
    }
  }
}

/** Keys a card; all its digits are held then, and nobody has asked for the token yet. */
async function capture(card: KeyedCard, way: KeyWay, transport: 'udp' | 'tcp' = 'udp') {
  keyed.push(card);
  const call = await scene.dial(transport);
  const session = await scene.desk.startSession(call.id);
  const { fields } = await scene.enterCard(session, card, way);
  expect(Object.values(fields).map(({ state }) => state)).toEqual(['captured', 'captured', 'captured']);
  return { call, session };
}

/** A code of four digits that, as text, is in none of the processes. */
async function unusedCode(): Promise<string> {
  const candidates = CODES_OF_FOUR.map((code) => ({ name: code, digits: keysOf(code) }));
  const found = new Set<string>();
  for (const [, pid] of processesBesideVault()) {
    for (const hit of textHits(await scanProcess(pid, candidates))) found.add(hit.secret);
  }
  const free = CODES_OF_FOUR.find((code) => !found.has(code));
  if (free === undefined) throw new Error('every code of the list is in memory by chance');
  return free;
}

/** Four small numbers in a row prove nothing; four digits of text, with no other beside them, do. */
function textHits({ hits }: ScanReport): readonly Hit[] {
  return hits.filter(({ form }) => form === 'ASCII');
}

/** Packets of the caller that lie in a media process as they came over the wire: version 2, and the caller's SSRC. */
function packetsLeft(payloadType: number): number {
  const ssrc = Buffer.alloc(4);
  ssrc.writeUInt32BE(scene.caller.talker.ssrc);
  return processesBesideVault()
    .filter(([name]) => name.startsWith('media'))
    .flatMap(([, pid]) => findInMemory(pid, ssrc, { beforeBytes: 8, afterBytes: 4 }))
    .filter(({ bytes }) => bytes[0] === 0x80 && (bytes[1] & 0x7f) === payloadType && bytes.readUInt32BE(12) !== 0)
    .length;
}

/** Bodies of SIP INFO with their key, in the control process. */
function infoBodiesLeft(): readonly string[] {
  const pid = scene.gateway.pid('control');
  return findInMemory(pid, Buffer.from('Signal='), { beforeBytes: 0, afterBytes: 1 })
    .map(({ bytes }) => bytes.toString('latin1'))
    .filter((text) => /[0-9*#]$/.test(text));
}

async function expectOnlyInVault(card: KeyedCard): Promise<void> {
  const vault = await scanProcess(scene.gateway.pid('vault'), secretsOf(card));
  expect(vault.hits.map(({ secret }) => secret)).toContain('card number');
  expect(await hitsBesideVault(allSecrets())).toEqual([]);
  const { hits, scannedBytes } = await scanFiles([scene.gateway.directory], allSecrets());
  expect(hits.map(describeHit)).toEqual([]);
  expect(scannedBytes).toBeGreaterThan(10_000);
}

describe('while a card is keyed its digits are in the vault alone, and after the token nowhere', () => {
  test(
    'by telephone-event',
    async () => {
      const card = { cardNumber: VISA, expirationDate: '0931', securityCode: '718' };
      const { call, session } = await capture(card, 'telephone-event');
      // At once: the garbage collector would tidy up behind a gateway that does not.
      expect(packetsLeft(101)).toBeLessThanOrEqual(MAX_PACKETS_LEFT);
      await expectOnlyInVault(card);
      expect(await scene.complete(session)).toMatch(/^tgt_/);
      await expectVaultWiped(secretsOf(card));
      await scene.hangUp(call);
    },
    TEST_LIMIT_MS,
  );

  test(
    'in-band',
    async () => {
      const card = { cardNumber: VISA_DEBIT, expirationDate: '1129', securityCode: '635' };
      const { call, session } = await capture(card, 'in-band');
      expect(packetsLeft(0)).toBeLessThanOrEqual(MAX_PACKETS_LEFT);
      await expectOnlyInVault(card);
      expect(await scene.complete(session)).toMatch(/^tgt_/);
      await expectVaultWiped(secretsOf(card));
      await scene.hangUp(call);
    },
    TEST_LIMIT_MS,
  );

  test.each(['udp', 'tcp'] as const)(
    'by SIP INFO over %s, with a code that nobody else has',
    async (transport) => {
      const code = await unusedCode();
      const card = { cardNumber: AMEX, expirationDate: '0832', securityCode: code };
      const { call, session } = await capture(card, 'sip-info', transport);
      expect(scene.caller.infoStatuses.every((status) => status === 200)).toBe(true);
      // The body of the last key is wiped in the turn of the event loop that handles it: a key may be told sooner than that.
      await eventually(
        INFO_WIPE_LIMIT_MS,
        () => `INFO bodies left: ${infoBodiesLeft()}`,
        () => (infoBodiesLeft().length === 0 ? true : undefined),
      );
      await expectOnlyInVault(card);
      for (const [, pid] of processesBesideVault()) {
        expect(textHits(await scanProcess(pid, [{ name: 'security code', digits: keysOf(code) }]))).toEqual([]);
      }
      expect(await scene.complete(session)).toMatch(/^tgt_/);
      await expectVaultWiped(secretsOf(card));
      await scene.hangUp(call);
    },
    TEST_LIMIT_MS,
  );

  test(
    'and after Cancel nowhere, too',
    async () => {
      const card = { cardNumber: VISA, expirationDate: '1028', securityCode: '946' };
      const { call, session } = await capture(card, 'telephone-event');
      await expectOnlyInVault(card);
      expect((await scene.desk.cancel(session.id)).state).toBe('canceled');
      await expectVaultWiped(secretsOf(card));
      await scene.hangUp(call);
    },
    TEST_LIMIT_MS,
  );
});

describe('after five captures at log level debug', () => {
  /** Alone, codes of four digits can be searched for in what was written: nothing writes numbers with a zero in front. */
  function secretsInWriting(): readonly Secret[] {
    const codes = keyed.flatMap(({ securityCode }) => (securityCode.length === 4 ? [securityCode] : []));
    return [...allSecrets(), ...codes.map((code) => ({ name: 'security code', digits: keysOf(code) }))];
  }

  test('no HTTP answer and no WebSocket frame held a digit', async () => {
    const bytes = trafficOf(scene);
    const text = bytes.toString('latin1');
    expect(text).toContain('"type":"session"');
    expect(text).toContain('**** **** **** 9299');
    expect(scanBytes(bytes, secretsInWriting()).hits.map(describeHit)).toEqual([]);
    const planted = Buffer.concat([bytes, Buffer.from(VISA)]);
    expect(scanBytes(planted, secretsInWriting()).hits.map(({ secret }) => secret)).toContain('card number');
  });

  test('no line of the log has a run of twelve digits', async () => {
    const lines = scene.gateway.outputLines;
    expect(scene.gateway.logLines.some(({ level }) => level === 'debug' || level === 20)).toBe(true);
    expect(lines.filter((line) => /\d{12}/.test(withoutIds(line)))).toEqual([]);
    expect(/\d{12}/.test(withoutIds(`{"line":"${VISA}"}`))).toBe(true);
  });

  test(
    'no file below the data directory and no line of the log holds a digit, and a planted one is found',
    async () => {
      const { directory, dataDirectory } = scene.gateway;
      const log = join(directory, 'log.txt');
      for (const line of scene.gateway.outputLines) appendFileSync(log, `${line}\n`);
      const report = await scanFiles([directory], secretsInWriting());
      expect(report.hits.map(describeHit)).toEqual([]);
      const planted = join(dataDirectory, 'recordings', 'planted.bin');
      for (const digits of [VISA, VISA.match(/.{4}/g)?.join('-')]) {
        writeFileSync(planted, Buffer.concat([Buffer.alloc(9_000_000), Buffer.from(`left ${digits} over`)]));
        const found = await scanFiles([directory], secretsInWriting());
        expect(found.hits.map(({ where }) => where)).toContain(planted);
      }
    },
    TEST_LIMIT_MS,
  );
});

function trafficOf({ traffic }: PaymentScene): Buffer {
  if (traffic === undefined) throw new Error('nobody kept the traffic');
  return traffic.bytes();
}

/** Ids of our own making are hexadecimal and hold runs of digits by chance. */
function withoutIds(line: string): string {
  return line.replaceAll(/\b[0-9a-f]{32,}\b/g, (id) => (/[a-f]/.test(id) ? 'id' : id));
}
