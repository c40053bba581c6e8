/**
 * What the answers of services say to the client: every line of the headers that a rule lets through, and how long the
 * whole answer may be kept, which is as short as the strictest of them says, and by what it varies.
 */

import { hopByHopHeaders, type ServiceHeaders } from '../../config/gateway/transport.ts';
import type { RequestContext } from '../../pipeline/request.ts';
import { isHeaderValue } from '../../shared/header-values.ts';
import { own } from '../../shared/records.ts';
import {
  noStore,
  parseCacheControl,
  remaining,
  strictest,
  type CacheControl,
} from '../http/cache-control.ts';
import type { HttpHeaders } from '../http/exchange.ts';
import { noHeaderRules } from './request-header-rules.ts';

/** What one answer says to the client. */
export interface ClientHeaders {
  /** Name in lower case and lines. */
  readonly lines: ReadonlyArray<readonly [name: string, values: readonly string[]]>;
  readonly control: CacheControl;
  /** Names in lower case, as the client sends them. */
  readonly vary: readonly string[];
}

/**
 * In the place of a header's name: the answer's `cache-control` counts, but does not by itself reach the client. No
 * header can have this name.
 */
export const countedCacheControl = ':cache-control';

/** What the rules of one service make of its answers. */
export interface AnswerHeaderRules {
  /** Whether anything of an answer matters. */
  readonly apply: boolean;
  of(headers: HttpHeaders): ClientHeaders;
  /** Adds what an answer said to what the client of the request is told. */
  add(context: RequestContext, said: ClientHeaders): void;
  /** The service gave no answer that says anything: whatever stands in for one may not be kept. */
  addSilence(context: RequestContext): void;
  /** The same where a call fails. */
  hear<Answer>(context: RequestContext, call: Promise<Answer>): Promise<Answer>;
}

/** @param service Its name; what services say is told in the order of their names, whoever was faster. */
export function answerHeaderRules(
  service: string,
  headers: ServiceHeaders = noHeaderRules,
): AnswerHeaderRules {
  const { respond, rename } = headers;
  const isSent = respond.includes('cache-control');
  const counts = isSent || respond.includes(countedCacheControl);
  const passed = respond.filter((name) => !ownNames.has(name) && !hopByHopHeaders.has(name));
  const clientsName = new Map(Object.entries(rename).map(([name, sent]) => [sent, name]));
  const passesVary = counts || respond.includes('vary');
  const add = (context: RequestContext, said: ClientHeaders): void => {
    const told = toldIn(context);
    for (const [name, values] of said.lines) told.lines.push({ service, name, values });
    if (passesVary) for (const name of said.vary) told.vary.add(name);
    if (!counts) return;
    told.isSent ||= isSent;
    told.control = told.control ? strictest(told.control, said.control) : said.control;
    if (knowsWho(context, headers)) told.isPrivate = true;
  };
  return {
    apply: respond.length > 0,
    of: (headers) => ({
      lines: passed.flatMap((name) => {
        const values = linesOf(own(headers, name)).filter(isHeaderValue);
        return values.length > 0 ? [[name, values] as const] : [];
      }),
      ...cachingOf(headers, clientsName),
    }),
    add,
    addSilence: (context) => add(context, silence),
    hear: (context, call) =>
      counts
        ? call.catch((error: unknown) => {
            add(context, silence);
            throw error;
          })
        : call,
  };
}

/** They reach the client by way of `saidToClient`. */
const ownNames: ReadonlySet<string> = new Set(['cache-control', 'vary', countedCacheControl]);
const silence: ClientHeaders = { lines: [], control: noStore, vary: [] };

function linesOf(value: string | string[] | undefined): readonly string[] {
  return typeof value === 'string' ? [value] : (value ?? []);
}

function cachingOf(
  headers: HttpHeaders,
  clientsName: ReadonlyMap<string, string>,
): Pick<ClientHeaders, 'control' | 'vary'> {
  const vary = varyNames(headers['vary']).map((name) => clientsName.get(name) ?? name);
  const control = remaining(parseCacheControl(headers['cache-control']), headers['age']);
  if (vary.includes('*')) return { control: noStore, vary };
  return { control: vary.some(saysWho) ? { ...control, isPublic: false } : control, vary };
}

/** In lower case; what is no name of a header could be anything, which is what `*` says. */
export function varyNames(value: string | string[] | undefined): readonly string[] {
  return linesOf(value).flatMap((line) =>
    line
      .toLowerCase()
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map((name) => (/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) ? name : '*')),
  );
}

/** Whether the service got a header by which it may know the user. */
function knowsWho({ forwardHeaders, headers }: RequestContext, { forward, remove }: ServiceHeaders): boolean {
  const isTold = (name: string): boolean => saysWho(name) && !remove.includes(name);
  for (const name in forwardHeaders) if (isTold(name)) return true;
  return forward.some((name) => isTold(name) && headers[name] !== undefined);
}

function saysWho(name: string): boolean {
  return name === 'authorization' || name === 'cookie' || name.startsWith('x-user-');
}

/** What the client of one request is told. */
interface Told {
  readonly lines: Array<{
    readonly service: string;
    readonly name: string;
    readonly values: readonly string[];
  }>;
  /** The strictest of all services. */
  control: CacheControl | undefined;
  /** Whether the rule of any service lets it reach the client. */
  isSent: boolean;
  isPrivate: boolean;
  isForbidden: boolean;
  readonly vary: Set<string>;
}

/** Under this it is kept in the request's `locals`. */
const toldKey = Symbol('headers for the client');

function toldIn({ locals }: RequestContext): Told {
  let told = locals.get(toldKey) as Told | undefined;
  if (!told) {
    told = {
      lines: [],
      control: undefined,
      isSent: false,
      isPrivate: false,
      isForbidden: false,
      vary: new Set(),
    };
    locals.set(toldKey, told);
  }
  return told;
}

/** Code had a part in the answer that may look at all of a request: no shared cache can know by what it varies. */
export function keepPrivate(context: RequestContext): void {
  toldIn(context).isPrivate = true;
}

/** Nobody may keep the answer, whatever services say of how long theirs may be kept. */
export function forbidKeeping(context: RequestContext): void {
  toldIn(context).isForbidden = true;
}

export interface SaidToClient {
  readonly lines: ReadonlyMap<string, readonly string[]>;
  /** Not to be kept unless a service said otherwise. */
  readonly control: CacheControl;
  readonly vary: ReadonlySet<string>;
}

/** Lines of one header; the client would take no more. */
const linesMax = 64;
const nothingSaid: SaidToClient = { lines: new Map(), control: noStore, vary: new Set() };

/** What all services together said. */
export function saidToClient({ locals }: Pick<RequestContext, 'locals'>): SaidToClient {
  const told = locals.get(toldKey) as Told | undefined;
  if (!told) return nothingSaid;
  const control = (told.isSent && !told.isForbidden ? told.control : undefined) ?? noStore;
  const lines = told.lines.length === 0 ? nothingSaid.lines : linesByName(told.lines);
  return { lines, vary: told.vary, control: told.isPrivate ? { ...control, isPublic: false } : control };
}

function linesByName(told: Told['lines']): Map<string, readonly string[]> {
  const lines = new Map<string, string[]>();
  for (const { name, values } of told.toSorted((a, b) => compare(a.service, b.service))) {
    const known = lines.get(name);
    if (!known) lines.set(name, [...new Set(values)].slice(0, linesMax));
    // Many calls of one service say the same.
    else for (const value of values) if (known.length < linesMax && !known.includes(value)) known.push(value);
  }
  return lines;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
