/**
 * Placing an order: the nested input of clients becomes the flat one of the orders service; then payment and shipment
 * side by side. The order is what counts: once it exists, a failing payment or shipment is an error at its own field.
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

  const steadfast = { ...context, request: withoutCancellation(context.request) };
  // Both start here and not in their fields' resolvers: they happen whatever the client selected.
  const [payment, shipment] = await Promise.allSettled([
    createPayment(steadfast, order, input.payment.method),
    createShipment(steadfast, order.id, input.shipTo),
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

/** A client that leaves must not leave half an order behind; the deadline still holds. */
function withoutCancellation(request: RequestContext): RequestContext {
  return { ...request, cancellation: new Cancellation() };
}

function valueOf<Value>(outcome: PromiseSettledResult<Value>): Value {
  if (outcome.status === 'fulfilled') return outcome.value;
  throw outcome.reason;
}
