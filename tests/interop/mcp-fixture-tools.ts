// Tools of the conformance fixture, by the names its scenarios call.

import {
  acceptedContent,
  createRequestStateCodec,
  inputRequired,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';

/** A tool: what it takes, and what it answers. */
export interface FixtureTool {
  readonly input: object;
  readonly run: (args: Readonly<Record<string, unknown>>, context: ServerContext) => unknown;
}

/** One red pixel. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==';
/** A WAV header without samples. */
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=';

/** State that goes to the client and back, signed. */
export const STATE: RequestStateCodec = createRequestStateCodec({ key: 'a key of the fixture, as long as it must be' });

const image = { type: 'image', data: PNG, mimeType: 'image/png' };
const said = (value: string): object => ({ content: [{ type: 'text', text: value }] });
const answered = (...content: readonly object[]): FixtureTool => ({ input: {}, run: () => ({ content }) });
const asking = (run: FixtureTool['run']): FixtureTool => ({ input: {}, run });

const form = (properties: object, required: readonly string[] = Object.keys(properties)): never =>
  ({ type: 'object', properties, required }) as never;
const askName = (message = 'What is your name?') =>
  inputRequired.elicit({ message, requestedSchema: form({ name: { type: 'string' } }) });
const askModel = (prompt: string, maxTokens: number) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens });

/** The answers a retry brought; undefined in the first round, and while one of `keys` is missing. */
function answers({ mcpReq }: ServerContext, ...keys: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  const given = mcpReq.inputResponses;
  return given !== undefined && keys.every((key) => typeof given[key] === 'object' && given[key] !== null)
    ? given
    : undefined;
}

async function told(context: ServerContext, action: string, key: string, ask: () => object): Promise<object> {
  const given = answers(context, key)?.[key] as { action?: string; content?: object } | undefined;
  if (given === undefined) return ask();
  return said(`${action}: action=${given.action}, content=${JSON.stringify(given.content ?? {})}`);
}

const titled = (...titles: readonly string[]): object[] =>
  titles.map((title, index) => ({ const: `value${index + 1}`, title }));
const options = ['option1', 'option2', 'option3'];

