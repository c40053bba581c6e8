/** A generated graph as SDL: that of each subgraph, and one plain schema of all for whoever checks answers. */

import {
  enumValues,
  lower,
  type GeneratedService,
  type Model,
  type ModelField,
  type ModelType,
} from './model.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@shareable"])';

export function subgraphSdl(model: Model, service: GeneratedService): string {
  return `${federation}\n${sdlOf(model, service)}`;
}

/** What clients see, without federation. */
export function monolithSdl(model: Model): string {
  return sdlOf(model, undefined);
}

/** @param service Undefined for all of them. */
function sdlOf(model: Model, service: GeneratedService | undefined): string {
  const isHere = (one: GeneratedService): boolean => service === undefined || one === service;
  const own = model.entities.filter((entity) => isHere(entity.service));
  return [
    `type Query {\n${own.map(rootFields).join('\n')}\n}`,
    `type Mutation {\n${own.map(({ name }) => `  create${name}(input: ${name}Input!): ${name}Payload`).join('\n')}\n}`,
    ...model.entities.map((entity) => entitySdl(entity, service)),
    ...[...model.types.values()].flatMap((type) =>
      type.kind !== 'entity' && isHere(type.service)
        ? [`${type.kind === 'interface' ? 'interface' : 'type'} ${type.name} ${bodyOf(type.fields)}`]
        : [],
    ),
    ...own.map(({ name }) => companions(name)),
    ...[...model.enums].flatMap(([name, of]) =>
      isHere(of) ? [`enum ${name} { ${enumValues.join(' ')} }`] : [],
    ),
    ...[...model.unions].flatMap(([name, of]) =>
      isHere(of) ? [`union ${name} = ${model.members.get(name)?.join(' | ')}`] : [],
    ),
  ].join('\n');
}

function rootFields({ name }: ModelType): string {
  const field = lower(name);
  return [
    `  ${field}(id: ID!): ${name}`,
    `  ${field}List(first: Int! = 3): [${name}!]!`,
    `  ${field}Page(first: Int! = 3, filter: ${name}Filter): ${name}Page!`,
  ].join('\n');
}

function companions(name: string): string {
  return [
    `type ${name}Page { edges: [${name}Edge!]! total: Int! }`,
    `type ${name}Edge { cursor: String! node: ${name}! }`,
    `input ${name}Filter { title: String state: ${name}State priority: Int }`,
    `input ${name}Input { title: String! state: ${name}State weight: Int }`,
    `type ${name}Payload { clientMutationId: String created: ${name} }`,
  ].join('\n');
}

function entitySdl(entity: ModelType, service: GeneratedService | undefined): string {
  const { name } = entity;
  if (service === undefined) return `type ${name}${implementing(entity)} ${bodyOf(entity.fields)}`;
  const own = entity.fields.filter(({ services }) => services.includes(service));
  const needed = own.flatMap(({ requires }) => entity.fields.filter((field) => field.name === requires));
  const body = bodyOf([...own, ...needed], ({ name: is, requires, services }) => {
    if (!services.includes(service)) return ' @external';
    if (requires !== undefined) return ` @requires(fields: "${requires}")`;
    return services.length > 1 && is !== 'id' ? ' @shareable' : '';
  });
  const interfaces = entity.service === service ? implementing(entity) : '';
  return `type ${name}${interfaces} @key(fields: "id") ${body}`;
}

function implementing({ implements: interfaces }: ModelType): string {
  return interfaces.length > 0 ? ` implements ${interfaces.join(' & ')}` : '';
}

function bodyOf(fields: readonly ModelField[], directives: (field: ModelField) => string = () => ''): string {
  const lines = fields.map((field) => {
    const { name, type, list, required, counted } = field;
    const whole = list ? `[${type}!]` : type;
    return `  ${name}${counted ? '(first: Int! = 2)' : ''}: ${whole}${required ? '!' : ''}${directives(field)}`;
  });
  return `{\n${lines.join('\n')}\n}`;
}

/** How many types clients see. */
export function typeCount(model: Model): number {
  const roots = 2;
  return model.types.size + model.enums.size + model.unions.size + 5 * model.entities.length + roots;
}
