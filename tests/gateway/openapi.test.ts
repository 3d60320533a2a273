// The OpenAPI document of a gateway in front of a real hive: what OpenAPI 3.1.1 asks of it (a schema of the objects that occur here,
// without other fields), that it says what is served, and that its schemas are JSON Schema 2020-12 which the examples fit.

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { OPENAPI_SCHEMA } from './openapi-schema.ts';
import { type Stand, stands } from './stand.ts';

const start = stands();

type Json = Readonly<Record<string, unknown>>;

interface Document {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Json & { readonly schemas: Readonly<Record<string, Json>> };
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name?: string; readonly in?: string }[];
  readonly responses: Json;
  readonly 'x-cohesix-control'?: { readonly pattern: string; readonly isWord: boolean };
}

const METHODS = ['get', 'put', 'post'] as const;

function operationsOf({ paths }: Document): readonly { path: string; method: string; operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item[method] === undefined ? [] : [{ path, method, operation: item[method] }])),
  );
}

/** A checker of JSON Schema 2020-12 that refuses keywords it does not know. */
function newAjv(): Ajv2020 {
  return new Ajv2020({
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    validateFormats: false,
  });
}

async function served(): Promise<{ document: Document; stand: Stand }> {
  const stand = await start();
  const { json, type, status } = await stand.get('/v1/openapi.json');
  expect([status, type]).toEqual([200, 'application/json']);
  return { document: json as unknown as Document, stand };
}

test('it is an OpenAPI 3.1 document', async () => {
  const { document } = await served();
  const check = newAjv().compile(OPENAPI_SCHEMA);
  check(document);
  expect(check.errors ?? []).toEqual([]);
  // The check can fail.
  expect(check({ ...document, paths: { '/x': { get: { sumary: 'a slip' } } } })).toBe(false);
});

test('the YAML is the same document', async () => {
  const { stand } = await served();
  const [json, yaml] = [await stand.ask('GET', '/v1/openapi.json'), await stand.ask('GET', '/v1/openapi.yaml')];
  expect(yaml.type).toBe('application/yaml');
  expect(yaml.text === json.text).toBe(true);
});

test('operations have an id each, the parameters of their path, and references that lead somewhere', async () => {
  const { document } = await served();
  const operations = operationsOf(document);
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  // The page shows operations by the tags of the document.
  const tags = document.tags.map(({ name }) => name);
  for (const { operation } of operations) expect(tags).toEqual(expect.arrayContaining([...operation.tags]));
  for (const [path, item] of Object.entries(document.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const parameters = (item.parameters ?? []) as unknown as readonly { name: string; in: string }[];
    expect([path, parameters.filter((one) => one.in === 'path').map(({ name }) => name)]).toEqual([path, inPath]);
  }
  for (const reference of referencesIn(document)) {
    expect([reference, resolved(document, reference) !== undefined]).toEqual([reference, true]);
  }
});

test('what it calls public answers without a ticket, and everything else does not', async () => {
  const { document, stand } = await served();
  const gets = operationsOf(document).filter(({ path, method }) => method === 'get' && !path.includes('{'));
  expect(gets.length).toBeGreaterThan(8);
  for (const { path, operation } of gets) {
    const isPublic = operation.security?.length === 0;
    const { status } = await fetch(`${stand.url}${path}`);
    expect([path, status === 401]).toEqual([path, !isPublic]);
  }
});

test('every control file is an operation, whose schema takes its examples and nothing else', async () => {
  const { document } = await served();
  const controls = operationsOf(document).filter(({ operation }) => operation['x-cohesix-control'] !== undefined);
  expect(controls.length).toBeGreaterThan(25);
  const { schemas } = document.components;
  const ajv = newAjv().addVocabulary(['x-form']);
  let examples = 0;
  for (const { path, operation } of controls) {
    const check = ajv.compile(schemas[lineSchemaOf(operation)] ?? {});
    for (const example of (schemas[lineSchemaOf(operation)]?.examples ?? []) as readonly unknown[]) {
      examples += 1;
      expect([path, example, faultsOf(check, example)]).toEqual([path, example, []]);
    }
    expect([path, check({ 'no such field': 1 })]).toEqual([path, false]);
  }
  expect(examples).toBeGreaterThan(50);
});

test('a control file is written with its operation: words, JSON on several lines, once by its key', async () => {
  const { stand } = await served();
  const to = (target: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
    stand.ask('POST', `/v1/control${target}`, { body, headers });
  expect((await to('/queen/lifecycle/ctl', '"cordon"')).json).toMatchObject({
    status: 'OK',
    path: '/queen/lifecycle/ctl',
    reply: { state: 'DRAINING' },
  });
  expect((await to('/queen/lifecycle/ctl', '"cordon"')).json).toMatchObject({
    status: 'ERR',
    code: 'invalid-transition',
  });
  expect((await to('/queen/lifecycle/ctl', '"resume"')).json).toMatchObject({ status: 'OK' });
  const pretty = JSON.stringify({ spawn: 'heartbeat', ticks: 5 }, null, 2);
  const first = await to('/queen/ctl', pretty, { 'idempotency-key': 'k1' });
  const again = await to('/queen/ctl', pretty, { 'idempotency-key': 'k1' });
  expect(first.json).toMatchObject({ status: 'OK', reply: { id: expect.any(String) } });
  expect(again.json).toEqual(first.json);
  // The same body for another file is another body.
  expect((await to('/queen/schedule/ctl', pretty, { 'idempotency-key': 'k1' })).status).toBe(422);
});

test('what is no line is refused before the hive sees it', async () => {
  const { stand } = await served();
  const to = async (target: string, body: string): Promise<[number, unknown]> => {
    const { status, json } = await stand.ask('POST', `/v1/control${target}`, { body });
    return [status, json.code];
  };
  expect(await to('/queen/ctl', '{"spawn":"heartbeat",')).toEqual([400, 'invalid-payload']);
  expect(await to('/queen/ctl', '{"kill":"a","kill":"b"}')).toEqual([400, 'invalid-payload']);
  expect(await to('/queen/ctl', '["cordon"]')).toEqual([400, 'invalid-payload']);
  expect(await to('/queen/ctl', 'true')).toEqual([400, 'invalid-payload']);
  expect(await to('/queen/lifecycle/ctl', '"cordon\\nresume"')).toEqual([400, 'invalid-payload']);
  expect(await to('/queen/lifecycle/ctl', '""')).toEqual([400, 'invalid-payload']);
  expect(await to('/proc/bounds', '{}')).toEqual([404, 'invalid-path']);
  expect((await to('/queen/ctl', `{"kill":"${'x'.repeat(70_000)}"}`))[0]).toBe(413);
});

/** The name of the component that an operation's body refers to. */
function lineSchemaOf(operation: Operation): string {
  const text = JSON.stringify((operation as unknown as Json).requestBody);
  return /#\/components\/schemas\/(\w+)/.exec(text)?.[1] ?? '';
}

function faultsOf(check: ValidateFunction, value: unknown): readonly unknown[] {
  check(value);
  return check.errors ?? [];
}

function referencesIn(value: unknown): readonly string[] {
  const found = JSON.stringify(value).matchAll(/"\$ref":"([^"]+)"/g);
  return [...new Set([...found].map(([, reference]) => reference ?? ''))];
}

function resolved(document: unknown, reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((at, name) => (at as Readonly<Record<string, unknown>> | undefined)?.[name], document);
}
