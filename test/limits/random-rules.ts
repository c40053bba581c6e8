/** Random `@cost` and `@listSize` for a supergraph, as data and written into its SDL. */
import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  parse,
  print,
  visit,
  type ConstDirectiveNode,
  type DocumentNode,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

export interface SizeRule {
  readonly assumedSize: number | null;
  readonly slicingArguments: readonly string[];
  readonly sizedFields: readonly string[];
}

export interface Rules {
  /** By coordinate: Type, Type.field, Type.field(argument:), @directive(argument:). */
  readonly weights: ReadonlyMap<string, number>;
  readonly listSizes: ReadonlyMap<string, readonly SizeRule[]>;
}

/** From 0 to 1, as Math.random, but the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A directive on fields with a weighted argument; operations get it by `withDirectives`. */
const approx = 'directive @approx(tolerance: Int = 3 @cost(weight: -2), hint: Int @cost(weight: 3)) on FIELD';

export function randomRules(schema: GraphQLSchema, random: () => number): Rules {
  const weights = new Map<string, number>([
    ['@approx(tolerance:)', -2],
    ['@approx(hint:)', 3],
  ]);
  const listSizes = new Map<string, SizeRule[]>();
  const between = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const maybe = (coordinate: string, share: number, from: number, to: number): void => {
    if (random() < share) weights.set(coordinate, between(from, to));
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    const isOwnScalar = isScalarType(type) && !isSpecifiedScalarType(type);
    if (isObjectType(type) || isEnumType(type) || isOwnScalar) maybe(type.name, 0.4, -1, 5);
    if (isInputObjectType(type)) {
      for (const { name } of Object.values(type.getFields())) maybe(`${type.name}.${name}`, 0.4, -4, 6);
    }
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      if (isObjectType(type)) maybe(coordinate, 0.3, -2, 6);
      for (const { name } of field.args) maybe(`${coordinate}(${name}:)`, 0.4, -5, 7);
      while (random() < 0.4) {
        const rule = sizeRule(field, random);
        if (rule) listSizes.set(coordinate, [...(listSizes.get(coordinate) ?? []), rule]);
      }
    }
  }
  return { weights, listSizes };
}

function sizeRule(field: GraphQLField<unknown, unknown>, random: () => number): SizeRule | null {
  const isList = isListType(getNullableType(field.type));
  const lists = listsBelow(field);
  const sizedFields = lists.filter(() => random() < 0.6);
  if (!isList && sizedFields.length === 0) return null;
  return {
    assumedSize: random() < 0.5 ? Math.floor(random() * 5) : null,
    slicingArguments: field.args.flatMap(slices).filter(() => random() < 0.7),
    sizedFields: isList && random() < 0.5 ? [] : sizedFields,
  };
}

/** `list` and `member { list }`. */
function listsBelow(field: GraphQLField<unknown, unknown>, depth = 2): string[] {
  const type = getNamedType(field.type);
  if (!isCompositeType(type) || isUnionType(type)) return [];
  return Object.values(type.getFields()).flatMap((member) => {
    const isList = isListType(getNullableType(member.type));
    const below = depth > 1 ? listsBelow(member, depth - 1) : [];
    return [...(isList ? [member.name] : []), ...below.map((path) => `${member.name} { ${path} }`)];
  });
}

/** `argument` and `argument.member`. */
function slices(
  { name, type }: { readonly name: string; readonly type: GraphQLInputType },
  depth = 2,
): string[] {
  const inner = getNullableType(type);
  if (isListType(inner)) return [name];
  if (isInputObjectType(inner) && depth > 0)
    return Object.values(inner.getFields()).flatMap((member) =>
      slices(member, depth - 1).map((path) => `${name}.${path}`),
    );
  return isScalarType(inner) && inner.name === 'Int' ? [name] : [];
}

/** The supergraph with these rules, under other names than usual. */
export function withRules(supergraph: string, { weights, listSizes }: Rules): string {
  let owner = '';
  const enter = ({ name }: { readonly name: { readonly value: string } }): void => void (owner = name.value);
  const costs = (coordinate: string): ConstDirectiveNode[] => {
    const weight = weights.get(coordinate);
    return weight === undefined ? [] : [directive(`@price(weight: ${weight})`)];
  };
  const typed = <
    Node extends {
      readonly name: { readonly value: string };
      readonly directives?: readonly ConstDirectiveNode[] | undefined;
    },
  >(
    node: Node,
  ): Node => ({
    ...node,
    directives: [...(node.directives ?? []), ...costs(node.name.value)],
  });
  const document: DocumentNode = visit(parse(supergraph), {
    SchemaDefinition: (node) => ({
      ...node,
      directives: [
        ...(node.directives ?? []),
        directive(
          '@link(url: "https://specs.apollo.dev/cost/v0.1", import: [{ name: "@cost", as: "@price" }, "@listSize"])',
        ),
      ],
    }),
    ScalarTypeDefinition: typed,
    EnumTypeDefinition: typed,
    ObjectTypeDefinition: { enter, leave: typed },
    InterfaceTypeDefinition: { enter },
    InputObjectTypeDefinition: (type) => ({
      ...type,
      fields:
        type.fields?.map((field) => ({
          ...field,
          directives: [...(field.directives ?? []), ...costs(`${type.name.value}.${field.name.value}`)],
        })) ?? [],
    }),
    FieldDefinition: {
      leave: (node) => {
        const coordinate = `${owner}.${node.name.value}`;
        const sizes = (listSizes.get(coordinate) ?? []).map(listSizeDirective);
        return {
          ...node,
          arguments:
            node.arguments?.map((argument) => ({
              ...argument,
              directives: [
                ...(argument.directives ?? []),
                ...costs(`${coordinate}(${argument.name.value}:)`),
              ],
            })) ?? [],
          directives: [...(node.directives ?? []), ...costs(coordinate), ...sizes],
        };
      },
    },
    DirectiveDefinition: () => false,
  });
  const definitions = `
    directive @price(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
    directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) repeatable on FIELD_DEFINITION
    ${approx.replaceAll('@cost', '@price')}`;
  return `${print(document)}\n${definitions}`;
}

function listSizeDirective({ assumedSize, slicingArguments, sizedFields }: SizeRule): ConstDirectiveNode {
  return directive(
    `@listSize(assumedSize: ${assumedSize}, slicingArguments: ${JSON.stringify(slicingArguments)}, sizedFields: ${JSON.stringify(sizedFields)}, requireOneSlicingArgument: false)`,
  );
}

function directive(text: string): ConstDirectiveNode {
  const [definition] = parse(`type T ${text}`, { noLocation: true }).definitions;
  const [node] = definition && 'directives' in definition ? (definition.directives ?? []) : [];
  return node as ConstDirectiveNode;
}

/** The operation with `@approx` on some of its fields: on all or none of one name, because fields may be merged. */
export function withDirectives(query: string, random: () => number): string {
  const forms = [
    '',
    '',
    '',
    ' @approx',
    ' @approx(tolerance: 1, hint: 2)',
    ' @approx(tolerance: null, hint: 2)',
  ];
  const byName = new Map<string, string>();
  return print(
    visit(parse(query), {
      Field: (node) => {
        const name = node.name.value;
        let form = byName.get(name);
        if (form === undefined) byName.set(name, (form = forms[Math.floor(random() * forms.length)] ?? ''));
        if (form === '') return undefined;
        return { ...node, directives: [...(node.directives ?? []), directive(form)] };
      },
    }),
  );
}
