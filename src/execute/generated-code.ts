/**
 * Functions made from source text, for the loops that every request runs: with names as literals the engine reads
 * properties several times faster. Each has a reference in plain code that is used where code generation is forbidden.
 */

/**
 * @param name Stands in profiles and stack traces.
 * @param parameters Names of what `body` refers to, with their values.
 * @returns The value that `body` returns; null under `--disallow-code-generation-from-strings`.
 */
export function generate<Result>(
  name: string,
  parameters: Readonly<Record<string, unknown>>,
  body: string,
): Result | null {
  try {
    // eslint-disable-next-line typescript/no-implied-eval -- see the header; client text comes in as literals only
    const make = new Function(...Object.keys(parameters), `${body}\n//# sourceURL=tributary/${name}`);
    return make(...Object.values(parameters)) as Result;
  } catch (error) {
    if (error instanceof EvalError) return null;
    throw error;
  }
}

/** Code that reads a property of data from outside: one that is not there is undefined, whatever its name is. */
export function readCode(object: string, name: string): string {
  const property = `${object}.${assertName(name)}`;
  return name in Object.prototype
    ? `(Object.hasOwn(${object}, ${JSON.stringify(name)}) ? ${property} : undefined)`
    : property;
}

/** Safe as a property name after a dot. Everything else is refused before it gets here. */
export function assertName(name: string): string {
  if (!/^[_A-Za-z]\w*$/.test(name)) throw new Error(`Not a GraphQL name: ${JSON.stringify(name)}`);
  return name;
}
