// Prompts of the conformance fixture, by the names its scenarios get.

import { type GetPromptResult, inputRequired, type ServerContext } from '@modelcontextprotocol/server';
import { PNG } from './mcp-fixture-tools.ts';

/** A prompt: its arguments, and its messages. */
export interface FixturePrompt {
  readonly args: readonly string[];
  readonly get: (args: Readonly<Record<string, string>>, context: ServerContext) => GetPromptResult;
}

const messages = (...contents: readonly object[]): GetPromptResult =>
  ({ messages: contents.map((content) => ({ role: 'user', content })) }) as GetPromptResult;
const text = (value: string): object => ({ type: 'text', text: value });

/** Prompts by name. */
export const FIXTURE_PROMPTS: ReadonlyMap<string, FixturePrompt> = new Map<string, FixturePrompt>([
  ['test_simple_prompt', { args: [], get: () => messages(text('This is a simple prompt for testing.')) }],
  [
    'test_prompt_with_arguments',
    {
      args: ['arg1', 'arg2'],
      get: ({ arg1, arg2 }) => messages(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
    },
  ],
  [
    'test_prompt_with_embedded_resource',
    {
      args: ['resourceUri'],
      get: ({ resourceUri: uri }) => {
        const resource = { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' };
        return messages({ type: 'resource', resource }, text('Please process the embedded resource above.'));
      },
    },
  ],
  [
    'test_prompt_with_image',
    {
      args: [],
      get: () => messages({ type: 'image', data: PNG, mimeType: 'image/png' }, text('Please analyze the image above.')),
    },
  ],
  [
    'test_input_required_result_prompt',
    {
      args: [],
      get: (_, { mcpReq }) => {
        if (mcpReq.inputResponses?.user_context !== undefined) return messages(text('With your context.'));
        const requestedSchema = { type: 'object', properties: { context: { type: 'string' } }, required: ['context'] };
        const user_context = inputRequired.elicit({
          message: 'What context should the prompt use?',
          requestedSchema: requestedSchema as never,
        });
        return inputRequired({ inputRequests: { user_context } }) as unknown as GetPromptResult;
      },
    },
  ],
]);