/** Tools by name. */
export const FIXTURE_TOOLS: ReadonlyMap<string, FixtureTool> = new Map<string, FixtureTool>([
  ['test_simple_text', answered({ type: 'text', text: 'This is a simple text response for testing.' })],
  ['test_image_content', answered(image)],
  ['test_audio_content', answered({ type: 'audio', data: WAV, mimeType: 'audio/wav' })],
  [
    'test_embedded_resource',
    answered({
      type: 'resource',
      resource: {
        uri: 'test://embedded-resource',
        mimeType: 'text/plain',
        text: 'This is an embedded resource content.',
      },
    }),
  ],
  [
    'test_multiple_content_types',
    answered({ type: 'text', text: 'Multiple content types test:' }, image, {
      type: 'resource',
      resource: {
        uri: 'test://mixed-content-resource',
        mimeType: 'application/json',
        text: '{"test":"data","value":123}',
      },
    }),
  ],
  [
    'test_tool_with_logging',
    asking(async (_, { mcpReq }) => {
      for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
      }
      return said('Logged.');
    }),
  ],
  ['test_logging_tool', asking((_, { mcpReq }) => mcpReq.log('info', 'Logged.').then(() => said('Done.')))],
  [
    'test_error_handling',
    asking(() => {
      throw new Error('This tool intentionally returns an error for testing');
    }),
  ],
  [
    'test_tool_with_progress',
    asking(async (_, { mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
        await mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken: progressToken as string, progress, total: 100 },
        });
      }
      return said('Done.');
    }),
  ],
  [
    'test_sampling',
    {
      input: { properties: { prompt: { type: 'string' } }, required: ['prompt'] },
      run: ({ prompt }, context) => {
        const given = answers(context, 'answer')?.answer as { content?: { text?: string } } | undefined;
        if (given !== undefined) return said(`LLM response: ${given.content?.text}`);
        return inputRequired({ inputRequests: { answer: askModel(String(prompt), 100) } });
      },
    },
  ],
  [
    'test_elicitation',
    {
      input: { properties: { message: { type: 'string' } }, required: ['message'] },
      run: ({ message }, context) =>
        told(context, 'User response', 'user', () => {
          const requestedSchema = form({ username: { type: 'string' }, email: { type: 'string' } });
          return inputRequired({
            inputRequests: { user: inputRequired.elicit({ message: String(message), requestedSchema }) },
          });
        }),
    },
  ],
  [
    'test_elicitation_sep1034_defaults',
    asking((_, context) =>
      told(context, 'Elicitation completed', 'user', () => {
        const requestedSchema = form(
          {
            name: { type: 'string', default: 'John Doe' },
            age: { type: 'integer', default: 30 },
            score: { type: 'number', default: 95.5 },
            status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
            verified: { type: 'boolean', default: true },
          },
          [],
        );
        return inputRequired({
          inputRequests: { user: inputRequired.elicit({ message: 'Fill in.', requestedSchema }) },
        });
      }),
    ),
  ],
  [
    'test_elicitation_sep1330_enums',
    asking((_, context) =>
      told(context, 'Elicitation completed', 'user', () => {
        const requestedSchema = form(
          {
            untitledSingle: { type: 'string', enum: options },
            titledSingle: { type: 'string', oneOf: titled('First Option', 'Second Option', 'Third Option') },
            legacyEnum: {
              type: 'string',
              enum: ['opt1', 'opt2', 'opt3'],
              enumNames: ['Option One', 'Option Two', 'Option Three'],
            },
            untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
            titledMulti: { type: 'array', items: { anyOf: titled('First Choice', 'Second Choice', 'Third Choice') } },
          },
          [],
        );
        return inputRequired({
          inputRequests: { user: inputRequired.elicit({ message: 'Choose.', requestedSchema }) },
        });
      }),
    ),
  ],
  [
    'test_missing_capability',
    asking(() => inputRequired({ inputRequests: { answer: askModel('Needs sampling.', 10) } })),
  ],
  ['test_streaming_elicitation', asking(() => inputRequired({ inputRequests: { user: askName() } }))],
  [
    'test_input_required_result_elicitation',
    asking((_, context) => {
      const given = acceptedContent(context.mcpReq.inputResponses, 'user_name') as { name?: unknown } | undefined;
      if (typeof given?.name === 'string') return said(`Hello, ${given.name}!`);
      return inputRequired({ inputRequests: { user_name: askName() } });
    }),
  ],
  [
    'test_input_required_result_sampling',
    asking((_, context) => {
      const given = answers(context, 'capital_question')?.capital_question;
      if (given !== undefined) return said(JSON.stringify(given));
      return inputRequired({ inputRequests: { capital_question: askModel('What is the capital of France?', 100) } });
    }),
  ],
  [
    'test_input_required_result_list_roots',
    asking((_, context) => {
      const given = answers(context, 'client_roots')?.client_roots;
      if (given !== undefined) return said(JSON.stringify(given));
      return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    }),
  ],
  [
    'test_input_required_result_request_state',
    asking(async (_, context) => {
      if (answers(context, 'confirm') !== undefined && context.mcpReq.requestState() === 'asked')
        return said('state-ok');
      const requestedSchema = form({ ok: { type: 'boolean' } });
      const confirm = inputRequired.elicit({ message: 'Please confirm', requestedSchema });
      return inputRequired({ inputRequests: { confirm }, requestState: await STATE.mint('asked') });
    }),
  ],
  [
    'test_input_required_result_tampered_state',
    asking(async (_, context) => {
      if (answers(context, 'confirm') !== undefined) return said('state-ok');
      const requestedSchema = form({ ok: { type: 'boolean' } });
      const confirm = inputRequired.elicit({ message: 'Please confirm', requestedSchema });
      return inputRequired({ inputRequests: { confirm }, requestState: await STATE.mint('asked') });
    }),
  ],
  [
    'test_input_required_result_multiple_inputs',
    asking(async (_, context) => {
      if (answers(context, 'user_name', 'greeting', 'client_roots') !== undefined) return said('All there.');
      const inputRequests = {
        user_name: askName(),
        greeting: askModel('Generate a greeting', 50),
        client_roots: inputRequired.listRoots(),
      };
      return inputRequired({ inputRequests, requestState: await STATE.mint('many') });
    }),
  ],
  [
    'test_input_required_result_multi_round',
    asking(async (_, context) => {
      const round = context.mcpReq.requestState();
      if (round === 'second' && answers(context, 'step2') !== undefined) return said('Both steps.');
      if (round === 'first' && answers(context, 'step1') !== undefined) {
        const requestedSchema = form({ color: { type: 'string' } });
        const step2 = inputRequired.elicit({ message: 'Step 2: What is your favorite color?', requestedSchema });
        return inputRequired({ inputRequests: { step2 }, requestState: await STATE.mint('second') });
      }
      const step1 = askName('Step 1: What is your name?');
      return inputRequired({ inputRequests: { step1 }, requestState: await STATE.mint('first') });
    }),
  ],
  [
    'test_input_required_result_capabilities',
    asking((_, { mcpReq }) => {
      const envelope = mcpReq.envelope as Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
      const declared = envelope?.['io.modelcontextprotocol/clientCapabilities'] ?? {};
      const inputRequests = {
        ...('elicitation' in declared ? { user_name: askName() } : {}),
        ...('sampling' in declared ? { greeting: askModel('Generate a greeting', 50) } : {}),
      };
      return inputRequired({ inputRequests });
    }),
  ],
]);
