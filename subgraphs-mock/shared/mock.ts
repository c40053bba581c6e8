/** The interface of a running mock, and the table of names and ports. */

import type { CallLog } from './call-log.ts';
import type { Faults } from './faults.ts';

export type Protocol = 'graphql' | 'rest' | 'grpc';

/** Every mock with its protocol and its default port; its control port is 100 above. */
export const mockTable = {
  products: { protocol: 'graphql', port: 4_101 },
  reviews: { protocol: 'graphql', port: 4_102 },
  orders: { protocol: 'graphql', port: 4_103 },
  users: { protocol: 'rest', port: 4_111 },
  payments: { protocol: 'rest', port: 4_112 },
  inventory: { protocol: 'grpc', port: 4_121 },
  shipping: { protocol: 'grpc', port: 4_122 },
} as const satisfies Record<string, { protocol: Protocol; port: number }>;

export type MockName = keyof typeof mockTable;

export const mockNames = Object.keys(mockTable) as MockName[];

export interface StartOptions {
  /** Default: the port in `mockTable`; 0: any free port. */
  readonly port?: number;
  /** Default: 100 above `port`, or any free port if `port` is 0. */
  readonly controlPort?: number;
}

export interface GraphqlStartOptions extends StartOptions {
  /** Cache the response to each request body, for benchmarks. Default false. */
  readonly memoise?: boolean;
}

export interface Mock {
  readonly name: MockName;
  readonly protocol: Protocol;
  /** With the path for GraphQL; `grpc://127.0.0.1:PORT` for gRPC. */
  readonly url: string;
  readonly controlUrl: string;
  readonly calls: CallLog;
  readonly faults: Faults;
  /** Resets the mock: the generated data, no faults, no calls. */
  reset(): void;
  /** Closes the service and drops its connections; data, faults and the control address stay. */
  stop(): Promise<void>;
  /** Stops it if it runs, and serves again on the same port. */
  restart(): Promise<void>;
  /** Closes service and control address for good. */
  close(): Promise<void>;
}

/** How many payments were requested, and how many were created. */
export interface Ledger {
  /** Payments created since the start or the last reset. */
  readonly created: number;
  /** How often each idempotency key was seen. */
  readonly keys: Readonly<Record<string, number>>;
}

export interface PaymentsMock extends Mock {
  readonly ledger: Ledger;
}
