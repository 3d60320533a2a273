// The objects of OpenAPI 3.1.1 that occur in our document, as a JSON Schema 2020-12 without other fields: a slip in a field's name is a
// fault. Written after sections 4.8.1 to 4.8.30 of the specification; what we do not use is left out.

type Json = Readonly<Record<string, unknown>>;

const text = { type: 'string' };

function object(properties: Json, required: readonly string[] = []): Json {
  return { type: 'object', properties, required, patternProperties: { '^x-': true }, additionalProperties: false };
}

function map(values: Json, keys = '^[a-zA-Z0-9._-]+$'): Json {
  return { type: 'object', patternProperties: { [keys]: values }, additionalProperties: false };
}

function list(items: Json): Json {
  return { type: 'array', items };
}

function to(name: string): Json {
  return { $ref: `#/$defs/${name}` };
}

function orReference(name: string): Json {
  return { anyOf: [to('reference'), to(name)] };
}

/** The whole document. */
export const OPENAPI_SCHEMA: Json = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...object(
    {
      openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
      info: to('info'),
      servers: list(object({ url: text, description: text }, ['url'])),
      security: to('security'),
      tags: list(object({ name: text, description: text }, ['name'])),
      paths: map(to('pathItem'), '^/'),
      components: to('components'),
    },
    ['openapi', 'info', 'paths'],
  ),
  $defs: {
    info: object(
      {
        title: text,
        version: text,
        summary: text,
        description: text,
        license: object({ name: text, identifier: text }, ['name']),
      },
      ['title', 'version'],
    ),
    reference: object({ $ref: text, summary: text, description: text }, ['$ref']),
    security: list(map(list(text))),
    pathItem: object({
      parameters: list(orReference('parameter')),
      get: to('operation'),
      put: to('operation'),
      post: to('operation'),
      delete: to('operation'),
    }),
    operation: object(
      {
        operationId: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9]*$' },
        tags: list(text),
        summary: text,
        description: text,
        parameters: list(orReference('parameter')),
        requestBody: orReference('requestBody'),
        responses: { ...map(orReference('response'), '^([1-5]\\d\\d|[1-5]XX|default)$'), minProperties: 1 },
        security: to('security'),
        deprecated: { type: 'boolean' },
      },
      ['operationId', 'summary', 'responses'],
    ),
    parameter: object(
      {
        name: text,
        in: { enum: ['query', 'header', 'path'] },
        description: text,
        required: { type: 'boolean' },
        schema: to('schema'),
        example: true,
      },
      ['name', 'in', 'schema'],
    ),
    requestBody: object({ description: text, required: { type: 'boolean' }, content: to('content') }, ['content']),
    response: object({ description: text, headers: map(orReference('header')), content: to('content') }, [
      'description',
    ]),
    header: object({ description: text, required: { type: 'boolean' }, schema: to('schema') }, ['schema']),
    content: map(object({ schema: to('schema'), example: true }), '^[a-z]+/[a-z0-9.+-]+(; [a-z]+=[a-zA-Z0-9.-]+)*$'),
    schema: { $ref: 'https://json-schema.org/draft/2020-12/schema' },
    components: object({
      schemas: map(to('schema')),
      responses: map(orReference('response')),
      parameters: map(orReference('parameter')),
      headers: map(orReference('header')),
      securitySchemes: map(
        object(
          {
            type: { enum: ['http', 'apiKey'] },
            scheme: text,
            bearerFormat: text,
            in: { enum: ['header'] },
            name: text,
            description: text,
          },
          ['type'],
        ),
      ),
    }),
  },
};
