/** Payments: a REST service that creates one payment per idempotency key, with a ledger for tests. */

import type { HttpAnswer, HttpApp, HttpCall, HttpRequest } from '../shared/http-service.ts';
import type { PaymentsMock, StartOptions } from '../shared/mock.ts';
import { idsOf, jsonAnswer, listAnswer, methodNotAllowed, notFound } from '../shared/rest.ts';
import { startHttpMock } from '../shared/start-mock.ts';
import { createTill, readPaymentRequest } from './till.ts';
import type { Till } from './till.ts';

export async function startPayments(options: StartOptions = {}): Promise<PaymentsMock> {
  const till = createTill();
  const mock = await startHttpMock(
    'payments',
    { app: createApp(till), resetData: till.reset, views: { '/ledger': till.ledger } },
    options,
  );
  return {
    ...mock,
    get ledger() {
      return till.ledger();
    },
  };
}

function createApp(till: Till): HttpApp {
  return (request) => {
    const { method, path, query } = request;
    const [, collection, id, rest] = path.split('/');
    if (collection !== 'payments' || rest !== undefined)
      return { names: [`${method} unknown`], args: { path }, run: () => notFound };
    if (method === 'POST' && !id) return toPost(till, request);
    if (method !== 'GET') return { names: [`${method} /payments`], args: {}, run: () => methodNotAllowed };
    if (id) {
      return {
        names: ['GET /payments/:id'],
        args: { id },
        run: () => {
          const payment = till.byId(id);
          return payment ? jsonAnswer(200, payment) : notFound;
        },
      };
    }
    const orderIds = idsOf(query.get('orderIds'));
    return {
      names: ['GET /payments?orderIds'],
      args: { orderIds },
      run: () =>
        orderIds.length > 0
          ? listAnswer(orderIds, till.ofOrder)
          : jsonAnswer(400, { error: 'name some orders: /payments?orderIds=o1,o2' }),
    };
  };
}

function toPost(till: Till, { headers, body }: HttpRequest): HttpCall {
  const key = headers['idempotency-key'];
  const idempotencyKey = typeof key === 'string' ? key : undefined;
  const paymentRequest = readPaymentRequest(body);
  return {
    names: ['POST /payments'],
    args: typeof paymentRequest === 'string' ? {} : { ...paymentRequest, idempotencyKey },
    run: (): HttpAnswer =>
      typeof paymentRequest === 'string'
        ? jsonAnswer(400, { error: paymentRequest })
        : jsonAnswer(201, till.take(paymentRequest, idempotencyKey)),
  };
}
