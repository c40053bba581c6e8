/** Splits documents into operations, each with the fragments that it uses. */

import { createHash } from 'node:crypto';

import {
  Kind,
  parse,
  print,
  Source,
  visit,
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql';

import { errorText } from '../../shared/error-text.ts';

/** More than any client's compiler writes. */
export const tokensMax = 100_000;

export interface DocumentFile {
  readonly file: string;
  readonly text: string;
}

export interface ParsedOperation {
  readonly name: string | null;
  readonly document: string;
  readonly file: string;
}

export interface ParsedDocuments {
  readonly operations: readonly ParsedOperation[];
  readonly problems: ReadonlyArray<{ readonly file: string; readonly message: string }>;
}

/** Files that are written for one another: fragments of each may be used in all. */
export function operationsOf(files: readonly DocumentFile[]): ParsedDocuments {
  const problems: Array<{ file: string; message: string }> = [];
  const fragments = new Map<string, { readonly file: string; readonly node: FragmentDefinitionNode }>();
  const operations: Array<{ readonly file: string; readonly node: OperationDefinitionNode }> = [];
  for (const { file, text } of files) {
    const document = parsed(file, text);
    if ('message' in document) {
      problems.push({ file, message: document.message });
      continue;
    }
    for (const node of document.definitions) {
      if (node.kind === Kind.OPERATION_DEFINITION) operations.push({ file, node });
      if (node.kind !== Kind.FRAGMENT_DEFINITION) continue;
      const name = node.name.value;
      const other = fragments.get(name);
      if (!other) fragments.set(name, { file, node });
      else if (print(other.node) !== print(node))
        problems.push({ file, message: `the fragment ${name} is another one in ${other.file}` });
    }
  }
  const byName = new Map([...fragments].map(([name, { node }]) => [name, node]));
  return {
    operations: operations.map(({ file, node }) => ({
      name: node.name?.value ?? null,
      document: [node, ...fragmentsOf(node, byName)].map(print).join('\n\n'),
      file,
    })),
    problems,
  };
}

export function documentId(document: string): string {
  return createHash('sha256').update(document).digest('hex');
}

function parsed(file: string, text: string): DocumentNode | { readonly message: string } {
  try {
    return parse(new Source(text, file), { maxTokens: tokensMax });
  } catch (error) {
    return { message: errorText(error) };
  }
}

function fragmentsOf(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): FragmentDefinitionNode[] {
  const used = new Map<string, FragmentDefinitionNode>();
  const pending: ASTNode[] = [operation];
  for (let node = pending.pop(); node; node = pending.pop()) {
    visit(node, {
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (!fragment || used.has(name.value)) return;
        used.set(name.value, fragment);
        pending.push(fragment);
      },
    });
  }
  return [...used.values()];
}
