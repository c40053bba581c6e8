/** Maps the names of a certificate to a subject and client, by the configured rules. */

import {
  type NameKind,
  type NameRule,
  patternOf,
  placeholder,
} from '../../config/gateway/auth-certificates.ts';
import type { AlternativeName } from './alternative-names.ts';
import { own } from '../../shared/records.ts';

export interface NameMatch {
  readonly rule: NameRule;
  readonly name: string;
  readonly subject: string;
  readonly client: string | null;
}

/** @returns Undefined if no rule matches; `ambiguous` if the first rule that does matches several names. */
export type MatchNames = (names: readonly AlternativeName[]) => NameMatch | 'ambiguous' | undefined;

export function createMatchNames(rules: readonly NameRule[]): MatchNames {
  const compiled = rules.map((rule) => {
    const { kind, pattern } = patternOf(rule);
    return { rule, kind, expression: expressionOf(kind, pattern) };
  });
  return (names) => {
    for (const { rule, kind, expression } of compiled) {
      const matches = names.flatMap((name) => {
        const match = name.kind === kind ? expression.exec(name.value) : null;
        return match ? [{ name: name.value, groups: match.groups ?? {} }] : [];
      });
      const [first, second] = matches;
      if (second) return 'ambiguous';
      if (!first) continue;
      const { name, groups } = first;
      return {
        rule,
        name,
        subject: rule.subject === undefined ? name : fillTemplate(rule.subject, groups),
        client: rule.client === undefined ? null : fillTemplate(rule.client, groups),
      };
    }
    return undefined;
  };
}

/** What a placeholder matches: a path segment other than `.` and `..`, a host label, or one side of an email address. */
const placeholderPatterns: Readonly<Record<NameKind, string>> = {
  uri: '(?!\\.{1,2}(?:[/?#]|$))[^/?#]+',
  dns: '[^.]+',
  email: '[^@]+',
};

function expressionOf(kind: NameKind, pattern: string): RegExp {
  // Every second piece is the name of a placeholder.
  const pieces = pattern.split(placeholder).map((piece, i) => {
    if (i % 2 === 1) return `(?<${piece}>${placeholderPatterns[kind]})`;
    return literal(kind === 'dns' ? piece.toLowerCase() : piece);
  });
  return new RegExp(`^${pieces.join('')}$`);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function fillTemplate(template: string, groups: Readonly<Record<string, string>>): string {
  return template.replace(placeholder, (_whole, name: string) => own(groups, name) ?? '');
}
