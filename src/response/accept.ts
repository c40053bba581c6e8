/**
 * Which of several media types a client prefers, by its header `accept`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */

interface Range {
  readonly type: string;
  /** 0 to 1; 0 excludes. */
  readonly quality: number;
  /** Its place in the header. */
  readonly index: number;
}

interface Preference extends Range {
  /** 3: the type itself, 2: all of its kind, 1: anything. */
  readonly specificity: number;
}

/**
 * The most specific range that fits says how much a type is liked. Of those liked most: what was named rather than meant
 * by a wildcard, then what was named first, then the first of `offers`.
 *
 * @param offers In lower case, all in UTF-8.
 * @returns undefined where none is acceptable.
 */
export function preferred<Offer extends string>(accept: string, offers: readonly Offer[]): Offer | undefined {
  const ranges = rangesOf(accept);
  let best: Offer | undefined;
  let bestLiked: Preference | undefined;
  for (const offer of offers) {
    const liked = preferenceFor(offer, ranges);
    if (!liked || liked.quality === 0 || (bestLiked && comparePreferences(liked, bestLiked) <= 0)) continue;
    best = offer;
    bestLiked = liked;
  }
  return best;
}

function preferenceFor(offer: string, ranges: readonly Range[]): Preference | undefined {
  let found: Preference | undefined;
  for (const range of ranges) {
    const specificity = specificityFor(offer, range.type);
    if (specificity === 0) continue;
    const { specificity: most = 0, quality = 0 } = found ?? {};
    if (specificity > most || (specificity === most && range.quality > quality))
      found = { ...range, specificity };
  }
  return found;
}

function specificityFor(offer: string, type: string): 0 | 1 | 2 | 3 {
  if (type === offer) return 3;
  if (type === '*/*') return 1;
  return type.endsWith('/*') && offer.startsWith(type.slice(0, -1)) ? 2 : 0;
}

function comparePreferences(a: Preference, b: Preference): number {
  if (a.quality !== b.quality) return a.quality - b.quality;
  if (a.specificity !== b.specificity) return a.specificity - b.specificity;
  return b.index - a.index;
}

/** A comma or a semicolon may stand in a quoted text. */
const listItem = /(?:[^,"]|"(?:\\.|[^"\\])*"?)+/g;
const parameterItem = /(?:[^;"]|"(?:\\.|[^"\\])*"?)+/g;

function rangesOf(accept: string): Range[] {
  return (accept.match(listItem) ?? []).flatMap((item, index) => {
    const [type = '', ...parameters] = (item.match(parameterItem) ?? []).map((part) =>
      part.trim().toLowerCase(),
    );
    // What is offered is in UTF-8, and has no other parameters.
    const isOtherCharset = parameters.some((parameter) => /^charset\s*=(?!\s*"?utf-?8"?$)/.test(parameter));
    return isOtherCharset ? [] : [{ type, quality: qualityOf(parameters), index }];
  });
}

/** What is no number from 0 to 1 says that the type is not wanted, or as much as can be. */
function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = given === undefined ? 1 : Number(given.slice(2));
  return quality > 0 ? Math.min(quality, 1) : 0;
}
