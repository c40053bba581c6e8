/**
 * Payments from the payments service: by order, batched, and by their own id.
 *
 * Used by the payments and bff subgraphs, so that they load each payment once per request.
 */

import {
  type BulkEndpoint,
  type Loader,
  loaderOf,
  RecordReader,
  type SubgraphContext,
} from '@tributary-gateway/tributary';

import { isValidId } from '../../shared/ids.ts';

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
  askable: isValidId,
  read: paymentOf,
};

export function paymentByOrder(context: Context): Loader<string, PaymentRow> {
  const found = (payment: PaymentRow): void => paymentById(context).prime(payment.id, payment);
  return context.sources.payments.loader(paymentsByOrder, context.request, { found });
}

/** One call per payment: the service has no endpoint for several ids. */
export function paymentById({ request, sources }: Context): Loader<string, PaymentRow> {
  return loaderOf(request, 'payments.byId', async (ids) => {
    const entries = await Promise.all(
      ids.filter(isValidId).map(async (id): Promise<[string, PaymentRow | Error] | undefined> => {
        try {
          const answer = await sources.payments.get('/payments/:id', { params: { id } }, request);
          return answer === null ? undefined : [id, paymentOf(new RecordReader('payments', answer))];
        } catch (error) {
          return [id, error instanceof Error ? error : new Error(String(error))];
        }
      }),
    );
    return new Map(entries.filter((entry) => entry !== undefined));
  });
}

/** Creates a payment, or returns the one that was created with the same idempotency key. */
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
      // An order is paid once, even if this is retried.
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
