/** What was tried, a line for each fixture and one for all. */
import type { Tally } from './contest.ts';

export function tallyTable(rows: ReadonlyMap<string, Tally>): string {
  const all = [...rows, ['all', total([...rows.values()])] as const];
  const lines = all.map(([name, tally]) =>
    [
      name.padEnd(28),
      String(tally.operations).padStart(10),
      String(tally.differing).padStart(10),
      String(tally.invalid).padStart(8),
      String(tally.notPlanned.length).padStart(11),
      String(tally.calls).padStart(8),
      String(tally.callsApart).padStart(8),
      String(tally.stockOperations).padStart(10),
      String(tally.stockMismatches).padStart(12),
    ].join(' '),
  );
  const head = `${'fixture'.padEnd(28)} operations  differing  invalid  not planned    calls    apart  for stock  stock wrong`;
  return [head, ...lines].join('\n');
}

export function total(tallies: readonly Tally[]): Tally {
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((all, tally) => all + of(tally), 0);
  return {
    operations: sum((tally) => tally.operations),
    differing: sum((tally) => tally.differing),
    invalid: sum((tally) => tally.invalid),
    notPlanned: tallies.flatMap((tally) => tally.notPlanned),
    calls: sum((tally) => tally.calls),
    callsApart: sum((tally) => tally.callsApart),
    stockOperations: sum((tally) => tally.stockOperations),
    stockMismatches: sum((tally) => tally.stockMismatches),
  };
}
