import { GatewayError } from '../../shared/errors.ts';

/** @throws {GatewayError} `CONFIG_INVALID` */
export function assertSize(text: string, bytesMax: number, displayName: string): void {
  if (Buffer.byteLength(text) > bytesMax)
    throw new GatewayError('CONFIG_INVALID', `${displayName}: is larger than ${bytesMax} bytes`);
}
