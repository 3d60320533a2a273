// The page at `/docs`: lists the operations of `/v1/openapi.json`, asks for their parameters, sends, and shows the answer as text.
// The ticket stays in the memory of the page. HTML, script and style are texts of this module, because a bundle has no files
// beside it; they are served as three documents, so that the policy can forbid everything inline and everything from elsewhere.

/** Content-Security-Policy of the page (CSP Level 3): own script, own style, own answers, and nothing else. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cohesix gateway</title>
<link rel="stylesheet" href="/docs/page.css">
<script src="/docs/page.js" defer></script>
</head>
<body>
<header>
<h1>Cohesix gateway</h1>
<p id="about"></p>
<label>Ticket <input id="ticket" type="password" autocomplete="off" spellcheck="false"></label>
<span class="note">kept in this page only</span>
<label>Find <input id="find" type="search" placeholder="lease"></label>
</header>
<main id="operations" aria-busy="true"></main>
<noscript>This page needs its script; the same is in <a href="/v1/openapi.json">/v1/openapi.json</a>.</noscript>
</body>
</html>
`;

/** Its style: the colours of the reader's system. */
export const PAGE_STYLE = `:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
header { padding-bottom: .5rem; border-bottom: 1px solid GrayText; }
h1 { font-size: 1.3rem; margin: 0; }
h2 { font-size: 1rem; margin: 1.5rem 0 .3rem; text-transform: capitalize; }
details { border-bottom: 1px solid color-mix(in srgb, GrayText 40%, transparent); padding: .3rem 0; }
summary { cursor: pointer; }
code, pre, textarea, input { font: 13px/1.4 ui-monospace, monospace; }
.method { display: inline-block; min-width: 3.2rem; font-weight: 600; }
.note { color: GrayText; }
form { margin: .5rem 0 .5rem 1rem; }
label { display: block; margin: .3rem 0; }
textarea { width: 100%; min-height: 4.5rem; box-sizing: border-box; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid GrayText; padding-left: .6rem; max-height: 24rem; overflow: auto; }
`;

/** Its script, for browsers of 2023 and later. */
export const PAGE_SCRIPT: string = String.raw`'use strict';
// Shows every operation of the OpenAPI document as a form. Whatever comes from the hive is set as text, never as markup.
const ANSWER_CHARS_MAX = 200000;

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function resolve(api, node) {
  if (!node || !node.$ref) return node || {};
  return node.$ref.slice(2).split('/').reduce((at, key) => at[key.replaceAll('~1', '/').replaceAll('~0', '~')], api);
}

function bodyExample(api, content) {
  const media = content['application/json'];
  if (!media) return '';
  const schema = resolve(api, media.schema);
  const example = media.example ?? (schema.examples || [])[0] ?? skeletonOf(api, schema);
  return JSON.stringify(example, null, 1);
}

// The fields an object must have, with an example of theirs where there is one.
function skeletonOf(api, schema) {
  const fields = (schema.required || []).map((name) => {
    const field = resolve(api, (schema.properties || {})[name]);
    return [name, (field.examples || [])[0] ?? (field.type === 'array' ? [skeletonOf(api, field.items || {})] : '')];
  });
  return Object.fromEntries(fields);
}

function fieldOf(parameter) {
  const input = element('input', { name: parameter.name, 'data-in': parameter.in, autocomplete: 'off' });
  if (parameter.required) input.required = true;
  const example = parameter.example ?? (parameter.schema || {}).default;
  if (example !== undefined) input.value = String(example);
  const note = element('span', { class: 'note' }, ' ' + (parameter.description || ''));
  return element('label', {}, parameter.name + ' ', input, note);
}

function formOf(api, { path, method, item, operation }) {
  const form = element('form', {});
  const parameters = [...(item.parameters || []), ...(operation.parameters || [])].map((each) => resolve(api, each));
  form.append(...parameters.map(fieldOf));
  const content = (resolve(api, operation.requestBody) || {}).content;
  const type = content && Object.keys(content)[0];
  const body = element('textarea', { name: 'body', spellcheck: 'false', 'aria-label': 'Body' });
  if (content) {
    body.value = bodyExample(api, content);
    form.append(element('label', {}, 'Body, ' + type, body));
  }
  const answer = element('pre', { hidden: '', 'aria-live': 'polite' });
  form.append(element('button', {}, 'Send'), answer);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    answer.hidden = false;
    answer.textContent = '…';
    send({ path, method, form, type, body: content && body.value }).then(
      (text) => (answer.textContent = text),
      (error) => (answer.textContent = String(error)),
    );
  });
  return form;
}

async function send({ path, method, form, type, body }) {
  const query = new URLSearchParams();
  const headers = {};
  let target = path;
  for (const input of form.querySelectorAll('input[name]')) {
    const where = input.dataset.in;
    if (where === 'path') target = target.replace('{' + input.name + '}', () => input.value.split('/').map(encodeURIComponent).join('/'));
    else if (input.value === '') continue;
    else if (where === 'header') headers[input.name] = input.value;
    else query.set(input.name, input.value);
  }
  const ticket = document.getElementById('ticket').value.trim();
  if (ticket !== '') headers.authorization = 'Bearer ' + ticket;
  if (body !== undefined) headers['content-type'] = type;
  const search = query.size === 0 ? '' : '?' + query;
  const response = await fetch(target + search, { method, headers, body, credentials: 'omit', redirect: 'error' });
  return response.status + ' ' + response.statusText + '\n' + (await textOf(response));
}

// Follows never end: what came until the bound is shown, and the connection is given back.
async function textOf(response) {
  if (response.body === null) return '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return shaped(text);
    text += value;
    const isStream = (response.headers.get('content-type') || '').startsWith('text/event-stream');
    if (isStream || text.length > ANSWER_CHARS_MAX) {
      await reader.cancel();
      return text.slice(0, ANSWER_CHARS_MAX) + '\n…';
    }
  }
}

function shaped(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 1);
  } catch {
    return text;
  }
}

function rowOf(api, entry) {
  const { path, method, operation } = entry;
  const head = element('summary', {}, element('span', { class: 'method' }, method), element('code', {}, path), ' ', operation.summary || '');
  const row = element('details', { 'data-text': (method + ' ' + path + ' ' + (operation.summary || '')).toLowerCase() }, head);
  row.addEventListener('toggle', () => {
    if (!row.open || row.querySelector('form')) return;
    if (operation.description) row.append(element('p', {}, operation.description));
    row.append(formOf(api, entry));
  });
  return row;
}

function operationsOf(api) {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    ['get', 'put', 'post', 'delete'].filter((method) => item[method]).map((method) => ({ path, item, method: method.toUpperCase(), operation: item[method] })),
  );
}

function find(words) {
  for (const row of document.querySelectorAll('details')) row.hidden = !row.dataset.text.includes(words.toLowerCase());
}

async function start() {
  const main = document.getElementById('operations');
  const response = await fetch('/v1/openapi.json', { credentials: 'omit' });
  const api = await response.json();
  document.getElementById('about').textContent = api.info.description;
  const operations = operationsOf(api);
  for (const { name, description } of api.tags) {
    const rows = operations.filter(({ operation }) => (operation.tags || []).includes(name)).map((entry) => rowOf(api, entry));
    if (rows.length > 0) main.append(element('section', {}, element('h2', {}, name), element('p', { class: 'note' }, description), ...rows));
  }
  main.setAttribute('aria-busy', 'false');
  document.getElementById('find').addEventListener('input', (event) => find(event.target.value));
}

start().catch((error) => {
  document.getElementById('operations').textContent = 'The document of the operations cannot be read: ' + error;
});
`;
