/** The client.yaml of a new client: every option, with its default and what it is for. Pure. */

export function clientTemplate(name: string, owner: string): string {
  return `# The client "${name}": who owns it, how its requests are recognized, which part of the graph it sees,
# and how much it may ask.
# Options that stand here have their defaults: change them, or leave them out. docs/reference/client-yaml.md says more.

# The team to ask about this client.
owner: ${plainOrQuoted(owner)}

identify:
  # Clients that API keys, access tokens and certificates name: these besides "${name}".
  credentials: []
  # Values of the host header, without a port, such as ${name}.example.com.
  hosts: []
  # Values of headers such as apollographql-client-name: these besides "${name}".
  names: []
  # true: path, host and headers are enough to be this client. false: only credentials are.
  public: false

contract:
  # Tags. Fields and unions without one of them are hidden. Empty: all fields are visible.
  include: []
  # Tags. What has one of them is hidden, even if it has an included tag.
  exclude: []
  # Whether types are hidden that no visible field leads to.
  hideUnreachableTypes: true
  # What cannot do without something hidden: "cascade" hides it as well, "strict" refuses the contract.
  mode: cascade

# Selects its limits. Default: the tier of the API key or the token.
# tier: standard

limits:
  # Limits of this client instead of those of policies in gateway.yaml, such as tier: { limit: 500, window: 1m }.
  # "tier" is the policy of its tier.
  policies: {}
  # Operations executed at the same time in one process. Default: by its tier.
  # inFlightMax: 20
  # Estimated cost of one operation. Default: limits.cost.max of gateway.yaml.
  # costMax: 1000

# Whether the client may read its schema: by introspection, in GraphiQL and as schema.graphql.
introspection: on

# Objects and enum values in a list whose type or value is hidden are null, with an error. "drop" leaves them out.
# hiddenMembers: drop
`;
}

function plainOrQuoted(text: string): string {
  return /^[a-z][a-z0-9 ]*-[a-z0-9 -]*[a-z0-9]$/i.test(text) ? text : JSON.stringify(text);
}
