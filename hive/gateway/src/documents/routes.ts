// The documents a gateway has about itself: `/v1/openapi.json`, the same as `/v1/openapi.yaml`, and the page at `/docs` on which
// an operation can be tried. They are public: what a hive can do is no secret, what it holds needs a ticket.

import type { GatewayPart, PartContext } from '../parts.ts';
import type { PublicRoute, Reply } from '../route.ts';
import { controlRoute } from './control-route.ts';
import type { Json } from './json.ts';
import { openApiDocument } from './openapi.ts';
import { PAGE, PAGE_POLICY, PAGE_SCRIPT, PAGE_STYLE } from './page.ts';

/** The routes of documents. */
export function documentRoutes(context: PartContext): GatewayPart {
  let text: string | undefined;
  const openApi = (): string => {
    text ??= JSON.stringify(documentOf(context));
    return text;
  };
  return {
    routes: [
      controlRoute(context),
      route('/v1/openapi.json', 'This document.', () => reply('application/json', openApi())),
      // A JSON text is a YAML 1.2 text (YAML 1.2.2, section 1.3).
      route('/v1/openapi.yaml', 'This document for readers of YAML: JSON is YAML 1.2.', () =>
        reply('application/yaml', openApi()),
      ),
      route('/docs', 'A page to try the operations.', () => reply('text/html; charset=utf-8', PAGE, PAGE_HEADERS)),
      route('/docs/page.js', 'Script of the page.', () => reply('text/javascript; charset=utf-8', PAGE_SCRIPT)),
      route('/docs/page.css', 'Style of the page.', () => reply('text/css; charset=utf-8', PAGE_STYLE)),
    ],
  };
}

const PAGE_HEADERS = { 'content-security-policy': PAGE_POLICY, 'referrer-policy': 'no-referrer' };

function documentOf({ routes, hive: { controls, files } }: PartContext): Json {
  return openApiDocument({ routes: routes(), controls, files });
}

function reply(type: string, body: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, type, body, headers };
}

function route(pattern: string, summary: string, answer: () => Reply): PublicRoute {
  const operation = { summary, responses: { 200: { description: 'The document.' } } };
  return { method: 'GET', pattern, access: 'public', queue: 'none', operation, answer: async () => answer() };
}
