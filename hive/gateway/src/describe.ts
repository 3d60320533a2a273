// What a gateway would serve, described without a hive: for the reference pages.

import { refuse } from '@cohesix/wire';
import type { Json } from './documents/json.ts';
import { openApiDocument } from './documents/openapi.ts';
import type { HivePort } from './hive-port.ts';
import { buildHouse, closeHouse } from './house.ts';
import { GATEWAY_DEFAULTS } from './settings.ts';

/** The OpenAPI document of a gateway in front of a hive with these files. */
export async function openApiOf(docs: Pick<HivePort, 'controls' | 'files'>): Promise<Json> {
  const nobody = async (): Promise<ReturnType<typeof refuse>> => refuse('unreachable');
  const house = buildHouse({ ...docs, attach: nobody, ninep: nobody, ready: nobody }, GATEWAY_DEFAULTS);
  const routes = house.router.all.map(({ route }) => route);
  await closeHouse(house);
  return openApiDocument({ routes, ...docs });
}
