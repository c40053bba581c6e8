/**
 * Walks one operation under both schemas at once: for each selection, what is written there (the static types, by which
 * documents are valid) and what may be there (the object types, by which they are executed).
 *
 * Iterative, and each selection set once for each pair of types and set of object types, however often its fragment is
 * spread. Documents need not be valid under either schema.
 */

import {
  getNamedType,
  isCompositeType,
  isAbstractType,
  isInputType,
  Kind,
  type ASTNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type TypeNode,
  type VariableDefinitionNode,
} from 'graphql';

import { fieldOf, type FieldChangesByType } from './field-changes.ts';
import type { InputTypes } from './input-types.ts';
import { affected, asAffected, broken, Reasons, type MemberReason } from './reasons.ts';
import type { RuntimeTypes, RuntimeTypeSets } from './runtime-types.ts';
import { addArgumentCoordinates, addValueCoordinates } from './value-coordinates.ts';
import { ValueComparison } from './values.ts';

/** What is compared once for a pair of schemas. */
export interface SchemaPair {
  readonly base: GraphQLSchema;
  readonly head: GraphQLSchema;
  readonly sets: RuntimeTypeSets;
  readonly inputTypes: InputTypes;
  readonly fieldChanges: FieldChangesByType;
  /** Whether the answers of introspection are the same. */
  readonly introspectionChanged: () => boolean;
}

export interface WalkResult {
  readonly reasons: Reasons;
  /** Reasons for which the document is invalid, by the node at which validation reports them. */
  readonly refusals: ReadonlyMap<ASTNode, readonly MemberReason[]>;
  readonly coordinates: ReadonlySet<string>;
}

/** A document has far fewer; one made for it could have exponentially many. */
const visitsMax = 100_000;

interface Position {
  readonly selectionSet: SelectionSetNode;
  readonly base: GraphQLCompositeType;
  /** Undefined: what leads here is not in the head. */
  readonly head: GraphQLCompositeType | undefined;
  readonly types: RuntimeTypes;
}

export function walkOperation(
  pair: SchemaPair,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): WalkResult {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const walk = new Walk(pair, fragments, operation);
  walk.run();
  return walk;
}

class Walk implements WalkResult {
  readonly reasons = new Reasons();
  readonly refusals = new Map<ASTNode, MemberReason[]>();
  readonly coordinates = new Set<string>();
  readonly #pair: SchemaPair;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #operation: OperationDefinitionNode;
  readonly #values: ValueComparison;
  readonly #visited = new Map<SelectionSetNode, Set<string>>();
  readonly #waiting: Position[] = [];
  #visits = 0;

