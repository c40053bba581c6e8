/** Certificates for one test, made by openssl in a folder of their own: an authority, a server and a client. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
  readonly certPath: string;
  readonly keyPath: string;
}

export interface Certificates {
  readonly ca: string;
  readonly caPath: string;
  /** For the names that were asked for. */
  readonly server: KeyPair;
  readonly client: KeyPair;
  remove(): Promise<void>;
}

/** @param names Of the server, such as `users.example`. */
export async function makeCertificates(names: readonly string[]): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-tls-'));
  const caPath = join(folder, 'ca.pem');
  const caKey = join(folder, 'ca.key');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', [
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-subj',
    '/CN=Test authority',
    '-keyout',
    caKey,
    '-out',
    caPath,
  ]);
  const pair = async (name: string, alternatives: readonly string[]): Promise<KeyPair> => {
    const [certPath, keyPath, request] = ['pem', 'key', 'csr'].map((end) => join(folder, `${name}.${end}`));
    if (!certPath || !keyPath || !request) throw new Error('unreachable');
    const extensions = join(folder, `${name}.ext`);
    await writeFile(extensions, `subjectAltName=${alternatives.map((one) => `DNS:${one}`).join(',')}\n`);
    await run('openssl', ['req', ...newKey, '-subj', `/CN=${name}`, '-keyout', keyPath, '-out', request]);
    await run('openssl', [
      'x509',
      '-req',
      '-in',
      request,
      '-CA',
      caPath,
      '-CAkey',
      caKey,
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      extensions,
      '-out',
      certPath,
    ]);
    return {
      cert: await readFile(certPath, 'utf8'),
      key: await readFile(keyPath, 'utf8'),
      certPath,
      keyPath,
    };
  };
  return {
    ca: await readFile(caPath, 'utf8'),
    caPath,
    server: await pair('server', names),
    client: await pair('gateway', ['gateway.example']),
    remove: () => rm(folder, { recursive: true }),
  };
}
