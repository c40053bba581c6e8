/** Of the graph as a whole: files, composition, contracts, protection, operations and their plans. */

import { nothingToDo, rule, type RuleEntry } from './rule-description.ts';

const compositionRules: readonly RuleEntry[] = [
  rule('file-invalid', 'A file cannot be read', [
    'A file of the graph, of a client or of its operations is not what it should be, so that nothing can be checked with it.',
    'Correct the file as the message says.',
  ]),
  rule('composition-error', 'The graph does not compose', [
    'The schemas of the subgraphs contradict each other, so that there is no supergraph to serve.',
    'Correct the subgraph that the message names. A type that several subgraphs define changes in all of them at once, or by a step that is valid in both forms.',
  ]),
  rule('composition-hint', 'Composition has a new hint', [
    'The graph composes, but probably not as it was meant.',
    'Make the definitions of the subgraphs agree.',
  ]),
  rule('supergraph-invalid', 'A supergraph cannot be read', [
    'The file is not a supergraph of Apollo Federation, or it uses a feature that is not supported.',
    'Compose the file again, or check the folder with its subgraphs instead.',
  ]),
  rule('base-invalid', 'There is nothing to compare with', [
    'The base does not compose, so that changes cannot be found.',
    'Choose a base that composes, by `--base`.',
  ]),
];

const contractRules: readonly RuleEntry[] = [
  rule('contract-invalid', 'The contract of a client does not hold', [
    'Without what its contract hides, the schema of the client is not valid, such as a type without fields.',
    'Correct the tags of the elements that the message names, or `contract` in client.yaml.',
  ]),
  rule('implied-removal', 'A contract hides more than its tags say', [
    'What cannot be without a hidden element is hidden with it, such as a field whose type is hidden.',
    'Tag the element itself, so that it is seen to be hidden, or show what it needs.',
  ]),
  rule('client-added', 'A client is new', ['There is no state of it to compare with.', nothingToDo]),
  rule('client-removed', 'A client is no longer configured', [
    'Its requests are those of an unknown client from then on.',
    'Keep its folder until the client sends nothing more.',
  ]),
  rule('hidden-from-client', 'A client loses an element', [
    'The element is still in the graph, but the contract of the client now hides it: its tags changed, or those in client.yaml. Operations that use it are refused.',
    'Restore the tag. To withdraw the element, deprecate it first and wait until the client stopped using it.',
  ]),
  rule('shown-to-client', 'An element becomes visible to a client', [
    'The element was in the graph before; now the contract of the client shows it. What clients use is hard to take back.',
    'Remove the tag, or add one that the contract excludes, if it is not meant for this client.',
  ]),
];

const protectionMeans = '`@authenticated`, `@requiresScopes` or `@policy`';
const restoreProtection =
  'Restore the directive. If the element is meant to be public, its owner accepts that by an override.';

const directiveRules: readonly RuleEntry[] = [
  rule('became-public', 'An element becomes public', [
    `The element lost ${protectionMeans}, and its type has none either: everybody can read it.`,
    restoreProtection,
  ]),
  rule('authorization-added', 'An element demands more of its callers', [
    `The element got ${protectionMeans}: callers that do not fulfil it get null and an error.`,
    'Give the callers what they need first, then add the directive.',
  ]),
  rule('authorization-changed', 'An element demands something else of its callers', [
    `The element has other ${protectionMeans} than before: some callers lose it, others get it.`,
    'Accept both demands for a time, give the callers what they need, then remove the old one.',
  ]),
  rule('cost-changed', 'The cost of an element changed', [
    'By `@cost`, operations with the element take more or less of the quota of their clients.',
    'See the findings of `cost-increased` for the operations that it concerns.',
  ]),
  rule('list-size-changed', 'The size of a list changed', [
    'By `@listSize`, operations with the list are estimated to cost more or less.',
    'See the findings of `cost-increased` for the operations that it concerns.',
  ]),
  rule('cache-control-changed', 'The caching of an element changed', [
    'By `@cacheControl`, answers with the element may be stored for another time or for other callers.',
    'Keep the scope `PRIVATE` for data of one user. A shorter time costs calls; a longer one shows older data.',
  ]),
];

const operationRules: readonly RuleEntry[] = [
  rule('operation-invalid', 'An operation is not valid', [
    'The operation does not validate against the new schema of its client. The gateway will refuse it.',
    'Restore what the operation uses, or retire the version of the client that registered it.',
  ]),
  rule('unregistered-operation-broken', 'An operation is broken and no longer registered', [
    'The change removes an operation, or all of its client, from what is registered, and breaks it as well. Released versions of the client may still send it.',
    'Register the operation until no version in use sends it; recorded usage (`--usage`) says which do.',
  ]),
  rule('operation-invalid-before', 'An operation was invalid before', [
    'It was refused before the change and is refused after it, so that no change can be said to break it.',
    'Correct the operation, or remove it from what its client registers.',
  ]),
  rule('valid-now', 'An operation is valid now', [
    'It was refused before the change, and is answered after it.',
    nothingToDo,
  ]),
  rule('not-compared', 'An operation was not compared', [
    'It is too large for its effects to be found in the time that there is.',
    'Split the operation. It is checked to be valid all the same.',
  ]),
  rule('introspection', 'An operation reads the schema', [
    'The operation selects `__schema` or `__type`: its answer changes with every change of the schema.',
    'Nothing is to be done where a tool sends it. An application should not decide by introspection.',
  ]),
  rule('operation-refused', 'The gateway refuses an operation', [
    'The operation is valid, and the gateway refuses it after the change: by `requireOneSlicingArgument` of `@listSize`, by a contract without introspection, or because it cannot be planned.',
    'Change the schema so that the operation is accepted, as the message says, or retire the version of the client that sends it.',
  ]),
  rule('cost-increased', 'An operation costs more', [
    'The estimated cost of the operation grew over the threshold. It takes more of the quota of its client, and may exceed a limit.',
    'Lower `@cost` or the `assumedSize` of `@listSize`, let the list be sliced by an argument, or raise the limit of the client.',
  ]),
  rule('plan-calls-increased', 'An operation needs more calls to subgraphs', [
    'The plan of the operation has more calls than before: each adds load, and a way to fail.',
    'Let the subgraph that is called already resolve the field (`@shareable`, `@provides`), or add the key that it lacks.',
  ]),
  rule('plan-waves-increased', 'An operation takes more steps one after another', [
    'More calls wait for the answers of others, so the operation takes longer by the time of a call.',
    'Avoid the chain: give the entity a key that both subgraphs have, or use `@provides` for the field.',
  ]),
  rule('plans-not-compared', 'Plans were not compared', [
    'Planning took all of its time, so that some operations were not compared. Those called most were compared first.',
    'Nothing is to be done for one check. Remove versions of clients that are no longer in use.',
  ]),
];

export const graphRules: readonly RuleEntry[] = [
  ...compositionRules,
  ...contractRules,
  ...directiveRules,
  ...operationRules,
];
