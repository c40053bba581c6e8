/**
 * Loads user modules that a configuration file names: resolvers, kinds of sources, a policy, labels, plugins.
 *
 * Their imports of `@tributary-gateway/tributary` resolve to the running gateway, whether or not that package is installed
 * beside them, because the classes of a second copy would be different ones.
 */

import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

import { errorText } from '../shared/error-text.ts';
import { ownModule } from '../shared/own-module.ts';
import { fileState } from './file-state.ts';

const packageName = '@tributary-gateway/tributary';

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier !== packageName) return nextResolve(specifier, context);
    return { url: ownModule('../api', import.meta.url).href, shortCircuit: true };
  },
});

/** The exports of a module, by name. */
export type UserModule = Readonly<Record<string, unknown>>;

/** @throws {Error} `cannot be loaded: ...`, with the reason. */
export async function loadUserModule(path: string): Promise<UserModule> {
  return importOrExplain(pathToFileURL(path).href);
}

/** Reloads the file if it has changed since it was last loaded. @throws {Error} As `loadUserModule`. */
export async function reloadUserModule(path: string): Promise<UserModule> {
  const state = encodeURIComponent(await fileState(path));
  return importOrExplain(`${pathToFileURL(path).href}?state=${state}`);
}

/**
 * A module that awaits something at its top level may never be there. Less than the default of `timeouts.loadMs`, so that
 * the reason names the module.
 */
const importTimeoutMs = 45_000;

async function importOrExplain(url: string): Promise<UserModule> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const reason = new Error(`it did not finish loading within ${importTimeoutMs / 1000} s`);
  const timer = setTimeout(() => reject(reason), importTimeoutMs);
  try {
    return (await Promise.race([import(url), late]).catch(cannotLoad)) as UserModule;
  } finally {
    clearTimeout(timer);
  }
}

function cannotLoad(cause: unknown): never {
  throw new Error(`cannot be loaded: ${syntaxErrorPlace(cause)}${errorText(cause)}`, { cause });
}

/** `/app/users.ts:4: `: Node writes it above the message of a syntax error in TypeScript, and nowhere for JavaScript. */
function syntaxErrorPlace(cause: unknown): string {
  if (!(cause instanceof SyntaxError)) return '';
  const place = /^(?:file:\/\/)?(\S[^\n]*:\d+)\n/.exec(cause.stack ?? '')?.[1];
  return place === undefined ? '' : `${place}: `;
}
