/** Every subgraph and client has an owner, of those that are allowed. */

import type { ChecksPolicy } from '../../config/checks/checks-file.ts';
import { didYouMean } from '../../config/yaml/suggest.ts';
import { newFinding } from '../new-finding.ts';
import type { Finding } from '../report.ts';

/** A subgraph of graph.yaml, or a client. */
export interface OwnedPart {
  readonly kind: 'subgraph' | 'client';
  readonly name: string;
  /** Null: not said. */
  readonly owner: string | null;
  /** That says it, relative to the root of the repository. Null: none. */
  readonly file: string | null;
}

interface OwnerOptions {
  readonly policy: Pick<ChecksPolicy, 'owners'>;
  readonly owned: readonly OwnedPart[];
}

export function ownerFindings({ policy, owned }: OwnerOptions): Finding[] {
  const { required, allowed } = policy.owners;
  return owned.flatMap((part) => {
    const { kind, name, owner } = part;
    if (owner === null || owner.trim() === '') {
      if (!required) return [];
      const hint = `Write \`owner: <team>\` ${kind === 'client' ? 'in its client.yaml' : `at subgraphs.${name} of graph.yaml`}`;
      return findingOf(part, { rule: 'owner-missing', message: `The ${kind} ${name} has no owner`, hint });
    }
    if (allowed === null || allowed.includes(owner)) return [];
    const message = `The owner ${owner} of the ${kind} ${name} is not among the allowed owners${didYouMean(owner, allowed)}`;
    const hint = `Correct it, or add \`${owner}\` to owners.allowed of checks.yaml`;
    return findingOf(part, { rule: 'owner-not-allowed', message, hint });
  });
}

function findingOf(
  { kind, name, owner, file }: OwnedPart,
  text: { readonly rule: string; readonly message: string; readonly hint: string },
): Finding {
  return newFinding({
    ...text,
    details: [kind, name, owner ?? ''],
    stage: 'policy',
    severity: 'error',
    client: kind === 'client' ? name : null,
    location: file === null ? null : { file, line: 1, column: 1 },
  });
}
