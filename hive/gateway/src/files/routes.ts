// `/v1/fs/*`: the namespace over REST (contracts-2, section 7).

import type { GatewayPart, PartContext } from '../parts.ts';
import { batchRoute } from './batch.ts';
import { contentRoutes } from './content.ts';
import { echoRoutes } from './echo-routes.ts';
import { OpenFollows } from './open-follows.ts';
import { readRoutes } from './read-routes.ts';

/** The routes of files. */
export function fileRoutes(context: PartContext): GatewayPart {
  const follows = new OpenFollows();
  return {
    routes: [
      ...readRoutes(context, follows),
      batchRoute(context),
      ...echoRoutes(context),
      ...contentRoutes(context, follows),
    ],
    close: async () => follows.stop(),
  };
}
