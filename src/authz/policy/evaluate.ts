/**
 * Evaluates rules. Before execution there is no parent: rules that need one are deferred (`later`), and the rest of the
 * tree is decided as far as possible. A rule that throws, times out or returns an invalid value denies, whatever
 * combinators surround it, and is reported.
 */

import type { LeafRule, RuleNode } from './rule-tree.ts';
import { isPromise } from '../../shared/promises.ts';

export type Decision =
  | { readonly is: 'allow' }
  /** `error`: the rule's error for the client, if it has one. */
  | { readonly is: 'deny'; readonly error: Error | null; readonly by: string }
  | { readonly is: 'mask'; readonly conceal: (value: unknown) => unknown; readonly by: string }
  | { readonly is: 'failed'; readonly by: string }
  | { readonly is: 'later' };

export interface RuleInput {
  /** Undefined before execution. */
  readonly parent: Readonly<Record<string, unknown>> | undefined;
  readonly args: Readonly<Record<string, unknown>>;
  readonly info: unknown;
}

type Awaitable<Value> = Value | Promise<Value>;

export interface EvaluationOptions {
  readonly timeoutMs: number;
  readonly onFailure: (rule: string, error: unknown) => void;
  /** Receives every rule evaluated, for explanations. */
  readonly onDecided?: OnDecided | undefined;
}

export type OnDecided = (leaf: LeafRule, decision: Decision) => void;

/** How rules are evaluated in sequence. */
interface SequentialMode {
  readonly continues: (decision: Decision) => boolean;
  readonly combine: (decisions: readonly Decision[]) => Decision;
}

/** The decisions of one request. */
export class RuleEvaluation {
  readonly #context: unknown;
  readonly #timeoutMs: number;
  readonly #onFailure: EvaluationOptions['onFailure'];
  readonly #onDecided: OnDecided | undefined;
  readonly #contextual = new Map<LeafRule, Awaitable<Decision>>();
  readonly #keyed = new Map<LeafRule, Map<string, Awaitable<Decision>>>();

  constructor(context: unknown, { timeoutMs, onFailure, onDecided }: EvaluationOptions) {
    this.#context = context;
    this.#timeoutMs = timeoutMs;
    this.#onFailure = onFailure;
    this.#onDecided = onDecided;
  }

  decide(node: RuleNode, input: RuleInput): Awaitable<Decision> {
    switch (node.is) {
      case 'allow':
        return allowed;
      case 'deny':
        return { is: 'deny', error: null, by: 'deny' };
      case 'leaf':
        return this.#onDecided ? this.#observedLeaf(node, input, this.#onDecided) : this.#leaf(node, input);
      case 'not':
        return after(this.decide(node.rule, input), (decision) => negated(decision, node.error));
      case 'masked':
        return after(this.decide(node.rule, input), (decision) =>
          decision.is === 'deny' ? { is: 'mask', conceal: node.conceal, by: decision.by } : decision,
        );
      case 'and':
        return all(
          node.rules.map((rule) => this.decide(rule, input)),
          strictest,
        );
      case 'or':
        return all(
          node.rules.map((rule) => this.decide(rule, input)),
          mildest,
        );
      case 'chain':
        return this.#inSequence(node.rules, input, untilDenied);
      case 'race':
        return this.#inSequence(node.rules, input, untilAllowed);
    }
  }

