/** Changes of what operations send: arguments, input fields, variables; and of directives that they apply. */

import { deprecateFirst, nothingToDo, rule, type RuleEntry } from './rule-description.ts';

const valuesUnknown =
  'Values of variables are not known, so each operation with a variable of the type is concerned.';
const acceptAbsence =
  'Give it a default value or make it nullable, and treat its absence as the old behaviour.';
const acceptOld =
  'Accept what was accepted before: loosen the type only, or add one of another name and deprecate this one.';
const chooseDefault =
  'Choose a default that behaves as the absent value did, or declare none and handle absence on the server.';

const argumentRules: readonly RuleEntry[] = [
  rule('argument-added', 'An optional argument was added', ['No operation passes it yet.', nothingToDo]),
  rule('argument-removed', 'An argument was removed', [
    'Operations that pass the argument are refused.',
    `Keep the argument and ignore its value on the server: ${deprecateFirst}.`,
  ]),
  rule('required-argument-added', 'A required argument was added', [
    'Each operation that selects the field lacks the argument, and is refused.',
    acceptAbsence,
  ]),
  rule('argument-became-required', 'An argument became required', [
    'Operations that leave the argument out are refused.',
    acceptAbsence,
  ]),
  rule('argument-type-changed', 'The type of an argument changed', [
    'Values and variables that were accepted before may be refused.',
    acceptOld,
  ]),
  rule('argument-default-added', 'An argument with a default value was added', [
    'Operations do not pass it, and get the answer for its default.',
    chooseDefault,
  ]),
  rule('default-changed', 'A default value changed', [
    'Operations that leave the value out get another answer than before, without any change of theirs.',
    'Keep the default. Let clients that need the other value pass it, or offer a new field or argument.',
  ]),
  rule('variable-type-changed', 'The type of a variable changed', [
    'A variable of an operation has a type that is no longer there, or no longer fits where it is used.',
    acceptOld,
  ]),
];

const inputFieldRules: readonly RuleEntry[] = [
  rule('input-field-added', 'An optional input field was added', ['No operation sends it yet.', nothingToDo]),
  rule('input-field-removed', 'An input field was removed', [
    `Operations that send the field are refused. ${valuesUnknown}`,
    `Keep the field and ignore its value on the server: ${deprecateFirst}.`,
  ]),
  rule('required-input-field-added', 'A required input field was added', [
    `Input objects without the field are refused. ${valuesUnknown}`,
    acceptAbsence,
  ]),
  rule('input-field-became-required', 'An input field became required', [
    `Input objects without the field are refused. ${valuesUnknown}`,
    acceptAbsence,
  ]),
  rule('input-field-became-non-null', 'An input field accepts no null any more', [
    `Input objects with null in the field are refused. ${valuesUnknown}`,
    acceptAbsence,
  ]),
  rule('input-field-type-changed', 'The type of an input field changed', [
    `Values that were accepted before may be refused. ${valuesUnknown}`,
    acceptOld,
  ]),
  rule('input-field-default-added', 'An input field with a default value was added', [
    'Operations do not send it, and get the answer for its default.',
    chooseDefault,
  ]),
  rule('input-type-changed', 'An input type changed', [
    `Values that were accepted before may be refused. ${valuesUnknown}`,
    acceptOld,
  ]),
  rule('one-of-added', 'An input type demands exactly one field', [
    `Input objects with several fields, or with none, are refused by \`@oneOf\`. ${valuesUnknown}`,
    'Add an input type with `@oneOf` under another name, for an argument of its own, and deprecate the old one.',
  ]),
  rule('one-of-removed', 'An input type no longer demands exactly one field', [
    'What was accepted still is. The server may receive several fields at once.',
    'Decide on the server which field counts.',
  ]),
];

const directiveRules: readonly RuleEntry[] = [
  rule('directive-added', 'A directive was added', ['No operation applies it yet.', nothingToDo]),
  rule('directive-removed', 'A directive was removed', [
    'Operations that apply the directive are refused.',
    'Keep the directive without effect until no operation applies it.',
  ]),
  rule('directive-changed', 'A directive changed', [
    'Operations that apply the directive may be refused, or be answered otherwise.',
    'Keep what was accepted before, or add a directive of another name.',
  ]),
  rule('directive-location-added', 'A directive can be applied in more places', [
    'Nothing breaks.',
    nothingToDo,
  ]),
  rule('directive-location-removed', 'A directive can be applied in fewer places', [
    'Operations that apply it there are refused.',
    'Keep the place until no operation has the directive there.',
  ]),
  rule('directive-repeatable-added', 'A directive became repeatable', ['Nothing breaks.', nothingToDo]),
  rule('directive-repeatable-removed', 'A directive is no longer repeatable', [
    'Operations that apply it several times in one place are refused.',
    'Keep it repeatable until no operation repeats it.',
  ]),
  rule('directive-argument-added', 'A directive got an argument', [
    'If it is required, operations that apply the directive are refused.',
    acceptAbsence,
  ]),
  rule('directive-argument-removed', 'A directive lost an argument', [
    'Operations that pass the argument are refused.',
    'Keep the argument and ignore its value until no operation passes it.',
  ]),
  rule('directive-argument-type-changed', "The type of a directive's argument changed", [
    'Values that were accepted before may be refused.',
    acceptOld,
  ]),
  rule('directive-argument-default-value-changed', "The default of a directive's argument changed", [
    'Operations that leave the argument out are answered otherwise.',
    'Keep the default, and let operations that need the other value pass it.',
  ]),
];

export const inputRules: readonly RuleEntry[] = [...argumentRules, ...inputFieldRules, ...directiveRules];
