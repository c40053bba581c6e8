/** The object types of a graph as a TypeScript interface, for typed code such as a policy module. */

import { Supergraph } from '@apollo/federation-internals';
import { isObjectType } from 'graphql';

/** @param supergraphSdl Valid. */
export function graphTypes(supergraphSdl: string): string {
  const schema = Supergraph.build(supergraphSdl, { supportedFeatures: null }).apiSchema().toGraphQLJSSchema();
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && !type.name.startsWith('__'),
  );
  const members = types.map((type) => {
    const fields = isObjectType(type) ? Object.keys(type.getFields()) : [];
    return `  readonly ${type.name}: ${fields.map((field) => `'${field}'`).join(' | ')};\n`;
  });
  const header =
    '/** Written by `tributary compose --types`: the object types of the graph and their fields. */';
  return `${header}\n\nexport interface Graph {\n${members.join('')}}\n`;
}
