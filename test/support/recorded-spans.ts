/** Spans in memory: what begins and ends, in order, for tests of what records them. */

import { untraced, type RecordedSpan, type RequestTrace, type SpanOptions } from '../../src/shared/trace.ts';

export interface KeptSpan extends RecordedSpan {
  readonly name: string;
  readonly kind: string;
  readonly attributes: ReadonlyMap<string, unknown>;
  readonly children: readonly KeptSpan[];
  readonly links: readonly RequestTrace[];
  /** The code that it failed with. */
  readonly failure: string | null;
  readonly isEnded: boolean;
}

export interface RecordedSpans {
  /** A trace whose current span is the root. */
  readonly trace: RequestTrace;
  readonly root: KeptSpan;
}

/** @param listen Is told `name {`, `} name` and `} name CODE`. */
export function recordedSpans(listen: (line: string) => void = () => undefined): RecordedSpans {
  let spans = 0;

  function open(name: string, { kind = 'internal', attributes = {} }: SpanOptions = {}): KeptSpan {
    spans += 1;
    const kept = new Map<string, unknown>(Object.entries(attributes));
    const children: KeptSpan[] = [];
    const links: RequestTrace[] = [];
    let failure: string | null = null;
    let isEnded = false;
    listen(`${name} {`);
    return {
      name,
      kind,
      attributes: kept,
      children,
      links,
      get failure() {
        return failure;
      },
      get isEnded() {
        return isEnded;
      },
      id: spans.toString(16).padStart(16, '0'),
      begin(childName, options) {
        const child = open(childName, options);
        children.push(child);
        return child;
      },
      set: (attribute, value) => void kept.set(attribute, value),
      link: (trace) => void links.push(trace),
      fail: (code) => void (failure ??= code),
      end() {
        if (isEnded) throw new Error(`${name} ended twice`);
        isEnded = true;
        listen(`} ${name}${failure === null ? '' : ` ${failure}`}`);
      },
    };
  }

  const root = open('request');
  return { root, trace: untraced.at(root) };
}
