/** GraphiQL in a real browser: it works, looks like itself, and asks nobody but the gateway. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { send } from '../support/ask.ts';
import { chromiumPath, launch } from '../support/browser.ts';
import { useShop } from '../support/shop.ts';

const shop = useShop();
const artifacts = fileURLToPath(new URL('../.artifacts/', import.meta.url));
const executable = await chromiumPath();

describe.skipIf(executable === undefined)('GraphiQL in Chromium', () => {
  let browser: Browser;
  let page: Page;
  const requested: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await launch(executable ?? '');
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('request', (request) => requested.push(request.url()));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await mkdir(artifacts, { recursive: true });
  });
  afterAll(() => browser?.close());

  it('opens at the endpoint, runs what is typed with Ctrl-Enter and shows the answer', async () => {
    const response = await page.goto(shop.url);
    expect(response?.headers()['content-type']).toBe('text/html; charset=utf-8');
    await type('{ product(upc: "p1") { name price inStock } }');
    await expect.poll(shownResult).toContain('inStock');
    const { data } = await shop.query('{ product(upc: "p1") { name price inStock } }');
    expect(JSON.parse(await shownResult())).toEqual({ data });
    await page.screenshot({ path: join(artifacts, 'graphiql.png') });
  });

  it('shows errors with their codes', async () => {
    shop.mocks.service('inventory').faults.set({ status: 14 });
    await type('{ product(upc: "p2") { name inStock } }');
    await expect.poll(shownResult).toContain('SERVICE_UNAVAILABLE');
    expect(JSON.parse(await shownResult())).toMatchObject({
      data: { product: { name: expect.any(String), inStock: null } },
      errors: [{ path: ['product', 'inStock'], extensions: { service: 'inventory' } }],
    });
  });

  it('shows the documentation of the schema', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.locator('.graphiql-doc-explorer').getByText('Query', { exact: true }).click();
    const explorer = page.locator('.graphiql-doc-explorer');
    await expect.poll(() => explorer.textContent()).toContain('orderDetails');
    expect(await explorer.textContent()).not.toContain('recommendations(');
    await page.screenshot({ path: join(artifacts, 'graphiql-documentation.png') });
  });

  it('asked nobody but the gateway, and broke no policy on the way', () => {
    const origin = new URL(shop.url).origin;
    const foreign = requested.filter((url) => !url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url));
    expect(foreign).toEqual([]);
    expect(requested.length).toBeGreaterThan(5);
    expect(complaints).toEqual([]);
  });

  /** In place of what stands in the editor, and runs it. */
  async function type(query: string): Promise<void> {
    await page.locator('.graphiql-query-editor .CodeMirror-lines').click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.insertText(query);
    await page.keyboard.press('ControlOrMeta+Enter');
  }

  /** Without the line numbers and folding marks between. */
  async function shownResult(): Promise<string> {
    const lines = await page.locator('.result-window .CodeMirror-line').allTextContents();
    return lines.join('\n').replaceAll(/[\u200b\u00a0]/g, ' ');
  }
});

describe('the page', () => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

  it('is HTML for browsers only: whoever else sends GET is told what is missing', async () => {
    const page = await fetch(shop.url, { headers: html });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('<title>Tributary GraphiQL</title>');
    expect((await send(shop.url, {})).errors?.[0]?.extensions['code']).toBe('BAD_REQUEST');
  });

  it('may load nothing from elsewhere, nor be framed', async () => {
    const { headers } = await fetch(shop.url, { headers: html });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/https?:|\*|script-src[^;]*unsafe/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['react.js', 'react-dom.js', 'graphiql.js', 'graphiql.css', 'start.js'])(
    'brings %s from the gateway itself',
    async (name) => {
      const response = await fetch(`${shop.url}/graphiql/${name}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^text\/(javascript|css); charset=utf-8$/);
      expect((await response.text()).length).toBeGreaterThan(100);
    },
  );
});
