/** Stock levels by upc from the inventory service, batched. */

import { type Loader, loaderOf, RecordReader, type SubgraphContext } from '@tributary-gateway/tributary';

export interface Stock {
  readonly upc: string;
  readonly quantity: number;
  readonly warehouse: string;
}

export function stockByUpc({
  request,
  sources,
}: SubgraphContext<{ inventory: 'grpc' }>): Loader<string, Stock> {
  return loaderOf(
    request,
    'inventory.byUpc',
    async (upcs) => {
      const answer = await sources.inventory.call('GetStocks', { upcs }, request);
      const stocks = new RecordReader('inventory', answer).records('stocks').map((record) => ({
        upc: record.text('upc'),
        quantity: record.whole('quantity'),
        warehouse: record.text('warehouse'),
      }));
      return new Map(stocks.map((stock) => [stock.upc, stock]));
    },
    { batching: sources.inventory.batching },
  );
}
