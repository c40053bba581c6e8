/** Deprecate before remove: what is removed must have been deprecated, for a time. */

import type { ChecksPolicy } from '../../config/checks/checks-file.ts';
import { dateOf, daysAfter, daysBetween } from '../../shared/dates.ts';
import { newFinding } from '../new-finding.ts';
import type { FileLocation, Finding } from '../report.ts';
import { deprecationDate } from './deprecation-date.ts';

export interface RemovedElement {
  readonly coordinate: string;
  /** Of the base. Null: it was not deprecated. */
  readonly deprecationReason: string | null;
  /** Whose schema does not have it any more. Null: everybody's. */
  readonly client: string | null;
  /** Of its definition in the base. */
  readonly location?: FileLocation | null;
}

export interface DeprecationOptions {
  readonly policy: Pick<ChecksPolicy, 'deprecation' | 'excludedClients'>;
  readonly removedElements: readonly RemovedElement[];
  readonly now: Date;
}

interface Deprecation {
  readonly rule: 'deprecation-missing' | 'deprecation-age-unknown' | 'deprecation-too-young';
  readonly message: string;
  readonly hint: string;
  readonly details: readonly string[];
}

export function deprecationFindings({ policy, removedElements, now }: DeprecationOptions): Finding[] {
  if (!policy.deprecation.required) return [];
  const removedFrom = removals(removedElements);
  const today = dateOf(now);
  const excluded = new Set(policy.excludedClients);
  const lost = removedElements.filter(
    (element) =>
      isDeprecatable(element) &&
      !isWithinRemoved(element, removedFrom) &&
      !(element.client !== null && excluded.has(element.client)),
  );
  return merged(lost).flatMap((element) => {
    const deprecation = deprecationOf(element, policy.deprecation.minimumAgeDays, today);
    return deprecation ? findingOf(element, deprecation) : [];
  });
}

/** What several clients lose is said once, for everybody. */
function merged(elements: readonly RemovedElement[]): RemovedElement[] {
  const same = Map.groupBy(elements, ({ coordinate, deprecationReason }) =>
    JSON.stringify([coordinate, deprecationReason]),
  );
  return [...same.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const clients = new Set(group.map(({ client }) => client));
    return clients.size === 1 ? first : { ...first, client: null };
  });
}

function deprecationOf(
  { coordinate, deprecationReason }: RemovedElement,
  minimumAgeDays: number,
  today: string,
): Deprecation | undefined {
  if (deprecationReason === null) {
    return {
      rule: 'deprecation-missing',
      message: `${coordinate} is removed without having been deprecated`,
      hint: `Keep it with \`@deprecated(reason: "Use <what replaces it>, since ${today}")\`${minimumAgeDays > 0 ? `, and remove it on ${daysAfter(today, minimumAgeDays)} or later` : ' first'}`,
      details: [],
    };
  }
  if (minimumAgeDays === 0) return undefined;
  const since = deprecationDate(deprecationReason);
  if (since === null) {
    return {
      rule: 'deprecation-age-unknown',
      message: `${coordinate} is removed, and the reason of its deprecation does not say since when`,
      hint: `Write the date into the reason first: \`since ${today}\``,
      details: [],
    };
  }
  if (daysBetween(since, today) >= minimumAgeDays) return undefined;
  return {
    rule: 'deprecation-too-young',
    message: `${coordinate} is removed ${Math.max(0, daysBetween(since, today))} days after its deprecation of ${since}, before the ${minimumAgeDays} days of the policy`,
    hint: `Remove it on ${daysAfter(since, minimumAgeDays)} or later`,
    details: [since],
  };
}

/** Clients whose schema lost an element, by its coordinate. */
function removals(elements: readonly RemovedElement[]): ReadonlyMap<string, ReadonlySet<string | null>> {
  const clients = new Map<string, Set<string | null>>();
  for (const { coordinate, client } of elements) {
    const others = clients.get(coordinate);
    if (others) others.add(client);
    else clients.set(coordinate, new Set([client]));
  }
  return clients;
}

/** GraphQL has no deprecation of types: that of the fields which lead to one is what clients see. */
function isDeprecatable({ coordinate }: RemovedElement): boolean {
  return coordinate.includes('.');
}

/** Whether it goes with its type or field. */
function isWithinRemoved(
  { coordinate, client }: RemovedElement,
  removedFrom: ReadonlyMap<string, ReadonlySet<string | null>>,
): boolean {
  const isRemoved = (outer: string): boolean => {
    const clients = removedFrom.get(outer);
    return clients !== undefined && (clients.has(client) || clients.has(null));
  };
  const [field = '', argument] = coordinate.split('(');
  return (argument !== undefined && isRemoved(field)) || isRemoved(field.split('.')[0] ?? '');
}

function findingOf(
  { coordinate, client, location = null }: RemovedElement,
  { message, ...text }: Deprecation,
): Finding {
  return newFinding({
    ...text,
    message: client === null ? message : `${message} (for ${client})`,
    stage: 'policy',
    severity: 'error',
    client,
    coordinate,
    location,
  });
}
