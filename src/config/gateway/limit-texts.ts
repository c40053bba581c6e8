/** The texts of which limits are made, in gateway.yaml and in schemas: durations and parts of keys. */

const millisecondsOf = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const windowMaxMs = 366 * 86_400_000;

export const windowForm = 'a duration such as 30s, 1m, 12h or 30d, at most 366d';

export function isWindow(text: string): boolean {
  return /^[1-9]\d{0,5}[smhd]$/.test(text) && windowMsOf(text) <= windowMaxMs;
}

/** @param text For which `isWindow` holds. */
export function windowMsOf(text: string): number {
  return Number(text.slice(0, -1)) * (millisecondsOf.get(text.slice(-1)) ?? Number.NaN);
}

const name = String.raw`[A-Za-z_]\w{0,127}`;
const keyPartPattern = new RegExp(
  String.raw`^(?:address|apiKey|principal|client|version|operation|global|claim(?:\.[^.\s]{1,64}){1,8}|header\.[a-z0-9-]{1,64}|args\.${name}\.${name}(?:\.${name}){1,8})$`,
);

export const keyPartForm =
  'address, apiKey, principal, client, version, operation, global, claim.<path>, header.<name in lower case> or args.<Type.field>.<argument>';

export function isKeyPart(text: string): boolean {
  return keyPartPattern.test(text);
}

/** Parts of one key. */
export const keyPartsMax = 8;

/** @returns Why these parts cannot be one key; undefined: they can. */
export function keyProblem(key: readonly string[]): string | undefined {
  if (key.length > 1 && key.includes('global')) return 'expected global to stand alone';
  const fields = new Set(key.filter(isArgumentPart).map(fieldOf));
  return fields.size > 1 ? 'expected arguments of one field only' : undefined;
}

export function isArgumentPart(part: string): boolean {
  return part.startsWith('args.');
}

/** @param part `args.<Type.field>.<argument>`. @returns The coordinate of the field. */
export function fieldOf(part: string): string {
  return part.split('.').slice(1, 3).join('.');
}
