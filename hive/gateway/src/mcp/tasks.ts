// Calls that take long, as tasks (extension `io.modelcontextprotocol/tasks`, SEP-2663): each waits in the background until what the
// hive shows of it is final. Tasks live with the session and are known to it alone; the work is the hive's and goes on without them.

import { randomBytes } from 'node:crypto';
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { McpLimits } from './limits.ts';
import { pause, type Watches } from './watch.ts';

/** What `tasks/get` answers, without what every result has. */
export interface TaskShown {
  readonly taskId: string;
  readonly status: 'working' | 'completed' | 'cancelled';
  readonly statusMessage?: string;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  readonly ttlMs: number;
  readonly pollIntervalMs: number;
  readonly result?: CallToolResult;
}

/** Work to wait for. */
export interface LongWork {
  /** What is waited for, for people. */
  readonly message: string;
  /** The file that shows how far it is. */
  readonly path: string;
  /** Looks at it: the result when it is final, undefined while it is not. */
  readonly look: () => Promise<CallToolResult | undefined>;
}

/** What tasks work with. */
export interface TasksContext {
  /** Keeps the session open until the value is called. */
  readonly hold: () => () => void;
  readonly watches: Watches;
  readonly limits: Pick<McpLimits, 'tasksMax' | 'taskMs' | 'pollMs'>;
}

interface Task {
  readonly id: string;
  readonly work: LongWork;
  readonly createdMs: number;
  updatedMs: number;
  status: TaskShown['status'];
  result?: CallToolResult;
  readonly stop: AbortController;
}

/** The tasks of one session. */
export class Tasks {
  readonly #context: TasksContext;
  readonly #tasks = new Map<string, Task>();

  constructor(context: TasksContext) {
    this.#context = context;
  }

  /** Tasks that still wait. */
  get working(): number {
    return [...this.#tasks.values()].filter(({ status }) => status === 'working').length;
  }

  /** Whether one more is taken. */
  get hasRoom(): boolean {
    this.#forget();
    return this.#tasks.size < this.#context.limits.tasksMax;
  }

  /** Waits for the work in the background. The caller has asked whether there is room. */
  start(work: LongWork): TaskShown {
    const now = Date.now();
    const id = randomBytes(16).toString('hex');
    const task: Task = { id, work, createdMs: now, updatedMs: now, status: 'working', stop: new AbortController() };
    this.#tasks.set(id, task);
    void this.#wait(task);
    return this.#shown(task);
  }

  /** A task of this session; undefined when there is none of that id. */
  get(id: string): TaskShown | undefined {
    this.#forget();
    const task = this.#tasks.get(id);
    return task === undefined ? undefined : this.#shown(task);
  }

  /** Stops waiting; what the hive does already goes on. */
  cancel(id: string): void {
    const task = this.#tasks.get(id);
    if (task?.status === 'working') end(task, 'cancelled');
  }

  close(): void {
    for (const { stop } of this.#tasks.values()) stop.abort();
    this.#tasks.clear();
  }

  async #wait(task: Task): Promise<void> {
    const { watches, limits, hold } = this.#context;
    const { signal } = task.stop;
    const release = hold();
    let wake = (): void => {};
    const listening = watches.add(task.work.path, () => wake());
    while (!signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const result = await task.work.look();
      if (signal.aborted) break;
      if (result !== undefined) end(task, 'completed', result);
      // Also without a change: some files do not tell of one, and a task beyond the bound of watches is not told at all.
      else await Promise.race([changed, pause(limits.pollMs, signal)]);
    }
    listening?.stop();
    release();
  }

  #shown({ id, work, status, createdMs, updatedMs, result }: Task): TaskShown {
    const { taskMs, pollMs } = this.#context.limits;
    return {
      taskId: id,
      status,
      ...(status === 'working' ? { statusMessage: work.message } : {}),
      createdAt: new Date(createdMs).toISOString(),
      lastUpdatedAt: new Date(updatedMs).toISOString(),
      ttlMs: taskMs,
      pollIntervalMs: pollMs,
      ...(result === undefined ? {} : { result }),
    };
  }

  #forget(): void {
    const before = Date.now() - this.#context.limits.taskMs;
    for (const [id, task] of this.#tasks) {
      if (task.createdMs > before) continue;
      task.stop.abort();
      this.#tasks.delete(id);
    }
  }
}

function end(task: Task, status: Task['status'], result?: CallToolResult): void {
  task.status = status;
  task.updatedMs = Date.now();
  if (result !== undefined) task.result = result;
  task.stop.abort();
}
