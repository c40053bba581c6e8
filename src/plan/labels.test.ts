import { describe, expect, it } from 'vitest';

import { requestContext } from '../../test/support/context.ts';
import { graphInputs, overrideLabels, type LabelSettings, type ResolveLabels } from './labels.ts';

describe('the labels of a supergraph', () => {
  it('are none where it has none, so that requests spend no time on them', () => {
    expect(overrideLabels([], { other: true })).toBeUndefined();
  });

  it.each<[string, string, LabelSettings, boolean]>([
    ['without a setting is inactive', 'a', {}, false],
    ['set to true is active', 'a', { a: true }, true],
    ['set to false is inactive', 'a', { a: false }, false],
    ['set to 100 is active', 'a', { a: 100 }, true],
    ['set to 0 is inactive', 'a', { a: 0 }, false],
    ['whose name says 100 percent is active', 'percent(100)', {}, true],
    ['whose name says 0 percent is inactive', 'percent(0)', {}, false],
    ['is as configured, whatever its name says', 'percent(100)', { 'percent(100)': false }, false],
    ['whose name only contains a percentage is inactive', 'a percent(100)', {}, false],
    ['with an inherited name is inactive', 'constructor', {}, false],
    ['called `__proto__` is inactive', '__proto__', {}, false],
  ])('a label %s', (_title, label, settings, isActive) => {
    const labels = overrideLabels([label], settings)!;
    expect(labels.activeFor(requestContext())).toEqual(isActive ? [label] : []);
    expect(labels.dependOnRequest).toBe(false);
  });

  it.each([[0.5], [25], [50], [99.5]])('are active for %d percent of requests', (percent) => {
    const labels = overrideLabels([`percent(${percent})`, 'set'], { set: percent })!;
    const counts = { [`percent(${percent})`]: 0, set: 0 };
    for (const label of requests(1000).flatMap(labels.activeFor)) counts[label]! += 1;
    const deviation = Math.sqrt((percent * (100 - percent)) / 1000);
    for (const count of Object.values(counts))
      expect(Math.abs(count / 10 - percent)).toBeLessThan(4 * deviation);
    expect(labels.dependOnRequest).toBe(true);
  });

  it('are the same for the same request id', () => {
    const labels = overrideLabels(['percent(50)'], {})!;
    for (const requestId of ['a', 'b', 'c', 'd', 'e', 'f'])
      expect(labels.activeFor(requestContext({ requestId }))).toEqual(
        labels.activeFor(requestContext({ requestId })),
      );
  });

  it('stay active for a request while their percentage grows', () => {
    const activeAt = (percent: number): string[] => {
      const labels = overrideLabels(['a'], { a: percent })!;
      return requests(200)
        .filter((request) => labels.activeFor(request).length > 0)
        .map(({ requestId }) => requestId);
    };
    expect(activeAt(60)).toEqual(expect.arrayContaining(activeAt(20)));
  });

  it('are independent of each other', () => {
    const labels = overrideLabels(['a', 'b'], { a: 50, b: 50 })!;
    const both = requests(1000).filter((request) => labels.activeFor(request).length === 2).length;
    expect(Math.abs(both / 10 - 25)).toBeLessThan(5);
  });

  it('are in the order of the supergraph', () => {
    const labels = overrideLabels(['c', 'a', 'b'], { a: true, b: true, c: true })!;
    expect(labels.activeFor(requestContext())).toEqual(['c', 'a', 'b']);
  });
});

describe('labels that a module resolves', () => {
  it('are those that nothing else decides, asked for once per request', () => {
    const asked: Array<readonly string[]> = [];
    const resolve: ResolveLabels = (_request, names) => {
      asked.push(names);
      return ['b', 'off', 'unknown'];
    };
    const labels = overrideLabels(['a', 'b', 'off', 'percent(100)'], { off: false }, resolve)!;
    const request = requestContext();
    expect(labels.activeFor(request)).toEqual(['b', 'percent(100)']);
    expect(labels.activeFor(request)).toEqual(['b', 'percent(100)']);
    expect(asked).toEqual([['a', 'b']]);
    expect(labels.dependOnRequest).toBe(true);
  });

  it('may differ between requests', () => {
    const resolve: ResolveLabels = ({ headers }) => (headers['x-new'] ? ['a'] : []);
    const labels = overrideLabels(['a'], {}, resolve)!;
    expect(labels.activeFor(requestContext({ headers: { 'x-new': '1' } }))).toEqual(['a']);
    expect(labels.activeFor(requestContext())).toEqual([]);
  });

  it('are not asked for where every label has a setting', () => {
    const resolve: ResolveLabels = () => {
      throw new Error('Nobody asked');
    };
    const labels = overrideLabels(['a'], { a: true }, resolve)!;
    expect(labels.activeFor(requestContext())).toEqual(['a']);
    expect(labels.dependOnRequest).toBe(false);
  });
});

it('every graph has a number of its own, and no labels where the supergraph has none', () => {
  const [one, other] = [graphInputs(undefined, false), graphInputs(overrideLabels(['a'], { a: 50 }), true)];
  expect(other.number).toBe(one.number + 1);
  expect([one.hasOpenLabels, other.hasOpenLabels]).toEqual([false, true]);
  expect([one.hasResolvers, other.hasResolvers]).toEqual([false, true]);
  expect(one.labelsOf(requestContext())).toEqual([]);
});

function requests(count: number) {
  return Array.from({ length: count }, (_, index) => requestContext({ requestId: `r${index}` }));
}
