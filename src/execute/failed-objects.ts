/**
 * Objects for which a fetch failed. A field that such an object lacks was not answered: what requires it below another
 * object must not be computed from its absence. Elsewhere a missing object just has no value.
 */

import type { Data } from './merge.ts';

export const failedObjects = new WeakSet<Data>();
