import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { GatewayUnderTest } from './gateway-under-test.js';
import { PeerProcess, runToEnd } from './peer-process.js';
import { type PortRange, reservePorts } from './ports.js';
import { isListening } from './sipp.js';

const LIMIT_MS = 20_000;
const ranges: PortRange[] = [];

afterEach(() => {
  for (const range of ranges.splice(0)) range.release();
});

async function reserve(count: number): Promise<PortRange> {
  const range = await reservePorts(count);
  ranges.push(range);
  return range;
}

function node(source: string, limitMs = LIMIT_MS): PeerProcess {
  return new PeerProcess({ command: process.execPath, args: ['-e', source], limitMs });
}

describe('a peer process', () => {
  test('keeps the lines of both outputs, the last one without its end too', async () => {
    const peer = node("process.stdout.write('one\\ntwo'); process.stderr.write('three\\n')");
    expect(await peer.exited).toEqual({ code: 0, signal: null });
    expect(peer.outputLines).toEqual(['one', 'two']);
    expect(peer.errorLines).toEqual(['three']);
  });

  test('is killed at its limit', async () => {
    const peer = node('setInterval(() => {}, 1000)', 300);
    expect(await peer.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('that ignores being asked to end is killed', async () => {
    const peer = node("process.on('SIGTERM', () => {}); console.log('here'); setInterval(() => {}, 1000)");
    await peer.line(/^here$/, LIMIT_MS);
    expect(await peer.stop(100)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(peer.isRunning).toBe(false);
  });

  test('that ends before the line waited for says so with its last words', async () => {
    const peer = node("console.log('sorry'); process.exit(3)");
    await expect(peer.line(/ready/, LIMIT_MS)).rejects.toThrow(/exit code 3[\s\S]*sorry/);
  });

  test('that cannot be started is an error', async () => {
    await expect(runToEnd({ command: '/nowhere/program', args: [], limitMs: LIMIT_MS })).rejects.toThrow('/nowhere');
  });

  test('dies with the process that started it', async () => {
    const inner = "console.log('inner ' + process.pid); setInterval(() => {}, 1000)";
    const outer = `const { PeerProcess } = await import(${JSON.stringify(new URL('./peer-process.js', import.meta.url))});
      const peer = new PeerProcess({ command: process.execPath, args: ['-e', ${JSON.stringify(inner)}], limitMs: 20000 });
      console.log(await peer.line(/^inner/, 20000));`;
    const args = ['--input-type=module', '-e', outer];
    const peer = new PeerProcess({ command: process.execPath, args, limitMs: LIMIT_MS });
    const pid = Number((await peer.line(/^inner \d+/, LIMIT_MS)).split(' ')[1]);
    expect(() => process.kill(pid, 0)).not.toThrow();
    await peer.stop(0, 'SIGKILL');
    await expect(gone(pid)).resolves.toBeUndefined();
  });
});

async function gone(pid: number): Promise<void> {
  const waiter = node(
    `const t = setInterval(() => { try { process.kill(${pid}, 0) } catch { clearInterval(t) } }, 20)`,
  );
  const exit = await waiter.exited;
  if (exit.code !== 0) throw new Error(`process ${pid} lives on`);
}

describe('reserved ports', () => {
  test('lie below those other programs draw, and no two ranges share one', async () => {
    const [first, second] = [await reserve(120), await reserve(10)];
    expect(first.last).toBeLessThan(32_768);
    expect(first.last - first.first + 1).toBeGreaterThanOrEqual(120);
    expect(second.first > first.last || second.last < first.first).toBe(true);
  });

  test('are kept from another process until they are released', async () => {
    const range = await reserve(10);
    // It begins to look where this process did, and would come to the same range.
    const source = `Object.defineProperty(process, 'pid', { value: ${process.pid} });
      const { reservePorts } = await import(${JSON.stringify(new URL('./ports.js', import.meta.url))});
      const range = await reservePorts(10); console.log(range.first); range.release();`;
    const output = await runToEnd({
      command: process.execPath,
      args: ['--input-type=module', '-e', source],
      limitMs: LIMIT_MS,
    });
    expect(Number(output)).not.toBe(range.first);
  });

  test('leave out one that somebody has bound', async () => {
    const range = await reserve(10);
    const taken = range.first + 1;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve));
    expect([await range.next(), await range.next()]).toEqual([range.first, range.first + 2]);
    await new Promise((resolve) => server.close(resolve));
  });

  test('in a row begin with an even one', async () => {
    const range = await reserve(20);
    expect((await range.consecutive(4)) % 2).toBe(0);
    expect((await range.consecutive(2)) % 2).toBe(0);
    await expect(range.consecutive(100)).rejects.toThrow('no 100 ports are left');
  });
});

test('a port is listened on while a server is there, not while its connections are', async () => {
  const port = await (await reserve(2)).next();
  expect(isListening(port, 'tcp')).toBe(false);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  expect(isListening(port, 'tcp')).toBe(true);
  expect(isListening(port, 'udp')).toBe(false);
  const client = connect(port, '127.0.0.1');
  const [accepted]: Socket[] = await once(server, 'connection');
  server.close();
  expect(isListening(port, 'tcp')).toBe(false);
  for (const socket of [client, accepted]) socket.destroy();
  await once(server, 'close');
});

describe('the gateway under test', () => {
  test('starts as users start it, answers its agent and leaves nothing behind', async () => {
    const ports = await reserve(5);
    const gateway = await GatewayUnderTest.start({ trunkPort: await ports.next(), pbxPort: await ports.next() });
    try {
      expect(Object.keys(gateway.pids()).sort()).toEqual(['control', 'media-0', 'vault']);
      const agent = gateway.agent();
      expect(await agent.calls()).toEqual([]);
      expect(await agent.openEvents()).toEqual({ type: 'snapshot', calls: [] });
      agent.close();
    } finally {
      expect(await gateway.stop()).toEqual([]);
    }
    expect(gateway.isRunning).toBe(false);
  });

  test('that cannot start rejects with its reason', async () => {
    const configure = () => ({ sip: { listeners: [] } });
    await expect(GatewayUnderTest.start({ trunkPort: 1, pbxPort: 1, configure })).rejects.toThrow('sip.listeners');
  });
});
