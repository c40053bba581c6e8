import { describe, expect, it } from 'vitest';

import { clientConfig, clientFileSchema } from '../config/client/client-file.ts';
import { clientLimitsSchema } from '../config/gateway/limits.ts';
import { checkYaml } from '../config/yaml/file.ts';
import { clientTemplate } from './client-template.ts';

const read = (text: string) => checkYaml(text, clientFileSchema, { displayName: 'client.yaml' });

describe('the client.yaml of a new client', () => {
  it('has the defaults', async () => {
    const file = await read(clientTemplate('kiosk', 'kiosk-team'));
    const defaults = await read('owner: kiosk-team');
    expect(clientConfig('kiosk', file)).toEqual(clientConfig('kiosk', defaults));
  });

  it('names every option', async () => {
    const text = clientTemplate('kiosk', 'kiosk-team').replaceAll(/^( *)# (?=\w+: \w+$)/gm, '$1');
    await read(text);
    for (const option of Object.keys(clientFileSchema.shape))
      expect(text).toMatch(new RegExp(`^${option}:`, 'm'));
    const { identify, contract } = await read('owner: team');
    const limits = clientLimitsSchema.shape;
    for (const option of [identify, contract, limits].flatMap((group) => Object.keys(group)))
      expect(text).toMatch(new RegExp(`^  ${option}: `, 'm'));
  });

  it.each(['kiosk-team', 'Team "A": one', 'true', '#1', '5', ' a', 'team: b'])(
    'keeps the owner %j',
    async (owner) => {
      expect((await read(clientTemplate('kiosk', owner))).owner).toBe(owner);
    },
  );
});
