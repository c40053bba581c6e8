/**
 * Places an order: maps the client's nested input to the flat one of the orders service, then creates payment and
 * shipment concurrently. Once the order exists, a failed payment or shipment is an error of its own field.
 */

import { Cancellation, RecordReader, type RequestContext } from '@tributary-gateway/tributary';

import { createPayment } from '../payments/payments.ts';
import { createShipment } from '../shipping/shipments.ts';
import type { PaymentStub, ShipmentStub } from '../../shared/stubs.ts';
import type { BffContext } from './context.ts';
import type { PlaceOrderInput, PlaceOrderPayloadResolvers } from './generated/resolvers.ts';

export interface PlacedOrder {
  readonly order: { readonly id: string };
  readonly payment: PromiseSettledResult<PaymentStub>;
  readonly shipment: PromiseSettledResult<ShipmentStub>;
}

const createOrderMutation = `mutation PlaceOrder($input: CreateOrderInput!) {
  createOrder(input: $input) { id total }
}`;

export async function placeOrder(input: PlaceOrderInput, context: BffContext): Promise<PlacedOrder> {
  const answer = await context.sources.orders.query<{ createOrder?: unknown }>(
    createOrderMutation,
    { input: flatInput(input) },
    context.request,
  );
  const created = new RecordReader('orders', answer.createOrder);
  const order = { id: created.text('id'), total: created.whole('total') };

  const uncancelled = { ...context, request: withoutCancellation(context.request) };
  // Both start here and not in the resolvers of their fields, so that they happen whatever the client selects.
  const [payment, shipment] = await Promise.allSettled([
    createPayment(uncancelled, order, input.payment.method),
    createShipment(uncancelled, order.id, input.shipTo),
  ]);
  return { order: { id: order.id }, payment, shipment };
}

export const placeOrderPayload: PlaceOrderPayloadResolvers = {
  payment: ({ payment }) => valueOf(payment),
  shipment: ({ shipment }) => valueOf(shipment),
};

function flatInput({ customer, items, shipTo, payment, note }: PlaceOrderInput) {
  return {
    userId: customer.id,
    itemUpcs: items.map((item) => item.product.upc),
    itemQuantities: items.map((item) => item.quantity),
    shipName: shipTo.name,
    shipStreet: shipTo.street,
    shipCity: shipTo.city,
    shipCountry: shipTo.country,
    paymentMethod: payment.method,
    note: note ?? null,
  };
}

/** A client that disconnects must not leave an incomplete order; the deadline still applies. */
function withoutCancellation(request: RequestContext): RequestContext {
  return { ...request, cancellation: new Cancellation() };
}

function valueOf<Value>(outcome: PromiseSettledResult<Value>): Value {
  if (outcome.status === 'fulfilled') return outcome.value;
  throw outcome.reason;
}
