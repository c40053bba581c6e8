/** Checks the limits that a client.yaml sets for its client against the policies of gateway.yaml. */

import type { ClientConfig } from '../config/client/client-file.ts';
import type { LimitsConfig } from '../config/gateway/limits.ts';
import { didYouMean } from '../config/yaml/suggest.ts';
import { GatewayError } from '../shared/errors.ts';
import { policiesOf } from './policies.ts';

/** @returns A function that throws `CONFIG_INVALID`. */
export function ownLimitsCheck(config: LimitsConfig): (client: ClientConfig) => void {
  const policies = new Map(policiesOf(config).map((policy) => [policy.name, policy]));
  const known = [...policies.keys()];
  return ({ name: client, limits }) => {
    for (const name of Object.keys(limits.policies)) {
      const policy = policies.get(name);
      const place = `client ${client}: limits.policies.${name}`;
      if (!policy)
        throw new GatewayError(
          'CONFIG_INVALID',
          `${place}: gateway.yaml has no such policy${didYouMean(name, known) || ` (it has: ${known.join(', ')})`}`,
        );
      if (policy.gate === 1)
        throw new GatewayError(
          'CONFIG_INVALID',
          `${place}: this policy is checked before the client is recognized, so it is the same for all clients`,
        );
    }
  };
}
