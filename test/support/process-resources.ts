/** What a process holds of the system, from /proc: to see whether it gives everything back. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export type Resources = {
  readonly fileHandles: number;
  /** Ports of its UDP sockets, ascending. */
  readonly udpPorts: readonly number[];
  readonly residentBytes: number;
};

/** The kernel's table is walked while other programs open and close sockets, and then leaves some of them out. */
const TABLE_READINGS = 6;

export function resourcesOf(pid: number): Resources {
  const portOfInode = new Map<string, number>();
  for (let reading = 0; reading < TABLE_READINGS; reading += 1) {
    for (const { inode, port } of udpSockets()) portOfInode.set(inode, port);
  }
  // Read last: what was closed meanwhile is not counted.
  const handles = handlesOf(pid);
  const inodes = new Set(handles.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
  const udpPorts = [...inodes].flatMap((inode) => portOfInode.get(inode) ?? []);
  return { fileHandles: handles.length, udpPorts: udpPorts.sort((a, b) => a - b), residentBytes: residentBytes(pid) };
}

/** Whether the process still runs; one that has ended and waits for its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    // The name in parentheses may hold anything; the state is the letter behind it (proc(5)).
    const state = /\) (\S) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
    return state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

function handlesOf(pid: number): readonly string[] {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).flatMap((name) => {
    try {
      return [readlinkSync(`${directory}/${name}`)];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
}

type UdpSocket = { readonly inode: string; readonly port: number };

function udpSockets(): readonly UdpSocket[] {
  return ['/proc/net/udp', '/proc/net/udp6'].filter(existsSync).flatMap((table) => {
    const lines = readFileSync(table, 'latin1').split('\n').slice(1);
    return lines.flatMap((line) => {
      const columns = line.trim().split(/\s+/);
      const port = /:([0-9A-F]{4})$/.exec(columns[1] ?? '')?.[1];
      const inode = columns[9];
      return port === undefined || inode === undefined ? [] : [{ inode, port: Number.parseInt(port, 16) }];
    });
  });
}

function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} tells no resident size`);
  return Number(kibibytes) * 1024;
}
