/** The one kind of range that we serve: `Range: bytes=first-last` with either end open (RFC 9110 §14.1.2). Pure. */
export type ByteRange =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly firstByte: number; readonly lastByte: number }
  /** A range in which there is nothing, RFC 9110 §15.5.17. */
  | { readonly kind: 'nothing' };

/** RFC 9110 §14.2: a range that is not understood, or several of them, may be answered with the whole. */
export function byteRange(header: string | undefined, sizeBytes: number): ByteRange {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  const [first, last] = [found?.[1], found?.[2]];
  if (first === undefined || last === undefined || (first === '' && last === '')) return { kind: 'whole' };
  // Without a first byte it is so many from the end.
  const firstByte = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const lastByte = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return { kind: 'whole' };
  return firstByte > lastByte ? { kind: 'nothing' } : { kind: 'part', firstByte, lastByte };
}
