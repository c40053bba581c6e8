/** What an answer says of how long it may be kept and by whom, and the strictest of several. */

export interface CacheControl {
  readonly isNoStore: boolean;
  readonly isNoCache: boolean;
  readonly isPublic: boolean;
  /** Not to be used once it is stale, whatever happens. */
  readonly mustRevalidate: boolean;
  /** Undefined: it does not say. */
  readonly maxAgeS: number | undefined;
}

export const noStore: CacheControl = {
  isNoStore: true,
  isNoCache: false,
  isPublic: false,
  mustRevalidate: false,
  maxAgeS: undefined,
};

export function parseCacheControl(header: string | readonly string[] | undefined): CacheControl {
  const directives = String(header ?? '')
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  const has = (name: string): boolean =>
    directives.some((directive) => directive === name || directive.startsWith(`${name}=`));
  const maxAgeS = secondsOf('max-age', directives);
  const sharedS = secondsOf('s-maxage', directives);
  return {
    isNoStore: has('no-store'),
    isNoCache: has('no-cache'),
    isPublic: has('public') && !has('private'),
    mustRevalidate: has('must-revalidate') || has('proxy-revalidate'),
    // What shared caches may keep for a shorter time, everybody may.
    maxAgeS: maxAgeS === undefined || sharedS === undefined ? maxAgeS : Math.min(maxAgeS, sharedS),
  };
}

/** The shortest where it is said more than once; undefined where a value is no number. */
function secondsOf(name: string, directives: readonly string[]): number | undefined {
  const said = directives.filter((directive) => directive.startsWith(`${name}=`));
  if (said.length === 0) return undefined;
  const seconds = said.map((directive) => /^"?(\d{1,10})"?$/.exec(directive.slice(name.length + 1))?.[1]);
  return seconds.includes(undefined) ? undefined : Math.min(...seconds.map(Number));
}

/** Of an answer that may have been kept somewhere for a while. Who does not say how long it may be kept forbids it. */
export function remaining(control: CacheControl, age: string | readonly string[] | undefined): CacheControl {
  if (control.isNoStore || control.maxAgeS === undefined) return noStore;
  const ageS = Math.max(0, Number(age ?? 0) || 0);
  return { ...control, maxAgeS: Math.max(0, Math.ceil(control.maxAgeS - ageS)) };
}

export function strictest(a: CacheControl, b: CacheControl): CacheControl {
  if (a.isNoStore || b.isNoStore) return noStore;
  return {
    isNoStore: false,
    isNoCache: a.isNoCache || b.isNoCache,
    isPublic: a.isPublic && b.isPublic,
    mustRevalidate: a.mustRevalidate || b.mustRevalidate,
    maxAgeS: Math.min(a.maxAgeS ?? 0, b.maxAgeS ?? 0),
  };
}

export function cacheControlText(control: CacheControl): string {
  const { isNoStore, isNoCache, isPublic, mustRevalidate, maxAgeS = 0 } = control;
  if (isNoStore) return 'no-store';
  return [
    ...(isNoCache ? ['no-cache'] : []),
    `max-age=${maxAgeS}`,
    ...(mustRevalidate ? ['must-revalidate'] : []),
    isPublic ? 'public' : 'private',
  ].join(', ');
}