  constructor(
    pair: SchemaPair,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    operation: OperationDefinitionNode,
  ) {
    this.#pair = pair;
    this.#fragments = fragments;
    this.#operation = operation;
    const definitions = operation.variableDefinitions ?? [];
    this.#values = new ValueComparison({
      base: pair.base,
      head: pair.head,
      variables: new Map(definitions.map((definition) => [definition.variable.name.value, definition])),
      reasons: this.reasons,
      refuse: (node, reason) => this.#refuse(node, reason),
    });
  }

  run(): void {
    const { base, head, sets } = this.#pair;
    const { operation, selectionSet, directives = [], variableDefinitions = [] } = this.#operation;
    for (const definition of variableDefinitions) this.#visitVariable(definition);
    this.#visitDirectives(directives);
    const baseRoot = base.getRootType(operation);
    const headRoot = head.getRootType(operation);
    if (!baseRoot) return;
    if (headRoot && headRoot.name !== baseRoot.name) {
      const message = `The ${operation} type is now ${headRoot.name}, not ${baseRoot.name}`;
      this.reasons.add(affected('root-type-changed', baseRoot.name, message));
    }
    const types = sets.setOf(headRoot?.name === baseRoot.name ? [baseRoot.name] : []);
    this.coordinates.add(baseRoot.name);
    this.#waiting.push({ selectionSet, base: baseRoot, head: headRoot ?? undefined, types });
    for (let position = this.#waiting.pop(); position; position = this.#waiting.pop()) {
      if (!this.#isNew(position)) continue;
      if ((this.#visits += position.selectionSet.selections.length) > visitsMax) {
        const message = 'The operation has too many different positions to compare';
        this.reasons.add(affected('not-compared', null, message));
        return;
      }
      this.#visitSelections(position);
    }
  }

  #isNew({ selectionSet, base, head, types }: Position): boolean {
    const key = `${base.name} ${head?.name ?? ''} ${types.id}`;
    const keys = this.#visited.get(selectionSet);
    if (keys?.has(key)) return false;
    if (keys) keys.add(key);
    else this.#visited.set(selectionSet, new Set([key]));
    return true;
  }

  #visitSelections(position: Position): void {
    for (const selection of position.selectionSet.selections) {
      this.#visitDirectives(selection.directives ?? []);
      if (selection.kind === Kind.FIELD) this.#visitField(selection, position);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = this.#fragments.get(selection.name.value);
        if (!fragment) continue;
        this.#visitDirectives(fragment.directives ?? []);
        this.#visitFragment(selection, fragment.typeCondition, {
          ...position,
          selectionSet: fragment.selectionSet,
        });
      } else {
        const inner = { ...position, selectionSet: selection.selectionSet };
        if (selection.typeCondition) this.#visitFragment(selection, selection.typeCondition, inner);
        else this.#waiting.push(inner);
      }
    }
  }

  #visitField(node: FieldNode, { base, head, types }: Position): void {
    const { fieldChanges } = this.#pair;
    const name = node.name.value;
    if (name === '__schema' || name === '__type') this.#visitIntrospection(base);
    const field = fieldOf(base, name);
    if (!field) return;
    const owner = `${base.name}.${name}`;
    const headField = fieldOf(head, name);
    const objects = fieldChanges.ofTypes(types, name);
    const nodes = node.arguments ?? [];
    this.coordinates.add(owner).add(getNamedType(field.type).name);
    addArgumentCoordinates({ owner, definitions: field.args, nodes }, this.coordinates);
    if (head && !headField) this.#refuse(node, broken('field-removed', owner, `${owner} was removed`));
    if (head && headField) {
      const written = fieldChanges.ofType(base.name, head.name, name);
      if (objects.reasons.length > 0) this.reasons.addAll(objects.reasons);
      else this.reasons.addAll(isAbstractType(base) ? written.reasons.map(asAffected) : written.reasons);
      if (written.reasons.some(({ code }) => code === 'type-changed')) this.#explainSelections(node, owner);
      for (const lists of new Set([...written.changedArguments, ...objects.changedArguments])) {
        this.#values.compareArguments(lists, nodes, node);
      }
    }
    const inner = getNamedType(field.type);
    const headInner = headField && getNamedType(headField.type);
    if (!node.selectionSet || !isCompositeType(inner)) return;
    this.#waiting.push({
      selectionSet: node.selectionSet,
      base: inner,
      head: isCompositeType(headInner) ? headInner : undefined,
      types: objects.children,
    });
  }

  /** Where validation reports that a field became a leaf or no longer is one. */
  #explainSelections(node: FieldNode, owner: string): void {
    const reason = broken('type-changed', owner, `The type of ${owner} changed`);
    for (const at of [node, node.selectionSet]) if (at) this.#refuse(at, reason);
  }

  #visitIntrospection(base: GraphQLCompositeType): void {
    if (base.name !== this.#pair.base.getQueryType()?.name || !this.#pair.introspectionChanged()) return;
    this.reasons.add(affected('introspection', null, 'It reads the schema, which changed'));
  }

  #visitFragment(node: ASTNode, condition: NamedTypeNode, position: Position): void {
    const { base, head, sets } = this.#pair;
    const name = condition.name.value;
    const baseType = base.getType(name);
    if (!isCompositeType(baseType)) return;
    this.coordinates.add(name);
    const headType = head.getType(name);
    if (!headType) this.#refuse(condition, broken('type-removed', name, `${name} was removed`));
    else if (!isCompositeType(headType)) {
      this.#refuse(condition, broken('type-changed', name, `${name} no longer has fields`));
    } else if (position.head && !sets.overlap('head', position.head.name, name)) {
      const message = `${name} can no longer be where ${position.head.name} is selected`;
      const reason = broken('possible-type-removed', position.head.name, message);
      this.#refuse(node, { ...reason, member: name });
    }
    const { types, lost, gained } = sets.narrow(position.types, name);
    for (const member of headType ? lost : []) {
      const message = `${member} is no longer ${name}: what is selected of ${name} is missing there`;
      this.reasons.add({ ...broken('type-condition-lost', name, message), member });
    }
    for (const member of gained) {
      const message = `${member} is now ${name}: what is selected of ${name} is there as well`;
      this.reasons.add({ ...affected('type-condition-gained', name, message), member });
    }
    const headInner = isCompositeType(headType) ? headType : undefined;
    this.#waiting.push({ selectionSet: position.selectionSet, base: baseType, head: headInner, types });
  }

  #visitVariable(definition: VariableDefinitionNode): void {
    const { base, head, inputTypes } = this.#pair;
    const node = namedTypeNode(definition.type);
    const name = node.name.value;
    const baseType = base.getType(name);
    this.#visitDirectives(definition.directives ?? []);
    if (!isInputType(baseType)) return;
    for (const coordinate of inputTypes.coordinatesOf(name)) this.coordinates.add(coordinate);
    if (definition.defaultValue) addValueCoordinates(definition.defaultValue, baseType, this.coordinates);
    const headType = head.getType(name);
    if (!headType) {
      this.#refuse(node, broken('type-removed', name, `${name} was removed`));
    } else if (!isInputType(headType)) {
      const message = `${name} is no longer a type of values`;
      this.#refuse(definition.type, broken('variable-type-changed', name, message));
    } else {
      this.reasons.addAll(inputTypes.changesOf(name));
      this.#values.compareDefault(definition);
    }
  }

  #visitDirectives(nodes: readonly DirectiveNode[]): void {
    for (const node of nodes) {
      const name = node.name.value;
      if (name === 'skip' || name === 'include') continue;
      const owner = `@${name}`;
      const base = this.#pair.base.getDirective(name);
      const head = this.#pair.head.getDirective(name);
      if (!base) continue;
      addArgumentCoordinates(
        { owner, definitions: base.args, nodes: node.arguments ?? [] },
        this.coordinates,
      );
      if (!head) {
        this.#refuse(node, broken('directive-removed', owner, `${owner} was removed`));
        continue;
      }
      const lists = { owner, base: base.args, head: head.args };
      if (!this.#pair.fieldChanges.argumentsChanged(lists)) continue;
      this.reasons.add(affected('directive-changed', owner, `The arguments of ${owner} changed`));
      this.#values.compareArguments(lists, node.arguments ?? [], node);
    }
  }

  #refuse(node: ASTNode, reason: MemberReason): void {
    const reasons = this.refusals.get(node);
    if (reasons) reasons.push(reason);
    else this.refusals.set(node, [reason]);
  }
}

function namedTypeNode(type: TypeNode): NamedTypeNode {
  let node = type;
  while (node.kind !== Kind.NAMED_TYPE) node = node.type;
  return node;
}
