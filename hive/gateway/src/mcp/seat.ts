// A seat: one ticket at this MCP server. It has a session of its own at the hive, so that the hive judges, meters and audits the
// caller, and nothing is done with rights of the gateway's own.

import { assert } from '@cohesix/check';
import type { ControlLine, HiveClient } from '@cohesix/client';
import { ok, type Refusal, type Result, refusal, refuse } from '@cohesix/wire';
import type { CallToolResult, ListResourcesResult, ReadResourceResult, Tool } from '@modelcontextprotocol/server';
import type { ControlDoc, FileDoc } from '../hive-port.ts';
import { type Called, callControl, OneAtATime, refusedResult, toolResult, withDeadline } from './control-call.ts';
import { type Arguments, type ControlTool, controlTool } from './control-tool.ts';
import type { McpLimits } from './limits.ts';
import { acceptedWork, approvalWork, type WorkContext } from './long-work.ts';
import { parseResourceUri } from './resource-uri.ts';
import { listResources, readResource } from './resources.ts';
import { type LongWork, type TaskShown, Tasks } from './tasks.ts';
import { writableTools } from './tool-list.ts';
import { ToolsWatch } from './tools-watch.ts';
import { type Listening, Watches } from './watch.ts';

/** What a hive has, as tools and files; made once. */
export interface Catalogue {
  readonly tools: readonly ControlTool[];
  readonly byName: ReadonlyMap<string, ControlTool>;
  readonly files: readonly FileDoc[];
}

/** The catalogue of these documents, without what only the hive itself writes. */
export function catalogueOf(controls: readonly ControlDoc[], files: readonly FileDoc[]): Catalogue {
  const tools = controls.filter(({ writers }) => writers.some((role) => role !== 'system')).map(controlTool);
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  assert(byName.size === tools.length, 'two control files have the name of one tool');
  return { tools, byName, files };
}

/** Refusals after which the session may be of no use any more. */
const ENDING: ReadonlySet<string> = new Set(['closed', 'revoked', 'expired', 'unreachable', 'unauthenticated']);

/** What a seat is made of. */
export interface SeatOptions {
  readonly client: HiveClient;
  readonly catalogue: Catalogue;
  readonly limits: McpLimits;
  /** Keeps the session open until the value is called; without it the session stays open anyway. */
  readonly hold?: () => () => void;
  /** Called once, when the hive ended the session. */
  readonly whenOver?: () => void;
}

/** One session of the hive, as MCP serves it. Borrows the client. */
export class Seat {
  readonly watches: Watches;
  readonly tasks: Tasks;
  readonly #options: SeatOptions;
  readonly #turn = new OneAtATime();
  readonly #toolsWatch: ToolsWatch;
  readonly #work: WorkContext;
  #calls = 0;
  #isOver = false;

  constructor(options: SeatOptions) {
    const { client, limits, hold = () => () => {} } = options;
    this.#options = options;
    const refused = (refusal: Refusal): void => this.#note(refusal);
    this.watches = new Watches({ client, refused, limits });
    this.#toolsWatch = new ToolsWatch(() => this.tools(), limits.toolsPollMs);
    this.tasks = new Tasks({ hold, watches: this.watches, limits });
    this.#work = {
      client,
      append: (control) => this.#turn.run(() => client.append(control.path, control.line)),
      call: (control) => this.#called(control),
    };
  }

  /** Whether somebody is served, told of changes, or waits. */
  get isInUse(): boolean {
    return this.#calls > 0 || this.watches.size > 0 || this.tasks.working > 0;
  }

  /** The tools of the files this ticket may write now. */
  async tools(): Promise<Result<readonly Tool[]>> {
    const { client, catalogue } = this.#options;
    const found = this.#seen(await writableTools(client, catalogue.tools));
    return found.ok ? ok(found.value.map(({ definition }) => definition)) : found;
  }

  /** A call, with a task where it takes long and the caller can wait for tasks; undefined: there is no such tool. */
  async call(name: string, args: Arguments, canWait: boolean): Promise<CallToolResult | TaskShown | undefined> {
    const tool = this.#options.catalogue.byName.get(name);
    if (tool === undefined) return undefined;
    const control = tool.lineOf(args);
    if (!control.ok) return refusedResult(tool.pattern, control.refusal, 'See the schema of the tool.');
    const called = await this.#called(control.value);
    const work = canWait && this.tasks.hasRoom ? await this.#workAfter(control.value, called) : undefined;
    return work === undefined ? toolResult(control.value, called) : this.tasks.start(work);
  }

  #workAfter(control: ControlLine, called: Called): Promise<LongWork | undefined> | undefined {
    if (called.kind === 'accepted') return acceptedWork(this.#work, control, called);
    if (called.refusal.code !== 'needs-approval') return undefined;
    return approvalWork(this.#work, control, this.#options.limits.taskMs / 1000);
  }

  resources(cursor: string | undefined): Promise<Result<ListResourcesResult>> {
    const { client, catalogue, limits } = this.#options;
    return this.#noted(listResources(client, { cursor, pageMax: limits.pageMax, docs: catalogue.files }));
  }

  async read(uri: string): Promise<Result<ReadResourceResult>> {
    const { client, limits } = this.#options;
    const asked = parseResourceUri(uri);
    if (!asked.ok) return asked;
    return this.#noted(readResource(client, uri, { asked: asked.value, bytesMax: limits.resourceBytesMax }));
  }

  /** Tells of changes of a resource; refuses what this ticket does not see, and too many. */
  async watch(uri: string, changed: () => void): Promise<Result<Listening>> {
    const asked = parseResourceUri(uri);
    if (!asked.ok) return asked;
    const stat = this.#seen(await this.#options.client.stat(asked.value.path));
    if (!stat.ok) return stat;
    const listening = this.watches.add(asked.value.path, changed);
    if (listening === undefined) return refuse('limit', 'This ticket watches too many files; end another first.');
    await listening.ready;
    return ok(listening);
  }

  /** Tells when the list of tools is another one. */
  watchTools(changed: () => void): Listening {
    return this.#toolsWatch.add(changed);
  }

  /** Ends what is open here; the session is its owner's. */
  close(): void {
    this.#isOver = true;
    this.watches.close();
    this.#toolsWatch.close();
    this.tasks.close();
  }

  async #called(control: ControlLine): Promise<Called> {
    const { client, limits } = this.#options;
    if (this.#calls >= limits.callsMax) return { kind: 'refused', refusal: tooMany(limits.callsMax) };
    this.#calls += 1;
    const work = this.#turn
      .run(() => callControl(client, control))
      .finally(() => {
        this.#calls -= 1;
      });
    const called = await withDeadline(work, limits.deadlineMs);
    if (called.kind === 'refused') this.#note(called.refusal);
    return called;
  }

  async #noted<T>(work: Promise<Result<T>>): Promise<Result<T>> {
    return this.#seen(await work);
  }

  #seen<T>(result: Result<T>): Result<T> {
    if (!result.ok) this.#note(result.refusal);
    return result;
  }

  /** A line may be refused with the same codes, for what it is about: the session itself is asked. */
  #note({ code }: Refusal): void {
    if (!this.#isOver && ENDING.has(code)) void this.#ask();
  }

  async #ask(): Promise<void> {
    const alive = await this.#options.client.ping();
    if (alive.ok || this.#isOver) return;
    this.#isOver = true;
    this.#options.whenOver?.();
  }
}

function tooMany(callsMax: number): Refusal {
  return refusal('busy', `${callsMax} calls of this ticket are under way; wait for one of them.`);
}
