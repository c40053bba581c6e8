/**
 * Valid schemas nobody wrote, of one subgraph, in which elements of every kind have tags at random. Types and enum values
 * have names of their own, so that a text can be searched for them.
 */
import type { Dice } from './dice.ts';

export interface SchemaOptions {
  /** Of each kind of type, at most. */
  readonly typesMax: number;
  readonly tags: readonly [string, ...string[]];
  readonly tagChance: number;
}

interface OutputField {
  readonly name: string;
  readonly args: readonly string[];
  readonly type: string;
}

interface InterfaceSketch {
  readonly name: string;
  /** Those of its interfaces, too. */
  readonly interfaces: ReadonlySet<string>;
  readonly fields: readonly OutputField[];
}

const oddNames = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'then', 'prototype', 'length'];
const wrappings = ['%', '%', '%!', '[%]', '[%!]!'] as const;

export function randomSchema(dice: Dice, options: SchemaOptions): string {
  return new SchemaWriter(dice, options).write();
}

class SchemaWriter {
  readonly #dice: Dice;
  readonly #options: SchemaOptions;
  readonly #enums: ReadonlyMap<string, readonly [string, ...string[]]>;
  readonly #scalars: readonly string[];
  readonly #inputs: readonly string[];
  readonly #interfaceNames: readonly string[];
  readonly #objects: readonly string[];
  readonly #unions: readonly string[];
  /** Fields with their value that values of an input type have: the required ones, and some of the others. */
  readonly #values = new Map<string, ReadonlyArray<readonly [string, string]>>();
  readonly #interfaces = new Map<string, InterfaceSketch>();
  readonly #oddNames = [...oddNames];
  #names = 0;

