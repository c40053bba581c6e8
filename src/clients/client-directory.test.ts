import { describe, expect, it } from 'vitest';

import { clientConfig, clientFileSchema } from '../config/client/client-file.ts';
import { ClientDirectory } from './client-directory.ts';

const client = (name: string, identify: object = {}) =>
  clientConfig(name, clientFileSchema.parse({ owner: 'team', identify }));

const contract = { anonymous: 'contract' } as const;
const refuse = { anonymous: 'refuse' } as const;

describe('a directory of clients', () => {
  it('finds a client by its name and by everything else that identifies it', () => {
    const web = client('web', { credentials: ['shop'], hosts: ['www.example.com'], names: ['web-ios'] });
    const directory = new ClientDirectory([web, client('anonymous')], contract);
    const named = directory.named('web');
    expect(named).toMatchObject({ name: 'web', isPublic: false });
    expect(['web', 'shop'].map((name) => directory.byCredential(name))).toEqual([named, named]);
    expect(['web', 'web-ios'].map((name) => directory.byHeader(name))).toEqual([named, named]);
    for (const name of ['web-ios', 'Web', '', '__proto__', 'toString'])
      expect([name, directory.byCredential(name), directory.named(name)]).toEqual([
        name,
        undefined,
        undefined,
      ]);
  });

  it.each([
    ['www.example.com', true],
    ['WWW.Example.COM', true],
    ['www.example.com:8443', true],
    ['www.example.com:', true],
    ['example.com', false],
    ['www.example.com.evil.test', false],
    ['', false],
  ])('compares the host %s without case and port', (host, isFound) => {
    const directory = new ClientDirectory([client('web', { hosts: ['www.example.com'] })], refuse);
    expect(directory.byHost(host)?.name).toBe(isFound ? 'web' : undefined);
    expect(directory.byHost(undefined)).toBeUndefined();
  });

  it('finds an address as host', () => {
    const directory = new ClientDirectory([client('web', { hosts: ['[::1]'] })], refuse);
    expect(directory.byHost('[::1]:4000')?.name).toBe('web');
  });

  it.each(['credentials', 'hosts', 'names'])(
    'refuses two clients with the same %s, and names both',
    (option) => {
      const both = ['web', 'mobile'].map((name) => client(name, { [option]: ['shared.example.com'] }));
      expect(() => new ClientDirectory(both, refuse)).toThrow(
        `clients web and mobile: both are recognized by "shared.example.com" in identify.${option}`,
      );
    },
  );

  it('refuses a client that claims the name of another one', () => {
    const both = [client('web'), client('mobile', { credentials: ['web'] })];
    expect(() => new ClientDirectory(both, refuse)).toThrow('both are recognized by "web"');
  });

  it('has an anonymous client exactly where the configuration says so', () => {
    expect(() => new ClientDirectory([client('web')], contract)).toThrow('add a folder with a client.yaml');
    expect(() => new ClientDirectory([client('anonymous')], refuse)).toThrow('remove its folder');
    expect(new ClientDirectory([client('web')], refuse).anonymous).toBeUndefined();
    expect(new ClientDirectory([client('anonymous')], contract).anonymous).toMatchObject({ isPublic: true });
  });
});
