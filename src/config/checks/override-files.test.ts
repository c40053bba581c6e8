import { describe, expect, it } from 'vitest';

import { readOverrides } from './override-files.ts';

const valid = `fingerprint: "1234567890123e45"
rule: field-removed
client: web
coordinate: Order.note
reason: Web stopped reading it in 4.2, which all of its users have
approver: web-team
expires: 2026-12-31
`;
const read = (...texts: string[]) =>
  readOverrides(texts.map((text, index) => ({ file: `overrides/${index + 1}.yaml`, text })));

describe('overrides', () => {
  it('are read with their file', async () => {
    expect(await read(valid)).toEqual([
      {
        fingerprint: '1234567890123e45',
        rule: 'field-removed',
        client: 'web',
        coordinate: 'Order.note',
        reason: 'Web stopped reading it in 4.2, which all of its users have',
        approver: 'web-team',
        expires: '2026-12-31',
        file: 'overrides/1.yaml',
      },
    ]);
  });

  it('need not say rule, client and coordinate', async () => {
    const text = valid.replace(/^(rule|coordinate).*\n/gm, '').replace('client: web', 'client:');
    expect(await read(text)).toMatchObject([{ rule: null, client: null, coordinate: null }]);
  });

  it.each([
    [
      'a day that is none',
      '2026-12-31',
      '2026-02-30',
      '1.yaml:7:10 expires: expected a date such as 2026-12-31, got "2026-02-30"',
    ],
    ['a time', '2026-12-31', '2026-12-31T00:00:00Z', 'expires: expected a date'],
    ['another way to write dates', '2026-12-31', '31.12.2026', 'expires: expected a date'],
    ['no date', 'expires: 2026-12-31', '', 'expires: expected a string, got nothing'],
    [
      'a short fingerprint',
      '1234567890123e45',
      '1234',
      '1.yaml:1:14 fingerprint: expected the 16 hexadecimal digits of a finding, in quotes, got "1234"',
    ],
    [
      'a fingerprint that YAML reads as a number',
      '"1234567890123e45"',
      '1234567890123e45',
      'fingerprint: expected the 16 hexadecimal digits of a finding, in quotes',
    ],
    [
      'the reason of a template',
      /reason: .*/,
      'reason: ...',
      '1.yaml:5:9 reason: expected what it is, not a placeholder',
    ],
    ['a reason to be written', /reason: .*/, 'reason: "TODO: say why this is safe"', 'not a placeholder'],
    ['a reason in brackets', /reason: .*/, 'reason: <why this is safe for web>', 'not a placeholder'],
    [
      'a short reason',
      /reason: .*/,
      'reason: it is ok',
      'reason: expected a reason of 10 characters or more',
    ],
    ['an empty reason', /reason: .*/, 'reason:', 'reason: expected a string, got nothing'],
    ['the approver of a template', 'web-team', '<owner of web>', '1.yaml:6:11 approver: expected what it is'],
    ['an unknown option', 'coordinate', 'cordinate', 'cordinate: unknown key (did you mean "coordinate"?)'],
    ['a name that changes prototypes', 'coordinate', '__proto__', '__proto__: this name is not allowed'],
    ['a variable of the environment', 'Order.note', '${PATH}', 'environment variable PATH is not set'],
    ['text that is no YAML', /^/, '[', '1.yaml:'],
    ['a list', /^[^]*$/, '- a', 'expected a map'],
    ['more than it may have', /$/, `# ${'a'.repeat(20_000)}`, '1.yaml: is larger than 16384 bytes'],
  ])('with %s are refused with their place', async (_what, from, to, message) => {
    const text = valid.replace(from, () => to);
    await expect(read(text)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(read(text)).rejects.toThrow(message);
  });

  it.each([
    'Клиенты обновились до версии 4.2',
    '客户端已经全部升级到了新版本四点二',
    'To do with the migration of web, which is done',
  ])('may have the reason "%s"', async (reason) => {
    const [override] = await read(valid.replace(/reason: .*/, `reason: ${reason}`)).catch(() => []);
    expect(override?.reason).toBe(reason.startsWith('To do') ? undefined : reason);
  });

  it('with one fingerprint are refused, and each mistake of all files is said', async () => {
    const late = valid.replace('2026-12-31', 'later').replace('1234567890123e45', '0000000000000000');
    await expect(read(valid, valid, late)).rejects.toThrow(
      /^overrides\/2\.yaml:1:14 fingerprint: is that of overrides\/1\.yaml, too: one override is enough\noverrides\/3\.yaml:7:10 expires: .*$/,
    );
  });

  it('are a thousand at most', async () => {
    const file = { file: 'a.yaml', text: valid };
    await expect(readOverrides(Array.from({ length: 1001 }, () => file))).rejects.toThrow(
      'more than 1000 files',
    );
  });
});
