/**
 * The access policy of the graph: an example with each kind of rule. gateway.yaml refers to it in
 * `authorization.policy`; docs/how-to/policy.md explains rules.
 */

import type { Policy, PolicyContext, PolicyRule, PolicyTools } from '@tributary-gateway/tributary';

import type { Graph } from './generated/graph.ts';

export function policy({ rule, inputRule, allow, and, or, chain, masked }: PolicyTools): Policy<Graph> {
  // Roles depend on the principal alone, and are decided before anything is fetched.
  const hasRole = (role: string): PolicyRule =>
    rule(`has role ${role}`, { cache: 'contextual' })((_parent, _args, { principal }: PolicyContext) =>
      principal.roles.includes(role),
    );
  const isSignedIn = rule('is signed in', { cache: 'contextual' })(
    (_parent, _args, { principal }: PolicyContext) => principal.provenBy !== 'none',
  );
  const isAdmin = hasRole('admin');

  // Ownership depends on the parent object: the fragment selects the fields that the rule reads.
  const isSelf = rule('is the user', { cache: 'strict', fragment: 'fragment Self on User { id }' })(
    (user: { readonly id: string }, _args, { principal }: PolicyContext) => user.id === principal.subject,
  );
  const ownsOrder = rule('owns the order', {
    cache: 'strict',
    fragment: 'fragment Owner on Order { userId }',
  })(
    (order: { readonly userId: string }, _args, { principal }: PolicyContext) =>
      order.userId === principal.subject,
  );
  const isOwnDashboard = rule('asks for the own dashboard', { cache: 'strict' })(
    (_parent, { userId }: { readonly userId: string }, { principal }: PolicyContext) =>
      userId === principal.subject,
  );

  // Tenants: a claim restricts what external users may see.
  const isInTenant = rule('stays in the tenant', {
    cache: 'strict',
    fragment: 'fragment Of on User { country }',
  })((user: { readonly country: string | null }, _args, { principal }: PolicyContext) => {
    const { tenant } = principal.claims;
    return tenant === undefined || tenant === user.country;
  });

  // Input validation applies to authorized users as well.
  const isSmallOrder = inputRule('orders few things')((yup) =>
    yup.object({ input: yup.object({ items: yup.array().max(50, 'Order at most 50 things at once') }) }),
  );

  return {
    // Fields without a rule are public, because this is a shop. By default they would be denied.
    fallbackRule: allow,
    permissions: {
      Query: {
        user: isSignedIn,
        users: chain(isSignedIn, isAdmin),
        userDashboard: chain(isSignedIn, or(isAdmin, isOwnDashboard)),
      },
      Mutation: {
        placeOrder: and(isSignedIn, isSmallOrder),
        addReview: isSignedIn,
      },
      User: {
        email: masked(or(isAdmin, isSelf), maskEmail),
        country: isInTenant,
        createdAt: isAdmin,
        orders: chain(isSignedIn, or(isAdmin, isSelf)),
      },
      Order: {
        createdAt: chain(isSignedIn, or(isAdmin, ownsOrder)),
      },
      Payment: {
        amount: isAdmin,
      },
      Shipment: {
        trackingCode: isSignedIn,
      },
    },
  };
}

/** `uma@example.com` is `u***@example.com`. */
function maskEmail(email: string): string {
  return email.replace(/^(.).*(?=@)/, '$1***');
}
