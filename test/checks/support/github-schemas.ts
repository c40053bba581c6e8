/** Validates files of GitHub Actions by the parser of GitHub's own editor support. */

import { registerHooks } from 'node:module';

/** Messages, none for a valid file. */
type Validate = (text: string) => readonly string[];

export interface GithubSchemas {
  readonly action: Validate;
  readonly workflow: Validate;
}

export async function readGithubSchemas(): Promise<GithubSchemas> {
  // The parser imports JSON without the attribute that Node demands.
  const hooks = registerHooks({
    load: (url, context, next) =>
      next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
  });
  try {
    const { NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser');
    const { parseAction } = await import('@actions/workflow-parser/actions/action-parser');
    const validate =
      (parse: typeof parseAction): Validate =>
      (content) =>
        parse({ name: 'file.yml', content }, new NoOperationTraceWriter())
          .context.errors.getErrors()
          .map(({ message }) => message);
    return { action: validate(parseAction), workflow: validate(parseWorkflow) };
  } finally {
    hooks.deregister();
  }
}
