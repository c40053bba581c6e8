/** Checks the arguments of fields that keys of limits name. */

import {
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

import { didYouMean } from '../../config/yaml/suggest.ts';

/**
 * @param part `args.<Type.field>.<argument>`, perhaps with input fields below the argument.
 * @returns Why it names no argument; undefined: it does.
 */
export function argumentProblem(schema: GraphQLSchema, part: string): string | undefined {
  const [, type = '', field = '', ...path] = part.split('.');
  const problem = fieldProblem(schema, type, field);
  if (problem !== undefined) return problem;
  const owner = schema.getType(type);
  const declared = isObjectType(owner) || isInterfaceType(owner) ? owner.getFields()[field] : undefined;
  let members: ReadonlyArray<{ readonly name: string; readonly type: GraphQLInputType }> =
    declared?.args ?? [];
  let above = `${type}.${field}`;
  for (const name of path) {
    const member = members.find((one) => one.name === name);
    if (!member)
      return `${above} has no ${name}${didYouMean(
        name,
        members.map((one) => one.name),
      )}`;
    const named = getNamedType(member.type);
    members = isInputObjectType(named) ? Object.values(named.getFields()) : [];
    above = `${above}.${name}`;
  }
  return undefined;
}

/** @returns Why there is no such field; undefined: there is. */
export function fieldProblem(schema: GraphQLSchema, type: string, field: string): string | undefined {
  const owner = schema.getType(type);
  if (!isObjectType(owner) && !isInterfaceType(owner)) {
    const names = Object.values(schema.getTypeMap()).flatMap((one) =>
      isObjectType(one) || isInterfaceType(one) ? one.name : [],
    );
    return `${type} is no object type or interface of the graph${didYouMean(type, names)}`;
  }
  const fields = Object.keys(owner.getFields());
  return fields.includes(field)
    ? undefined
    : `${type}.${field} is not in the graph${didYouMean(field, fields)}`;
}
