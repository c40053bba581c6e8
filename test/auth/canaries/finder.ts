/** Secrets that can be told from everything else, and a search for them in any of the forms they may take on their way. */

import { randomBytes } from 'node:crypto';

export type Secrets<Name extends string> = Readonly<Record<Name, string>>;

/** Of letters and digits only, so that no escaping changes them. */
export function secretsFor<Name extends string>(...names: readonly Name[]): Secrets<Name> {
  return Object.fromEntries(
    names.map((name) => [name, `Canary${randomBytes(9).toString('hex')}`]),
  ) as Secrets<Name>;
}

/** Where any of the secrets stands in the texts: `log has the secret "cookie" as base64: ...`. */
export function leaksOf(secrets: Secrets<string>, texts: Readonly<Record<string, string>>): string[] {
  const found: string[] = [];
  for (const [place, text] of Object.entries(texts)) {
    // base64 of URLs is the same but for two characters.
    const searched = text.replaceAll('-', '+').replaceAll('_', '/');
    const small = text.toLowerCase();
    for (const [name, secret] of Object.entries(secrets)) {
      for (const [form, trace] of formsOf(secret)) {
        const at = form === 'base64' ? searched.indexOf(trace) : small.indexOf(trace);
        if (at < 0) continue;
        const around = text.slice(Math.max(0, at - 100), at + trace.length + 40);
        found.push(`${place} has the secret "${name}" as ${form}: ...${around}...`);
        break;
      }
    }
  }
  return found;
}

/** URL-encoding and JSON leave such a secret as it is. */
function formsOf(secret: string): Array<readonly [form: string, trace: string]> {
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.from('-'.repeat(before) + secret).toString('base64');
    // Only what neighbours of the secret do not change.
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + secret.length) * 8) / 6);
    return ['base64', text.slice(from, to)] as const;
  });
  return [
    ['plain text', secret.toLowerCase()],
    ['hexadecimal', Buffer.from(secret).toString('hex')],
    ...base64,
  ];
}
