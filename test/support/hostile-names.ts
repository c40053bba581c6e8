/** Names that are legal in GraphQL and mean something else to JavaScript, to graphql-js or to the planner. */

/** Members of every plain object: reading one that nobody put there gives a function. */
export const inheritedNames: readonly string[] = Object.getOwnPropertyNames(Object.prototype);

export const hostileNames: readonly string[] = [
  ...inheritedNames,
  'prototype',
  'then',
  'toJSON',
  'length',
  'call',
  'arguments',
  // Of fetches and representations, and what clients' names are changed to while they are planned.
  'representations',
  '_entities',
  '_t0',
  '_t_representations',
  '_t_constructor',
  '_t___proto__',
  '_t__t_representations',
  'contextualArgument_1_0',
];

/** Those that a schema may use: names with two underscores in front are not allowed there. */
export const hostileSchemaNames: readonly string[] = hostileNames.filter((name) => !name.startsWith('_'));
