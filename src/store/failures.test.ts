import { expect, it } from 'vitest';

import { isReadOnly, outcomeOf } from './failures.ts';

const replies: ReadonlyArray<readonly [message: string, outcome: string, isReadOnly: boolean]> = [
  ["READONLY You can't write against a read only replica.", 'server-error', true],
  // Redis 7 and 6, of a script.
  [
    "READONLY You can't write against a read only replica. script: 5d2f, on @user_script:3.",
    'server-error',
    true,
  ],
  [
    "ERR Error running script (call to f_5d2f): @user_script:3: @user_script: 3: -READONLY You can't write against a read only replica.",
    'server-error',
    true,
  ],
  [
    "ERR Error running script (call to f_5d2f): @user_script:3: @user_script: 3: -OOM command not allowed when used memory > 'maxmemory'.",
    'server-error',
    false,
  ],
  [
    "ERR Error running script (call to f_5d2f): @user_script:3: unexpected symbol near '-'",
    'answered',
    false,
  ],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'answered', false],
  ['ERR READONLY', 'answered', false],
];

it.each(replies)('of a server that says "%s": %s', (message, outcome, readOnly) => {
  const error = Object.assign(new Error(message), { name: 'ReplyError' });
  expect([outcomeOf(error), isReadOnly(error)]).toEqual([outcome, readOnly]);
});
