// What `/` answers while the page is not built: how to build it, and what is here besides. No script, no style.

import type { Reply } from '../route.ts';

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Cohesix: the page is not built</title>
</head>
<body>
<h1>The page is not built</h1>
<p>This gateway runs, but it found no page to serve when it started. In the checkout of Cohesix run</p>
<pre>npm run build</pre>
<p>and start it again (<code>npm start</code> builds by itself). A new link to sign in with: <code>coh ui</code>.</p>
<p>Here already: <a href="/docs">every operation, to try</a>, <a href="/healthz">health</a>.</p>
</body>
</html>
`;

/** The answer. */
export const NO_PAGE: Reply = {
  status: 404,
  type: 'text/html; charset=utf-8',
  headers: {
    'cache-control': 'no-cache',
    'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  },
  body: HTML,
};
