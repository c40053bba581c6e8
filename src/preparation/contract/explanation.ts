/** Says in a sentence why an element is hidden, from what was hidden first. */

import type { HiddenElements, Implication, Reason } from './reasons.ts';
import type { TagSources } from './tags.ts';

/** Chains are as long as the graph is deep: more is left out in the middle. */
const stepsMax = 8;

export interface HiddenElement {
  readonly coordinate: string;
  readonly reason: Reason;
}

/**
 * For example `Product.cost is hidden: its type Money is hidden: Money has the excluded tag "internal" (subgraph pay)`.
 *
 * @param sources Default: no subgraph is named.
 * @returns null for an element that is not hidden.
 */
export function explanation(
  coordinate: string,
  hidden: HiddenElements,
  sources: TagSources = new Map(),
): string | null {
  const chain = causesOf(coordinate, hidden);
  const root = chain.at(-1);
  if (!root) return null;
  const steps = [`${coordinate} is hidden`];
  if (chain[0]?.coordinate !== coordinate)
    steps.push(`it is part of ${chain[0]?.coordinate}, which is hidden`);
  steps.push(...shortened(chain.flatMap(({ reason }) => stepText(reason) ?? [])));
  const subject = root.coordinate === coordinate ? 'it' : root.coordinate;
  return [...steps, rootText(root, subject, sources)].join(': ');
}

/** What is hidden because of the next, down to what is hidden for itself. Empty for an element that is not hidden. */
export function causesOf(coordinate: string, hidden: HiddenElements): HiddenElement[] {
  const chain: HiddenElement[] = [];
  let at: string | null = hiddenPart(coordinate, hidden);
  while (at !== null) {
    const reason = hidden.get(at);
    if (!reason) break;
    chain.push({ coordinate: at, reason });
    at = causeOf(reason);
  }
  return chain;
}

/** The element itself, or what it is part of. */
export function hiddenPart(coordinate: string, hidden: HiddenElements): string | null {
  for (let part: string | null = coordinate; part !== null; part = ownerOf(part)) {
    if (hidden.has(part)) return part;
  }
  return null;
}

/** `Type.field` of `Type.field(argument:)`, `Type` of `Type.field`. */
export function ownerOf(coordinate: string): string | null {
  const end = coordinate.endsWith(')') ? coordinate.indexOf('(') : coordinate.indexOf('.');
  return end === -1 ? null : coordinate.slice(0, end);
}

function causeOf(reason: Reason): string | null {
  if (reason.kind === 'implied') return reason.by;
  return reason.kind === 'empty' ? reason.last : null;
}

const implications: Readonly<Record<Implication, (by: string) => string>> = {
  type: (by) => `its type ${by} is hidden`,
  requiredArgument: (by) => `${by}, which it requires, is hidden`,
  requiredField: (by) => `${by}, which it requires, is hidden`,
  default: (by) => `its default value names ${by}, which is hidden`,
  implementation: (by) => `${by}, which implements it, is hidden`,
  implementationRequires: (by) => `${by}, which an implementation requires, is hidden`,
};

function stepText(reason: Reason): string | null {
  if (reason.kind === 'implied') return implications[reason.why](reason.by);
  return reason.kind === 'empty' ? `the last of its members is hidden, ${reason.last}` : null;
}

function rootText({ coordinate, reason }: HiddenElement, subject: string, sources: TagSources): string {
  if (reason.kind === 'excluded') {
    const names = sources.get(coordinate)?.get(reason.tag) ?? [];
    const subgraphs = names.length > 0 ? ` (subgraph ${names.join(', ')})` : '';
    return `${subject} has the excluded tag ${JSON.stringify(reason.tag)}${subgraphs}`;
  }
  return reason.kind === 'unreachable'
    ? `no visible field leads to ${subject}`
    : `${subject} has no included tag`;
}

function shortened(steps: readonly string[]): readonly string[] {
  if (steps.length <= stepsMax) return steps;
  const half = stepsMax / 2;
  return [...steps.slice(0, half), `(${steps.length - stepsMax} more)`, ...steps.slice(-half)];
}
