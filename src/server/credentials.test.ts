import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { authSchema } from '../config/gateway/auth.ts';
import { loadGatewayConfig } from '../config/gateway/gateway-config.ts';
import { serverTlsSchema } from '../config/gateway/server-tls.ts';
import { Events } from '../shared/events.ts';
import { makeAuthority } from '../../test/support/certificates.ts';
import { folderWith } from '../../test/support/folder.ts';
import { WatchedCredentials } from './credentials.ts';

const hourMs = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

it('rotates generated keys, each published before and after it signs', async () => {
  const { credentials, kids, signsWith } = await given({ rule: 'signed' });
  const [first, second] = kids();
  vi.advanceTimersByTime(24 * hourMs);
  await credentials.check();
  const third = kids()[1];
  expect(kids()).toEqual([second, third, first]);
  vi.advanceTimersByTime(24 * hourMs);
  await credentials.check();
  expect(kids()).toEqual([third, kids()[1], second]);
  expect(signsWith).toEqual([second, third]);
  await credentials.close();
  vi.advanceTimersByTime(24 * hourMs);
  await credentials.check();
  expect(kids()[0]).toBe(third);
});

it('generates no keys if nothing is signed', async () => {
  const { credentials, signsWith } = await given({ rule: 'headers' });
  expect(credentials.current.signing).toBeUndefined();
  vi.advanceTimersByTime(48 * hourMs);
  await credentials.check();
  expect(signsWith).toEqual([]);
});

it('tells when the first certificate of each file expires, and again when the files are replaced', async () => {
  const authority = makeAuthority();
  const [long, short] = [2, 1].map((toDays) => authority.issue({ toDays }));
  const texts = { 'server.pem': `${long?.cert}${short?.cert}`, 'server.key': long?.key ?? '' };
  const folder = await folderWith({ ...texts, 'ca.pem': authority.ca });
  const [cert = '', key = '', ca = ''] = ['server.pem', 'server.key', 'ca.pem'].map((name) =>
    join(folder, name),
  );
  const config = await loadGatewayConfig(undefined, { environment: {} });
  const names = [{ dns: '{name}.example' }];
  const auth = authSchema.parse({ certificates: { ca, names } });
  const server = { ...config.server, tls: serverTlsSchema.parse({ cert, key }) };
  const events = new Events();
  const credentials = await WatchedCredentials.open({ ...config, auth, server }, events);
  const expiries = (): object => [...events.readings.current('certificateExpiry')];
  const expiryOf = (text = ''): number => new X509Certificate(text).validToDate.getTime() / 1000;
  expect(expiries()).toEqual([
    [expiryOf(short?.cert), 'server'],
    [expiryOf(authority.ca), 'client-ca'],
  ]);
  await writeFile(cert, long?.cert ?? '');
  await credentials.check();
  expect(expiries()).toContainEqual([expiryOf(long?.cert), 'server']);
  await credentials.close();
  expect(expiries()).toEqual([]);
});

async function given(identity: object) {
  const config = await loadGatewayConfig(undefined, { environment: {} });
  const auth = authSchema.parse({ identity: { ...identity, signed: { issuer: 'https://gateway.example' } } });
  const events = new Events();
  const signsWith: unknown[] = [];
  events.on('credentialsReplaced', (event) => signsWith.push(event.signsWith));
  const credentials = await WatchedCredentials.open({ ...config, auth }, events);
  const kids = (): string[] => (credentials.current.signing ?? []).map(({ kid }) => kid);
  return { credentials, kids, signsWith };
}
