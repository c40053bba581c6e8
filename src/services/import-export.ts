/** Loads the modules that graph.yaml names, each for one of its exports. */

import { loadUserModule } from '../config/user-module.ts';

export interface WantedExport<Value> {
  readonly name: string;
  /** The function that makes it, for the message. */
  readonly madeBy: string;
  readonly isOne: (value: unknown) => value is Value;
}

/** @throws {Error} Saying what is wrong with the module. */
export async function importExport<Value>(
  path: string,
  { name, madeBy, isOne }: WantedExport<Value>,
): Promise<Value> {
  const module = await loadUserModule(path).catch((error: Error) => {
    throw new Error(`${path} ${error.message}`, { cause: error.cause });
  });
  const value = module[name];
  if (isOne(value)) return value;
  const found = Object.keys(module).join(', ') || 'nothing';
  throw new Error(`${path} must export "${name}" made by ${madeBy}; it exports ${found}`);
}
