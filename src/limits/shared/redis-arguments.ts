/** Packs checks and changes for the scripts of redis-scripts.ts, which unpack them by the formats given here. */

import type { LimitCheck, LimitRule } from '../check.ts';
import type { ChargeChange } from './shared-store.ts';

/** kind, limit, windowMs, burst: `<BI4dI4` */
const ruleBytes = 17;
/** The rule, then cost, gate, returned, measured, last of its request: `I4BBBB` */
const checkBytes = ruleBytes + 8;
/** The rule, then bucket and units: `dd` */
const changeBytes = ruleBytes + 16;

export function packedChecks(requests: ReadonlyArray<readonly LimitCheck[]>, count: number): Buffer {
  const packed = Buffer.allocUnsafe(count * checkBytes);
  let at = 0;
  for (const checks of requests) {
    for (const [index, check] of checks.entries()) {
      at = writeRule(packed, at, check.rule);
      at = packed.writeUInt32LE(check.cost, at);
      at = packed.writeUInt8(check.gate, at);
      at = packed.writeUInt8(check.isReturned ? 1 : 0, at);
      at = packed.writeUInt8(check.isMeasured ? 1 : 0, at);
      at = packed.writeUInt8(index === checks.length - 1 ? 1 : 0, at);
    }
  }
  return packed;
}

export function packedChanges(changes: readonly ChargeChange[]): Buffer {
  const packed = Buffer.allocUnsafe(changes.length * changeBytes);
  let at = 0;
  for (const { charge, units } of changes) {
    at = writeRule(packed, at, charge.check.rule);
    at = packed.writeDoubleLE(charge.bucket, at);
    at = packed.writeDoubleLE(units, at);
  }
  return packed;
}

/** @returns Where the next value begins. */
function writeRule(packed: Buffer, at: number, rule: LimitRule): number {
  const kind = packed.writeUInt8(rule.algorithm === 'window' ? 0 : 1, at);
  const limit = packed.writeUInt32LE(rule.limit, kind);
  return packed.writeUInt32LE(rule.burst, packed.writeDoubleLE(rule.windowMs, limit));
}
