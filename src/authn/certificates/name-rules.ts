/** Who a name in a certificate is, by the rules of the configuration. */

import {
  type NameKind,
  type NameRule,
  patternOf,
  placeholder,
} from '../../config/gateway/auth-certificates.ts';
import type { AlternativeName } from './alternative-names.ts';
import { own } from '../../shared/records.ts';

export interface NamedBy {
  readonly rule: NameRule;
  readonly name: string;
  readonly subject: string;
  readonly client: string | null;
}

/** @returns undefined where no rule fits; `ambiguous` where the first one that does fits several names. */
export type MatchNames = (names: readonly AlternativeName[]) => NamedBy | 'ambiguous' | undefined;

export function createMatchNames(rules: readonly NameRule[]): MatchNames {
  const compiled = rules.map((rule) => {
    const { kind, pattern } = patternOf(rule);
    return { rule, kind, expression: expressionOf(kind, pattern) };
  });
  return (names) => {
    for (const { rule, kind, expression } of compiled) {
      const fitting = names.flatMap((name) => {
        const match = name.kind === kind ? expression.exec(name.value) : null;
        return match ? [{ name: name.value, parts: match.groups ?? {} }] : [];
      });
      const [only, another] = fitting;
      if (another) return 'ambiguous';
      if (!only) continue;
      const { name, parts } = only;
      return {
        rule,
        name,
        subject: rule.subject === undefined ? name : filled(rule.subject, parts),
        client: rule.client === undefined ? null : filled(rule.client, parts),
      };
    }
    return undefined;
  };
}

/** One segment of a path, one label of a host, one side of an address; never a step up or on the spot. */
const partOf: Readonly<Record<NameKind, string>> = {
  uri: '(?!\\.{1,2}(?:[/?#]|$))[^/?#]+',
  dns: '[^.]+',
  email: '[^@]+',
};

function expressionOf(kind: NameKind, pattern: string): RegExp {
  // Every second piece is the name of a part.
  const pieces = pattern.split(placeholder).map((piece, i) => {
    if (i % 2 === 1) return `(?<${piece}>${partOf[kind]})`;
    return literal(kind === 'dns' ? piece.toLowerCase() : piece);
  });
  return new RegExp(`^${pieces.join('')}$`);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function filled(template: string, parts: Readonly<Record<string, string>>): string {
  return template.replace(placeholder, (_whole, name: string) => own(parts, name) ?? '');
}
