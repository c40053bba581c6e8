/** Changes of directives: who may see an element, what it costs, how long an answer with it may be kept. */

import type { DocumentNode } from 'graphql';

import { appliedDirectives, type CheckedDirective } from './directives.ts';
import type { SchemaChange } from './schema-changes.ts';

const authorization: readonly CheckedDirective[] = ['authenticated', 'requiresScopes', 'policy'];

export interface DirectiveState {
  readonly supergraph: DocumentNode;
  /** The types whose directives protect an element as well: that of the field, and the one that it returns. Null: no such element. */
  readonly typesOf: (coordinate: string) => readonly string[] | null;
}

export function directiveChanges(base: DirectiveState, head: DirectiveState): SchemaChange[] {
  const before = appliedDirectives(base.supergraph);
  const after = appliedDirectives(head.supergraph);
  const changes: SchemaChange[] = [];
  for (const coordinate of [...new Set([...before.keys(), ...after.keys()])].toSorted()) {
    const types = head.typesOf(coordinate);
    // What was added or removed is reported as such.
    if (types === null || base.typesOf(coordinate) === null) continue;
    const isElsewhere = types.some((type) => conditionsOf(after.get(type)).length > 0);
    const element = { coordinate, before: before.get(coordinate), after: after.get(coordinate), isElsewhere };
    const access = accessChange(element);
    if (access) changes.push(access);
    for (const directive of ['cost', 'listSize', 'cacheControl'] as const) {
      const change = valueChange(directive, element);
      if (change) changes.push(change);
    }
  }
  return changes;
}

interface ChangedElement {
  readonly coordinate: string;
  readonly before: ReadonlyMap<CheckedDirective, string> | undefined;
  readonly after: ReadonlyMap<CheckedDirective, string> | undefined;
  /** Whether a type protects it, too. */
  readonly isElsewhere: boolean;
}

/** All directives together: an element may only be called public if none of them is left. */
function accessChange({ coordinate, before, after, isElsewhere }: ChangedElement): SchemaChange | null {
  const [was, is] = [conditionsOf(before), conditionsOf(after)];
  const details = [was.join(' '), is.join(' ')];
  if (details[0] === details[1]) return null;
  if (is.length === 0 && !isElsewhere)
    return {
      rule: 'became-public',
      coordinate,
      level: 'breaking',
      message: `${coordinate} becomes public: it no longer has ${was.join(' and ')}`,
      details,
    };
  if (was.every((condition) => is.includes(condition)))
    return {
      rule: 'authorization-added',
      coordinate,
      level: 'dangerous',
      message: `${coordinate} is protected by ${is.filter((condition) => !was.includes(condition)).join(' and ')} now: clients without it get null`,
      details,
    };
  return {
    rule: 'authorization-changed',
    coordinate,
    level: 'dangerous',
    message: `${coordinate} was protected by ${was.join(' and ')}, and is by ${is.length === 0 ? 'that of its type' : is.join(' and ')} now`,
    details,
  };
}

function conditionsOf(applied: ReadonlyMap<CheckedDirective, string> | undefined): string[] {
  return authorization.flatMap((directive) => {
    const text = applied?.get(directive);
    if (text === undefined) return [];
    return [text === '' ? `@${directive}` : `@${directive}(${text})`];
  });
}

const valueRules = {
  cost: 'cost-changed',
  listSize: 'list-size-changed',
  cacheControl: 'cache-control-changed',
};

function valueChange(
  directive: keyof typeof valueRules,
  { coordinate, before, after }: ChangedElement,
): SchemaChange | null {
  const [was = null, is = null] = [before?.get(directive), after?.get(directive)];
  if (was === is) return null;
  const text = (value: string | null): string => (value === null ? 'none' : `@${directive}(${value})`);
  return {
    rule: valueRules[directive],
    coordinate,
    level: 'safe',
    message: `${coordinate} had ${text(was)}, and has ${text(is)} now`,
    details: [text(was), text(is)],
  };
}
