/**
 * Writes the shape of a document: its tokens with single spaces where they need one, without the name of the operation,
 * and with a variable in place of each literal in an argument of a field. See `pipeline/shapes.ts`.
 *
 *     query Q { book(id: "7", tags: ["a", "b"]) { title } }
 *     query _{book(id:$_value0s tags:$_value1S){title}}
 *
 * One pass, linear, no recursion. Syntax is not checked: what replaces a token is wrong where the token is wrong, so that
 * the shape of a document with a syntax error has one, too.
 */

import { parseConstValue, type StringValueNode } from 'graphql';

import type { GuardLimits } from '../../config/gateway/guard-limits.ts';
import { placeholderName, placeholderPrefix, shapeName, type LiteralKind } from '../../pipeline/shapes.ts';
import { numberOf } from '../../shared/exact-number.ts';
import { Lexer, tokens, utf8Bytes } from '../guard/lexer.ts';

export interface Shape {
  readonly text: string;
  /** Of the operation. */
  readonly name: string | null;
  /** By number. At least one. */
  readonly literals: readonly Literal[];
}

export interface Literal {
  /** In GraphQL. */
  readonly text: string;
  /** As if a client had sent it as a variable. */
  readonly value: unknown;
}

type LexicalLimits = Pick<GuardLimits, 'documentBytesMax' | 'tokensMax' | 'ignoredBytesMax' | 'nestingMax'>;

/** No token is next to it. */
const noRun = -2;

/** Where the tokens of a shape are in its document: offsets in both, ascending. */
export interface TokenOffsets {
  readonly inShape: number[];
  readonly inDocument: number[];
}

/** Each of them is a variable for the planner. */
const literalsMax = 256;
/** Each fetch of the operation keeps its text with the last name. */
const nameCharsMax = 128;
/** A longer number is not worth the time to read it. */
const numberCharsMax = 40;

/**
 * Null: it has none. It has no literal or too many, several operations, a very long name, schema introspection, or variables that could be
 * confused with literals; or it is over a limit that the guard would refuse it for, other documents of its shape not.
 *
 * @param offsets Is filled.
 */
export function shapeOf(text: string, limits: LexicalLimits, offsets?: TokenOffsets): Shape | null {
  if (isOver(text, limits.documentBytesMax)) return null;
  const lexer = new Lexer(text);
  const writer = new ShapeWriter(text, lexer, offsets);
  for (let read = 0; ; read += 1) {
    const kind = lexer.next();
    if (kind === tokens.unreadable || lexer.ignoredBytes > limits.ignoredBytesMax) return null;
    const isEnd = kind === tokens.end;
    if (lexer.comments + (isEnd ? read : read + 1) > limits.tokensMax) return null;
    if (isEnd) return writer.shape();
    if (!writer.take(kind) || writer.nesting < 0 || writer.nesting > limits.nestingMax) return null;
  }
}

function isOver(text: string, bytesMax: number): boolean {
  if (text.length * 3 <= bytesMax) return false;
  return text.length > bytesMax || utf8Bytes(text, 0, text.length) > bytesMax;
}

/** What a name in a selection set is. */
type Role = 'field' | 'kept';

class ShapeWriter {
  /** Open brackets. */
  nesting = 0;
  readonly #text: string;
  readonly #lexer: Lexer;
  readonly #offsets: TokenOffsets | undefined;
  /** Joined at the end: a string that grows would be a tree of all its parts, and kept as such. */
  readonly #parts: string[] = [];
  #length = 0;
  /** Offsets of what comes next: tokens that are copied together. */
  #runStart = noRun;
  #runEnd = noRun;
  /** Whether the last token needs a space before a name, a number, a string or dots. */
  #isWord = false;
  /** The token before. */
  #previous = 0;
  /** Open selection sets. */
  #selectionSets = 0;
  /** Open brackets from a `(` on. */
  #valueNesting = 0;
  /** They contain the arguments of a field. */
  #isInArguments = false;
  #role: Role = 'kept';
  /** The next name is that of the operation. */
  #isHeader = false;
  #isInDefinition = false;
  #operations = 0;
  #name: string | null = null;
  /** A list that has been literals of one kind so far. */
  #list: ListOfLiterals | null = null;
  readonly #literals: Literal[] = [];
  /** By kind and value. */
  readonly #numbers = new Map<string, number>();

