import { buildSchema, parse, print, stripIgnoredCharacters, type OperationDefinitionNode } from 'graphql';
import { describe, expect, it } from 'vitest';

import { PreservedLiterals } from './literals.ts';

const schema = buildSchema(`
  directive @tagged(id: ID) on FIELD | QUERY
  scalar Json
  enum Color { RED }
  input Filter { id: ID color: Color json: Json ids: [ID!] and: [Filter] }
  type Query { f(id: ID, ids: [ID!], grid: [[ID]], int: Int, float: Float, text: String, color: Color, json: Json, by: Filter): Int }
`);

describe('a literal that the planner would print differently', () => {
  it.each<[string, string, string]>([
    ['an ID of digits', 'id:"5"', 'id:$_literal0'],
    ['a negative ID', 'id:"-5"', 'id:$_literal0'],
    ['a long number in a custom scalar', 'json:9007199254740993', 'json:$_literal0'],
    ['a trailing zero', 'float:1.10', 'float:$_literal0'],
    ['an enum value in a custom scalar', 'json:RED', 'json:$_literal0'],
    ['an ID within an input object', 'by:{id:"5"}', 'by:{id:$_literal0}'],
    ['an ID beside a variable of the client', 'by:{ids:$v id:"5"}', 'by:{ids:$v id:$_literal0}'],
    ['an ID within a list', 'ids:["a","5"]', 'ids:["a"$_literal0]'],
    ['an ID within a list of lists', 'grid:[["5"],null]', 'grid:[[$_literal0]null]'],
    ['an ID in place of a list, as a list: a variable is not coerced to one', 'ids:"5"', 'ids:[$_literal0]'],
    ['an ID in place of a list of lists', 'grid:"5"', 'grid:[[$_literal0]]'],
    ['an ID in an input object in place of a list', 'by:{and:{ids:"5"}}', 'by:{and:{ids:[$_literal0]}}'],
    ['values within a custom scalar', 'json:{a:[1.10,RED,"5"]}', 'json:{a:[$_literal0$_literal1 "5"]}'],
  ])('is planned as a variable: %s', (_title, given, planned) => {
    const literals = preserve(`{f(${given})}`);
    expect(text(literals.operation)).toContain(`{f(${planned})}`);
    // The list in place of a single value is the same value for the service.
    const restored = planned.replace('$_literal0', first(given)).replace('$_literal1', ' RED');
    expect(literals.restore(text(literals.operation))).toBe(text(operation(`{f(${restored})}`)));
  });

  it.each(['query@tagged(id:"5"){f}', '{f@tagged(id:"5")}'])(
    'is planned as a variable, also in a directive: %s',
    (given) => {
      const literals = preserve(given);
      expect(text(literals.operation)).toContain('@tagged(id:$_literal0)');
      expect(literals.restore(text(literals.operation))).toBe(text(operation(given)));
    },
  );

  it.each([
    'id:"a5"',
    'id:"5.0"',
    'id:""',
    'id:5',
    'id:9007199254740993',
    'int:5',
    'float:1.5',
    'text:"5"',
    'text:"1.10"',
    'color:RED',
    'json:"5"',
    'json:7',
    'json:{a:true b:null}',
    'by:{color:RED}',
    'id:null',
    'ids:[]',
    'id:$v',
  ])('is not what any other literal is: %s', (given) => {
    const literals = preserve(`query($v:ID){f(${given})}`);
    expect(text(literals.operation)).toBe(text(operation(`query($v:ID){f(${given})}`)));
    expect(literals.restore('not parsed at all (')).toBe('not parsed at all (');
  });

  it('is one variable where its type and text are the same, so that fields still merge', () => {
    const { operation: planned } = preserve('{a:f(id:"5")b:f(id:"5")c:f(json:5.0)d:f(float:5.0)}');
    expect(text(planned)).toBe(
      'query($_literal0:ID!$_literal1:Json!$_literal2:Float!){a:f(id:$_literal0)b:f(id:$_literal0)c:f(json:$_literal1)d:f(float:$_literal2)}',
    );
  });

  it('is found in arguments of directives', () => {
    expect(text(preserve('{f@tagged(id:"5")}').operation)).toContain('@tagged(id:$_literal0)');
  });

  it('has a name that no variable of the client begins with', () => {
    const literals = preserve(
      'query($_literal:ID $_literal_x:ID){a:f(id:$_literal)b:f(id:$_literal_x)c:f(id:"5")}',
    );
    expect(text(literals.operation)).toContain('c:f(id:$_literal__0)');
    expect(['_literal', '_literal_x', '_literal__0'].map((name) => literals.has(name))).toEqual([
      false,
      false,
      true,
    ]);
  });
});

it('a fetch has the literals, and declares only the variables of the client', () => {
  const literals = preserve('query($v:Int){f(id:"5",int:$v)}');
  expect(literals.restore('query Q($_literal0:ID!$v:Int){f(id:$_literal0,int:$v)}')).toBe(
    'query Q($v:Int){f(id:"5" int:$v)}',
  );
});

it('defaults of variables are restored as the client wrote them', () => {
  const literals = preserve('query($v:ID="5",$w:Int=1,$j:Json={a:RED}){f(id:$v,int:$w,json:$j)}');
  expect(literals.restore('query($v:ID=5,$j:Json={a:"RED"}){f(id:$v,json:$j)}')).toBe(
    'query($v:ID="5"$j:Json={a:RED}){f(id:$v json:$j)}',
  );
});

function preserve(document: string): PreservedLiterals {
  return new PreservedLiterals(schema, operation(document));
}

function operation(document: string): OperationDefinitionNode {
  return parse(document, { noLocation: true }).definitions[0] as OperationDefinitionNode;
}

function text(node: OperationDefinitionNode): string {
  return stripIgnoredCharacters(print(node));
}

/** The first changing literal of an argument. */
function first(argument: string): string {
  return /"-?5"|9007199254740993|1\.10|RED/.exec(argument)?.[0] ?? '';
}
