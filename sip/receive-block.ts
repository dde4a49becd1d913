/**
 * Node reads what arrives on a socket into a block of 64 KiB, copies the message out and frees the block as it is: the
 * last few messages stay readable in the memory of the process, though we wiped our copy. Keys in INFO bodies would.
 */

/** What libuv suggests for every read, of datagrams and of streams. */
const BLOCK_SIZE_BYTES = 65_536;

const info = Buffer.from('INFO ', 'latin1');

/**
 * To be called with each datagram or chunk as it arrives, before anything else is allocated. Where an INFO is in it, a
 * block of the same size is asked for: the allocator hands out the one that was just freed, zeroed. It does not promise
 * to, so this comes on top of wiping, and does not replace it.
 */
export function overwriteReceiveBlock(received: Buffer): void {
  if (received.includes(info)) {
    new ArrayBuffer(BLOCK_SIZE_BYTES).slice(0, 0);
  }
}
