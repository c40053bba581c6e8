/**
 * Decides a rule. Before execution there is no parent: what needs one is put off (`later`), and the rest of the tree is
 * decided as far as that allows. A rule that throws, takes too long or returns what is no decision denies, whatever is
 * built around it, and somebody is told.
 */

import type { LeafRule, RuleNode } from './rule-tree.ts';
import { isPromise } from '../../shared/promises.ts';

export type Decision =
  | { readonly is: 'allow' }
  /** `error`: what the rule wants the client to be told. */
  | { readonly is: 'deny'; readonly error: Error | null; readonly by: string }
  | { readonly is: 'mask'; readonly conceal: (value: unknown) => unknown; readonly by: string }
  | { readonly is: 'failed'; readonly by: string }
  | { readonly is: 'later' };

export interface RuleInput {
  /** Undefined: not there yet. */
  readonly parent: Readonly<Record<string, unknown>> | undefined;
  readonly args: Readonly<Record<string, unknown>>;
  readonly info: unknown;
}

type Awaitable<Value> = Value | Promise<Value>;

export interface EvaluationOptions {
  readonly timeoutMs: number;
  readonly onFailure: (rule: string, error: unknown) => void;
  /** Each rule that was asked, for whoever wants to know why. Absent: nobody does. */
  readonly onDecided?: OnDecided | undefined;
}

export type OnDecided = (leaf: LeafRule, decision: Decision) => void;

/** How rules are asked one after another. */
interface Turn {
  readonly goesOn: (decision: Decision) => boolean;
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
        return this.#onDecided ? this.#told(node, input, this.#onDecided) : this.#leaf(node, input);
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
        return this.#oneByOne(node.rules, input, untilDenied);
      case 'race':
        return this.#oneByOne(node.rules, input, untilAllowed);
    }
  }

  /** The next one is asked only where this one leaves it open. */
  #oneByOne(
    rules: readonly RuleNode[],
    input: RuleInput,
    turn: Turn,
    before: readonly Decision[] = [],
  ): Awaitable<Decision> {
    const rule = rules[before.length];
    if (!rule) return turn.combine(before);
    return after(this.decide(rule, input), (decision) => {
      const decisions = [...before, decision];
      return turn.goesOn(decision) ? this.#oneByOne(rules, input, turn, decisions) : turn.combine(decisions);
    });
  }

  #told(leaf: LeafRule, input: RuleInput, tell: OnDecided): Awaitable<Decision> {
    return after(this.#leaf(leaf, input), (decision) => {
      tell(leaf, decision);
      return decision;
    });
  }

  #leaf(leaf: LeafRule, input: RuleInput): Awaitable<Decision> {
    const { cache } = leaf;
    if (cache === 'contextual') {
      let known = this.#contextual.get(leaf);
      // It is decided once for all fields: what it saw of the first must not count for the others.
      if (!known) this.#contextual.set(leaf, (known = this.#ask(leaf, nothing)));
      return known;
    }
    if (!leaf.isInput && input.parent === undefined) return later;
    if (cache === 'no_cache') return this.#ask(leaf, input);
    let key: string;
    try {
      key =
        cache === 'strict'
          ? JSON.stringify([leaf.isInput ? null : input.parent, input.args])
          : cache(input.parent, input.args, this.#context, input.info);
    } catch (error) {
      return this.#failed(leaf, error);
    }
    let keyed = this.#keyed.get(leaf);
    if (!keyed) this.#keyed.set(leaf, (keyed = new Map()));
    let known = keyed.get(key);
    if (!known) keyed.set(key, (known = this.#ask(leaf, input)));
    return known;
  }

  #ask(leaf: LeafRule, input: RuleInput): Awaitable<Decision> {
    let answer: unknown;
    try {
      answer = leaf.decide(input.parent ?? {}, input.args, this.#context, input.info);
    } catch (error) {
      return this.#failed(leaf, error);
    }
    if (!isPromise(answer)) return this.#read(leaf, answer);
    return this.#inTime(answer).then(
      (value) => this.#read(leaf, value),
      (error: unknown) => this.#failed(leaf, error),
    );
  }

  #read(leaf: LeafRule, answer: unknown): Decision {
    if (answer === true) return allowed;
    if (answer === false) return { is: 'deny', error: null, by: leaf.name };
    if (answer instanceof Error) return { is: 'deny', error: answer, by: leaf.name };
    if (typeof answer === 'string') return { is: 'deny', error: new Error(answer), by: leaf.name };
    return this.#failed(
      leaf,
      new Error(`A rule decides by true, false, a text or an Error; got ${typeof answer}`),
    );
  }

  #failed(leaf: LeafRule, error: unknown): Decision {
    this.#onFailure(leaf.name, asError(error));
    return { is: 'failed', by: leaf.name };
  }

  #inTime(answer: PromiseLike<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`This rule has not decided within ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      );
      answer.then(resolve, reject).then(
        () => clearTimeout(timer),
        () => clearTimeout(timer),
      );
    });
  }
}

const nothing: RuleInput = { parent: undefined, args: Object.freeze({}), info: null };
const allowed: Decision = { is: 'allow' };
const later: Decision = { is: 'later' };

function negated(decision: Decision, error: unknown): Decision {
  if (decision.is === 'failed' || decision.is === 'later') return decision;
  if (decision.is !== 'allow') return allowed;
  const told = typeof error === 'string' ? new Error(error) : error instanceof Error ? error : null;
  return { is: 'deny', error: told, by: 'not' };
}

const strictOrder = ['deny', 'failed', 'later', 'mask', 'allow'] as const;
const mildOrder = ['allow', 'later', 'mask', 'failed', 'deny'] as const;

/** All must allow. Where several conceal, nothing is shown that one of them hides. */
export function strictest(decisions: readonly Decision[]): Decision {
  const decision = first(decisions, strictOrder);
  if (decision.is !== 'mask') return decision;
  const masks = decisions.filter(({ is }) => is === 'mask') as Array<typeof decision>;
  if (masks.length === 1) return decision;
  const conceal = (value: unknown): unknown =>
    masks.reduce((shown, mask) => (shown === null ? null : mask.conceal(shown)), value);
  return { is: 'mask', conceal, by: masks.map(({ by }) => by).join(', ') };
}

/** One that allows is enough. */
function mildest(decisions: readonly Decision[]): Decision {
  return first(decisions, mildOrder);
}

const untilDenied: Turn = {
  goesOn: ({ is }) => is === 'allow' || is === 'mask',
  combine: strictest,
};
const untilAllowed: Turn = { goesOn: ({ is }) => is !== 'allow', combine: mildest };

/** Of several of a kind, the one that has something to say. */
function first(decisions: readonly Decision[], order: ReadonlyArray<Decision['is']>): Decision {
  for (const kind of order) {
    const found = decisions.filter((decision) => decision.is === kind);
    if (found.length > 0) {
      return found.find((decision) => decision.is === 'deny' && decision.error) ?? (found[0] as Decision);
    }
  }
  return allowed;
}

/** What is thrown is logged, and may be anything: a value that somebody may not see, or the claims of a token. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`It threw ${typeof thrown}, not an Error`);
}

/** Waits only where there is something to wait for. */
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
