/** Addresses of the gateway's own modules: TypeScript when it runs from source, JavaScript when it runs compiled. */

/**
 * @param path Of a module without its extension, relative to `from`, such as `../preparation/worker`.
 * @param from `import.meta.url` of the module that asks.
 */
export function ownModule(path: string, from: string): URL {
  return new URL(`${path}.${from.endsWith('.ts') ? 'ts' : 'js'}`, from);
}
