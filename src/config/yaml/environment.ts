/**
 * Environment variables in configuration files: `${NAME}`, `${NAME:-default}`, and `$${` for a literal `${`.
 *
 * As in a shell, the default also replaces an empty value. Expansion is not repeated: a value may contain `${`.
 */
import { own } from '../../shared/records.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Expansion {
  readonly text: string;
  /** One sentence for each. */
  readonly problems: readonly string[];
}

const expression = /\$?\$\{([^}]*)\}|\$\{/g;
const variablePattern = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/** What a variable becomes that is not set and has no default: a problem, or an empty text. */
export type UnsetVariables = 'refused' | 'empty';

export function expandEnvironment(
  text: string,
  environment: Environment,
  unset: UnsetVariables = 'refused',
): Expansion {
  const problems: string[] = [];
  const expanded = text.replace(expression, (whole: string, content: string | undefined) => {
    if (content !== undefined && whole.startsWith('$$')) return whole.slice(1);
    const match = content === undefined ? null : variablePattern.exec(content);
    if (!match) {
      problems.push(`expected \${NAME} or \${NAME:-default}, got "${whole}"`);
      return whole;
    }
    const [, name = '', defaultValue] = match;
    const value = own(environment, name);
    if (defaultValue !== undefined) return value === undefined || value === '' ? defaultValue : value;
    if (value !== undefined) return value;
    if (unset === 'empty') return '';
    problems.push(`environment variable ${name} is not set and has no default (write \${${name}:-default})`);
    return '';
  });
  return { text: expanded, problems };
}
