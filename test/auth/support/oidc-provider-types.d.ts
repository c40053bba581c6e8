/** What the tests use of `oidc-provider`, which brings no types. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http';

  interface Saved {
    save(): Promise<string>;
  }

  export class Provider {
    constructor(issuer: string, configuration: object);
    readonly Client: { find(id: string): Promise<object> };
    readonly Grant: new (
      about: object,
    ) => Saved & { addResourceScope(resource: string, scope: string): void };
    readonly AccessToken: new (about: object) => Saved & { resourceServer: object };
    readonly RefreshToken: new (about: object) => Saved;
    readonly ResourceServer: new (resource: string, info: object) => object;
    callback(): RequestListener;
  }
}
