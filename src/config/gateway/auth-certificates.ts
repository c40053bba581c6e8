/** The schema of `auth.certificates`: which client certificates are accepted, and how their names map to principals. */

import { z } from 'zod';

import { filePath } from '../yaml/file-path.ts';

const text = z.string().min(1).max(1024);
/** The kinds of subject alternative names that can identify a client. */
const nameKinds = ['uri', 'dns', 'email'] as const;

const nameRuleSchema = z
  .strictObject({
    /** One of these three: a pattern of the whole name, in which `{part}` matches one part. */
    uri: text.optional(),
    dns: text.optional(),
    email: text.optional(),
    /** Templates that may use the parts of the pattern. Default of `subject`: the whole name. */
    subject: text.optional(),
    client: text.optional(),
    tier: text.optional(),
    roles: z.array(text).default([]),
    scopes: z.array(text).default([]),
  })
  .superRefine((rule, context) => {
    const report = (message: string): void => context.addIssue({ code: 'custom', message });
    const patterns = nameKinds.flatMap((kind) => rule[kind] ?? []);
    const [pattern = ''] = patterns;
    if (patterns.length !== 1) report('expected one of uri, dns and email');
    const parts = placeholdersOf(pattern);
    if (new Set(parts).size < parts.length) report(`expected each part once in "${pattern}"`);
    if (/\}\{/.test(pattern)) report(`expected something between the parts of "${pattern}"`);
    for (const template of [pattern, rule.subject ?? '', rule.client ?? ''])
      if (/[{}]/.test(template.replace(placeholder, ''))) report(`expected {part}, got "${template}"`);
    for (const template of [rule.subject ?? '', rule.client ?? ''])
      for (const part of placeholdersOf(template))
        if (!parts.includes(part)) report(`expected {${part}} in "${pattern}", as "${template}" uses it`);
  });

export const certificatesSchema = z.strictObject({
  /** The accepted certificate authorities in PEM, relative to gateway.yaml. Reloaded when it changes. */
  ca: filePath,
  /** Whether each request needs a certificate besides any other credentials. */
  required: z.boolean().default(false),
  /** The first rule that matches a name of the certificate applies. */
  names: z.array(nameRuleSchema).min(1).max(1000),
});

export type CertificatesConfig = z.output<typeof certificatesSchema>;
export type NameRule = CertificatesConfig['names'][number];
export type NameKind = (typeof nameKinds)[number];

/** A part of a name, such as `{account}`. */
export const placeholder = /\{([A-Za-z][A-Za-z0-9_]*)\}/g;

function placeholdersOf(template: string): string[] {
  return [...template.matchAll(placeholder)].map(([, name = '']) => name);
}

export function patternOf(rule: NameRule): { readonly kind: NameKind; readonly pattern: string } {
  for (const kind of nameKinds) {
    const pattern = rule[kind];
    if (pattern !== undefined) return { kind, pattern };
  }
  throw new Error('unreachable: the schema wants one of them');
}
