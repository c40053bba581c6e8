/** `tributary demo`, as the README starts it: it answers, and leaves nothing behind however it ends. */
import { describe, expect, it } from 'vitest';

import { ask, send } from '../support/ask.ts';
import { childrenOf, isAlive } from '../support/processes.ts';
import { type Tributary, tributary } from '../support/tributary.ts';

describe('tributary demo', () => {
  it('answers the query it prints, breaks as it says, and Ctrl-C stops everything', async () => {
    const running = tributary(['demo', '--port', '0', '--log', 'silent'], { detached: true });
    const { url, mocksPid, controls, body, breakUrl } = await started(running);
    expect(controls).toHaveLength(7);

    const answer = await send(url, { method: 'POST', headers, body });
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({
      orderDetails: {
        order: { status: 'SHIPPED', total: expect.any(Number) },
        user: { name: expect.any(String) },
        payment: { status: 'CAPTURED' },
      },
    });

    const [, key = '', product = ''] = await running.printed(/x-api-key: (trib_\w+)' \\\n +-d '(\{.*\})'/);
    const seen = await send(url, {
      method: 'POST',
      headers: { ...headers, 'x-api-key': key },
      body: product,
    });
    expect(seen.errors).toMatchObject([{ message: 'Cannot query field "weightGrams" on type "Product".' }]);

    await fetch(breakUrl, { method: 'PUT', body: '{"status":503}' });
    const broken = await send(url, { method: 'POST', headers, body });
    expect(broken.data).toMatchObject({
      orderDetails: { order: { status: 'SHIPPED' }, user: { name: null } },
    });
    expect(broken.errors).toMatchObject([
      { path: ['orderDetails', 'user', 'name'], extensions: { service: 'users' } },
    ]);

    // A terminal sends it to the whole group.
    process.kill(-(running.child.pid ?? 0), 'SIGINT');
    const { code, stderr } = await running.ended();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await isAlive(mocksPid)).toBe(false);
    for (const address of [url, ...controls]) await expect(fetch(address)).rejects.toThrow('fetch failed');
  });

  it('takes the mock services along when only it is told to end', async () => {
    const running = tributary(['demo', '--port', '0', '--log', 'silent']);
    const { mocksPid } = await started(running);
    running.child.kill('SIGTERM');
    expect((await running.ended()).code).toBe(0);
    expect(await isAlive(mocksPid)).toBe(false);
  });

  it('when killed outright leaves no mock service behind either', async () => {
    const running = tributary(['demo', '--port', '0', '--log', 'silent']);
    const { mocksPid, url } = await started(running);
    expect((await ask(url, '{ __typename }')).status).toBe(200);
    running.child.kill('SIGKILL');
    await running.ended();
    await expect.poll(() => isAlive(mocksPid)).toBe(false);
  });
});

const headers = { 'content-type': 'application/json' };

/** What its banner says. */
async function started(running: Tributary) {
  await running.printed(/Ctrl-C stops everything/);
  const [, url = ''] = await running.printed(/running at (\S+)/);
  const [, body = ''] = await running.printed(/-d '(\{"query".*\})'/);
  const [, breakUrl = ''] = await running.printed(/curl -X PUT (\S+)/);
  const { input } = await running.printed(/[^]+/);
  const controls = [...input.matchAll(/(http:\/\/127\.0\.0\.1:\d+)$/gm)].map(([address]) => address);
  const [mocksPid, ...others] = await childrenOf(running.child.pid ?? 0);
  if (mocksPid === undefined || others.length > 0) throw new Error('there should be one child process');
  return { url, body, breakUrl, controls, mocksPid };
}
