/** The schema of `server.tls`. */

import { z } from 'zod';

import { filePath } from '../yaml/file-path.ts';

export const serverTlsSchema = z.strictObject({
  /** In PEM, followed by intermediate certificates. Certificate and key are relative to gateway.yaml. */
  cert: filePath,
  /** In PEM, without a passphrase. */
  key: filePath,
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
});
