/**
 * Enforces the limits of a document before it is parsed: the cost of parsing, validating and planning grows with these
 * figures, and a document of 800 bytes can select a million fields.
 *
 * Time and memory are linear in the document. Documents that graphql-js refuses anyway are left to it, because its
 * messages have locations. The error codes are in docs/errors.md.
 */

import type { GuardLimits } from '../../config/gateway/guard-limits.ts';
import { GatewayError, type ErrorCode } from '../../shared/errors.ts';
import { displayName } from '../../shared/display-name.ts';
import { operationRefused } from '../refused.ts';
import { expand, saturatedAt } from './expansion.ts';
import { utf8Bytes } from './lexer.ts';
import { readOutline, type Figures, type Spread } from './outline.ts';
import { positionsIn } from './positions.ts';

export interface GuardFigures extends Figures {
  readonly tokens: number;
  readonly ignoredBytes: number;
  /** Steps of adding up fragments: at most one per definition and two per spread. */
  readonly expansionSteps: number;
}

export type GuardVerdict =
  | { readonly is: 'accepted'; readonly figures: GuardFigures }
  /** A syntax error before any limit was exceeded: parsing is cheap, and graphql-js has the better message. */
  | { readonly is: 'unreadable' }
  /** `exceeded` is null for a cycle of fragments, to which no limit applies. */
  | { readonly is: 'refused'; readonly error: GatewayError; readonly exceeded: ExceededLimit | null };

interface ExceededLimit {
  readonly name: keyof GuardLimits;
  /** Where counting stops at the limit: at least so much. */
  readonly actual: number;
}

/**
 * Never throws. The limits apply to each definition of the document, not only to the executed one: all of them are
 * parsed and validated.
 */
export function guardDocument(text: string, limits: GuardLimits): GuardVerdict {
  const bytes = bytesOver(text, limits.documentBytesMax);
  if (bytes > 0) return refuse('documentBytesMax', limits, bytes);
  const outline = readOutline(text, limits);
  if (outline.is === 'unreadable') return outline;
  if (outline.is === 'over') return refuse(outline.limit, limits, outline.actual);
  const expansion = expand(outline.definitions);
  if (expansion.is === 'cyclic') return refuseCycle(text, expansion.spreads);
  const { figures, steps } = expansion;
  for (const [limit, figure] of checks) {
    if (figures[figure] > limits[limit]) return refuse(limit, limits, figures[figure]);
  }
  const { tokens, ignoredBytes } = outline;
  return { is: 'accepted', figures: { ...figures, tokens, ignoredBytes, expansionSteps: steps } };
}

/** @throws {GatewayError} A code of `rules`, or `GRAPHQL_VALIDATION_FAILED` for a cycle of fragments. */
export function assertWithinLimits(text: string, limits: GuardLimits): void {
  const verdict = guardDocument(text, limits);
  if (verdict.is === 'refused') throw verdict.error;
}

/** If several limits are exceeded, the first of this list is reported. */
const checks: ReadonlyArray<readonly [keyof GuardLimits, keyof Figures]> = [
  ['depthMax', 'depth'],
  ['introspectionDepthMax', 'introspectionDepth'],
  ['expandedSelectionsMax', 'selections'],
  ['rootFieldsMax', 'rootFields'],
  ['aliasesMax', 'aliases'],
  ['directivesMax', 'directives'],
];

interface Rule {
  readonly code: ErrorCode;
  readonly unit: string;
  readonly advice: string;
  /** Counting stops at the limit. */
  readonly stopsEarly?: true;
}

const rules: Readonly<Record<keyof GuardLimits, Rule>> = {
  documentBytesMax: {
    code: 'OPERATION_TOO_LARGE',
    unit: 'bytes',
    advice: 'Pass long values as variables, or split the operation',
    stopsEarly: true,
  },
  tokensMax: {
    code: 'OPERATION_TOO_LARGE',
    unit: 'tokens and comments',
    advice: 'Pass values as variables, or split the operation',
    stopsEarly: true,
  },
  ignoredBytesMax: {
    code: 'OPERATION_TOO_LARGE',
    unit: 'bytes of whitespace, commas and comments',
    advice: 'Leave them out',
    stopsEarly: true,
  },
  nestingMax: {
    code: 'OPERATION_TOO_DEEP',
    unit: 'levels of nested brackets',
    advice: 'Nest less, or pass nested values as variables',
    stopsEarly: true,
  },
  depthMax: {
    code: 'OPERATION_TOO_DEEP',
    unit: 'levels of nested fields',
    advice: 'Select the deeper fields in an operation of their own',
  },
  introspectionDepthMax: {
    code: 'OPERATION_TOO_DEEP',
    unit: 'levels of schema introspection',
    advice: 'Select fewer levels of "ofType"',
  },
  expandedSelectionsMax: {
    code: 'OPERATION_TOO_COMPLEX',
    unit: 'selections, each fragment counted wherever it is spread',
    advice: 'Split the operation, or spread large fragments less often',
  },
  rootFieldsMax: {
    code: 'TOO_MANY_ROOT_FIELDS',
    unit: 'root fields in one operation, those in fragments included',
    advice: 'Split the operation',
  },
  aliasesMax: {
    code: 'TOO_MANY_ALIASES',
    unit: 'aliases, each fragment counted wherever it is spread',
    advice: 'Use a field that takes a list, or split the operation',
  },
  directivesMax: {
    code: 'TOO_MANY_DIRECTIVES',
    unit: 'directives, each fragment counted wherever it is spread',
    advice: 'Put one on a fragment instead of each of its fields, or split the operation',
  },
};

function refuse(name: keyof GuardLimits, limits: GuardLimits, actual: number): GuardVerdict {
  const { code, unit, advice, stopsEarly } = rules[name];
  const limit = limits[name];
  const atLeast = stopsEarly || actual >= saturatedAt ? 'at least ' : '';
  const message = `The document has ${atLeast}${actual} ${unit}; at most ${limit} are allowed. ${advice}.`;
  const error = new GatewayError(code, message, { public: { limit, actual } });
  return { is: 'refused', error, exceeded: { name, actual } };
}

/** Enough to find a cycle in the document. */
const namesShownMax = 3;
const locationsMax = 100;

/** The same error as validation reports, without the cost of validation. No limit applies to a cycle. */
function refuseCycle(text: string, spreads: readonly Spread[]): GuardVerdict {
  const between = spreads.slice(0, -1).map(({ name }) => `"${displayName(name)}"`);
  const via = between.length > 0 ? ` via ${between.slice(0, namesShownMax).join(', ')}` : '';
  const rest = between.length > namesShownMax ? ' and others' : '';
  const message = `Cannot spread fragment "${displayName(spreads.at(-1)?.name ?? '')}" within itself${via}${rest}.`;
  const offsets = spreads.slice(0, locationsMax).map(({ at }) => at);
  const locations = positionsIn(text, offsets);
  const error = operationRefused('GRAPHQL_VALIDATION_FAILED', [{ message, locations }]);
  return { is: 'refused', error, exceeded: null };
}

/** The document's bytes in UTF-8, or a lower bound, if they exceed the limit; else 0. */
function bytesOver(text: string, bytesMax: number): number {
  if (text.length > bytesMax) return text.length;
  // A UTF-16 unit takes at most 3 bytes: only large documents need counting.
  if (text.length * 3 <= bytesMax) return 0;
  const bytes = utf8Bytes(text, 0, text.length);
  return bytes > bytesMax ? bytes : 0;
}
