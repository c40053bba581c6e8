/** Rules about what is written for readers of the graph: descriptions, and the reasons of deprecations. */

import { DEFAULT_DEPRECATION_REASON, Kind } from 'graphql';

import type { LintSettings } from '../../config/checks/checks-file.ts';
import { deprecationDate } from '../policy/deprecation-date.ts';
import {
  directiveNamed,
  isMarked,
  isOfInterface,
  kindOf,
  type Definition,
  type LintElement,
  type LintGraph,
  type LintType,
} from './graph.ts';
import { placeOf, placeOfType, type LintMark } from './mark.ts';

/** What is `@inaccessible` has no readers outside of its subgraphs. */
export function* descriptions(graph: LintGraph, { describedFields }: LintSettings): Generator<LintMark> {
  for (const type of graph.types.values()) {
    if (isMarked(type, 'inaccessible')) continue;
    if (!type.isRoot && !isDescribed(type))
      yield {
        ...descriptionMark(type, {
          message: `The ${kindOf(type)} type ${type.name} has no description`,
          text: `${keywordOf(type)} ${type.name}`,
        }),
        definition: placeOfType(type),
      };
    if (describedFields === 'none' || (describedFields === 'root' && !type.isRoot)) continue;
    for (const field of type.fields.values()) {
      if (isDescribed(field) || isMarked(field, 'inaccessible')) continue;
      if (!isOfInterface(type, field.name, graph))
        yield descriptionMark(field, {
          message: `Field ${field.coordinate} has no description`,
          text: field.name,
        });
    }
  }
}

function keywordOf(type: LintType): string {
  const kind = kindOf(type);
  return kind === 'object' ? 'type' : kind;
}

/** @param text That a line of the schema has, above which the description is written. */
function descriptionMark(
  element: LintElement,
  { message, text }: { readonly message: string; readonly text: string },
): LintMark {
  return {
    rule: 'lint-description',
    coordinate: element.coordinate,
    definition: placeOf(element),
    message,
    hint: `Write \`"What it is."\` on the line above \`${text}\``,
    details: [],
  };
}

/** One of its subgraphs is enough: composition keeps that description. */
function isDescribed({ definitions }: LintElement): boolean {
  return definitions.some(
    ({ node }) => 'description' in node && (node.description?.value ?? '').trim() !== '',
  );
}

export function* deprecationReasons(
  { types }: LintGraph,
  { deprecationDates }: LintSettings,
): Generator<LintMark> {
  for (const type of types.values()) {
    for (const element of deprecatable(type)) {
      const deprecations = element.definitions.flatMap(deprecationOf);
      const [first] = deprecations;
      if (!first) continue;
      const reasons = deprecations.flatMap(({ reason }) => reason ?? []);
      const hasDate = reasons.some((reason) => deprecationDate(reason) !== null);
      if (reasons.length > 0 && (hasDate || !deprecationDates)) continue;
      const date = deprecationDates ? ', since <yyyy-mm-dd>' : '';
      yield {
        rule: 'lint-deprecation-reason',
        coordinate: element.coordinate,
        definition: first.definition,
        message:
          reasons.length === 0
            ? `The deprecation of ${element.coordinate} has no reason`
            : `The deprecation of ${element.coordinate} does not say since when`,
        hint:
          reasons.length === 0
            ? `Write \`@deprecated(reason: "Use <what replaces it>${date}")\``
            : 'Add `since <yyyy-mm-dd>` to the reason, with the date of its deprecation',
        details: [reasons.length === 0 ? 'reason' : 'date'],
      };
    }
  }
}

function* deprecatable(type: LintType): Generator<LintElement> {
  for (const field of type.fields.values()) {
    yield field;
    yield* field.args.values();
  }
  yield* type.values.values();
}

interface Deprecation {
  readonly definition: Definition;
  /** Null: none, or the text that GraphQL writes where there is none. */
  readonly reason: string | null;
}

function deprecationOf(definition: Definition): Deprecation[] {
  const directive = directiveNamed(definition, 'deprecated');
  if (!directive) return [];
  const value = directive.arguments?.find(({ name }) => name.value === 'reason')?.value;
  const reason = value?.kind === Kind.STRING ? value.value.trim() : '';
  return [{ definition, reason: reason === '' || reason === DEFAULT_DEPRECATION_REASON ? null : reason }];
}
