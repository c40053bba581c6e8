/**
 * Shipments and shipping costs from the shipping service, batched.
 *
 * Used by the shipping and bff subgraphs, so that they load each shipment once per request.
 */

import {
  badResponse,
  type Loader,
  loaderOf,
  RecordReader,
  type SubgraphContext,
} from '@tributary-gateway/tributary';

const statuses = ['LABEL_CREATED', 'IN_TRANSIT', 'DELIVERED'] as const;

export interface ShipmentRow {
  readonly id: string;
  readonly orderId: string;
  readonly carrier: string;
  readonly status: (typeof statuses)[number];
  readonly trackingCode: string;
  readonly estimatedDelivery: string | null;
}

export interface Parcel {
  readonly upc: string;
  readonly weightGrams: number;
  /** In cents. */
  readonly price: number;
}

export interface Estimate {
  /** In cents. */
  readonly cost: number;
  readonly days: number;
}

export interface Address {
  readonly name: string;
  readonly street: string;
  readonly city: string;
  readonly country: string;
}

type Context = SubgraphContext<{ shipping: 'grpc' }>;

export function shipmentByOrder({ request, sources }: Context): Loader<string, ShipmentRow> {
  return loaderOf(
    request,
    'shipping.byOrder',
    async (orderIds) => {
      const answer = await sources.shipping.call('GetShipments', { orderIds }, request);
      const shipments = new RecordReader('shipping', answer).records('shipments').map(shipmentOf);
      return new Map(shipments.map((shipment) => [shipment.orderId, shipment]));
    },
    { batching: sources.shipping.batching },
  );
}

const idPrefix = 'shp-';

/** The service finds shipments by order only; a shipment's id is that of its order with a prefix. */
export async function shipmentById(context: Context, id: string): Promise<ShipmentRow | null> {
  if (!id.startsWith(idPrefix)) return null;
  const shipment = await shipmentByOrder(context).load(id.slice(idPrefix.length));
  return shipment?.id === id ? shipment : null;
}

export async function createShipment(
  context: Context,
  orderId: string,
  address: Address,
): Promise<ShipmentRow> {
  const { request, sources } = context;
  const { name, street, city, country } = address;
  const message = { orderId, name, street, city, country };
  const answer = await sources.shipping.call('CreateShipment', message, request);
  const shipment = shipmentOf(new RecordReader('shipping', answer));
  shipmentByOrder(context).prime(orderId, shipment);
  return shipment;
}

export function estimateFor({ request, sources }: Context): Loader<Parcel, Estimate> {
  const keyOf = ({ upc, weightGrams, price }: Parcel) => `${weightGrams}/${price}/${upc}`;
  return loaderOf(
    request,
    'shipping.estimate',
    async (keys: readonly Parcel[]) => {
      const parcels = keys.map(({ upc, weightGrams, price }) => ({ upc, weightGrams, valueCents: price }));
      const answer = await sources.shipping.call('EstimateCosts', { parcels }, request);
      const records = new RecordReader('shipping', answer).records('estimates');
      // One estimate per parcel, in order; the upc is checked.
      return new Map(
        keys.map((parcel, index) => {
          const record = records[index];
          if (record?.text('upc') !== parcel.upc) {
            throw badResponse('shipping', new Error('estimates are not in the order of the parcels'));
          }
          return [keyOf(parcel), { cost: record.whole('costCents'), days: record.whole('days') }];
        }),
      );
    },
    { keyOf, batching: sources.shipping.batching },
  );
}

function shipmentOf(record: RecordReader): ShipmentRow {
  return {
    id: record.text('id'),
    orderId: record.text('orderId'),
    carrier: record.text('carrier'),
    status: record.oneOf('status', statuses),
    trackingCode: record.text('trackingCode'),
    // proto3 has no null: an unset string is empty.
    estimatedDelivery: record.text('estimatedDelivery') || null,
  };
}
