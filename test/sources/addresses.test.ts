/** T-SSRF: where no call may go, with tripwires that count what came through. */

import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { refusedAddress } from '../../src/shared/addresses.ts';
import { isAllowedOrigin } from '../../src/shared/origins.ts';
import { connectRemote } from '../../src/services/remote.ts';
import { senderTo } from './support/sender.ts';
import { json, startStandIn, text, type StandIn } from './support/stand-in.ts';
import { withoutPolicies } from '../support/plain-services.ts';

const cleanups: Array<() => Promise<void>> = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

const open = { allowLoopback: true, allowPrivate: true };
const strict = { allowLoopback: false, allowPrivate: false };

describe('an address', () => {
  it.each([
    '169.254.169.254',
    '169.254.0.1',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'fd20:ce::254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '224.0.0.1',
    '255.255.255.255',
    'ff02::1',
    'no address',
  ])('such as %s is refused, whatever is allowed', (address) => {
    expect(refusedAddress(address, open)).toBeTypeOf('string');
  });

  it.each(['127.0.0.1', '127.9.9.9', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1', '64:ff9b::7f00:1'])(
    'of this machine, %s, is refused only where that is asked for',
    (address) => {
      expect(refusedAddress(address, open)).toBeUndefined();
      expect(refusedAddress(address, strict)).toBe('an address of this machine');
    },
  );

  it.each([
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    'fc00::1',
    '::ffff:10.0.0.1',
  ])('of a private network, %s, is refused only where that is asked for', (address) => {
    expect(refusedAddress(address, open)).toBeUndefined();
    expect(refusedAddress(address, strict)).toBe('an address of a private network');
  });

  it.each(['93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:2800:220:1::1', '64:ff9b::5db8:d822'])(
    'of the internet, %s, is allowed',
    (address) => expect(refusedAddress(address, strict)).toBeUndefined(),
  );

  it('is judged alike in IPv4 and in every IPv6 form of it', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        const kind = refusedAddress(address, strict);
        for (const form of [`::ffff:${address}`, `::ffff:${hex}`, `64:ff9b::${hex}`])
          expect(refusedAddress(form, strict)).toBe(kind);
      }),
    );
  });
});

describe('a call', () => {
  it('never follows a redirect', async () => {
    const tripwire = await standIn();
    for (const status of [301, 302, 303, 307, 308]) {
      const service = await startStandIn(text('', status, { location: `${tripwire.url}/` }));
      const sender = senderTo(service.url);
      cleanups.push(sender.close, service.close);
      expect(await sender.failure()).toMatchObject({ code: 'SERVICE_BAD_RESPONSE' });
    }
    expect(tripwire.connections).toBe(0);
  });

  it('goes nowhere when its name leads to a metadata address', async () => {
    const tripwire = await standIn();
    const port = new URL(tripwire.url).port;
    for (const found of [['169.254.169.254'], ['127.0.0.1', '169.254.169.254'], ['fd00:ec2::254']]) {
      const sender = senderTo(`http://rebound.example:${port}`, { lookup: resolvingTo(() => found) });
      cleanups.push(sender.close);
      const error = await sender.failure();
      expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', outcome: 'connect', nothingSent: true });
      expect(JSON.stringify([error.message, error.public])).not.toContain('169.254');
    }
    expect(tripwire.connections).toBe(0);
  });

  it('is checked again for each connection: a name that changes later does not get through', async () => {
    const tripwire = await standIn((_request, response) => {
      response.writeHead(200, { connection: 'close' }).end('{}');
    });
    let address = '127.0.0.1';
    const sender = senderTo(`http://rebound.example:${new URL(tripwire.url).port}`, {
      lookup: resolvingTo(() => [address]),
    });
    cleanups.push(sender.close);
    expect((await sender.send()).status).toBe(200);
    address = '169.254.169.254';
    // Refused by us, and not only out of reach from where the test runs.
    expect(await sender.failure()).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      cause: { name: 'AddressRefused' },
    });
    expect(tripwire.asked).toHaveLength(1);
  });

  it('goes nowhere when its address is refused, however it is written', async () => {
    const tripwire = await standIn();
    const { port } = new URL(tripwire.url);
    for (const host of [
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '0',
      'localhost',
    ]) {
      const sender = senderTo(`http://${host}:${port}`, { allowLoopback: false });
      cleanups.push(sender.close);
      expect(await sender.failure()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    }
    expect(tripwire.connections).toBe(0);
  });

  it('goes to the address that was found for its name, with the name as host', async () => {
    const service = await standIn();
    const { port } = new URL(service.url);
    const sender = senderTo(`http://users.example:${port}`, { address: '127.0.0.1' });
    cleanups.push(sender.close);
    await sender.send();
    expect(service.asked[0]?.headers.host).toBe(`users.example:${port}`);
    const refused = senderTo(`http://users.example:${port}`, { address: '169.254.169.254' });
    cleanups.push(refused.close);
    expect(await refused.failure()).toMatchObject({ cause: { name: 'AddressRefused' } });
  });
});

describe('an allow-list of origins', () => {
  it.each([
    ['https://api.example.com/graphql', ['https://api.example.com'], true],
    ['https://api.example.com:8443/', ['https://api.example.com'], false],
    ['https://api.example.com:8443/', ['https://api.example.com:*'], true],
    ['http://api.example.com/', ['https://api.example.com'], false],
    ['https://a.b.example.com/', ['https://*.example.com'], true],
    ['https://example.com/', ['https://*.example.com'], false],
    ['https://evilexample.com/', ['https://*.example.com'], false],
    ['https://api.example.com.evil.net/', ['https://*.example.com', 'https://api.example.com'], false],
    ['https://api.example.com@evil.net/', ['https://api.example.com'], false],
    ['HTTPS://API.EXAMPLE.COM/', ['https://api.example.com'], true],
    ['dns+http://users.svc:80/', ['http://users.svc'], true],
    ['grpc://stock:4121', ['grpc://stock:4121'], true],
    ['no address', ['https://api.example.com'], false],
    ['https://anything', undefined, true],
  ])('%s among %j: %s', (address, allowed, expected) => {
    expect(isAllowedOrigin(address, allowed)).toBe(expected);
  });

  it('refuses a supergraph that names another origin, before anything is sent', async () => {
    const tripwire = await standIn();
    const backends = withoutPolicies();
    const settings = {
      ...backends.settings,
      transport: { ...backends.settings.transport, allowedOrigins: ['https://api.example.com'] },
    };
    const subgraphs = [
      { name: 'fine', url: 'https://api.example.com/graphql' },
      { name: 'foreign', url: `${tripwire.url}/graphql` },
    ];
    expect(() => connectRemote(subgraphs, { ...backends, settings })).toThrow(
      expect.objectContaining({
        code: 'SUPERGRAPH_INVALID',
        message: expect.stringContaining('subgraph foreign') as unknown,
      }),
    );
    expect(tripwire.connections).toBe(0);
  });

  it('a supergraph that names a metadata address is refused', () => {
    const subgraphs = [{ name: 'sly', url: 'http://169.254.169.254/latest/meta-data' }];
    expect(() => connectRemote(subgraphs, withoutPolicies())).toThrow(
      /subgraph sly: its address may not be called/,
    );
  });
});

async function standIn(answer = json({})): Promise<StandIn> {
  const service = await startStandIn(answer);
  cleanups.push(service.close);
  return service;
}

function resolvingTo(addresses: () => readonly string[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    const found: LookupAddress[] = addresses().map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    if (all) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };
}
