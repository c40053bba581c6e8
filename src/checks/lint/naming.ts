/** Rules about names: of types, fields, arguments, enum values, input types and tags. */

import { Kind } from 'graphql';

import type { LintSettings } from '../../config/checks/checks-file.ts';
import type { LintRule } from '../../config/checks/rules.ts';
import { didYouMean } from '../../config/yaml/suggest.ts';
import { displayName } from '../../shared/display-name.ts';
import {
  isOfInterface,
  kindOf,
  type Definition,
  type LintElement,
  type LintGraph,
  type LintType,
} from './graph.ts';
import { placeOf, placeOfType, type LintMark } from './mark.ts';
import { conventions, follows, nameBy } from './names.ts';
import { directivesOf } from './subgraph.ts';

export function* typeNames({ types }: LintGraph, settings: LintSettings): Generator<LintMark> {
  for (const type of types.values()) {
    // Supergraphs call root types by other names.
    if (type.isRoot || follows(type.name, conventions.pascalCase)) continue;
    const renamed = nameBy(type.name, conventions.pascalCase);
    const isInput = kindOf(type) === 'input' && settings.severities['lint-input-name'] !== 'off';
    const name = renamed !== undefined && isInput ? withInput(renamed) : renamed;
    yield {
      rule: 'lint-type-name',
      coordinate: type.coordinate,
      definition: placeOfType(type),
      message: `The name of type ${type.name} is not in ${conventions.pascalCase.label}`,
      hint: renameHint(type.name, name, { siblings: types, label: conventions.pascalCase.label }),
      details: [],
    };
  }
}

export function* inputNames({ types }: LintGraph): Generator<LintMark> {
  for (const type of types.values()) {
    if (kindOf(type) !== 'input' || type.name.endsWith('Input')) continue;
    const name = withInput(nameBy(type.name, conventions.pascalCase) ?? type.name);
    yield {
      rule: 'lint-input-name',
      coordinate: type.coordinate,
      definition: placeOfType(type),
      message: `The name of input type ${type.name} does not end in Input`,
      hint: renameHint(type.name, name, { siblings: types, label: '...Input' }),
      details: [],
    };
  }
}

export function* fieldNames(graph: LintGraph): Generator<LintMark> {
  for (const type of graph.types.values()) {
    for (const field of type.fields.values()) {
      if (isOfInterface(type, field.name, graph)) continue;
      yield* camelCaseMark(field, { rule: 'lint-field-name', what: 'field', siblings: type.fields });
    }
  }
}

export function* argumentNames(graph: LintGraph): Generator<LintMark> {
  for (const type of graph.types.values()) {
    for (const field of type.fields.values()) {
      if (isOfInterface(type, field.name, graph)) continue;
      for (const argument of field.args.values())
        yield* camelCaseMark(argument, {
          rule: 'lint-argument-name',
          what: 'argument',
          siblings: field.args,
        });
    }
  }
}

interface Naming {
  readonly rule: LintRule;
  readonly what: string;
  readonly siblings: ReadonlyMap<string, unknown>;
}

function* camelCaseMark(element: LintElement, { rule, what, siblings }: Naming): Generator<LintMark> {
  const { label } = conventions.camelCase;
  if (follows(element.name, conventions.camelCase)) return;
  yield {
    rule,
    coordinate: element.coordinate,
    definition: placeOf(element),
    message: `The name of ${what} ${element.coordinate} is not in ${label}`,
    hint: renameHint(element.name, nameBy(element.name, conventions.camelCase), { siblings, label }),
    details: [],
  };
}

export function* enumValues({ types }: LintGraph): Generator<LintMark> {
  const { label } = conventions.upperCase;
  for (const { values } of types.values()) {
    for (const value of values.values()) {
      if (follows(value.name, conventions.upperCase)) continue;
      yield {
        rule: 'lint-enum-value',
        coordinate: value.coordinate,
        definition: placeOf(value),
        message: `The name of enum value ${value.coordinate} is not in ${label}`,
        hint: renameHint(value.name, nameBy(value.name, conventions.upperCase), { siblings: values, label }),
        details: [],
      };
    }
  }
}

export function* tagNames({ types }: LintGraph, { allowedTags }: LintSettings): Generator<LintMark> {
  if (allowedTags === null) return;
  const allowed = new Set(allowedTags);
  for (const type of types.values()) {
    for (const element of elementsOf(type)) {
      for (const [tag, definition] of tagsOf(element)) {
        if (allowed.has(tag)) continue;
        const shown = displayName(tag);
        yield {
          rule: 'lint-tag-name',
          coordinate: element.coordinate,
          definition,
          message: `The tag "${shown}" of ${element.coordinate} is not among the allowed tags${didYouMean(tag, allowedTags)}`,
          hint: `Use one of ${listed(allowedTags)}, or add \`${shown}\` to tags.allowed of checks.yaml`,
          details: [tag],
        };
      }
    }
  }
}

function* elementsOf(type: LintType): Generator<LintElement> {
  yield type;
  for (const field of type.fields.values()) {
    yield field;
    yield* field.args.values();
  }
  yield* type.values.values();
}

/** Each tag once, where it is first applied. */
function tagsOf({ definitions }: LintElement): ReadonlyMap<string, Definition> {
  const tags = new Map<string, Definition>();
  for (const definition of definitions) {
    for (const directive of directivesOf(definition, 'tag')) {
      const name = directive.arguments?.find((argument) => argument.name.value === 'name')?.value;
      if (name?.kind === Kind.STRING && !tags.has(name.value)) tags.set(name.value, definition);
    }
  }
  return tags;
}

function withInput(name: string): string {
  return name.endsWith('Input') ? name : `${name}Input`;
}

function renameHint(
  name: string,
  renamed: string | undefined,
  { siblings, label }: { readonly siblings: ReadonlyMap<string, unknown>; readonly label: string },
): string {
  if (renamed === undefined) return `Rename \`${name}\` to a name such as ${label}`;
  if (siblings.has(renamed)) return `Rename \`${name}\`: \`${renamed}\` exists already`;
  return `Rename \`${name}\` to \`${renamed}\``;
}

const listedMax = 10;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, listedMax).map((name) => `\`${name}\``);
  return names.length > listedMax
    ? `${shown.join(', ')} and ${names.length - listedMax} more`
    : shown.join(', ');
}