  constructor(dice: Dice, options: SchemaOptions) {
    this.#dice = dice;
    this.#options = options;
    this.#enums = new Map(
      this.#some('E').map((name) => [name, [`${name}_A`, ...dice.someOf([`${name}_B`, `${name}_C`], 0.6)]]),
    );
    this.#scalars = this.#some('S');
    this.#inputs = this.#some('N');
    this.#interfaceNames = this.#some('I');
    this.#objects = ['O0', 'O1', ...this.#some('P')];
    this.#unions = this.#some('U');
  }

  write(): string {
    const inputs = this.#inputs.map((name, index) => this.#input(name, index));
    const interfaces = this.#interfaceNames.map((name) => this.#interface(name));
    const roots = ['Query', ...this.#dice.someOf(['Mutation', 'Subscription'], 0.5)];
    const directive = this.#dice.chance(0.2)
      ? `directive @note(${this.#args(1).join(' ')} no: Int) on FIELD`
      : '';
    return [
      directive,
      ...[...this.#enums].map(([name, values]) =>
        this.#type(
          `enum ${name}`,
          values.map((value) => this.#tagged(value)),
        ),
      ),
      ...this.#scalars.map((name) => this.#tagged(`scalar ${name}`)),
      ...inputs,
      ...interfaces,
      ...this.#objects.map((name) => this.#object(name)),
      ...this.#unions.map((name) => this.#union(name)),
      ...roots.map((name) =>
        this.#type(
          `type ${name}`,
          this.#ownFields(name, 5).map((field) => this.#field(field)),
        ),
      ),
    ].join('\n');
  }

  #some(prefix: string): string[] {
    return Array.from(
      { length: 1 + this.#dice.upTo(this.#options.typesMax - 1) },
      (_, index) => `${prefix}${index}`,
    );
  }

  #type(head: string, members: readonly string[]): string {
    return `${this.#tagged(head)} {\n${members.map((member) => `  ${member}\n`).join('')}}`;
  }

  #tagged(text: string): string {
    const { tags, tagChance } = this.#options;
    const applied = this.#dice.chance(tagChance) ? [this.#dice.oneOf(tags)] : [];
    if (applied.length > 0 && this.#dice.chance(0.2)) applied.push(this.#dice.oneOf(tags));
    return [text, ...[...new Set(applied)].map((tag) => `@tag(name: "${tag}")`)].join(' ');
  }

  #input(name: string, index: number): string {
    const values: Array<readonly [string, string]> = [];
    const fields = Array.from({ length: 1 + this.#dice.upTo(3) }, () => {
      const field = this.#name('n');
      const isRequired = this.#dice.chance(0.25);
      // A required field of a later input type could make a cycle.
      const type = this.#inputType(isRequired ? index : this.#inputs.length);
      const isKnown = !type.startsWith('N') || this.#values.has(type);
      if (isRequired || (isKnown && this.#dice.chance(0.3))) values.push([field, this.#value(type)]);
      return this.#tagged(`${field}: ${type}${isRequired ? '!' : this.#default(type)}`);
    });
    this.#values.set(name, values);
    return this.#type(`input ${name}`, fields);
  }

  /** @param inputsMax How many of the input types, the first ones, may be used. */
  #inputType(inputsMax: number): string {
    const inputs = this.#inputs.slice(0, inputsMax);
    const kinds = [['Int', 'String'], this.#scalars, [...this.#enums.keys()], inputs, inputs];
    return this.#anyOf(this.#dice.oneOf(kinds as [string[], ...string[][]]), 'Int');
  }

  /** Of later input types the required fields are not known yet. */
  #default(type: string): string {
    const isKnown = !type.startsWith('N') || this.#values.has(type);
    return isKnown && this.#dice.chance(0.4) ? ` = ${this.#value(type)}` : '';
  }

  #value(type: string): string {
    const values = this.#enums.get(type);
    if (values) return this.#dice.oneOf(values);
    const fields = this.#values.get(type);
    if (fields) return `{${fields.map(([field, value]) => `${field}: ${value}`).join(', ')}}`;
    return type === 'Int' ? '7' : '"text"';
  }

  #interface(name: string): string {
    const parents = this.#dice.someOf([...this.#interfaces.values()], 0.3);
    const interfaces = new Set(parents.flatMap((parent) => [parent.name, ...parent.interfaces]));
    const inherited = this.#inheritedFields(interfaces);
    const fields = [...inherited, ...this.#ownFields(name, 2)];
    this.#interfaces.set(name, { name, interfaces, fields });
    return this.#implementing(`interface ${name}`, interfaces, fields);
  }

  #object(name: string): string {
    const parents = this.#dice.someOf([...this.#interfaces.values()], 0.4);
    const interfaces = new Set(parents.flatMap((parent) => [parent.name, ...parent.interfaces]));
    const inherited = this.#inheritedFields(interfaces).map((field) =>
      this.#narrowed(interfaces.has(field.type) ? { ...field, type: name } : field),
    );
    return this.#implementing(`type ${name}`, interfaces, [...inherited, ...this.#ownFields(name, 3)]);
  }

  #implementing(head: string, interfaces: ReadonlySet<string>, fields: readonly OutputField[]): string {
    const clause = interfaces.size > 0 ? ` implements ${[...interfaces].join(' & ')}` : '';
    return this.#type(
      `${head}${clause}`,
      fields.map((field) => this.#field(field)),
    );
  }

  #inheritedFields(interfaces: ReadonlySet<string>): OutputField[] {
    const fields = [...interfaces].flatMap((name) => this.#interfaces.get(name)?.fields ?? []);
    return [...new Map(fields.map((field) => [field.name, field])).values()];
  }

  /** The field as an implementation may have it: never null, with one more argument, an argument without its default. */
  #narrowed({ name, args, type }: OutputField): OutputField {
    const more = this.#dice.chance(0.2) ? [`extra: ${this.#inputType(this.#inputs.length)}`] : [];
    return {
      name,
      type: this.#dice.chance(0.3) && !type.endsWith('!') ? `${type}!` : type,
      args: [...args.map((text) => (this.#dice.chance(0.3) ? withoutDefault(text) : text)), ...more],
    };
  }

  #ownFields(owner: string, max: number): OutputField[] {
    return Array.from({ length: 1 + this.#dice.upTo(max - 1) }, () => ({
      name: this.#name(owner.toLowerCase()),
      args: this.#args(this.#dice.upTo(2)),
      type: this.#dice.oneOf(wrappings).replace('%', this.#outputType()),
    }));
  }

  #args(count: number): string[] {
    return Array.from({ length: count }, () => {
      const type = this.#inputType(this.#inputs.length);
      const isList = this.#dice.chance(0.2);
      const end = this.#dice.chance(0.3) ? '!' : '';
      // A single value stands for a list of it.
      return `${this.#name('a')}: ${isList ? `[${type}!]` : type}${end}${this.#default(type)}`;
    });
  }

  #outputType(): string {
    const composite = [...this.#objects, ...this.#interfaceNames, ...this.#unions];
    const leaves = ['Int', ...this.#scalars, ...this.#enums.keys()];
    return this.#anyOf(this.#dice.chance(0.6) ? composite : leaves, 'Int');
  }

  #field({ name, args, type }: OutputField): string {
    const list = args.length > 0 ? `(${args.map((text) => this.#tagged(text)).join(' ')})` : '';
    return this.#tagged(`${name}${list}: ${type}`);
  }

  #union(name: string): string {
    const members = ['O0', ...this.#dice.someOf(this.#objects.slice(1), 0.4)].slice(this.#dice.upTo(1));
    return `${this.#tagged(`union ${name}`)} = ${(members.length > 0 ? members : ['O1']).join(' | ')}`;
  }

  #name(prefix: string): string {
    const odd = this.#dice.chance(0.15) ? this.#oddNames.pop() : undefined;
    return odd ?? `${prefix}_${(this.#names += 1)}`;
  }

  #anyOf(names: readonly string[], fallback: string): string {
    return names[this.#dice.upTo(names.length - 1)] ?? fallback;
  }
}

function withoutDefault(argument: string): string {
  return argument.split(' = ')[0] ?? argument;
}
