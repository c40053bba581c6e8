import { describe, expect, it } from 'vitest';

import { costSchema } from '../../config/gateway/cost.ts';
import { anyClient } from '../../pipeline/client.ts';
import type { CostSpec } from '../../pipeline/cost.ts';
import { Events, type GatewayEvents } from '../../shared/events.ts';
import { assertServicesKnown, serviceMaxima } from './service-maxima.ts';

const spec: CostSpec = {
  total: 0,
  calls: 2,
  services: [
    { service: 'products', cost: 20 },
    { service: 'constructor', cost: { is: 'when', when: [{ yes: ['all'], no: [] }], of: 50 } },
  ],
};

function refusals(cost: Record<string, unknown>, all = true) {
  const events = new Events();
  const measured: Array<GatewayEvents['limitMeasured']> = [];
  events.on('limitMeasured', (event) => measured.push(event));
  const maxima = serviceMaxima({ cost: costSchema.parse(cost) }, events);
  const refused = maxima?.refused(spec, new Map([['all', all]]), { requestId: 'r', client: anyClient });
  return { refused: refused && Object.fromEntries(refused), measured };
}

describe('services above their maximum', () => {
  it('are refused, by their own maximum or by that for all', () => {
    expect(refusals({ subgraphs: { products: { max: 20 }, all: { max: 49 } } }).refused).toEqual({
      constructor: { cost: 50, maximum: 49 },
    });
    expect(refusals({ subgraphs: { products: { max: 19 } } }).refused).toEqual({
      products: { cost: 20, maximum: 19 },
    });
    expect(refusals({ subgraphs: { all: { max: 20 } } }, false).refused).toBeUndefined();
  });

  it('are reported, and asked, where limits of cost are measured', () => {
    const { refused, measured } = refusals({ mode: 'measure', subgraphs: { all: { max: 20 } } });
    expect(refused).toBeUndefined();
    expect(measured).toMatchObject([{ limit: 'cost.subgraphs.constructor.max', max: 20, actual: 50 }]);
  });

  it('cost nothing where no service has a maximum', () => {
    expect(serviceMaxima({ cost: costSchema.parse({}) }, new Events())).toBeUndefined();
  });
});

it('assertServicesKnown names every service that is not in the graph', () => {
  const cost = costSchema.parse({ subgraphs: { product: { max: 1 }, all: { max: 1 }, x: { max: 1 } } });
  expect(() => assertServicesKnown(cost, ['products'])).toThrow(
    'limits.cost.subgraphs: the graph has no "product" (did you mean "products"?)\n' +
      'limits.cost.subgraphs: the graph has no "x"',
  );
  expect(() => assertServicesKnown(cost, ['product', 'x'])).not.toThrow();
});
