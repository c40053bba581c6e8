import { describe, expect, it } from 'vitest';

import { Generations } from './generations.ts';

interface Parts {
  readonly name: string;
}

describe('Generations', () => {
  it('serves with the new generation once it is warm, and closes the old one when its last request has left', async () => {
    const { generations, log } = await given();
    const request = Promise.withResolvers<string>();
    const answer = generations.use(async ({ name }) => `${name} ${await request.promise}`);

    await generations.replace('two');
    expect(generations.current.name).toBe('two');
    expect(log).toEqual(['open one', 'open two', 'warm one -> two']);

    request.resolve('finished');
    expect(await answer).toBe('one finished');
    await settled();
    expect(log).toEqual(['open one', 'open two', 'warm one -> two', 'close one']);
  });

  it('keeps the old generation when the new one does not open', async () => {
    const { generations, log } = await given();
    await expect(generations.replace('broken')).rejects.toThrow('broken does not open');
    expect(await generations.use(({ name }) => Promise.resolve(name))).toBe('one');
    expect(log).toEqual(['open one', 'open broken']);
  });

  it('closes the new generation when it cannot be warmed', async () => {
    const { generations, log } = await given();
    await expect(generations.replace('cold')).rejects.toThrow('cold stays cold');
    expect(generations.current.name).toBe('one');
    expect(log).toEqual(['open one', 'open cold', 'warm one -> cold', 'close cold']);
  });

  it('replaces one at a time, in order', async () => {
    const { generations, log } = await given();
    await Promise.all([generations.replace('two'), generations.replace('three')]);
    expect(generations.current.name).toBe('three');
    await settled();
    expect(log.filter((line) => line.startsWith('open'))).toEqual(['open one', 'open two', 'open three']);
    expect(log.filter((line) => line.startsWith('close'))).toEqual(['close one', 'close two']);
  });

  it('does not wait for ever for a request that never ends', async () => {
    const { generations, log } = await given({ drainTimeoutMs: 1 });
    void generations.use(() => new Promise(() => {}));
    await generations.replace('two');
    await generations.close();
    expect(log.slice(-2).toSorted((a, b) => a.localeCompare(b))).toEqual(['close one', 'close two']);
  });

  it('leaves a generation whose work failed as free as one whose work succeeded', async () => {
    const { generations, log } = await given();
    await expect(generations.use(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await generations.replace('two');
    await settled();
    expect(log.at(-1)).toBe('close one');
  });
});

async function given({ drainTimeoutMs = 10_000 } = {}) {
  const log: string[] = [];
  const generations = await Generations.start<string, Parts>(
    {
      open: (name) => {
        log.push(`open ${name}`);
        return name === 'broken'
          ? Promise.reject(new Error('broken does not open'))
          : Promise.resolve({ name });
      },
      warm: (before, next) => {
        log.push(`warm ${before.name} -> ${next.name}`);
        return next.name === 'cold' ? Promise.reject(new Error('cold stays cold')) : Promise.resolve();
      },
      close: ({ name }) => {
        log.push(`close ${name}`);
        return Promise.resolve();
      },
      drainTimeoutMs,
    },
    'one',
  );
  return { generations, log };
}

function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
