/**
 * Reads proto files from disk, imports too: from the include directories, as protoc and buf resolve them, and beside the
 * file that imports.
 */

import { accessSync, constants } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

import protobuf from 'protobufjs';
import api from 'protobufjs/google/protobuf/api.json' with { type: 'json' };
import descriptor from 'protobufjs/google/protobuf/descriptor.json' with { type: 'json' };
import sourceContext from 'protobufjs/google/protobuf/source_context.json' with { type: 'json' };
import type from 'protobufjs/google/protobuf/type.json' with { type: 'json' };

export interface ProtoFile {
  /** Absolute. */
  readonly path: string;
  /** Absolute; roots of its imports. */
  readonly includeDirs: readonly string[];
}

// protobufjs brings the other well-known files by itself.
for (const [name, file] of Object.entries({ api, descriptor, source_context: sourceContext, type })) {
  protobuf.common(name, file.nested.google.nested.protobuf.nested);
}

/** @throws {Error} That says which file is missing where, or which line is wrong. */
export async function readProtos({ path, includeDirs }: ProtoFile): Promise<protobuf.Root> {
  const root = new LoadedRoot();
  root.resolvePath = (origin, target) => {
    if (origin === '') return target;
    const folders = [...includeDirs, dirname(origin)];
    const found = isAbsolute(target)
      ? target
      : folders.map((folder) => join(folder, target)).find(isReadable);
    if (found !== undefined) return found;
    const looked = folders.map((folder) => join(folder, target)).join(' or ');
    throw new Error(
      `${origin} imports "${target}", which is not at ${looked}; name the folder from which it is imported in "includeDirs"`,
    );
  };
  await root.load(path);
  root.resolveTypes();
  return root;
}

/**
 * protobufjs resolves types in a callback of the file system, where an error, such as an unknown type, would end the
 * process: here it is done once everything is loaded.
 */
class LoadedRoot extends protobuf.Root {
  override resolveAll(): this {
    return this;
  }

  /** @throws {Error} For a type that does not exist. */
  resolveTypes(): void {
    super.resolveAll();
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
