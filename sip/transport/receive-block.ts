/**
 * Node reads what arrives on a socket into a block of 64 KiB, copies the message out and frees the block as it is: the
 * last few messages stay readable in the memory of the process, though we wiped our copy. Keys in INFO bodies would.
 */

/** What libuv suggests for every read, of datagrams and of streams. */
const BLOCK_SIZE_BYTES = 65_536;

/**
 * The freed block may have grown together with free memory before and behind it, of which the allocator hands out the
 * beginning first: so many blocks at a time, half a mebibyte, reach over it.
 */
const BLOCKS = 8;

const info = Buffer.from('INFO ', 'latin1');

export function mayHoldInfo(received: Buffer): boolean {
  return received.includes(info);
}

/**
 * To be called with each datagram or chunk as it arrives, before anything else is allocated. Where an INFO is in it, blocks
 * of the same size are asked for: the allocator hands out the one that was just freed, zeroed. It does not promise to, so
 * this comes on top of wiping, and does not replace it.
 */
export function overwriteReceiveBlock(received: Buffer): void {
  if (!mayHoldInfo(received)) return;
  const blocks: ArrayBuffer[] = [];
  // Held until all are there: one that is given back would be handed out again.
  for (let block = 0; block < BLOCKS; block += 1) blocks.push(new ArrayBuffer(BLOCK_SIZE_BYTES));
}
