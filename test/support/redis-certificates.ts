/** Certificates for Redis servers that speak TLS. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Authority } from './certificates.ts';

export interface CertificateFiles {
  /** Of the authority. */
  readonly caPath: string;
  /** For redis-server: its certificate and no need of one of its clients. */
  readonly args: readonly string[];
  remove(): Promise<void>;
}

/** @param names With their kind, as in `IP:127.0.0.1`. */
export async function writeCertificates(
  authority: Authority,
  names: readonly string[],
): Promise<CertificateFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-tls-'));
  const [caPath, certPath, keyPath] = ['ca.pem', 'server.pem', 'server.key'].map((name) =>
    join(folder, name),
  );
  const { cert, key } = authority.issue({ commonName: 'redis', names });
  await writeFile(caPath ?? '', authority.ca);
  await writeFile(certPath ?? '', cert);
  await writeFile(keyPath ?? '', key);
  return {
    caPath: caPath ?? '',
    args: [
      ...['--tls-cert-file', certPath ?? '', '--tls-key-file', keyPath ?? ''],
      ...['--tls-ca-cert-file', caPath ?? '', '--tls-auth-clients', 'no'],
    ],
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
