/** `objectsAt` for one path, as generated nested loops. */

import type { PathStep } from '../pipeline/prepared.ts';
import { ExactNumber } from '../shared/exact-number.ts';
import { generate, readCode } from './generated-code.ts';
import type { Data } from './merge.ts';
import { objectsAt } from './positions.ts';

export type FindObjects = (root: Data) => Data[];

export function compilePositions(steps: readonly PathStep[]): FindObjects {
  const reference: FindObjects = (root) => objectsAt(root, steps);
  if (steps.some((step) => step.types !== undefined)) return reference;
  return generate<FindObjects>('positions', { reference, ExactNumber }, sourceOf(steps)) ?? reference;
}

/** The generated code calls the reference for a list where the plan has none. */
function sourceOf(steps: readonly PathStep[]): string {
  const lines = ['return (root) => {', 'const found = [];'];
  let value = 'root';
  let closing = '';
  steps.forEach((step, depth) => {
    const next = `v${depth}`;
    if ('each' in step) {
      lines.push(
        `if (Array.isArray(${value})) for (let i${depth} = 0; i${depth} < ${value}.length; i${depth} += 1) {`,
        `const ${next} = ${value}[i${depth}];`,
      );
      closing += '}';
    } else {
      lines.push(
        `if (Array.isArray(${value})) return reference(root);`,
        `const ${next} = ${readCode(value, step.key)};`,
      );
    }
    lines.push(`if (typeof ${next} === 'object' && ${next} !== null) {`);
    closing += '}';
    value = next;
  });
  lines.push(
    `if (Array.isArray(${value})) return reference(root);`,
    `if (!(${value} instanceof ExactNumber)) found.push(${value});`,
    closing,
  );
  lines.push('return found;', '};');
  return lines.join('\n');
}
