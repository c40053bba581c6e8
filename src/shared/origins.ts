/** The allow-list of origins: which schemes, hosts and ports backends may have. Pure. */

/** `https://api.example.com`, `https://*.example.com:8443`, or with `:*` for any port. */
const originPattern = /^(https?|grpcs?):\/\/(\*\.)?([a-z0-9._-]+|\[[0-9a-f:.]+\])(:(\d{1,5}|\*))?$/;

const portOf: Readonly<Record<string, string>> = { http: '80', https: '443', grpc: '80', grpcs: '443' };

export function isOriginPattern(text: string): boolean {
  return originPattern.test(text);
}

/** @param allowed Patterns; undefined where every origin is allowed. */
export function isAllowedOrigin(address: string, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined) return true;
  const parts = partsOf(address);
  return parts !== undefined && allowed.some((pattern) => matches(parts, pattern));
}

interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

function partsOf(address: string): Parts | undefined {
  const url = URL.parse(address.replace(/^dns\+/, ''));
  if (!url || url.username !== '' || url.password !== '') return undefined;
  const scheme = url.protocol.slice(0, -1);
  return { scheme, host: url.hostname.toLowerCase(), port: url.port || (portOf[scheme] ?? '') };
}

function matches({ scheme, host, port }: Parts, pattern: string): boolean {
  const found = originPattern.exec(pattern);
  if (!found) return false;
  const [, wantedScheme = '', star, name = '', , wantedPort = portOf[wantedScheme]] = found;
  if (scheme !== wantedScheme || (wantedPort !== '*' && port !== wantedPort)) return false;
  return star === undefined ? host === name : host.endsWith(`.${name}`);
}
