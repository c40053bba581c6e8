/** Shipments and shipping costs: a gRPC service with one server stream. */

import { createGrpcServer, RpcError } from '../shared/grpc-service.ts';
import type { GrpcApp, Message } from '../shared/grpc-service.ts';
import type { Mock, StartOptions } from '../shared/mock.ts';
import { createdAtOf, generatedShop, makeShipment } from '../shared/shop.ts';
import type { Shipment } from '../shared/shop.ts';
import { startMock } from '../shared/start-mock.ts';

interface Parcel {
  readonly upc: string;
  readonly weightGrams: number;
  readonly valueCents: number;
}

interface Depot {
  ofOrder(orderId: string): Shipment | undefined;
  create(orderId: string): Shipment;
  readonly reset: () => void;
}

const batchMax = 1_000;
const createdMax = 100_000;
const dayMs = 86_400_000;

export function startShipping(options: StartOptions = {}): Promise<Mock> {
  const depot = createDepot();
  const app = createApp(depot);
  return startMock(
    'shipping',
    {
      createServer: (calls, faults) => createGrpcServer(app, calls, faults),
      urlOf: (address) => `grpc://${address}`,
      resetData: depot.reset,
    },
    options,
  );
}

function createApp(depot: Depot): GrpcApp {
  return {
    proto: 'shipping.proto',
    service: 'tributary.shipping.v1.Shipping',
    unary: {
      GetShipments: (request) => ({
        shipments: batchOf<string>(request, 'orderIds').flatMap((id) => depot.ofOrder(id) ?? []),
      }),
      EstimateCosts: (request) => ({ estimates: batchOf<Parcel>(request, 'parcels').map(estimateOf) }),
      CreateShipment: (request) => ({ ...depot.create(readOrderId(request)) }),
    },
    streams: {
      TrackShipment: (request) => {
        const shipment = depot.ofOrder(readOrderId(request));
        if (!shipment) throw new RpcError('NOT_FOUND', `order ${String(request['orderId'])} has no shipment`);
        return track(shipment);
      },
    },
  };
}

function createDepot(): Depot {
  const byOrder = new Map<string, Shipment>();
  let created = 0;

  function reset(): void {
    byOrder.clear();
    created = 0;
    for (const shipment of generatedShop().shipments) byOrder.set(shipment.orderId, shipment);
  }

  function create(orderId: string): Shipment {
    const existing = byOrder.get(orderId);
    if (existing) return existing;
    if (created === createdMax) throw new RpcError('RESOURCE_EXHAUSTED', 'the depot is full');
    created += 1;
    const shipment = makeShipment(orderId, 'LABEL_CREATED', createdAtOf(created));
    byOrder.set(orderId, shipment);
    return shipment;
  }

  reset();
  return { ofOrder: (orderId) => byOrder.get(orderId), create, reset };
}

function batchOf<T>(request: Message, name: string): T[] {
  const items = request[name] as T[];
  if (items.length > batchMax)
    throw new RpcError('INVALID_ARGUMENT', `at most ${batchMax} ${name}, not ${items.length}`);
  return items;
}

function readOrderId(request: Message): string {
  const orderId = String(request['orderId']);
  if (orderId === '') throw new RpcError('INVALID_ARGUMENT', 'order_id is missing');
  return orderId;
}

/** A base price, a price per started kilogram, insurance of 1 % of the value; heavy parcels take longer. */
function estimateOf({ upc, weightGrams, valueCents }: Parcel): Message {
  if (weightGrams < 0 || valueCents < 0)
    throw new RpcError('INVALID_ARGUMENT', `parcel ${upc} has a negative weight or value`);
  const kilograms = Math.ceil(weightGrams / 1_000);
  return {
    upc,
    costCents: 390 + kilograms * 120 + Math.round(valueCents / 100),
    days: kilograms > 10 ? 5 : kilograms > 2 ? 3 : 2,
  };
}

/** The tracking events so far, which follow from the shipment's status. */
async function* track({ orderId, carrier, status, estimatedDelivery }: Shipment): AsyncIterable<Message> {
  const events = [
    ['Online', 'LABEL_CREATED'],
    [`${carrier} depot`, 'PICKED_UP'],
    [`${carrier} hub`, 'IN_TRANSIT'],
    [`${carrier} van`, 'OUT_FOR_DELIVERY'],
    [`Door of order ${orderId}`, 'DELIVERED'],
  ] as const;
  const reached = { LABEL_CREATED: 1, IN_TRANSIT: 3, DELIVERED: 5 }[status];
  const arrivalMs = Date.parse(estimatedDelivery);
  for (const [index, [place, state]] of events.slice(0, reached).entries())
    yield { at: new Date(arrivalMs - (4 - index) * (dayMs / 2)).toISOString(), place, status: state };
}
