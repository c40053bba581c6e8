/**
 * Reads a document into an outline: the figures of each definition without its fragments, and where it spreads which
 * fragments.
 *
 * Lenient, never fails: the figures are exact for every document that graphql-js accepts, and of any other one only
 * termination matters. One pass, no recursion.
 */

import type { GuardLimits } from '../../config/gateway/guard-limits.ts';
import { Lexer, tokens } from './lexer.ts';

/** The size of a definition: first without its fragments, later with its fragments expanded (see expansion.ts). */
export interface Figures {
  /** Fields, inline fragments and spreads. */
  selections: number;
  aliases: number;
  directives: number;
  /** Fields of the outermost selection set, including those of fragments in it. */
  rootFields: number;
  /** The longest chain of nested fields outside of schema introspection. */
  depth: number;
  /** The longest chain that begins with a `__schema` or `__type` that has a selection set. */
  introspectionDepth: number;
  /** The longest chain, whatever the fields are. */
  chain: number;
}

export function zeroFigures(): Figures {
  return {
    selections: 0,
    aliases: 0,
    directives: 0,
    rootFields: 0,
    depth: 0,
    introspectionDepth: 0,
    chain: 0,
  };
}

/** `...name`, and the fields around it. */
export interface Spread {
  readonly name: string;
  /** Offset of its dots, in UTF-16 units. */
  readonly at: number;
  /** Fields of this definition around it. */
  readonly fieldsAbove: number;
  /** The same, counted from the outermost introspection field; 0 outside of one. */
  readonly introspectionAbove: number;
}

export interface Definition {
  /** Of a fragment. Null for an operation, whatever its name: it cannot be spread. */
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
  /** A syntax error, which graphql-js will report. */
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

/** The role of the next name. */
type Expected =
  | 'selection'
  | 'spread or "on"'
  | 'type condition'
  /** After `alias:`. */
  | 'field'
  | 'directive';

class OutlineReader {
  readonly definitions: Definition[] = [];
  /** Open brackets. */
  nesting = 0;
  readonly #lexer: Lexer;
  #definition: Definition | undefined;
  #expected: Expected = 'selection';
  /** Open brackets from a `(` or `[` on: they contain values and variables, where braces are not selection sets. */
  #valueNesting = 0;
  /** Open selection sets. */
  #selectionSets = 0;
  /** Fields around the current selection set, and how many of them are outside of schema introspection (-1: all). */
  #fieldDepth = 0;
  #depthOutsideIntrospection = -1;
  /** Stack of both for the enclosing selection sets. */
  readonly #outerDepths: number[] = [];
  /** Offset of the last spread or inline fragment. */
  #dotsAt = 0;
  /** The selection to which a `{` would belong. */
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
        else this.#openSelectionSet();
        return;
      case 0x29: // )
      case 0x5d: // ]
      case 0x7d: // }
        this.nesting -= 1;
        if (this.#valueNesting > 0) this.#valueNesting -= 1;
        else this.#closeSelectionSet();
        return;
      case 0x40: // @
        this.#currentDefinition().figures.directives += 1;
        this.#expected = 'directive';
        return;
      default:
        if (this.#valueNesting > 0) return;
        if (this.#selectionSets > 0) this.#takeInSelectionSet(kind);
        else if (kind === tokens.name) this.#takeInHeader();
    }
  }

  #currentDefinition(): Definition {
    if (this.#definition) return this.#definition;
    const definition = { name: null, isFragment: false, figures: zeroFigures(), spreads: [] };
    this.#definition = definition;
    this.definitions.push(definition);
    return definition;
  }

  /** A name before the selection set of a definition. */
  #takeInHeader(): void {
    const isFirst = this.#definition === undefined;
    const definition = this.#currentDefinition();
    if (isFirst) definition.isFragment = this.#lexer.is('fragment');
    else if (definition.isFragment) definition.name ??= this.#lexer.text();
  }

  #openSelectionSet(): void {
    const { figures } = this.#currentDefinition();
    this.#outerDepths.push(this.#fieldDepth, this.#depthOutsideIntrospection);
    this.#selectionSets += 1;
    if (this.#selection === 'introspection' && this.#depthOutsideIntrospection < 0) {
      this.#depthOutsideIntrospection = this.#fieldDepth;
      figures.introspectionDepth = Math.max(figures.introspectionDepth, 1);
    }
    if (this.#selection !== 'none') this.#fieldDepth += 1;
    this.#selection = 'none';
    this.#expected = 'selection';
  }

  #closeSelectionSet(): void {
    // Without an open set the nesting has become negative, which ends reading.
    if (this.#selectionSets === 0) return;
    this.#selectionSets -= 1;
    this.#depthOutsideIntrospection = this.#outerDepths.pop() ?? -1;
    this.#fieldDepth = this.#outerDepths.pop() ?? 0;
    this.#selection = 'none';
    this.#expected = 'selection';
    if (this.#selectionSets === 0) this.#definition = undefined;
  }

  #takeInSelectionSet(kind: number): void {
    const { figures } = this.#currentDefinition();
    if (kind === tokens.name) this.#takeName(figures);
    else if (kind === tokens.spread) {
      figures.selections += 1;
      this.#selection = 'none';
      this.#expected = 'spread or "on"';
      this.#dotsAt = this.#lexer.start;
    } else if (kind === 0x3a) {
      // The name before was the alias of a field.
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
    const chain = this.#fieldDepth + 1;
    if (chain === 1) figures.rootFields += 1;
    if (chain > figures.chain) figures.chain = chain;
    if (this.#depthOutsideIntrospection < 0) {
      if (chain > figures.depth) figures.depth = chain;
    } else if (chain - this.#depthOutsideIntrospection > figures.introspectionDepth) {
      figures.introspectionDepth = chain - this.#depthOutsideIntrospection;
    }
  }

  /** By the name of the field, not by its alias. */
  #nameField(): void {
    const isIntrospection = this.#lexer.is('__schema') || this.#lexer.is('__type');
    this.#selection = isIntrospection ? 'introspection' : 'field';
  }

  #spread(): void {
    this.#currentDefinition().spreads.push({
      name: this.#lexer.text(),
      at: this.#dotsAt,
      fieldsAbove: this.#fieldDepth,
      introspectionAbove:
        this.#depthOutsideIntrospection < 0 ? 0 : this.#fieldDepth - this.#depthOutsideIntrospection,
    });
  }
}
