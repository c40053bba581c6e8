/**
 * Entities as an in-process subgraph sees them: the key, and the fields of `@requires`. Other subgraphs resolve the
 * rest.
 */

export interface OrderStub {
  readonly id: string;
  readonly userId?: string | null;
}

export interface OrderDetailsStub {
  readonly orderId: string;
  readonly order?: OrderStub | null;
}

export interface UserStub {
  readonly id: string;
}

export interface ProductStub {
  readonly upc: string;
  readonly price?: number | null;
  readonly weightGrams?: number | null;
}

export interface PaymentStub {
  readonly id: string;
}

export interface ShipmentStub {
  readonly id: string;
}
