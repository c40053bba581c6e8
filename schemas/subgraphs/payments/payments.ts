/**
 * Payments from the payments service: by order, batched, and by their own id.
 *
 * Shared by the payments and bff subgraphs, so that what one of them loaded in a request the other does not load again.
 */

import {
  type BulkEndpoint,
  type Loader,
  loaderOf,
  RecordReader,
  type SubgraphContext,
} from '@tributary-gateway/tributary';

import { isAskable } from '../../shared/ids.ts';

const methods = ['CARD', 'PAYPAL', 'INVOICE'] as const;
const statuses = ['AUTHORIZED', 'CAPTURED', 'REFUNDED'] as const;

export interface PaymentRow {
  readonly id: string;
  readonly orderId: string;
  readonly method: (typeof methods)[number];
  readonly status: (typeof statuses)[number];
  /** In cents. */
  readonly amount: number;
  readonly createdAt: string;
}

type Context = SubgraphContext<{ payments: 'rest' }>;

const paymentsByOrder: BulkEndpoint<PaymentRow> = {
  name: 'payments.byOrder',
  path: '/payments',
  ids: { query: 'orderIds' },
  idField: 'orderId',
  askable: isAskable,
  read: paymentOf,
};

export function paymentByOrder(context: Context): Loader<string, PaymentRow> {
  const found = (payment: PaymentRow): void => paymentById(context).prime(payment.id, payment);
  return context.sources.payments.loader(paymentsByOrder, context.request, { found });
}

/** One call a payment: the service has no way to ask for several by id. */
export function paymentById({ request, sources }: Context): Loader<string, PaymentRow> {
  return loaderOf(request, 'payments.byId', async (asked) => {
    const found = await Promise.all(
      asked.filter(isAskable).map(async (id): Promise<[string, PaymentRow | Error] | undefined> => {
        try {
          const answer = await sources.payments.get('/payments/:id', { params: { id } }, request);
          return answer === null ? undefined : [id, paymentOf(new RecordReader('payments', answer))];
        } catch (error) {
          return [id, error instanceof Error ? error : new Error(String(error))];
        }
      }),
    );
    return new Map(found.filter((entry) => entry !== undefined));
  });
}

/** What the service answers when a payment is made, or made before under the same key. */
export async function createPayment(
  context: Context,
  order: { readonly id: string; readonly total: number },
  method: PaymentRow['method'],
): Promise<PaymentRow> {
  const { request, sources } = context;
  const answer = await sources.payments.post(
    '/payments',
    {
      body: { orderId: order.id, amount: order.total, method },
      // One order is paid once, however often this is tried.
      idempotencyKey: `order-${order.id}`,
    },
    request,
  );
  const payment = paymentOf(new RecordReader('payments', answer));
  paymentById(context).prime(payment.id, payment);
  return payment;
}

function paymentOf(record: RecordReader): PaymentRow {
  return {
    id: record.text('id'),
    orderId: record.text('orderId'),
    method: record.oneOf('method', methods),
    status: record.oneOf('status', statuses),
    amount: record.whole('amount'),
    createdAt: record.text('createdAt'),
  };
}
