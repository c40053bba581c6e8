/**
 * Content negotiation: which of several media types a client prefers, by its `accept` header.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */

interface Range {
  readonly type: string;
  /** 0 to 1; 0 excludes. */
  readonly quality: number;
  /** Its position in the header. */
  readonly index: number;
}

interface Preference extends Range {
  /** 3: an exact type, 2: a wildcard subtype, 1: a wildcard. */
  readonly specificity: number;
}

/**
 * The most specific matching range determines the quality of a type. Of the types with the highest quality: the one
 * with the more specific range, then the one that the header names first, then the first of `offers`.
 *
 * @param offers In lower case, all in UTF-8.
 * @returns undefined if none is acceptable.
 */
export function preferred<Offer extends string>(accept: string, offers: readonly Offer[]): Offer | undefined {
  const ranges = rangesOf(accept);
  let best: Offer | undefined;
  let bestPreference: Preference | undefined;
  for (const offer of offers) {
    const preference = preferenceFor(offer, ranges);
    if (!preference || preference.quality === 0) continue;
    if (bestPreference && comparePreferences(preference, bestPreference) <= 0) continue;
    best = offer;
    bestPreference = preference;
  }
  return best;
}

function preferenceFor(offer: string, ranges: readonly Range[]): Preference | undefined {
  let match: Preference | undefined;
  for (const range of ranges) {
    const specificity = specificityFor(offer, range.type);
    if (specificity === 0) continue;
    const { specificity: most = 0, quality = 0 } = match ?? {};
    if (specificity > most || (specificity === most && range.quality > quality))
      match = { ...range, specificity };
  }
  return match;
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

/** Commas and semicolons may be part of a quoted string. */
const listItem = /(?:[^,"]|"(?:\\.|[^"\\])*"?)+/g;
const parameterItem = /(?:[^;"]|"(?:\\.|[^"\\])*"?)+/g;

function rangesOf(accept: string): Range[] {
  return (accept.match(listItem) ?? []).flatMap((item, index) => {
    const [type = '', ...parameters] = (item.match(parameterItem) ?? []).map((part) =>
      part.trim().toLowerCase(),
    );
    // The offers are in UTF-8 and have no other parameters.
    const isOtherCharset = parameters.some((parameter) => /^charset\s*=(?!\s*"?utf-?8"?$)/.test(parameter));
    return isOtherCharset ? [] : [{ type, quality: qualityOf(parameters), index }];
  });
}

/** Clamped to 0 to 1; an invalid value counts as 0. */
function qualityOf(parameters: readonly string[]): number {
  const parameter = parameters.find((text) => text.startsWith('q='));
  const quality = parameter === undefined ? 1 : Number(parameter.slice(2));
  return quality > 0 ? Math.min(quality, 1) : 0;
}
