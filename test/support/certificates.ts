/** Certificates for tests, made as they are needed: an authority, and whatever it says of whom. */

import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import forge from 'node-forge';

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
  const authority = makeAuthority();
  const caPath = join(folder, 'ca.pem');
  await writeFile(caPath, authority.ca);
  const pair = async (name: string, dns: readonly string[]): Promise<KeyPair> => {
    const issued = authority.issue({ commonName: name, names: dns.map((one) => `DNS:${one}`) });
    const [certPath, keyPath] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
    await Promise.all([writeFile(certPath, issued.cert), writeFile(keyPath, issued.key)]);
    return { ...issued, certPath, keyPath };
  };
  return {
    ca: authority.ca,
    caPath,
    server: await pair('server', names),
    client: await pair('gateway', ['gateway.example']),
    remove: () => rm(folder, { recursive: true }),
  };
}

export interface Asked {
  readonly commonName?: string;
  /** Each with its kind, as in `DNS:a.example`, `URI:spiffe://a/b`, `email:a@b.example`, `IP:127.0.0.1`. */
  readonly names?: readonly string[];
  /** Whom it may be used for. Default: anything. */
  readonly usage?: 'serverAuth' | 'clientAuth';
  /** A key that no other certificate has: these take time. */
  readonly hasOwnKey?: boolean;
  /** When it begins and ends, in days from now. Default: since yesterday, until tomorrow. */
  readonly fromDays?: number;
  readonly toDays?: number;
}

export interface Authority {
  readonly ca: string;
  issue(asked: Asked): { readonly cert: string; readonly key: string };
}

export function makeAuthority(commonName = 'Test authority'): Authority {
  const keys = newKeys();
  const ca = certificate({
    commonName,
    issuer: commonName,
    keys,
    signer: keys,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  return {
    ca,
    issue({ names = [], usage, hasOwnKey = false, ...asked }) {
      const own = hasOwnKey ? newKeys() : (sharedKeys ??= newKeys());
      const extensions: object[] = usage ? [{ name: 'extKeyUsage', [usage]: true }] : [];
      if (names.length > 0) extensions.push({ name: 'subjectAltName', altNames: names.map(alternativeName) });
      return {
        cert: certificate({ ...asked, issuer: commonName, keys: own, signer: keys, extensions }),
        key: forge.pki.privateKeyToPem(own.privateKey),
      };
    },
  };
}

let sharedKeys: forge.pki.rsa.KeyPair | undefined;

interface Description extends Omit<Asked, 'names' | 'usage' | 'hasOwnKey'> {
  readonly issuer: string;
  readonly keys: forge.pki.rsa.KeyPair;
  readonly signer: forge.pki.rsa.KeyPair;
  readonly extensions: readonly object[];
}

const dayMs = 86_400_000;
let serial = 0;

function certificate(described: Description): string {
  const { commonName = 'Test', issuer, keys, signer, extensions, fromDays = -1, toDays = 1 } = described;
  const made = forge.pki.createCertificate();
  made.publicKey = keys.publicKey;
  serial += 1;
  made.serialNumber = `01${serial.toString(16).padStart(8, '0')}`;
  made.validity.notBefore = new Date(Date.now() + fromDays * dayMs);
  made.validity.notAfter = new Date(Date.now() + toDays * dayMs);
  made.setSubject([{ name: 'commonName', value: commonName }]);
  made.setIssuer([{ name: 'commonName', value: issuer }]);
  made.setExtensions([...extensions]);
  made.sign(signer.privateKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(made);
}

function newKeys(): forge.pki.rsa.KeyPair {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const secret = forge.pki.privateKeyFromPem(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
  return { privateKey: secret, publicKey: forge.pki.setRsaPublicKey(secret.n, secret.e) };
}

/** By the numbers of RFC 5280, 4.2.1.6. */
const kinds: Readonly<Record<string, number>> = { email: 1, DNS: 2, URI: 6, IP: 7 };

function alternativeName(name: string): object {
  const [, kind = '', value = ''] = /^(\w+):([^]*)$/.exec(name) ?? [];
  return kind === 'IP' ? { type: kinds[kind], ip: value } : { type: kinds[kind], value };
}
