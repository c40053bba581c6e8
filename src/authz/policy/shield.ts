/**
 * Loads graphql-shield, the rule library of policies. Version 7.6.5 imports `isUndefined` from `util`, which Node 23
 * removed: its ES module cannot be linked, and `chain` and `race` of its CommonJS build fail. So the function is
 * restored and the CommonJS build loaded.
 */

import { createRequire } from 'node:module';
import util from 'node:util';

import type * as GraphqlShield from 'graphql-shield';

(util as { isUndefined?: (value: unknown) => boolean }).isUndefined ??= (value) => value === undefined;

const require = createRequire(import.meta.url);

type RuleTools = Pick<
  typeof GraphqlShield,
  'rule' | 'inputRule' | 'allow' | 'deny' | 'and' | 'or' | 'not' | 'chain' | 'race'
>;

export const shield: RuleTools = require('graphql-shield') as typeof GraphqlShield;
