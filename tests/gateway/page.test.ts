// The page at `/` over HTTP: its headers to the letter, what a browser may keep, and that nothing else of the disk is there.

import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { filesForEach } from './files-kit.ts';
import { pages, SCRIPT } from './page-kit.ts';
import { type RawAnswer, rawAsk, requestText } from './raw-http.ts';

const start = filesForEach();
const makePage = pages();

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
  "connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A gateway with a page, and how to ask it for a path by hand. */
async function startPage(script?: string): Promise<(line: string, headers?: readonly string[]) => Promise<RawAnswer>> {
  const { gateway } = await start({ more: { page: makePage(script) } });
  return (line, headers = []) => rawAsk(gateway.url, requestText(line, headers));
}

it('serves the page with its policy, and lets nobody keep it unasked', async () => {
  const ask = await startPage();
  const { status, headers, body } = await ask('GET /');
  expect([status, body.includes('<title>test page</title>')]).toEqual([200, true]);
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': POLICY,
    'cache-control': 'no-cache',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  const again = await ask('GET /', [`If-None-Match: ${headers.etag}`]);
  expect([again.status, again.body, again.headers['content-length']]).toEqual([304, '', undefined]);
  expect(again.headers).toMatchObject({ etag: headers.etag, 'cache-control': 'no-cache' });
});

it('lets a browser keep what has its hash in its name, compressed as it takes it', async () => {
  const script = `export const words = ${JSON.stringify('hive '.repeat(500))};\n`;
  const ask = await startPage(script);
  const plain = await ask(`GET ${SCRIPT}`);
  expect([plain.status, plain.body === script]).toEqual([200, true]);
  expect(plain.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    'content-security-policy': POLICY,
    vary: 'Accept-Encoding',
  });
  expect(plain.headers['content-encoding']).toBeUndefined();
  const decoders = { br: brotliDecompressSync, gzip: gunzipSync };
  const tags = new Set([plain.headers.etag]);
  for (const [coding, decode] of Object.entries(decoders)) {
    const { headers, body } = await ask(`GET ${SCRIPT}`, [`Accept-Encoding: ${coding}`]);
    expect(headers['content-encoding']).toBe(coding);
    expect(body.length).toBeLessThan(script.length);
    expect(decode(Buffer.from(body, 'latin1')).toString() === script).toBe(true);
    tags.add(headers.etag);
    const known = await ask(`GET ${SCRIPT}`, [`Accept-Encoding: ${coding}`, `If-None-Match: ${headers.etag}`]);
    expect(known.status).toBe(304);
    // Another coding is another content.
    expect((await ask(`GET ${SCRIPT}`, [`If-None-Match: ${headers.etag}`])).status).toBe(200);
  }
  expect(tags.size).toBe(3);
});

it('answers HEAD without the content, and does not take other methods', async () => {
  const { gateway } = await start({ more: { page: makePage() } });
  const [head, get] = [await fetch(gateway.url, { method: 'HEAD' }), await fetch(gateway.url)];
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect(head.headers.get('content-length')).toBe(String((await get.arrayBuffer()).byteLength));
  expect((await fetch(gateway.url, { method: 'POST' })).status).toBe(405);
});

it('serves the files of the page and nothing else of the disk', async () => {
  const ask = await startPage();
  expect((await ask('GET /icon.svg')).headers).toMatchObject({
    'content-type': 'image/svg+xml',
    'cache-control': 'no-cache',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  });
  const outside = [
    '/assets/../index.html',
    '/assets/../../etc/passwd',
    '/assets/%2e%2e/index.html',
    '/assets/..%2findex.html',
  ];
  for (const path of [...outside, '/assets/%252e%252e/x', '/assets/\\..\\x', '/assets//x', '//etc/passwd']) {
    expect([path, (await ask(`GET ${path}`)).status]).toEqual([path, 400]);
  }
  const missing = ['/assets/none.js', '/assets/', '/index.html', '/assets', `${SCRIPT}.br`, `${SCRIPT}/x`, '/nope'];
  for (const path of missing) {
    const { status } = await ask(`GET ${path}`);
    expect([path, status >= 400 && status < 500]).toEqual([path, true]);
  }
});

it('leaves everything else of the gateway where it is', async () => {
  const { get } = await start({ more: { page: makePage() } });
  for (const path of ['/docs', '/docs/page.js', '/healthz', '/readyz', '/v1/openapi.json', '/v1/meta/status']) {
    expect([path, (await get(path)).status]).toEqual([path, 200]);
  }
});

it('says how to build the page while there is none, without a script', async () => {
  const { gateway } = await start();
  const response = await fetch(gateway.url);
  const text = await response.text();
  expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  expect(text).toContain('npm run build');
  expect(text).toContain('href="/docs"');
  expect(text).not.toMatch(/<(?:script|style)/);
  expect(response.headers.get('content-security-policy')).toBe(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  expect((await fetch(`${gateway.url}${SCRIPT}`)).status).toBe(404);
});

it('makes who looks for files that are not there wait', async () => {
  const settings = { refusalsPerSecond: 2, refusalsHeldMax: 0 };
  const { gateway } = await start({ settings, more: { page: makePage() } });
  const looks = Array.from({ length: 12 }, (_, index) =>
    fetch(`${gateway.url}/assets/${index}.js`).then(
      ({ status }) => status,
      () => 'cut',
    ),
  );
  const answers = await Promise.all(looks);
  expect(answers.filter((answer) => answer !== 'cut' && answer !== 404)).toEqual([]);
  expect(answers).toContain('cut');
  expect((await fetch(gateway.url)).status).toBe(200);
});
