/**
 * The documents that have a shape: one that comes again is not read again, as long as it is among the last ones. Most
 * documents with other literals never come again, so a document is kept from its second time on.
 */

import { LRUCache } from 'lru-cache';

import type { GuardLimits } from '../../config/gateway/guard-limits.ts';
import type { PreparationRequest } from '../../pipeline/planning.ts';
import type { SourcePosition } from '../../pipeline/prepared.ts';
import type { ShapedDocument } from '../../pipeline/shapes.ts';
import { positionsIn } from '../guard/positions.ts';
import { shapeOf, type Literal, type Shape, type TokenOffsets } from './shape.ts';

export interface ShapedDocumentsOptions {
  /** Over these, a document has no shape. */
  readonly limits: GuardLimits;
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/** Per byte of a document: its text, its shape and its key. */
const memoryPerByte = 4;
const memoryPerLiteral = 200;

/** Digests of documents that came once. */
const firstTimesMax = 4096;

export class ShapedDocuments {
  readonly #options: ShapedDocumentsOptions;
  readonly #known: LRUCache<string, TextOfShape>;
  readonly #firstTimes = new Uint32Array(firstTimesMax);

  constructor(options: ShapedDocumentsOptions) {
    this.#options = options;
    this.#known = new LRUCache({ max: options.entriesMax, maxSize: options.bytesMax });
  }

  /** A document that was read before. @param key Of the operation by its text. */
  known(key: string): TextOfShape | undefined {
    return this.#known.get(key);
  }

  /** Null: it has no shape. */
  read(key: string, request: PreparationRequest): TextOfShape | null {
    const { limits } = this.#options;
    const shape = shapeOf(request.query, limits);
    if (!shape || (request.operationName !== null && request.operationName !== shape.name)) return null;
    const document = new TextOfShape(request, shape, limits);
    if (this.#hasCome(request.query)) {
      const size = request.query.length * memoryPerByte + shape.literals.length * memoryPerLiteral;
      this.#known.set(key, document, { size });
    }
    return document;
  }

  /** False the first time, and again where others with the same place came meanwhile. */
  #hasCome(text: string): boolean {
    const digest = digestOf(text);
    const place = digest % firstTimesMax;
    if (this.#firstTimes[place] === digest) return true;
    this.#firstTimes[place] = digest;
    return false;
  }
}

/** One document of a shape. */
export class TextOfShape implements ShapedDocument {
  readonly name: string | null;
  readonly literals: readonly Literal[];
  readonly #text: string;
  readonly #limits: GuardLimits;
  #request: PreparationRequest;

  constructor(request: PreparationRequest, shape: Shape, limits: GuardLimits) {
    this.name = shape.name;
    this.literals = shape.literals;
    this.#text = request.query;
    this.#limits = limits;
    this.#request = { ...request, query: shape.text, operationName: null, literals: [] };
  }

  /** For its shape, with the literals that stay. */
  get request(): PreparationRequest {
    return this.#request;
  }

  /** These of its literals are no variables. */
  keep(numbers: readonly number[]): PreparationRequest {
    const literals = numbers.map((number) => [number, copyOf(this.literals[number]?.text)] as const);
    return (this.#request = { ...this.#request, literals });
  }

  positions(): (inShape: SourcePosition) => SourcePosition {
    const offsets: TokenOffsets = { inShape: [], inDocument: [] };
    shapeOf(this.#text, this.#limits, offsets);
    const inShape = positionsIn(this.#request.query, offsets.inShape);
    const inDocument = positionsIn(this.#text, offsets.inDocument);
    const known = new Map(inShape.map((position, token) => [textOf(position), inDocument[token]]));
    return (position) => known.get(textOf(position)) ?? position;
  }
}

/** The request is kept with its operation: a part of the document would keep all of it in memory. */
function copyOf(text = ''): string {
  return Buffer.from(text).toString();
}

function textOf({ line, column }: SourcePosition): string {
  return `${line}:${column}`;
}

/** FNV-1a. Equal ones of different texts only cost memory. */
function digestOf(text: string): number {
  let digest = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) digest = Math.imul(digest ^ text.charCodeAt(at), 0x01000193);
  return digest >>> 0;
}
