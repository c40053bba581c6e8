/** URLs of the gateway's own modules: TypeScript if it runs from source, JavaScript if it runs compiled. */

/**
 * @param path Path of the module without extension, relative to `from`, such as `../preparation/worker`.
 * @param from `import.meta.url` of the caller.
 */
export function ownModule(path: string, from: string): URL {
  return new URL(`${path}.${from.endsWith('.ts') ? 'ts' : 'js'}`, from);
}
