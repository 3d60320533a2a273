// Which control files a ticket may write now. The namespace shows a ticket only what it reaches, and the bits of a file say what
// it may do there; only names that are listed are looked at, because a look at what is not there counts as a refusal.

import type { HiveClient } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import type { ControlTool } from './control-tool.ts';

/** Names tried for one parameter of a path: a tool is there when one of them may be written. */
const NAMES_TRIED_MAX = 8;

interface Branch {
  readonly names: Map<string, Branch>;
  tool?: ControlTool;
}

/** The tools whose file the session may write, in the order given; refuses when the session itself is refused. */
export async function writableTools(
  client: HiveClient,
  tools: readonly ControlTool[],
): Promise<Result<readonly ControlTool[]>> {
  const found = new Set<ControlTool>();
  const walked = await walk(client, '', treeOf(tools), found);
  return walked.ok ? ok(tools.filter((tool) => found.has(tool))) : walked;
}

function treeOf(tools: readonly ControlTool[]): Branch {
  const root: Branch = { names: new Map() };
  for (const tool of tools) {
    let at = root;
    for (const component of tool.pattern.split('/').slice(1)) {
      const next = at.names.get(component) ?? { names: new Map() };
      at.names.set(component, next);
      at = next;
    }
    at.tool = tool;
  }
  return root;
}

async function walk(client: HiveClient, path: string, branch: Branch, found: Set<ControlTool>): Promise<Result<void>> {
  const listed = await client.list(path === '' ? '/' : path);
  if (!listed.ok) return isAboutTheFile(listed.refusal.code) ? ok(undefined) : listed;
  for (const [component, next] of branch.names) {
    const names = component.startsWith(':')
      ? listed.value.filter((name) => !branch.names.has(name)).slice(0, NAMES_TRIED_MAX)
      : listed.value.filter((name) => name === component);
    for (const name of names) {
      const stepped = await step(client, `${path}/${name}`, next, found);
      if (!stepped.ok) return stepped;
    }
  }
  return ok(undefined);
}

async function step(client: HiveClient, path: string, branch: Branch, found: Set<ControlTool>): Promise<Result<void>> {
  const { tool, names } = branch;
  if (tool !== undefined && !found.has(tool)) {
    const stat = await client.stat(path);
    if (!stat.ok && !isAboutTheFile(stat.refusal.code)) return stat;
    if (stat.ok && stat.value.kind === 'control' && (stat.value.mode & 0o222) !== 0) found.add(tool);
  }
  return names.size === 0 ? ok(undefined) : walk(client, path, branch, found);
}

/** Refusals that are about one file; any other is about the session, and ends the look. */
export function isAboutTheFile(code: string): boolean {
  return code === 'invalid-path' || code === 'denied' || code === 'not-directory';
}
