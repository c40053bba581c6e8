/**
 * A graph of any size over three subgraphs, as an application grows one: entities of which each subgraph holds a part,
 * a few of them referred to from everywhere, with value objects, pages, enums and inputs of their own, interfaces and
 * unions. Made by rule, so it is the same in every run and process.
 *
 * A name of a field means one type of leaf and one kind of list everywhere: operations may ask for any field of any
 * member of an interface beside those of others.
 */

import { hashOf, randomOf, type Random } from './random.ts';

export const generatedServices = ['identity', 'commerce', 'content'] as const;
export type GeneratedService = (typeof generatedServices)[number];

export interface ModelField {
  readonly name: string;
  /** Without list and null. */
  readonly type: string;
  readonly list: boolean;
  readonly required: boolean;
  /** Takes `first`, how many there are in the list. */
  readonly counted: boolean;
  /** Those that can answer it; several share it. */
  readonly services: readonly GeneratedService[];
  /** A field of the same entity in another subgraph, which it needs. */
  readonly requires?: string;
}

export interface ModelType {
  readonly name: string;
  readonly kind: 'entity' | 'object' | 'interface';
  /** Of an entity: the one that has its root fields. */
  readonly service: GeneratedService;
  readonly fields: readonly ModelField[];
  /** Of an entity: interfaces of its service. */
  readonly implements: readonly string[];
}

export interface Model {
  readonly types: ReadonlyMap<string, ModelType>;
  readonly entities: readonly ModelType[];
  /** Members of interfaces and unions, in order. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  readonly unions: ReadonlyMap<string, GeneratedService>;
  /** Of entities, one each. */
  readonly enums: ReadonlyMap<string, GeneratedService>;
}

export const enumValues = ['ACTIVE', 'PAUSED', 'CLOSED', 'DRAFT', 'IN_REVIEW'];
/** Of the graph of *mix* and *new*: 1,322 types. */
export const mixEntities = 108;
/** Types that come with one entity, itself counted: see `modelOf`. */
export const typesPerEntity = 12;
/** Entities that others refer to. */
const hubs = 6;
const abstractsPerService = 4;
const membersPerAbstract = 4;

const nouns =
  `Account Order Product Review Ticket Invoice Shipment Campaign Article Project Device Contract`.split(' ');
const kinds = `User Team Retail Partner Field Market Press Service Vendor Branch Legal Fleet Media`.split(
  ' ',
);
const words = {
  home: `title:String! summary:String priority:Int! createdAt:String! updatedAt:String! slug:String! locale:String
    archived:Boolean! score:Float budgetCents:Int externalId:ID owners:Int! color:String weight:Int! kindLabel:String`,
  first: `usageCount:Int! lastSeenAt:String plan:String! quotaCents:Int! region:String trusted:Boolean! ratio:Float
    channel:String! backlog:Int segment:String`,
  second: `views:Int! headline:String! reachedAt:String likes:Int! topic:String pinned:Boolean! rank:Float
    language:String! flags:Int caption:String`,
  value: `label:String! amount:Int! unit:String note:String enabled:Boolean! since:String! share:Float code:ID! level:Int`,
} as const;

export function modelOf(entityCount: number): Model {
  return new ModelMaker(entityCount).make();
}

class ModelMaker {
  readonly #names: readonly string[];
  readonly #types = new Map<string, ModelType>();
  readonly #enums = new Map<string, GeneratedService>();
  readonly #members = new Map<string, string[]>();
  readonly #unions = new Map<string, GeneratedService>();

  constructor(entityCount: number) {
    this.#names = Array.from({ length: entityCount }, (_, n) => nameOf(n));
  }

  make(): Model {
    this.#nameAbstracts();
    const entities = this.#names.map((name, n) => this.#entity(name, n));
    for (const entity of entities) this.#types.set(entity.name, entity);
    return {
      types: this.#types,
      entities,
      members: this.#members,
      unions: this.#unions,
      enums: this.#enums,
    };
  }

