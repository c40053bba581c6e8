/**
 * Reads a document into an outline: for each definition how much it asks for itself, and which fragments it spreads
 * where.
 *
 * Reads leniently and never fails: of a document that graphql-js accepts every figure is exact, of any other one it
 * matters only that reading ends. One pass, no recursion.
 */

import type { GuardLimits } from '../../config/gateway/guard-limits.ts';
import { Lexer, tokens } from './lexer.ts';

/** What a definition asks for. First its own, later with its fragments expanded (see expansion.ts). */
export interface Figures {
  /** Fields, inline fragments and spreads. */
  selections: number;
  aliases: number;
  directives: number;
  /** Fields of the outermost selection set, those in fragments there included. */
  rootFields: number;
  /** The longest chain of fields within fields, without those below an introspection field. */
  depth: number;
  /** The longest chain that begins with a `__schema` or `__type` that has a selection set. */
  introspectionDepth: number;
  /** The longest chain, whatever the fields are. */
  chain: number;
}

/** `...name`, and the fields around it. */
export interface Spread {
  readonly name: string;
  /** Of its dots, in UTF-16 units from the start of the document. */
  readonly at: number;
  /** Fields of this definition that it is in. */
  readonly fieldsAbove: number;
  /** The same, counted from the outermost introspection field; 0 outside of one. */
  readonly introspectionAbove: number;
}

export interface Definition {
  /** Of a fragment. An operation has none here, whatever it is called: nothing can spread it. */
  name: string | null;
  isFragment: boolean;
  readonly figures: Figures;
  readonly spreads: Spread[];
}

type LexicalLimit = 'tokensMax' | 'ignoredBytesMax' | 'nestingMax';

export type Outline =
  | {
      readonly is: 'read';
      readonly definitions: readonly Definition[];
      readonly tokens: number;
      readonly ignoredBytes: number;
    }
  /** graphql-js will say what is wrong. */
  | { readonly is: 'unreadable' }
  | { readonly is: 'over'; readonly limit: LexicalLimit; readonly actual: number };

export function readOutline(text: string, limits: Pick<GuardLimits, LexicalLimit>): Outline {
  const lexer = new Lexer(text);
  const reader = new OutlineReader(lexer);
  for (let read = 0; ; read += 1) {
    const kind = lexer.next();
    if (lexer.ignoredBytes > limits.ignoredBytesMax) {
      return { is: 'over', limit: 'ignoredBytesMax', actual: lexer.ignoredBytes };
    }
    const count = lexer.comments + (kind > tokens.unreadable ? read + 1 : read);
    if (count > limits.tokensMax) return { is: 'over', limit: 'tokensMax', actual: count };
    if (kind === tokens.end && reader.nesting === 0) {
      return { is: 'read', definitions: reader.definitions, tokens: count, ignoredBytes: lexer.ignoredBytes };
    }
    if (kind <= tokens.unreadable) return { is: 'unreadable' };
    reader.take(kind);
    if (reader.nesting > limits.nestingMax) {
      return { is: 'over', limit: 'nestingMax', actual: reader.nesting };
    }
    if (reader.nesting < 0) return { is: 'unreadable' };
  }
}

/** What the next name is. */
type Expected =
  | 'selection'
  | 'spread or "on"'
  | 'type condition'
  /** After `alias:`. */
  | 'field'
  | 'directive';

