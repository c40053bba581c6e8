/**
 * What the decisions before execution cost: microseconds of CPU for one operation with five guarded fields, as an admin
 * and as an ordinary user. Run: node bench/authorization.ts
 */

import { Authorizer } from '../src/authz/authorizer.ts';
import { AuditLog } from '../src/authz/audit/audit-log.ts';
import { readPolicy } from '../src/authz/policy/load-policy.ts';
import { policyTools, type PolicyContext, type PolicyRule } from '../src/authz/policy/policy-module.ts';
import { anonymous } from '../src/pipeline/principal.ts';
import { auditSchema, authorizationSchema } from '../src/config/gateway/authorization.ts';
import type { CheckSpec } from '../src/pipeline/authorization.ts';
import type { PreparedOperation } from '../src/pipeline/prepared.ts';
import * as stages from '../src/pipeline/stages.ts';
import { Events } from '../src/shared/events.ts';
import { requestContext } from '../test/support/context.ts';
import { readRequest } from '../test/support/read.ts';

const callsInRound = 20_000;
const rounds = 5;
const limitUs = 40;

const { rule, and, or, chain } = policyTools;
const isUser = rule('is user', { cache: 'contextual' })(
  (_p, _a, c: PolicyContext) => c.principal.provenBy !== 'none',
);
const isAdmin = rule('is admin', { cache: 'contextual' })((_p, _a, c: PolicyContext) =>
  c.principal.roles.includes('admin'),
);
const isOwner = rule('is owner', { cache: 'strict' })(
  (parent: { id: string }, _a, c: PolicyContext) => parent.id === c.principal.subject,
);
const rules: readonly PolicyRule[] = [
  isUser,
  and(isUser, isAdmin),
  chain(isUser, or(isAdmin, isOwner)),
  or(isAdmin, isOwner),
  isAdmin,
];

const policy = readPolicy('bench', {
  permissions: { Query: Object.fromEntries(rules.map((one, i) => [`field${i}`, one])) },
});
const checks = rules.map((_, i): CheckSpec => ({
  coordinates: [`Query.field${i}`],
  paths: [[`field${i}`]],
  demand: null,
  rules: [i],
  arguments: [],
  isRoot: false,
  parent: [],
}));
const prepared: PreparedOperation = {
  kind: 'query',
  name: 'Bench',
  variables: [],
  inputTypes: [],
  plan: null,
  projection: { shapes: [], enums: {} },
  introspection: null,
  cost: { total: 0, calls: 0 },
  checks,
};
const events = new Events();
const authorizer = new Authorizer({
  policy,
  config: authorizationSchema.parse({}),
  events,
  audit: new AuditLog({ config: auditSchema.parse({}), events, random: Math.random, now: Date.now }),
});
const operation = { prepared };

for (const roles of [['admin'], ['user']]) {
  const principal = { ...anonymous, subject: 'u1', provenBy: 'jwt' as const, roles };
  const read = readRequest({ context: requestContext({ principal }) });
  const request = stages.operationLimited(stages.prepared(read, { operation }, new Map()));
  let bestUs = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const began = process.cpuUsage();
    for (let call = 0; call < callsInRound; call += 1) {
      await authorizer.authorize(request, { without: () => operation });
    }
    const { user, system } = process.cpuUsage(began);
    bestUs = Math.min(bestUs, (user + system) / callsInRound);
  }
  console.log(
    `${roles[0]}: five guarded fields decided in ${bestUs.toFixed(2)} us of CPU (at most ${limitUs})`,
  );
  if (bestUs > limitUs) process.exitCode = 1;
}
