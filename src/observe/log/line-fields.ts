/** Truncates the fields of a log line: clients choose some of them, such as operation names and aliases. */

import { cutText } from '../../shared/cut-text.ts';

const charsMax = 256;
/** For stack traces, composition errors, and what is bounded already. */
const longCharsMax = 16_384;
const longFields: ReadonlySet<string> = new Set(['err', 'cause', 'reason', 'plan', 'received', 'sent']);
const elementsMax = 50;

export function boundedFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const bounded: Record<string, unknown> = {};
  for (const name in fields) bounded[name] = boundedField(name, fields[name]);
  return bounded;
}

function boundedField(name: string, value: unknown): unknown {
  if (typeof value === 'string') return cutText(value, longFields.has(name) ? longCharsMax : charsMax);
  if (!Array.isArray(value)) return value;
  const elements = value.slice(0, elementsMax).map((element: unknown) => boundedField(name, element));
  return value.length <= elementsMax ? elements : [...elements, `${value.length - elementsMax} more`];
}
