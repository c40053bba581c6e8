/**
 * The connections to one gRPC service: a channel for each endpoint, made with its first call and kept for the next
 * ones. A channel is given up when its endpoint is gone or its breaker opens, and closed when its last call has ended.
 */

import { type ChannelCredentials, Client, credentials } from '@grpc/grpc-js';

import type { ServiceTransport, TlsMaterial } from '../../config/gateway/transport.ts';
import type { Endpoint } from '../../resilience/endpoints.ts';
import { monotonicClock } from '../../shared/clock.ts';
import { checkedTarget } from './name-resolver.ts';

export interface GrpcChannel {
  readonly client: Client;
  /** Under way. */
  calls: number;
  usedAtMs: number;
  /** When the service last said anything. */
  heardAtMs: number;
}

/** Of one service; the one unused for longest is let go first. */
const channelsMax = 128;
const messageBytesMax = 10 * 1024 * 1024;

const channelOptions = {
  'grpc.max_receive_message_length': messageBytesMax,
  'grpc.max_send_message_length': messageBytesMax,
  // Addresses come from the configuration alone: no proxy and no service configuration of the environment.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  // Retries are a policy of the gateway, never of one protocol.
  'grpc.enable_retries': 0,
  // A service that comes back is used again within about a second.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // Each channel has connections of its own, so that closing one leaves the others alone.
  'grpc.use_local_subchannel_pool': 1,
};

export class GrpcChannels {
  readonly #transport: ServiceTransport;
  readonly #channels = new Map<string, GrpcChannel>();
  /** Given up, with calls under way. */
  readonly #leaving = new Set<GrpcChannel>();
  #secure: ChannelCredentials | undefined;

  /** @throws {Error} Where the certificates cannot be used. */
  constructor(transport: ServiceTransport) {
    this.#transport = transport;
    if (transport.tls) this.#secure = secureCredentials(transport.tls);
  }

  get size(): number {
    return this.#channels.size + this.#leaving.size;
  }

  /** A channel for one call; pair with `leave`. */
  enter(endpoint: Endpoint): GrpcChannel {
    let channel = this.#channels.get(endpoint.id);
    if (!channel) {
      if (this.#channels.size >= channelsMax) this.#dropUnused();
      channel = { client: this.#connect(endpoint), calls: 0, usedAtMs: 0, heardAtMs: 0 };
      this.#channels.set(endpoint.id, channel);
    }
    channel.calls += 1;
    channel.usedAtMs = monotonicClock();
    return channel;
  }

  leave(channel: GrpcChannel): void {
    channel.calls -= 1;
    if (channel.calls === 0 && this.#leaving.delete(channel)) channel.client.close();
  }

  /** The next call makes another channel; calls under way may end on this one. */
  giveUp(id: string): void {
    const channel = this.#channels.get(id);
    if (!channel) return;
    this.#channels.delete(id);
    if (channel.calls === 0) channel.client.close();
    else this.#leaving.add(channel);
  }

  /**
   * A connection can die without a word: a router forgets it, a machine loses its power. HTTP/2 goes on using it for
   * ever, so one on which nothing was heard while a call waited for all of its time is given up.
   */
  noteSilence({ id }: Endpoint, channel: GrpcChannel, sinceMs: number): void {
    // Calls that time out together give up one channel, not one each.
    if (channel.heardAtMs < sinceMs && this.#channels.get(id) === channel) this.giveUp(id);
  }

  close(): void {
    for (const channel of [...this.#channels.values(), ...this.#leaving]) channel.client.close();
    this.#channels.clear();
    this.#leaving.clear();
  }

  #connect({ url, address }: Endpoint): Client {
    const { hostname, host, port, protocol } = new URL(url);
    const { tls } = this.#transport;
    // What DNS found is connected to; the name stays for TLS and the `:authority` of calls.
    const place =
      address === undefined ? host : `${address.includes(':') ? `[${address}]` : address}:${port}`;
    const name = tls?.servername ?? (address === undefined ? undefined : hostname);
    const isSecure = protocol === 'grpcs:';
    return new Client(
      checkedTarget(place, this.#transport),
      isSecure ? (this.#secure ??= secureCredentials()) : credentials.createInsecure(),
      {
        ...channelOptions,
        ...(isSecure && name !== undefined ? { 'grpc.ssl_target_name_override': name } : {}),
        ...(address === undefined ? {} : { 'grpc.default_authority': host }),
      },
    );
  }

  #dropUnused(): void {
    let oldest: [string, GrpcChannel] | undefined;
    for (const entry of this.#channels) {
      if (entry[1].calls === 0 && (!oldest || entry[1].usedAtMs < oldest[1].usedAtMs)) oldest = entry;
    }
    if (oldest) this.giveUp(oldest[0]);
  }
}

function secureCredentials({ ca, key, cert }: TlsMaterial = {}): ChannelCredentials {
  const [authorities, ownKey, ownCert] = [ca, key, cert].map((text) =>
    text === undefined ? null : Buffer.from(text),
  );
  return credentials.createSsl(authorities, ownKey, ownCert);
}
