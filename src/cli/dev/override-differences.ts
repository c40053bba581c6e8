/** Whether a local subgraph has the schema that the graph was composed from. */

import { introspectedSchema } from '../../checks/states/introspection.ts';
import { sdlDifferences } from '../../checks/states/sdl-differences.ts';
import { errorText } from '../../shared/error-text.ts';

const linesMax = 20;

interface Overridden {
  readonly name: string;
  readonly url: string;
  /** Of the graph. */
  readonly sdl: string;
}

/** @returns Null: they are the same. Never rejects. */
export async function overrideDifferences({ name, url, sdl }: Overridden): Promise<string | null> {
  try {
    const { added, removed } = sdlDifferences(sdl, await introspectedSchema(name, url));
    const lines = [
      ...removed.map((element) => `  - ${element}`),
      ...added.map((element) => `  + ${element}`),
    ];
    if (lines.length === 0) return null;
    const more = lines.length > linesMax ? [`  ... and ${lines.length - linesMax} more`] : [];
    const title = `The subgraph ${name} at ${url} has another schema than the graph:`;
    return [title, ...lines.slice(0, linesMax), ...more].join('\n');
  } catch (error) {
    return `The schema of ${name} was not compared: ${errorText(error)}`;
  }
}
