/** The conventions of names, and the name that one would have by another convention. Pure. */

interface Convention {
  readonly label: string;
  readonly pattern: RegExp;
  readonly join: (words: readonly string[]) => string;
}

export const conventions = {
  pascalCase: {
    label: 'PascalCase',
    pattern: /^[A-Z][A-Za-z0-9]*$/,
    join: (words) => words.map(capitalized).join(''),
  },
  camelCase: {
    label: 'camelCase',
    pattern: /^[a-z][A-Za-z0-9]*$/,
    join: ([first = '', ...rest]) => first.toLowerCase() + rest.map(capitalized).join(''),
  },
  upperCase: {
    label: 'UPPER_CASE',
    pattern: /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/,
    join: (words) => words.map((word) => word.toUpperCase()).join('_'),
  },
} as const satisfies Record<string, Convention>;

export function follows(name: string, { pattern }: Convention): boolean {
  return pattern.test(name);
}

/** Undefined for a name without a letter to begin with. */
export function nameBy(name: string, convention: Convention): string | undefined {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g) ?? [];
  const renamed = convention.join(joinedDigits(words));
  return follows(renamed, convention) ? renamed : undefined;
}

/** Digits belong to the word before them: `line2`, `LINE2`. */
function joinedDigits(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const isNumber = /^[0-9]/.test(word);
    const last = joined.at(-1);
    if (isNumber && last !== undefined) joined[joined.length - 1] = last + word;
    else joined.push(word);
  }
  return joined;
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}
