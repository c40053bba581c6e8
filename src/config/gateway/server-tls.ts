/** The schema of `server.tls`. */

import { z } from 'zod';

export const serverTlsSchema = z.strictObject({
  /** In PEM, with those between it and its authority behind it. This and the key: relative to gateway.yaml. */
  cert: z.string().min(1),
  /** In PEM, without a passphrase. */
  key: z.string().min(1),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
});
