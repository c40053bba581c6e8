/**
 * A service that means harm costs its own field and little else: not the gateway's memory, not its event loop.
 *
 * `node bench/attacks.ts hostile` prints the figures, for which a quiet machine should have 30 MB and 50 ms; the bounds
 * here are wider, for machines that do other work, and far below what goes wrong without limits (800 MB, 800 ms). That of
 * time is half as much again as this machine needs to load a graph, because its speed changes meanwhile: about 300 ms where
 * those figures come from.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { loadCpuMs } from '../support/reload-storm.ts';
import { harms, openHostileService, type HostileService } from './support/hostile.ts';

const growthMbMax = 90;

// The peak of a process's memory can be asked for on Linux only.
describe.runIf(process.platform === 'linux')('a service that sends', () => {
  let service: HostileService;
  let blockedCpuMsMax = 0;
  beforeAll(async () => {
    blockedCpuMsMax = 1.5 * (await loadCpuMs());
    service = await openHostileService();
  });
  afterAll(() => service.close());

  it.each([...harms])(
    '%s costs its own field and no more, and the next answer is right',
    async (_name, harm) => {
      const { code, peakGrowthMb, blockedCpuMs } = await service.suffer(harm);
      expect(code).toBe(harm.code);
      expect(peakGrowthMb).toBeLessThanOrEqual(growthMbMax);
      expect(blockedCpuMs).toBeLessThanOrEqual(blockedCpuMsMax);
      await expect.poll(() => service.ask()).toEqual({ value: 1 });
    },
  );
});
