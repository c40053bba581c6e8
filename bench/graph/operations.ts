/**
 * Operations on a generated graph as screens of an application ask them: a few fragments for kinds of entities, which
 * stand at many places, each with a little more beside them; interfaces and unions with conditions on their members.
 * What a number gives is the same in every run.
 */

import { lower, type GeneratedService, type Model, type ModelField, type ModelType } from './model.ts';
import { randomOf, type Random } from './random.ts';

/** Calls of a gateway that fetches for each place apart. */
const callsMin = 2;
const callsMax = 6;
/** Of an entity, by its depth. */
const childrenMax = [5, 3, 2, 1];

/** @returns The body of a request. */
export function operationBody(model: Model, number: number): string {
  for (let attempt = 0; ; attempt += 1) {
    const written = new OperationWriter(model, randomOf(number * 1000 + attempt), number).write();
    if (written.calls < callsMin || written.calls > callsMax) continue;
    return JSON.stringify({ query: written.query, variables: written.variables });
  }
}

interface Position {
  readonly path: string;
  /** The subgraph that answers the parent's field. */
  readonly service: GeneratedService;
  readonly depth: number;
}

interface Fragment {
  readonly name: string;
  readonly fields: readonly ModelField[];
}

class OperationWriter {
  readonly #model: Model;
  readonly #random: Random;
  readonly #number: number;
  readonly #fragments = new Map<string, Fragment>();
  readonly #fragmentTexts: string[] = [];
  readonly #calls = new Set<string>();
  readonly #variables: Record<string, string> = {};

  constructor(model: Model, random: Random, number: number) {
    this.#model = model;
    this.#random = random;
    this.#number = number;
  }

  write(): { readonly query: string; readonly variables: Record<string, string>; readonly calls: number } {
    const roots = this.#random.some(this.#model.entities, this.#random.chance(0.3) ? 2 : 1);
    const body = roots.map((entity) => this.#root(entity)).join('\n  ');
    const given = Object.keys(this.#variables).map((name) => `$${name}: ID!`);
    const head = `query Screen${this.#number}${given.length > 0 ? `(${given.join(', ')})` : ''}`;
    const query = [`${head} {\n  ${body}\n}`, ...this.#fragmentTexts].join('\n');
    return { query, variables: this.#variables, calls: this.#calls.size };
  }

  #root(entity: ModelType): string {
    const field = lower(entity.name);
    this.#call('', entity.service);
    const at = { path: field, service: entity.service, depth: 0 };
    const form = this.#random.below(3);
    if (form === 0) {
      this.#variables[`${field}Id`] = String(this.#random.below(40));
      return `${field}(id: $${field}Id) ${this.#entity(entity, at)}`;
    }
    const first = 2 + this.#random.below(4);
    if (form === 1) return `${field}List(first: ${first}) ${this.#entity(entity, at)}`;
    return `${field}Page(first: ${first}) { total edges { cursor node ${this.#entity(entity, at)} } }`;
  }

  #entity(entity: ModelType, at: Position): string {
    const parts = ['id', ...this.#leaves(entity, at)];
    if (this.#random.chance(0.7)) parts.push(this.#spread(entity, at));
    const children = entity.fields.filter(
      (field) => this.#model.types.get(field.type) ?? this.#isUnion(field),
    );
    const most = childrenMax[at.depth] ?? 0;
    for (const field of this.#random.some(children, most - this.#random.below(Math.min(most + 1, 3)))) {
      // Fields of other subgraphs are the rarer ones, or every operation would make dozens of calls.
      if (field.services.includes(at.service) || this.#random.chance(0.4)) parts.push(this.#child(field, at));
    }
    return `{ ${parts.join(' ')} }`;
  }

  #isUnion({ type }: ModelField): boolean {
    return this.#model.unions.has(type);
  }

  /** Some leaves of the entity: of the subgraph that is asked anyway, now and then of another. */
  #leaves(entity: ModelType, at: Position): string[] {
    const own = leavesOf(this.#model, entity).filter(({ services }) => services.includes(at.service));
    const others = leavesOf(this.#model, entity).filter(({ services }) => !services.includes(at.service));
    const some = this.#random.some(own, 1 + this.#random.below(4));
    const [strange] = this.#random.chance(0.3) && others.length > 0 ? [this.#random.pick(others)] : [];
    if (strange)
      some.push(...others.filter(({ services }) => services[0] === strange.services[0]).slice(0, 2));
    for (const field of some) this.#serviceOf(field, at);
    return some.map(({ name }) => name);
  }

  /** A fragment of this operation on the entity, written when it is first needed. */
  #spread(entity: ModelType, at: Position): string {
    let fragment = this.#fragments.get(entity.name);
    if (!fragment) {
      const leaves = leavesOf(this.#model, entity);
      const home = leaves.filter(({ services }) => services.includes(entity.service));
      const others = leaves.filter(({ services }) => !services.includes(entity.service));
      const fields = this.#random.some(home, 4);
      if (this.#random.chance(0.4)) fields.push(...this.#random.some(others, 1));
      fragment = { name: `${entity.name}Parts`, fields };
      this.#fragments.set(entity.name, fragment);
      const text = fields.map(({ name }) => name).join(' ');
      this.#fragmentTexts.push(`fragment ${fragment.name} on ${entity.name} { id ${text} }`);
    }
    for (const field of fragment.fields) this.#serviceOf(field, at);
    return `...${fragment.name}`;
  }

  #child(field: ModelField, at: Position): string {
    const service = this.#serviceOf(field, at);
    const below = { path: `${at.path}/${field.name}`, service, depth: at.depth + 1 };
    // One number for each field, so that its selections can be merged.
    const args = field.counted ? `(first: ${2 + (field.name.length % 3)})` : '';
    return `${field.name}${args} ${this.#composite(field.type, below)}`;
  }

  #composite(name: string, at: Position): string {
    const type = this.#model.types.get(name);
    if (type?.kind === 'entity') return this.#entity(type, at);
    if (type?.kind === 'object') return this.#object(type, at);
    const conditions = this.#random.some(this.#model.members.get(name) ?? [], 2).flatMap((member) => {
      const entity = this.#model.types.get(member);
      return entity
        ? [`... on ${member} ${this.#entity(entity, { ...at, path: `${at.path}/${member}` })}`]
        : [];
    });
    const owner = this.#model.types.get(type?.fields.find(({ name: is }) => is === 'owner')?.type ?? '');
    const shared =
      type && owner
        ? ['title', `owner { id title ${this.#spread(owner, { ...at, path: `${at.path}/owner` })} }`]
        : [];
    return `{ __typename ${[...shared, ...conditions].join(' ')} }`;
  }

  #object(type: ModelType, at: Position): string {
    const parts = this.#random.some(leavesOf(this.#model, type), 3).map(({ name }) => name);
    for (const field of type.fields) {
      if (this.#model.types.has(field.type) && this.#random.chance(0.4)) parts.push(this.#child(field, at));
    }
    return `{ ${parts.join(' ')} }`;
  }

  /** The subgraph that will answer the field, and one call more where that is another one than so far. */
  #serviceOf({ services }: ModelField, at: Position): GeneratedService {
    if (services.includes(at.service)) return at.service;
    const [other = at.service] = services;
    this.#call(at.path, other);
    return other;
  }

  #call(path: string, service: GeneratedService): void {
    this.#calls.add(`${path} ${service}`);
  }
}

function leavesOf(model: Model, type: ModelType): ModelField[] {
  return type.fields.filter(
    ({ name, type: is }) => name !== 'id' && !model.types.has(is) && !model.unions.has(is),
  );
}
