/** All payments: the generated ones and those created since the last reset. No I/O. */

import type { Ledger } from '../shared/mock.ts';
import { createdAtOf, generatedShop, paymentMethods } from '../shared/shop.ts';
import type { Payment, PaymentMethod } from '../shared/shop.ts';

export interface PaymentRequest {
  readonly orderId: string;
  readonly amount: number;
  readonly method: PaymentMethod;
}

export interface Till {
  byId(id: string): Payment | undefined;
  /** The newest payment of an order. */
  readonly ofOrder: (orderId: string) => Payment | undefined;
  /** The same key gives the same payment, whatever else the request says. */
  take(request: PaymentRequest, idempotencyKey: string | undefined): Payment;
  readonly ledger: () => Ledger;
  readonly reset: () => void;
}

const createdMax = 100_000;

/** @returns An error message if the body is not a payment request. */
export function readPaymentRequest(body: string): PaymentRequest | string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return 'the body is not JSON';
  }
  const { orderId, amount, method } = (value ?? {}) as Partial<Record<keyof PaymentRequest, unknown>>;
  if (typeof orderId !== 'string' || orderId === '') return 'orderId must be text';
  if (!Number.isSafeInteger(amount) || Number(amount) < 0) return 'amount must be whole cents';
  const paymentMethod = paymentMethods.find((candidate) => candidate === method);
  return paymentMethod
    ? { orderId, amount: Number(amount), method: paymentMethod }
    : `method must be one of ${paymentMethods.join(', ')}`;
}

export function createTill(): Till {
  const byId = new Map<string, Payment>();
  const byOrder = new Map<string, Payment>();
  const byKey = new Map<string, { readonly payment: Payment; seen: number }>();
  let created = 0;

  function put(payment: Payment): Payment {
    byId.set(payment.id, payment);
    byOrder.set(payment.orderId, payment);
    return payment;
  }

  function reset(): void {
    for (const index of [byId, byOrder, byKey]) index.clear();
    created = 0;
    for (const payment of generatedShop().payments) put(payment);
  }

  function create({ orderId, amount, method }: PaymentRequest): Payment {
    if (created === createdMax) throw new Error('the till is full');
    created += 1;
    const first = `pay-${orderId}`;
    // Without an idempotency key an order is paid twice, which tests check.
    const id = byId.has(first) ? `${first}-${created}` : first;
    return put({ id, orderId, method, status: 'AUTHORIZED', amount, createdAt: createdAtOf(created) });
  }

  function take(request: PaymentRequest, idempotencyKey: string | undefined): Payment {
    if (idempotencyKey === undefined) return create(request);
    const entry = byKey.get(idempotencyKey);
    if (entry) {
      entry.seen += 1;
      return entry.payment;
    }
    const payment = create(request);
    byKey.set(idempotencyKey, { payment, seen: 1 });
    return payment;
  }

  reset();
  return {
    take,
    reset,
    byId: (id) => byId.get(id),
    ofOrder: (orderId) => byOrder.get(orderId),
    ledger: () => ({ created, keys: Object.fromEntries([...byKey].map(([key, { seen }]) => [key, seen])) }),
  };
}
