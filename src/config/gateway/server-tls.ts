/** The schema of `server.tls`. */

import { z } from 'zod';

import { filePath } from '../yaml/file-path.ts';

export const serverTlsSchema = z.strictObject({
  /** In PEM, with those between it and its authority behind it. This and the key: relative to gateway.yaml. */
  cert: filePath,
  /** In PEM, without a passphrase. */
  key: filePath,
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
});
