// What the OpenAPI document says of the routes of files, beside each other so that the same thing is said the same way.

/** JSON Schema or any other part of the document. */
export type Doc = Readonly<Record<string, unknown>>;

/** The answer of the hive; `Answer` is a component of the document. */
export const ANSWER_SCHEMA: Doc = { $ref: '#/components/schemas/Answer' };

/** A body of bytes. */
export const BINARY: Doc = {
  'application/octet-stream': { schema: { type: 'string', contentMediaType: 'application/octet-stream' } },
};

/** `responses` of an operation that answers with JSON. */
export function answers(description: string, schema: Doc = ANSWER_SCHEMA, more: Doc = {}): Doc {
  return { 200: { description, content: { 'application/json': { schema }, ...more } } };
}

/** Forms of a content: an answer with its lines, or its bytes as they are. */
export const CONTENT_FORMS: Doc = { 'application/json': { schema: ANSWER_SCHEMA }, ...BINARY };

/** The parameter `path`. */
export const PATH_PARAMETER: Doc = query(
  'path',
  'Absolute path of a file or directory.',
  { type: 'string', examples: ['/proc/lifecycle/state'] },
  true,
);

/** The parameter `from`. */
export const FROM_PARAMETER: Doc = query('from', 'Offset of the first byte; of a stream its absolute cursor.', {
  type: 'integer',
  minimum: 0,
});

/** A parameter of the query. */
export function query(name: string, description: string, schema: Doc, required = false): Doc {
  return { name, in: 'query', description, required, schema };
}

/** The parameter `max_bytes`, with the bound of this gateway. */
export function maxBytesParameter(maximum: number): Doc {
  return query(
    'max_bytes',
    'Most bytes of the content; more is refused (400, `too-big`).',
    { type: 'integer', minimum: 1, maximum },
    true,
  );
}

/** A JSON body. */
export function jsonBody(schema: Doc): Doc {
  return { required: true, content: { 'application/json': { schema } } };
}

/** An object without other fields. */
export function object(properties: Doc, required: readonly string[]): Doc {
  return { type: 'object', additionalProperties: false, required, properties };
}

/** `{status, verb, end, answers: […]}`. */
export function answersInOrder(verb: string): Doc {
  return {
    type: 'object',
    required: ['status', 'verb', 'end', 'answers'],
    properties: {
      status: { const: 'OK' },
      verb: { const: verb },
      end: { const: true },
      answers: { type: 'array', items: ANSWER_SCHEMA, description: 'One for each that was asked, in its order.' },
    },
  };
}
