// What the hive documents of itself for other doors: its control files and views, as a gateway shows them, and the two pages
// generated from them. A test keeps `docs/reference/schemas.json` and `docs/reference/openapi.json` equal to these.

import { type Authority, controlDocs, createAuthority, isHostFileShown, isSidecarShown } from '@cohesix/authority';
import { type ControlDoc, type FileDoc, openApiOf } from '@cohesix/gateway';
import { defaultManifest, type Manifest } from '@cohesix/manifest';

/** What a hive with this manifest has, in the order of the patterns; control files that only the hive itself writes are left out. */
export function shownDocs(manifest: Manifest): {
  readonly controls: readonly ControlDoc[];
  readonly files: readonly FileDoc[];
} {
  const isShown = ({ pattern }: { readonly pattern: string }): boolean =>
    isHostFileShown(manifest, pattern) && isSidecarShown(manifest, pattern);
  const authority = createAuthority(manifest);
  return { controls: controlDocs(authority.controls).filter(isShown), files: fileDocs(authority).filter(isShown) };
}

/** What any hive may have, whatever its manifest: for who finds out by looking what one has. */
export function everyDoc(): { readonly controls: readonly ControlDoc[]; readonly files: readonly FileDoc[] } {
  const authority = createAuthority(defaultManifest());
  return { controls: controlDocs(authority.controls), files: fileDocs(authority) };
}

/** The JSON Schema of every line a ticket can write, as JSON: what models in other languages are generated from. */
export function schemasReference(): string {
  const controls = controlDocs(createAuthority(defaultManifest()).controls);
  return `${JSON.stringify({ schema: 'cohesix-control-schemas/1', controls }, null, 1)}\n`;
}

/** The OpenAPI document of a hive that has every kind of file, as JSON. */
export async function openApiReference(): Promise<string> {
  const authority = createAuthority(defaultManifest());
  return `${JSON.stringify(await openApiOf({ controls: controlDocs(authority.controls), files: fileDocs(authority) }), null, 1)}\n`;
}

function fileDocs({ views }: Authority): readonly FileDoc[] {
  return views
    .map(({ pattern, view }): FileDoc => ({ pattern, kind: 'view', summary: view.summary, bytesMax: view.boundBytes }))
    .sort(byPattern);
}

function byPattern(a: { readonly pattern: string }, b: { readonly pattern: string }): number {
  return a.pattern < b.pattern ? -1 : 1;
}
