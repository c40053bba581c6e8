/** The allow-list of origins: which schemes, hosts and ports services may have. Pure. */

/** `https://api.example.com`, `https://*.example.com:8443`, or with `:*` for any port. */
const originPattern = /^(https?|grpcs?):\/\/(\*\.)?([a-z0-9._-]+|\[[0-9a-f:.]+\])(:(\d{1,5}|\*))?$/;

const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443', grpc: '80', grpcs: '443' };

export function isOriginPattern(text: string): boolean {
  return originPattern.test(text);
}

/** @param allowed Patterns; undefined: every origin is allowed. */
export function isAllowedOrigin(address: string, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined) return true;
  const origin = parseOrigin(address);
  return origin !== undefined && allowed.some((pattern) => matches(origin, pattern));
}

interface Origin {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

function parseOrigin(address: string): Origin | undefined {
  const url = URL.parse(address.replace(/^dns\+/, ''));
  if (!url || url.username !== '' || url.password !== '') return undefined;
  const scheme = url.protocol.slice(0, -1);
  return { scheme, host: url.hostname.toLowerCase(), port: url.port || (defaultPorts[scheme] ?? '') };
}

function matches({ scheme, host, port }: Origin, pattern: string): boolean {
  const match = originPattern.exec(pattern);
  if (!match) return false;
  const [, patternScheme = '', wildcard, name = '', , patternPort = defaultPorts[patternScheme]] = match;
  if (scheme !== patternScheme || (patternPort !== '*' && port !== patternPort)) return false;
  return wildcard === undefined ? host === name : host.endsWith(`.${name}`);
}
