import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { authSchema } from '../config/gateway/auth.ts';
import { loadGatewayConfig } from '../config/gateway/gateway-config.ts';
import { Events } from '../shared/events.ts';
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
