import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { check } from './check.js';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-check-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function run(args: readonly string[], environment = {}): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };
  return { code: await check(args, io, environment), out, err };
}

function fileOf(text: string): string {
  const path = join(directory, 'tonegate.yaml');
  writeFileSync(path, text);
  return path;
}

describe('tonegate check', () => {
  test('defaults are ok, and nothing is made', async () => {
    const environment = { TONEGATE_DATA_DIRECTORY: join(directory, 'data') };
    expect(await run([], environment)).toEqual({ code: 0, out: ['the configuration is ok'], err: [] });
    expect(existsSync(join(directory, 'data'))).toBe(false);
  });

  test('warnings are told and do not fail', async () => {
    expect(await run(['--config', fileOf('routes: []')])).toEqual({
      code: 0,
      out: ['the configuration is ok'],
      err: ['warning: routes: there is none: every call is refused'],
    });
  });

  test('problems fail, and each names its key; the file may be named by the environment', async () => {
    const { code, err } = await run([], { TONEGATE_CONFIG: fileOf('media: {portMin: 20001}\npayment: {timeZone: x}') });
    expect(code).toBe(1);
    expect(err).toEqual([
      'error: media.portMin: must be even: RTP takes the even port of a pair',
      'error: payment.timeZone: must be an IANA time zone like Europe/Berlin',
    ]);
  });

  test('a file cannot move the cursor of who checks it', async () => {
    const { err } = await run(['--config', fileOf('"\\e[2J": 1')]);
    expect(err[0]).toContain('\\u001b[2J');
  });

  test('--print-ports lists every port, what it is for and who is heard there', async () => {
    const { code, out } = await run(['--print-ports']);
    expect(code).toBe(0);
    expect(out).toEqual([
      'udp 127.0.0.1:5060  SIP, listener caller-side; heard: 127.0.0.0/8',
      'tcp 127.0.0.1:5060  SIP, listener caller-side; heard: 127.0.0.0/8',
      'udp 127.0.0.1:5062  SIP, listener agent-side; heard: 127.0.0.0/8',
      'tcp 127.0.0.1:5062  SIP, listener agent-side; heard: 127.0.0.0/8',
      'udp 127.0.0.1:20000-29999  RTP and RTCP of running calls; heard: the media addresses that the peers signal',
      'tcp 127.0.0.1:8080  API, events and panel (HTTP, WebSocket); heard: accounts of every role, holders of panel tickets; anybody for pages and /healthz, this machine for /metrics',
      'tcp 127.0.0.1:8090  redemption of tokens (HTTP), vault process; heard: holders of the redeem credential',
    ]);
  });

  test('--print-schema prints the JSON Schema', async () => {
    const { code, out } = await run(['--print-schema']);
    expect(code).toBe(0);
    expect(JSON.parse(out.join('\n')).title).toBe('Tonegate configuration');
  });

  test.each([[['--nonsense']], [['extra']], [['--config']]])('%p is answered with the usage', async (args) => {
    const { code, err } = await run(args);
    expect(code).toBe(2);
    expect(err.at(-1)).toContain('usage: tonegate check');
  });
});