  #nameAbstracts(): void {
    for (const [at, service] of generatedServices.entries()) {
      const own = this.#names.filter((_, n) => n % generatedServices.length === at);
      for (let n = 0; n < abstractsPerService; n += 1) {
        const prefix = `${capital(service)}${n}`;
        const members = (shift: number): string[] =>
          Array.from(
            { length: membersPerAbstract },
            (_, m) => own[(n * 5 + m * 3 + shift) % own.length] ?? '',
          );
        const interfaceName = `${prefix}Item`;
        this.#members.set(interfaceName, [...new Set(members(0))].sort());
        this.#types.set(interfaceName, {
          name: interfaceName,
          kind: 'interface',
          service,
          implements: [],
          fields: [
            ...fieldsOf('id:ID! title:String! updatedAt:String!', [service]),
            one('owner', this.#names[0] ?? '', service),
          ],
        });
        this.#members.set(`${prefix}Hit`, [...new Set(members(1))].sort());
        this.#unions.set(`${prefix}Hit`, service);
      }
    }
  }

  /** Twelve types: the entity, an enum, five value objects, a page with its edge, a filter, an input and a payload. */
  #entity(name: string, n: number): ModelType {
    const random = randomOf(hashOf(name));
    const [home, first, second] = [0, 1, 2].map(
      (shift) => generatedServices[(n + shift) % 3] ?? 'identity',
    ) as [GeneratedService, GeneratedService, GeneratedService];
    this.#enums.set(`${name}State`, home);
    this.#value(`${name}Range`, home, []);
    const range: ModelField = { ...one('range', `${name}Range`, home), required: true };
    this.#value(`${name}Details`, home, [one('approvedBy', this.#hub(random), home), range]);
    this.#value(`${name}Settings`, home, []);
    this.#value(`${name}Metrics`, first, [one('measuredBy', this.#hub(random), first)]);
    this.#value(`${name}History`, second, []);
    const shared = n % 3 === 0 ? [home, first] : [home];
    const abstract = (service: GeneratedService, suffix: string): string =>
      `${capital(service)}${random.below(abstractsPerService)}${suffix}`;
    const fields: ModelField[] = [
      ...fieldsOf('id:ID!', [home, first, second]),
      ...fieldsOf('title:String!', shared),
      ...fieldsOf('updatedAt:String! weight:Int!', [home]),
      // Its own name, because its type is another one in each entity.
      { ...one(`${lower(name)}State`, `${name}State`, home), required: true },
      ...random.some(fieldsOf(words.home, [home]).slice(1), 7).filter(({ name: is }) => !alwaysThere.has(is)),
      one('details', `${name}Details`, home),
      { ...one('settings', `${name}Settings`, home), required: true },
      one('owner', this.#names[0] ?? '', home),
      one('manager', this.#hub(random), home),
      one('parent', this.#near(n, random), home),
      many('items', this.#near(n, random), home),
      one('featured', abstract(home, 'Item'), home),
      ...random.some(fieldsOf(words.first, [first]), 5),
      one('metrics', `${name}Metrics`, first),
      one('assignee', this.#hub(random), first),
      many('events', this.#near(n, random), first),
      ...random.some(fieldsOf(words.second, [second]), 5),
      one('history', `${name}History`, second),
      one('reviewer', this.#hub(random), second),
      many('hits', abstract(second, 'Hit'), second),
      ...(n % 4 === 0 ? [needing('quoteCents', 'weight', first)] : []),
    ];
    const interfaces = [...this.#members].flatMap(([is, members]) =>
      members.includes(name) && !this.#unions.has(is) ? [is] : [],
    );
    return { name, kind: 'entity', service: home, fields, implements: interfaces };
  }

  #value(name: string, service: GeneratedService, more: readonly ModelField[]): void {
    const leaves = randomOf(hashOf(name)).some(fieldsOf(words.value, [service]), 5);
    const fields = [...leaves, ...more];
    this.#types.set(name, { name, kind: 'object', service, fields, implements: [] });
  }

  #hub(random: Random): string {
    return random.pick(this.#names.slice(0, hubs));
  }

  #near(n: number, random: Random): string {
    return this.#names[(n + 1 + random.below(12)) % this.#names.length] ?? '';
  }
}

const alwaysThere = new Set(['updatedAt', 'weight']);

function nameOf(n: number): string {
  const noun = nouns[n % nouns.length] ?? '';
  const kind = kinds[Math.floor(n / nouns.length) % kinds.length] ?? '';
  const series = Math.floor(n / (nouns.length * kinds.length));
  return `${kind}${noun}${series === 0 ? '' : series}`;
}

/** @param list `name:Type!`, with blanks between. */
function fieldsOf(list: string, services: readonly GeneratedService[]): ModelField[] {
  return list
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [name = '', type = ''] = entry.split(':');
      const required = type.endsWith('!');
      return { name, type: type.replace('!', ''), list: false, required, counted: false, services };
    });
}

function one(name: string, type: string, service: GeneratedService): ModelField {
  return { name, type, list: false, required: false, counted: false, services: [service] };
}

function many(name: string, type: string, service: GeneratedService): ModelField {
  return { ...one(name, type, service), list: true, required: true, counted: true };
}

function needing(name: string, requires: string, service: GeneratedService): ModelField {
  return { ...one(name, 'Int', service), requires };
}

export function capital(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

export function lower(name: string): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}