  /** Evaluates the next rule only if this one leaves the result open. */
  #inSequence(rules: readonly RuleNode[], input: RuleInput, mode: SequentialMode): Awaitable<Decision> {
    const decideNext = (before: readonly Decision[]): Awaitable<Decision> => {
      const rule = rules[before.length];
      if (!rule) return mode.combine(before);
      return after(this.decide(rule, input), (decision) => {
        const decisions = [...before, decision];
        return mode.continues(decision) ? decideNext(decisions) : mode.combine(decisions);
      });
    };
    return decideNext([]);
  }

  #observedLeaf(leaf: LeafRule, input: RuleInput, onDecided: OnDecided): Awaitable<Decision> {
    return after(this.#leaf(leaf, input), (decision) => {
      onDecided(leaf, decision);
      return decision;
    });
  }

  #leaf(leaf: LeafRule, input: RuleInput): Awaitable<Decision> {
    const { cache } = leaf;
    if (cache === 'contextual') {
      let decision = this.#contextual.get(leaf);
      // Decided once for all fields, so it must not see the parent or arguments of any one of them.
      if (!decision) this.#contextual.set(leaf, (decision = this.#evaluate(leaf, contextOnly)));
      return decision;
    }
    if (!leaf.isInput && input.parent === undefined) return later;
    if (cache === 'no_cache') return this.#evaluate(leaf, input);
    let key: string;
    try {
      key =
        cache === 'strict'
          ? JSON.stringify([leaf.isInput ? null : input.parent, input.args])
          : cache(input.parent, input.args, this.#context, input.info);
    } catch (error) {
      return this.#failed(leaf, error);
    }
    let decisions = this.#keyed.get(leaf);
    if (!decisions) this.#keyed.set(leaf, (decisions = new Map()));
    let decision = decisions.get(key);
    if (!decision) decisions.set(key, (decision = this.#evaluate(leaf, input)));
    return decision;
  }

  #evaluate(leaf: LeafRule, input: RuleInput): Awaitable<Decision> {
    let result: unknown;
    try {
      result = leaf.decide(input.parent ?? {}, input.args, this.#context, input.info);
    } catch (error) {
      return this.#failed(leaf, error);
    }
    if (!isPromise(result)) return this.#toDecision(leaf, result);
    return this.#withTimeout(result).then(
      (value) => this.#toDecision(leaf, value),
      (error: unknown) => this.#failed(leaf, error),
    );
  }

  #toDecision(leaf: LeafRule, result: unknown): Decision {
    if (result === true) return allowed;
    if (result === false) return { is: 'deny', error: null, by: leaf.name };
    if (result instanceof Error) return { is: 'deny', error: result, by: leaf.name };
    if (typeof result === 'string') return { is: 'deny', error: new Error(result), by: leaf.name };
    return this.#failed(
      leaf,
      new Error(`A rule must return true, false, a string or an Error; it returned ${typeof result}`),
    );
  }

  #failed(leaf: LeafRule, error: unknown): Decision {
    this.#onFailure(leaf.name, asError(error));
    return { is: 'failed', by: leaf.name };
  }

  #withTimeout(result: PromiseLike<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`The rule did not decide within ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      );
      result.then(resolve, reject).then(
        () => clearTimeout(timer),
        () => clearTimeout(timer),
      );
    });
  }
}

const contextOnly: RuleInput = { parent: undefined, args: Object.freeze({}), info: null };
const allowed: Decision = { is: 'allow' };
const later: Decision = { is: 'later' };

function negated(decision: Decision, error: unknown): Decision {
  if (decision.is === 'failed' || decision.is === 'later') return decision;
  if (decision.is !== 'allow') return allowed;
  const clientError = typeof error === 'string' ? new Error(error) : error instanceof Error ? error : null;
  return { is: 'deny', error: clientError, by: 'not' };
}

const strictOrder = ['deny', 'failed', 'later', 'mask', 'allow'] as const;
const mildOrder = ['allow', 'later', 'mask', 'failed', 'deny'] as const;

/** All must allow. Several masks are applied one after another, so that whatever one of them hides stays hidden. */
export function strictest(decisions: readonly Decision[]): Decision {
  const decision = first(decisions, strictOrder);
  if (decision.is !== 'mask') return decision;
  const masks = decisions.filter(({ is }) => is === 'mask') as Array<typeof decision>;
  if (masks.length === 1) return decision;
  const conceal = (value: unknown): unknown =>
    masks.reduce((masked, mask) => (masked === null ? null : mask.conceal(masked)), value);
  return { is: 'mask', conceal, by: masks.map(({ by }) => by).join(', ') };
}

/** One that allows is enough. */
function mildest(decisions: readonly Decision[]): Decision {
  return first(decisions, mildOrder);
}

const untilDenied: SequentialMode = {
  continues: ({ is }) => is === 'allow' || is === 'mask',
  combine: strictest,
};
const untilAllowed: SequentialMode = { continues: ({ is }) => is !== 'allow', combine: mildest };

/** The first decision by `order`; a denial with an error for the client is preferred to one without. */
function first(decisions: readonly Decision[], order: ReadonlyArray<Decision['is']>): Decision {
  for (const kind of order) {
    const matches = decisions.filter((decision) => decision.is === kind);
    if (matches.length > 0) {
      return matches.find((decision) => decision.is === 'deny' && decision.error) ?? (matches[0] as Decision);
    }
  }
  return allowed;
}

/** Thrown values are logged, so a value that is not an Error is left out: it may be confidential. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`A ${typeof thrown} was thrown instead of an Error`);
}

/** Synchronous if the value is: most rules are, and promises would cost a turn of the event loop each. */
export function after<Value, Next>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Next>,
): Awaitable<Next> {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value as Value);
}

export function all<Value, Next>(
  values: ReadonlyArray<Awaitable<Value>>,
  next: (values: readonly Value[]) => Next,
): Awaitable<Next> {
  return values.some(isPromise) ? Promise.all(values).then(next) : next(values as readonly Value[]);
}