class OutlineReader {
  readonly definitions: Definition[] = [];
  /** Brackets open. */
  nesting = 0;
  readonly #lexer: Lexer;
  #definition: Definition | undefined;
  #expected: Expected = 'selection';
  /** Brackets open since a `(` or `[`: within them are values and variables, where braces select nothing. */
  #valueNesting = 0;
  /** Selection sets open. */
  #sets = 0;
  /** Fields around the current selection set, and how many of them lie outside of introspection (-1: all do). */
  #fields = 0;
  #fieldsOutside = -1;
  /** Both, of the selection sets around this one. */
  readonly #outer: number[] = [];
  /** Of the last spread or inline fragment. */
  #dotsAt = 0;
  /** The selection that a `{` would belong to. */
  #selection: 'none' | 'field' | 'introspection' = 'none';

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
  }

  take(kind: number): void {
    switch (kind) {
      case 0x28: // (
      case 0x5b: // [
        this.nesting += 1;
        this.#valueNesting += 1;
        return;
      case 0x7b: // {
        this.nesting += 1;
        if (this.#valueNesting > 0) this.#valueNesting += 1;
        else this.#openSet();
        return;
      case 0x29: // )
      case 0x5d: // ]
      case 0x7d: // }
        this.nesting -= 1;
        if (this.#valueNesting > 0) this.#valueNesting -= 1;
        else this.#closeSet();
        return;
      case 0x40: // @
        this.#current().figures.directives += 1;
        this.#expected = 'directive';
        return;
      default:
        if (this.#valueNesting > 0) return;
        if (this.#sets > 0) this.#takeInSet(kind);
        else if (kind === tokens.name) this.#takeInHead();
    }
  }

  #current(): Definition {
    if (this.#definition) return this.#definition;
    const figures = {
      selections: 0,
      aliases: 0,
      directives: 0,
      rootFields: 0,
      depth: 0,
      introspectionDepth: 0,
      chain: 0,
    };
    const definition = { name: null, isFragment: false, figures, spreads: [] };
    this.#definition = definition;
    this.definitions.push(definition);
    return definition;
  }

  /** A name between two definitions' selection sets. */
  #takeInHead(): void {
    const isFirst = this.#definition === undefined;
    const definition = this.#current();
    if (isFirst) definition.isFragment = this.#lexer.is('fragment');
    else if (definition.isFragment) definition.name ??= this.#lexer.text();
  }

  #openSet(): void {
    const { figures } = this.#current();
    this.#outer.push(this.#fields, this.#fieldsOutside);
    this.#sets += 1;
    if (this.#selection === 'introspection' && this.#fieldsOutside < 0) {
      this.#fieldsOutside = this.#fields;
      figures.introspectionDepth = Math.max(figures.introspectionDepth, 1);
    }
    if (this.#selection !== 'none') this.#fields += 1;
    this.#selection = 'none';
    this.#expected = 'selection';
  }

  #closeSet(): void {
    // Where nothing is open, the nesting has become negative, and reading ends.
    if (this.#sets === 0) return;
    this.#sets -= 1;
    this.#fieldsOutside = this.#outer.pop() ?? -1;
    this.#fields = this.#outer.pop() ?? 0;
    this.#selection = 'none';
    this.#expected = 'selection';
    if (this.#sets === 0) this.#definition = undefined;
  }

  #takeInSet(kind: number): void {
    const { figures } = this.#current();
    if (kind === tokens.name) this.#takeName(figures);
    else if (kind === tokens.spread) {
      figures.selections += 1;
      this.#selection = 'none';
      this.#expected = 'spread or "on"';
      this.#dotsAt = this.#lexer.start;
    } else if (kind === 0x3a) {
      // What looked like a field was its alias.
      figures.aliases += 1;
      this.#expected = 'field';
    }
  }

  #takeName(figures: Figures): void {
    const expected = this.#expected;
    this.#expected = 'selection';
    if (expected === 'selection') {
      figures.selections += 1;
      this.#countField(figures);
      this.#nameField();
    } else if (expected === 'field') this.#nameField();
    else if (expected === 'spread or "on"') {
      if (this.#lexer.is('on')) this.#expected = 'type condition';
      else this.#spread();
    }
  }

  #countField(figures: Figures): void {
    const chain = this.#fields + 1;
    if (chain === 1) figures.rootFields += 1;
    if (chain > figures.chain) figures.chain = chain;
    if (this.#fieldsOutside < 0) {
      if (chain > figures.depth) figures.depth = chain;
    } else if (chain - this.#fieldsOutside > figures.introspectionDepth) {
      figures.introspectionDepth = chain - this.#fieldsOutside;
    }
  }

  /** By its real name: what an alias, an operation or a fragment is called changes nothing. */
  #nameField(): void {
    const isIntrospection = this.#lexer.is('__schema') || this.#lexer.is('__type');
    this.#selection = isIntrospection ? 'introspection' : 'field';
  }

  #spread(): void {
    this.#current().spreads.push({
      name: this.#lexer.text(),
      at: this.#dotsAt,
      fieldsAbove: this.#fields,
      introspectionAbove: this.#fieldsOutside < 0 ? 0 : this.#fields - this.#fieldsOutside,
    });
  }
}
