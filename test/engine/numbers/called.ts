/** What a service was asked, by the text of the body. */

import { stripIgnoredCharacters } from 'graphql';

export interface Called {
  /** With the values of literals where they were written. */
  readonly query: string;
  readonly variables: string;
}

export function partsOf(call: string): Called {
  const [, query = '""', variables = ''] =
    /^\{"query":("(?:[^"\\]|\\.)*").*?"variables":(.*)\}$/.exec(call) ?? [];
  return withLiterals(JSON.parse(query) as string, variables);
}

/** Operations that differ in literals share one plan, in which the literals are variables. */
function withLiterals(query: string, variables: string): Called {
  const values = new Map<string, string>();
  const others = variables.replace(
    /,?"(_value\w+)":(\[[^\]]*\]|"(?:[^"\\]|\\.)*"|[^,}]+)/g,
    (_entry, name: string, value: string) => {
      values.set(name, value);
      return '';
    },
  );
  const written = query
    .replaceAll(/\$_value\w+:[^$)]+/g, '')
    .replace('query()', '')
    .replaceAll(/\$(_value\w+)/g, (_name, name: string) => values.get(name) ?? 'missing');
  return { query: stripIgnoredCharacters(written), variables: others };
}
