/** Which of the 16,384 slots of Redis Cluster a key is in. See "Key distribution model" of the Redis Cluster specification. */

const slotCount = 16_384;
/** CRC-16 of each byte: polynomial 0x1021, as XMODEM has it. */
const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

/** @param key ASCII. Only what is within the first pair of braces counts, unless that is empty. */
export function clusterSlotOf(key: string): number {
  const open = key.indexOf('{');
  const close = open === -1 ? -1 : key.indexOf('}', open + 1);
  const [start, end] = close > open + 1 ? [open + 1, close] : [0, key.length];
  let crc = 0;
  for (let i = start; i < end; i += 1)
    crc = ((crc << 8) ^ (table[((crc >> 8) ^ key.charCodeAt(i)) & 0xff] ?? 0)) & 0xffff;
  return crc % slotCount;
}
