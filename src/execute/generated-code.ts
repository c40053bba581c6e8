/**
 * Functions generated from source text, for the hot paths of every request: with literal property names the engine reads
 * properties several times faster. Each has a reference implementation for where code generation is forbidden.
 */

/**
 * @param name For profiles and stack traces.
 * @param parameters Values that `body` refers to, by name.
 * @returns The value that `body` returns; null under `--disallow-code-generation-from-strings`.
 */
export function generate<Result>(
  name: string,
  parameters: Readonly<Record<string, unknown>>,
  body: string,
): Result | null {
  try {
    // eslint-disable-next-line typescript/no-implied-eval -- see the header; client text is embedded as literals only
    const make = new Function(...Object.keys(parameters), `${body}\n//# sourceURL=tributary/${name}`);
    return make(...Object.values(parameters)) as Result;
  } catch (error) {
    if (error instanceof EvalError) return null;
    throw error;
  }
}

/** Code that reads an own property of untrusted data; a missing one is undefined, whatever its name. */
export function readCode(object: string, name: string): string {
  const property = `${object}.${assertName(name)}`;
  return name in Object.prototype
    ? `(Object.hasOwn(${object}, ${JSON.stringify(name)}) ? ${property} : undefined)`
    : property;
}

/** Asserts that `name` is safe after a dot in generated code. Validation has refused other names before. */
export function assertName(name: string): string {
  if (!/^[_A-Za-z]\w*$/.test(name)) throw new Error(`Not a GraphQL name: ${JSON.stringify(name)}`);
  return name;
}
