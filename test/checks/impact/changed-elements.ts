/** Where a changed schema differs, so that operations can be made that meet it. */

import { nameIn, typeIn, type FieldModel, type SchemaModel } from './schema-model.ts';

/** Types, and fields as `Type.field`, of the base that changed themselves or by a type that they use directly. */
export function changedElements(base: SchemaModel, head: SchemaModel): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const type of base.types) {
    if (JSON.stringify(type) !== JSON.stringify(typeIn(head, type.name))) changed.add(type.name);
  }
  addInputsWithChangedFields(base, changed);
  const isChanged = (owner: string, field: FieldModel): boolean => {
    const after = typeIn(head, owner)?.fields.find(({ name }) => name === field.name);
    const used = [field.type, ...field.arguments.map(({ type }) => type)].map(nameIn);
    const isAnother = JSON.stringify(field) !== JSON.stringify(after);
    return isAnother || used.some((name) => changed.has(name) && typeIn(base, name)?.kind !== 'object');
  };
  const fields = base.types.flatMap(({ name, fields: own }) =>
    own.filter((field) => isChanged(name, field)).map((field) => [name, field.name] as const),
  );
  return new Set([...changed, ...fields.flatMap(([owner, name]) => [owner, `${owner}.${name}`])]);
}

function addInputsWithChangedFields(base: SchemaModel, changed: Set<string>): void {
  for (let size = -1; size !== changed.size;) {
    size = changed.size;
    for (const { name, inputFields } of base.types) {
      if (inputFields.some(({ type }) => changed.has(nameIn(type)))) changed.add(name);
    }
  }
}
