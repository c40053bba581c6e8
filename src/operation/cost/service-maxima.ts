/** The maximum cost of each service's part of an operation: services above it are not asked. */

import type { LimitsConfig } from '../../config/gateway/limits.ts';
import { didYouMean } from '../../config/yaml/suggest.ts';
import type { CoercedVariables } from '../../pipeline/answer.ts';
import type { CostSpec, RefusedServices } from '../../pipeline/cost.ts';
import type { RequestContext } from '../../pipeline/request.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Events } from '../../shared/events.ts';
import { own } from '../../shared/records.ts';
import { estimateByService } from './estimate.ts';

export class ServiceMaxima {
  readonly #config: LimitsConfig['cost'];
  readonly #events: Events;

  constructor({ cost }: Pick<LimitsConfig, 'cost'>, events: Events) {
    this.#config = cost;
    this.#events = events;
  }

  /** @returns undefined: every service is asked. */
  refused(
    cost: CostSpec,
    variables: CoercedVariables,
    { requestId, client }: Pick<RequestContext, 'requestId' | 'client'>,
  ): RefusedServices | undefined {
    let refused: Map<string, { cost: number; maximum: number }> | undefined;
    for (const [service, actual] of estimateByService(cost, variables)) {
      const max = this.#maximumOf(service);
      if (max === undefined || actual <= max) continue;
      if (this.#config.mode === 'measure') {
        const limit = `cost.subgraphs.${service}.max`;
        this.#events.emit('limitMeasured', { requestId, client: client.name, limit, max, actual });
        continue;
      }
      (refused ??= new Map()).set(service, { cost: actual, maximum: max });
    }
    return refused;
  }

  #maximumOf(service: string): number | undefined {
    const { subgraphs } = this.#config;
    return (own(subgraphs, service) ?? own(subgraphs, 'all'))?.max;
  }
}

/** @throws {GatewayError} `CONFIG_INVALID` for services that the graph does not have: their maximum would limit nothing. */
export function assertServicesKnown({ subgraphs }: LimitsConfig['cost'], known: readonly string[]): void {
  const unknown = Object.keys(subgraphs).filter((name) => name !== 'all' && !known.includes(name));
  if (unknown.length === 0) return;
  const lines = unknown.map(
    (name) => `limits.cost.subgraphs: the graph has no ${JSON.stringify(name)}${didYouMean(name, known)}`,
  );
  throw new GatewayError('CONFIG_INVALID', lines.join('\n'));
}

/** @returns undefined where no service has a maximum. */
export function serviceMaxima(limits: Pick<LimitsConfig, 'cost'>, events: Events): ServiceMaxima | undefined {
  return Object.keys(limits.cost.subgraphs).length > 0 ? new ServiceMaxima(limits, events) : undefined;
}
