/** `mergeOnly` as generated code, for the result of one fetch. */

import { assertName, generate, readCode } from './generated-code.ts';
import { mergeOnly, mergeValues, type Data } from './merge.ts';

export type Merge = (target: Data, source: Data) => void;

/** @param names Response names that the fetch may write, without `__typename`. */
export function compileMerge(names: readonly string[]): Merge {
  const lines = ['__typename', ...names].map((name) => {
    const property = assertName(name);
    return [
      `v = ${readCode('source', name)};`,
      'if (v !== undefined) {',
      `p = ${readCode('target', name)};`,
      `if (p === undefined || p === null) target.${property} = v;`,
      `else if (v !== null && p !== v) target.${property} = mergeValues(p, v);`,
      '}',
    ].join('\n');
  });
  const body = `return (target, source) => { let v, p;\n${lines.join('\n')}\n};`;
  return generate<Merge>('merge', { mergeValues }, body) ?? mergeOnly(names);
}
