/**
 * What the guard counts, counted slowly: by walking graphql-js's tree and walking each fragment again wherever it is
 * spread. Says the same of every document that is small when expanded.
 */
import { Kind, Lexer, parse, Source, TokenKind } from 'graphql';
import type { DefinitionNode, DocumentNode, FragmentDefinitionNode, SelectionSetNode } from 'graphql';

import type { GuardFigures } from '../../src/operation/guard/guard.ts';

export type ReferenceFigures = Omit<GuardFigures, 'expansionSteps' | 'ignoredBytes'>;

interface Place {
  /** Fields around, all of them. */
  readonly chain: number;
  /** Fields around, from the outermost `__schema` or `__type`; 0 outside. */
  readonly introspection: number;
}

/** @throws Where graphql-js does not parse the text. */
export function referenceFigures(text: string): ReferenceFigures {
  const document = parse(text);
  const each = document.definitions.map((definition) => ({
    isFragment: definition.kind === Kind.FRAGMENT_DEFINITION,
    figures: new Walk(document).walk(definition),
  }));
  const most = (of: (figures: Walk) => number, operationsOnly = false): number =>
    Math.max(
      0,
      ...each.filter(({ isFragment }) => !(operationsOnly && isFragment)).map(({ figures }) => of(figures)),
    );
  return {
    tokens: countTokens(text),
    selections: most((figures) => figures.selections),
    aliases: most((figures) => figures.aliases),
    directives: most((figures) => figures.directives),
    rootFields: most((figures) => figures.rootFields, true),
    depth: most((figures) => figures.depth, true),
    introspectionDepth: most((figures) => figures.introspectionDepth, true),
    chain: most((figures) => figures.chain, true),
  };
}

class Walk {
  selections = 0;
  aliases = 0;
  directives = 0;
  rootFields = 0;
  depth = 0;
  introspectionDepth = 0;
  chain = 0;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor(document: DocumentNode) {
    this.#fragments = new Map(
      document.definitions
        .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
        .map((definition) => [definition.name.value, definition]),
    );
  }

  walk(definition: DefinitionNode): this {
    if (!('selectionSet' in definition)) throw new Error('Only operations and fragments are walked');
    this.directives += definition.directives?.length ?? 0;
    for (const variable of definition.variableDefinitions ?? []) {
      this.directives += variable.directives?.length ?? 0;
    }
    this.#set(definition.selectionSet, { chain: 0, introspection: 0 });
    return this;
  }

  #set({ selections }: SelectionSetNode, place: Place): void {
    for (const selection of selections) {
      this.selections += 1;
      this.directives += selection.directives?.length ?? 0;
      if (selection.kind === Kind.FIELD) {
        if (selection.alias) this.aliases += 1;
        const inner = this.#field(selection.name.value, place);
        if (selection.selectionSet) this.#inner(selection.selectionSet, inner);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.#set(selection.selectionSet, place);
      } else {
        const fragment = this.#fragments.get(selection.name.value);
        this.directives += fragment?.directives?.length ?? 0;
        if (fragment) this.#set(fragment.selectionSet, place);
      }
    }
  }

  #inner(set: SelectionSetNode, place: Place): void {
    this.introspectionDepth = Math.max(this.introspectionDepth, place.introspection);
    this.#set(set, place);
  }

  #field(name: string, { chain, introspection }: Place): Place {
    if (chain === 0) this.rootFields += 1;
    this.chain = Math.max(this.chain, chain + 1);
    if (introspection > 0) {
      this.introspectionDepth = Math.max(this.introspectionDepth, introspection + 1);
      return { chain: chain + 1, introspection: introspection + 1 };
    }
    this.depth = Math.max(this.depth, chain + 1);
    const isIntrospection = name === '__schema' || name === '__type';
    return { chain: chain + 1, introspection: isIntrospection ? 1 : 0 };
  }
}

export interface ReferenceToken {
  readonly start: number;
  readonly end: number;
}

/** graphql-js's own tokens until the end of the text or its first error; comments apart. */
export function referenceTokens(text: string): {
  readonly tokens: readonly ReferenceToken[];
  readonly comments: number;
  readonly isReadable: boolean;
} {
  const lexer = new Lexer(new Source(text));
  const all = [];
  let isReadable = true;
  try {
    while (lexer.advance().kind !== TokenKind.EOF);
  } catch {
    isReadable = false;
  }
  // graphql-js links comments into the chain of tokens although it never returns them.
  for (let token = startOf(lexer).next; token && token.kind !== TokenKind.EOF; token = token.next) {
    all.push({ kind: token.kind, start: token.start, end: token.end });
  }
  const tokens = all.filter(({ kind }) => kind !== TokenKind.COMMENT);
  return {
    tokens: tokens.map(({ start, end }) => ({ start, end })),
    comments: all.length - tokens.length,
    isReadable,
  };
}

function startOf(lexer: Lexer): Lexer['token'] {
  let token = lexer.lastToken;
  while (token.prev) token = token.prev;
  return token;
}

function countTokens(text: string): number {
  const { tokens, comments } = referenceTokens(text);
  return tokens.length + comments;
}