  constructor(text: string, lexer: Lexer, offsets: TokenOffsets | undefined) {
    this.#text = text;
    this.#lexer = lexer;
    this.#offsets = offsets;
  }

  shape(): Shape | null {
    if (this.#literals.length === 0 || this.#operations !== 1) return null;
    this.#endRun();
    return { text: this.#parts.join(''), name: this.#name, literals: this.#literals };
  }

  /** @returns False: the document has no shape. */
  take(kind: number): boolean {
    const isTaken = this.#isInArguments ? this.#takeInArguments(kind) : this.#takeOutside(kind);
    this.#previous = kind;
    return isTaken;
  }

  #takeOutside(kind: number): boolean {
    if (kind === tokens.name) return this.#takeName();
    switch (kind) {
      case 0x28: // (
        this.#isInArguments = this.#valueNesting === 0 && this.#selectionSets > 0 && this.#role === 'field';
        this.#open(true);
        break;
      case 0x5b: // [
        this.#open(true);
        break;
      case 0x7b: // {
        if (!this.#isInDefinition) this.#operations += 1;
        this.#isInDefinition = true;
        this.#open(false);
        break;
      case 0x29: // )
      case 0x5d: // ]
      case 0x7d: // }
        this.#close();
        break;
      default:
    }
    this.#isHeader = false;
    this.#write(kind);
    return true;
  }

  #open(isValue: boolean): void {
    this.nesting += 1;
    if (isValue || this.#valueNesting > 0) this.#valueNesting += 1;
    else this.#selectionSets += 1;
  }

  #close(): void {
    this.nesting -= 1;
    if (this.#valueNesting > 0) this.#valueNesting -= 1;
    else this.#selectionSets -= 1;
    if (this.#valueNesting === 0) this.#isInArguments = false;
    if (this.nesting === 0 && this.#selectionSets === 0 && this.#lexer.is('}')) this.#isInDefinition = false;
  }

  #takeName(): boolean {
    if (this.#previous === 0x24) return this.#takeVariable();
    if (this.#selectionSets > 0 && this.#valueNesting === 0) return this.#takeInSelectionSet();
    if (!this.#isInDefinition) return this.#beginDefinition();
    if (!this.#isHeader) {
      this.#write(tokens.name);
      return true;
    }
    this.#isHeader = false;
    this.#name = this.#lexer.text();
    this.#append(` ${shapeName}`, true);
    return this.#name.length <= nameCharsMax;
  }

  #takeVariable(): boolean {
    this.#write(tokens.name);
    return !this.#lexer.text().startsWith(placeholderPrefix);
  }

  #beginDefinition(): boolean {
    this.#isInDefinition = true;
    this.#write(tokens.name);
    if (this.#lexer.is('fragment')) return true;
    this.#isHeader = true;
    this.#operations += 1;
    return this.#operations === 1 && (this.#lexer.is('query') || this.#lexer.is('mutation'));
  }

  #takeInSelectionSet(): boolean {
    // The names of directives and of fragments.
    this.#role = this.#previous === 0x40 || this.#previous === tokens.spread ? 'kept' : 'field';
    this.#write(tokens.name);
    return !this.#lexer.is('__schema') && !this.#lexer.is('__type');
  }

  #takeInArguments(kind: number): boolean {
    if (kind === tokens.number || kind === tokens.string) return this.#takeLiteral(kind);
    if (kind === 0x5d && this.#list) {
      this.#close();
      return this.#endList(this.#list);
    }
    if (!this.#flushList()) return false;
    if (kind === 0x5b) {
      this.#open(true);
      this.#list = { start: this.#lexer.start, kind: null, items: [] };
      return true;
    }
    if (kind === tokens.name && this.#previous === 0x24) return this.#takeVariable();
    if (kind === 0x28 || kind === 0x7b) this.#open(true);
    else if (kind === 0x29 || kind === 0x5d || kind === 0x7d) this.#close();
    this.#write(kind);
    return true;
  }

  #takeLiteral(kind: number): boolean {
    const { start, end } = this.#lexer;
    const literal = literalOf(this.#text.slice(start, end), kind);
    const list = this.#list;
    if (!literal) {
      if (!this.#flushList()) return false;
      this.#write(kind);
      return true;
    }
    if (list && (list.kind === null || list.kind === literal.kind)) {
      list.kind = literal.kind;
      list.items.push({ ...literal, start });
      return true;
    }
    return this.#flushList() && this.#replace(literal.kind, literal, start);
  }

  /** The whole list is one literal. An empty one is none. */
  #endList(list: ListOfLiterals): boolean {
    const { kind, items, start } = list;
    if (kind === null) {
      if (!this.#flushList()) return false;
      this.#write(0x5d);
      return true;
    }
    this.#list = null;
    const text = `[${items.map((item) => item.text).join(' ')}]`;
    const value = items.map((item) => item.value);
    return this.#replace(kind.toUpperCase() as LiteralKind, { text, value }, start);
  }

  /** What began like a list of literals is none, so each of them stands for itself. */
  #flushList(): boolean {
    const list = this.#list;
    if (!list) return true;
    this.#list = null;
    this.#mark(list.start);
    this.#append('[', false);
    return list.items.every((item) => this.#replace(item.kind, item, item.start));
  }

  #replace(kind: LiteralKind, { text, value }: Literal, start: number): boolean {
    const key = typeof value === 'string' ? `${kind}${value}` : `${kind}${text}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#literals.length;
      this.#numbers.set(key, number);
      this.#literals.push({ text, value });
    }
    this.#mark(start);
    this.#append(`$${placeholderName({ kind, number })}`, false);
    this.#isWord = true;
    return this.#literals.length <= literalsMax;
  }

  #write(kind: number): void {
    const { start, end } = this.#lexer;
    const isWord = kind <= tokens.spread;
    const needsSpace = isWord && this.#isWord;
    if (needsSpace) this.#length += 1;
    this.#mark(start);
    this.#length += end - start;
    this.#isWord = isWord;
    if (this.#isNext(start, needsSpace)) {
      this.#runEnd = end;
      return;
    }
    this.#endRun();
    if (needsSpace) this.#parts.push(' ');
    this.#runStart = start;
    this.#runEnd = end;
  }

  /** Whether between the run and this offset is what the shape has there. */
  #isNext(start: number, needsSpace: boolean): boolean {
    if (!needsSpace) return start === this.#runEnd;
    return start === this.#runEnd + 1 && this.#text.charCodeAt(this.#runEnd) === 0x20;
  }

  #endRun(): void {
    if (this.#runEnd > this.#runStart) this.#parts.push(this.#text.slice(this.#runStart, this.#runEnd));
    this.#runStart = this.#runEnd = noRun;
  }

  #append(text: string, isWord: boolean): void {
    this.#endRun();
    this.#parts.push(text);
    this.#length += text.length;
    this.#isWord = isWord;
  }

  #mark(start: number): void {
    if (!this.#offsets) return;
    this.#offsets.inShape.push(this.#length);
    this.#offsets.inDocument.push(start);
  }
}

interface ListOfLiterals {
  /** Of its bracket. */
  readonly start: number;
  /** Null: it is empty so far. */
  kind: LiteralKind | null;
  readonly items: Array<Literal & { readonly kind: LiteralKind; readonly start: number }>;
}

/** Undefined: it stays, because it may be written another way than a client would write it as a variable. */
function literalOf(text: string, kind: number): (Literal & { readonly kind: LiteralKind }) | undefined {
  if (kind === tokens.string) return text.startsWith('"""') ? undefined : stringOf(text);
  if (text.length > numberCharsMax || negativeZero.test(text)) return undefined;
  return { kind: fraction.test(text) ? 'f' : 'i', text, value: numberOf(text, 'digits') };
}

const negativeZero = /^-0(?:[.eE]|$)/;
const fraction = /[.eE]/;

function stringOf(text: string): Literal & { readonly kind: LiteralKind } {
  const value = text.includes('\\')
    ? (parseConstValue(text, { noLocation: true }) as StringValueNode).value
    : text.slice(1, -1);
  return { kind: 's', text, value };
}
