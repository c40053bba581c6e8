/**
 * The replicas of one service: a list that may change while the gateway runs. Whoever finds addresses (a fixed list,
 * DNS) offers an `EndpointSource`; the choice of a replica follows it.
 */

export interface Endpoint {
  /** Unique within the service and the same for the same replica whenever it is found: its health is kept by it. */
  readonly id: string;
  /** Scheme, name, port and path; the name is what TLS and the host header use. */
  readonly url: string;
  /** Connect here instead of resolving the name of `url`. */
  readonly address?: string;
  /** Near replicas go before others: see `policies.replicas.zones`. */
  readonly zone?: string;
}

export interface EndpointSource {
  /** Settles, never rejects, once the first answer is there or has failed. Absent: there from the beginning. */
  readonly ready?: Promise<void>;
  /** Empty only while none was ever found. */
  readonly endpoints: readonly Endpoint[];
  /**
   * Calls `listener` with the whole list whenever it has changed.
   *
   * @returns Stops that.
   */
  onChange(listener: (endpoints: readonly Endpoint[]) => void): () => void;
  /** Ends looking for changes. */
  close(): void;
}

/** Addresses as they stand in a file. */
export function fixedEndpoints(
  replicas: ReadonlyArray<{ readonly url: string; readonly zone?: string | undefined }>,
): EndpointSource {
  const endpoints = replicas.map(({ url, zone }) => ({
    id: url,
    url,
    ...(zone === undefined ? {} : { zone }),
  }));
  return { endpoints, onChange: () => () => undefined, close: () => undefined };
}
