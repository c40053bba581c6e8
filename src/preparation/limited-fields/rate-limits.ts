/** Reads `@rateLimit(limit:, window:, key:)` of a supergraph, which gets there through `@composeDirective`. */

import {
  isInterfaceType,
  isObjectType,
  Kind,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';

import {
  isArgumentPart,
  isKeyPart,
  isWindow,
  keyPartForm,
  keyPartsMax,
  keyProblem,
  windowForm,
} from '../../config/gateway/limit-texts.ts';
import { GatewayError } from '../../shared/errors.ts';
import { composedDirectiveName } from '../supergraph/features.ts';
import type { RateLimit } from '../worker-protocol.ts';
import { argumentProblem } from './key-arguments.ts';

const unitsMax = 4_294_967_295;

/**
 * @param schema The API schema: hidden fields are not limited.
 * @throws {GatewayError} `SUPERGRAPH_INVALID` with every directive that cannot be used, one a line.
 */
export function rateLimitsOf(supergraph: DocumentNode, schema: GraphQLSchema): RateLimit[] {
  const name = composedDirectiveName(supergraph, 'rateLimit');
  if (name === undefined) return [];
  const limits: RateLimit[] = [];
  const problems: string[] = [];
  for (const [coordinate, directive] of directivesNamed(supergraph, name)) {
    const [type = '', field = ''] = coordinate.split('.');
    const owner = schema.getType(type);
    if (!(isObjectType(owner) || isInterfaceType(owner)) || !owner.getFields()[field]) continue;
    const limit = rateLimitOf(coordinate, directive);
    const problem = limits.some((other) => other.coordinate === coordinate)
      ? 'stands there twice'
      : problemOf(limit, schema);
    if (problem === undefined) limits.push(limit);
    else problems.push(`@${name} of ${coordinate} ${problem}`);
  }
  if (problems.length > 0) throw new GatewayError('SUPERGRAPH_INVALID', problems.join('\n'));
  return limits;
}

function* directivesNamed(
  { definitions }: DocumentNode,
  name: string,
): Generator<[coordinate: string, directive: ConstDirectiveNode]> {
  for (const definition of definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      continue;
    for (const field of definition.fields ?? []) {
      for (const directive of field.directives ?? []) {
        if (directive.name.value === name) yield [`${definition.name.value}.${field.name.value}`, directive];
      }
    }
  }
}

/** With NaN and empty texts for what is missing. */
function rateLimitOf(coordinate: string, directive: ConstDirectiveNode): RateLimit {
  const value = (name: string): ConstValueNode | undefined =>
    directive.arguments?.find((argument) => argument.name.value === name)?.value;
  const limit = value('limit');
  const [window = ''] = textsOf(value('window'));
  const key = value('key');
  return {
    coordinate,
    limit: limit?.kind === Kind.INT ? Number(limit.value) : Number.NaN,
    window,
    key: key === undefined || key.kind === Kind.NULL ? null : textsOf(key),
  };
}

/** A single value is coerced to a list. */
function textsOf(value: ConstValueNode | undefined): string[] {
  if (!value) return [];
  const items = value.kind === Kind.LIST ? value.values : [value];
  return items.map((item) => (item.kind === Kind.STRING ? item.value : ''));
}

function problemOf({ coordinate, limit, window, key }: RateLimit, schema: GraphQLSchema): string | undefined {
  if (!(limit >= 1 && limit <= unitsMax)) return `has no limit from 1 to ${unitsMax}`;
  if (!isWindow(window)) return `has the window ${JSON.stringify(window)}: expected ${windowForm}`;
  if (key === null) return undefined;
  if (key.length === 0 || key.length > keyPartsMax)
    return `has a key of ${key.length} parts: expected 1 to ${keyPartsMax}`;
  const wrong = key.find((part) => !isKeyPart(part));
  if (wrong !== undefined) return `has the key ${JSON.stringify(wrong)}: expected ${keyPartForm}`;
  const problem = keyProblem(key);
  if (problem !== undefined) return `has a key that cannot be used: ${problem}`;
  for (const part of key.filter(isArgumentPart)) {
    if (!part.startsWith(`args.${coordinate}.`))
      return `has the key ${part}: expected an argument of this field`;
    const missing = argumentProblem(schema, part);
    if (missing !== undefined) return `has the key ${part}: ${missing}`;
  }
  return undefined;
}
