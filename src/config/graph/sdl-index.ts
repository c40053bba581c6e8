/** An index of a subgraph's types, fields, arguments and keys, from its text alone; type extensions are merged. */

import {
  Kind,
  parse,
  type DirectiveNode,
  type DocumentNode,
  type SelectionSetNode,
  type TypeNode,
  type ValueNode,
} from 'graphql';

export interface SdlField {
  readonly type: TypeNode;
  readonly args: ReadonlyMap<string, TypeNode>;
}

export interface SdlType {
  readonly kind: 'object' | 'interface' | 'union' | 'input' | 'leaf';
  readonly fields: Map<string, SdlField>;
  /** Paths of each `@key` that may be resolved here. */
  readonly keys: Array<readonly string[]>;
}

export type SdlIndex = ReadonlyMap<string, SdlType>;

/** Undefined if the text is not a schema: composition reports why. */
export function indexSdl(sdl: string): SdlIndex | undefined {
  let document: DocumentNode;
  try {
    document = parse(sdl, { noLocation: true });
  } catch {
    return undefined;
  }
  const keyName = importedKey(document);
  const types = new Map<string, SdlType>();
  for (const definition of document.definitions) {
    const kind = kinds[definition.kind];
    if (kind === undefined || !('name' in definition) || !definition.name) continue;
    const name = definition.name.value;
    const type = types.get(name) ?? { kind, fields: new Map<string, SdlField>(), keys: [] };
    types.set(name, type);
    for (const field of ('fields' in definition ? definition.fields : undefined) ?? []) {
      const args = 'arguments' in field ? (field.arguments ?? []) : [];
      type.fields.set(field.name.value, {
        type: field.type,
        args: new Map(args.map((arg) => [arg.name.value, arg.type])),
      });
    }
    for (const directive of definition.directives ?? []) {
      const key = directive.name.value === keyName ? keyOf(directive) : undefined;
      if (key) type.keys.push(key);
    }
  }
  return types;
}

const kinds: Readonly<Partial<Record<string, SdlType['kind']>>> = {
  [Kind.OBJECT_TYPE_DEFINITION]: 'object',
  [Kind.OBJECT_TYPE_EXTENSION]: 'object',
  [Kind.INTERFACE_TYPE_DEFINITION]: 'interface',
  [Kind.INTERFACE_TYPE_EXTENSION]: 'interface',
  [Kind.UNION_TYPE_DEFINITION]: 'union',
  [Kind.UNION_TYPE_EXTENSION]: 'union',
  [Kind.INPUT_OBJECT_TYPE_DEFINITION]: 'input',
  [Kind.INPUT_OBJECT_TYPE_EXTENSION]: 'input',
  [Kind.SCALAR_TYPE_DEFINITION]: 'leaf',
  [Kind.ENUM_TYPE_DEFINITION]: 'leaf',
};

export function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

export function isListType(type: TypeNode): boolean {
  return type.kind === Kind.LIST_TYPE || (type.kind === Kind.NON_NULL_TYPE && isListType(type.type));
}

/** The name under which `@link` imports `@key` of the federation specification. */
function importedKey({ definitions }: DocumentNode): string {
  const links = definitions.flatMap((definition) =>
    definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
      ? (definition.directives ?? []).filter(({ name }) => name.value === 'link')
      : [],
  );
  const isFederation = (link: DirectiveNode): boolean => {
    const url = argumentOf(link, 'url');
    return url?.kind === Kind.STRING && url.value.includes('/federation/');
  };
  const link = links.find(isFederation);
  // Federation 1 needs no link.
  if (!link) return 'key';
  const imports = argumentOf(link, 'import');
  for (const entry of imports?.kind === Kind.LIST ? imports.values : []) {
    if (entry.kind === Kind.STRING && entry.value === '@key') return 'key';
    if (entry.kind !== Kind.OBJECT) continue;
    const fields = new Map(
      entry.fields.map(({ name, value }) => [name.value, value.kind === Kind.STRING ? value.value : '']),
    );
    if (fields.get('name') === '@key') return (fields.get('as') ?? '@key').slice(1);
  }
  return 'federation__key';
}

function argumentOf({ arguments: args = [] }: DirectiveNode, name: string): ValueNode | undefined {
  return args.find((arg) => arg.name.value === name)?.value;
}

/** Of `@key(fields: "id org { id }")`: `id` and `org.id`. */
function keyOf(directive: DirectiveNode): readonly string[] | undefined {
  const [fields, resolvable] = [argumentOf(directive, 'fields'), argumentOf(directive, 'resolvable')];
  if (fields?.kind !== Kind.STRING || (resolvable?.kind === Kind.BOOLEAN && !resolvable.value)) {
    return undefined;
  }
  try {
    const [operation] = parse(`{ ${fields.value} }`, { noLocation: true }).definitions;
    return operation?.kind === Kind.OPERATION_DEFINITION ? pathsIn(operation.selectionSet) : undefined;
  } catch {
    return undefined;
  }
}

function pathsIn({ selections }: SelectionSetNode): string[] {
  return selections.flatMap((selection) => {
    if (selection.kind !== Kind.FIELD) return [];
    const { name, selectionSet } = selection;
    return selectionSet ? pathsIn(selectionSet).map((path) => `${name.value}.${path}`) : [name.value];
  });
}
