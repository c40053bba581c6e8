/** URLs of identity providers. */

import { z } from 'zod';

/** http only on this machine: an attacker who can change keys in transit can forge tokens. */
export const secureAddress = z
  .url({ protocol: /^https?$/ })
  .refine(isSecure, 'expected https, or http on this machine');

export function isSecure(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return (
    protocol === 'https:' ||
    (protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))
  );
}
