/**
 * Runtime types of objects that a subgraph knows by an interface alone (`type Media @interfaceObject`): where some
 * implementations are hidden from the client, they are always fetched. Otherwise the object of a hidden type would be
 * answered like any other, as long as nothing else needs its type.
 */

import {
  getNamedType,
  isAbstractType,
  isInterfaceType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';

import { typename } from '../../shared/selections.ts';

interface Schemas {
  /** As the client sees it. */
  readonly schema: GraphQLSchema;
  readonly whole: GraphQLSchema;
}

/** Of these interfaces the ones with implementations that are hidden from the client. */
export function partlyHidden(interfaces: readonly string[], { schema, whole }: Schemas): string[] {
  return interfaces.filter((name) => {
    const type = whole.getType(name);
    return isInterfaceType(type) && whole.getPossibleTypes(type).some((one) => !schema.getType(one.name));
  });
}

interface OperationParts {
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

/** Selects `__typename` wherever an object may be known by one of these interfaces alone. */
export function withRuntimeTypes(
  { operation, fragments }: OperationParts,
  interfaces: readonly string[],
  { schema, whole }: Schemas,
): OperationParts {
  if (interfaces.length === 0) return { operation, fragments };
  const types = new TypeInfo(schema);
  const visitor = visitWithTypeInfo(types, {
    Field: {
      leave(field): FieldNode | undefined {
        const { selectionSet } = field;
        const type = getNamedType(types.getType());
        if (!selectionSet || !type || !interfaces.some((name) => mayBe(type, name, whole))) return undefined;
        return {
          ...field,
          selectionSet: { ...selectionSet, selections: [typename, ...selectionSet.selections] },
        };
      },
    },
  });
  return {
    operation: visit(operation, visitor),
    fragments: new Map([...fragments].map(([name, fragment]) => [name, visit(fragment, visitor)])),
  };
}

function mayBe({ name }: GraphQLNamedType, interfaceName: string, whole: GraphQLSchema): boolean {
  const [type, candidate] = [whole.getType(name), whole.getType(interfaceName)];
  return (
    type === candidate ||
    (isAbstractType(type) && isInterfaceType(candidate) && whole.isSubType(type, candidate))
  );
}
