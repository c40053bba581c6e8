/** The values that the built-in scalars may have in a response. Custom scalars may be anything but null. */

const intMax = 2_147_483_647;
const intMin = -2_147_483_648;

/** @returns The value to answer with; undefined where it does not fit the type. */
export function completeScalar(type: string, value: unknown): unknown {
  switch (type) {
    case 'String':
      return typeof value === 'string' ? value : undefined;
    case 'ID':
      if (typeof value === 'string') return value;
      return typeof value === 'number' && Number.isInteger(value) ? String(value) : undefined;
    case 'Int':
      return isInt(value) ? value : undefined;
    case 'Float':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    case 'Boolean':
      return typeof value === 'boolean' ? value : undefined;
    default:
      return value;
  }
}

function isInt(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= intMin && value <= intMax;
}
