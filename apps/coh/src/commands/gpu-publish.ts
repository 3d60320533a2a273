// coh gpu publish: a publisher in the foreground, of GPUs that do not exist.

import { GpuPublisher, MOCK_GPUS, runOnCpu } from '@cohesix/bridges';
import type { HiveClient } from '@cohesix/client';
import type { Refusal } from '@cohesix/wire';
import { answer, type Context, note } from '../context.ts';
import { interruptible, pause } from '../interrupt.ts';
import { visible } from '../io.ts';
import { GPU_ADVICE } from '../lines/gpus.ts';
import { DONE, failAt, withHive } from '../session.ts';

/** How GPUs are published. */
export interface PublishOptions {
  readonly host: string;
  readonly once?: boolean;
  /** Seconds. */
  readonly every: number;
  readonly runJobs?: boolean;
}

/** Publishes once, or until Ctrl-C. JSON at the end: `{host, gpus, jobs}`. */
export function publishGpus(context: Context, options: PublishOptions): Promise<number> {
  const { host } = options;
  return withHive(context, async (client) => {
    const publisher = publisherOf(context, client, options);
    const published = await publisher.publish();
    const refusal = published.ok ? await goOn(context, publisher, options) : published.refusal;
    if (refusal !== undefined) {
      const advice = GPU_ADVICE[refusal.code]?.map((line) => line.replace(/\bHOST\b/, () => host));
      const what = visible(`cannot publish the GPUs of ${host}`);
      return failAt(context, client, { what, refusal, ...(advice === undefined ? {} : { advice }) });
    }
    const jobs = publisher.jobCount;
    const told = `published ${MOCK_GPUS.length} mock GPUs of ${host}${jobs === 0 ? '' : `, ran ${jobs} jobs on the CPU`}`;
    answer(context, { host, gpus: MOCK_GPUS.length, jobs }, [visible(told)]);
    return DONE;
  });
}

/** Who says it once means it to stay; who says it again and again is lost when he falls silent. */
function publisherOf(context: Context, client: HiveClient, { host, once, every }: PublishOptions): GpuPublisher {
  return new GpuPublisher({
    client,
    host,
    gpus: MOCK_GPUS,
    ttlS: once === true ? undefined : 3 * every,
    run: runOnCpu,
    tell: (line) => note(context, visible(line)),
  });
}

/** Says it again until Ctrl-C, and runs jobs meanwhile; the refusal that ended it, if it was not Ctrl-C. */
async function goOn(
  context: Context,
  publisher: GpuPublisher,
  { host, once, every, runJobs }: PublishOptions,
): Promise<Refusal | undefined> {
  if (once === true) {
    if (runJobs === true) await publisher.runWaiting();
    return undefined;
  }
  note(context, visible(`publishing ${MOCK_GPUS.length} mock GPUs of ${host} every ${every} s; Ctrl-C ends it`));
  return interruptible(context, async (stopped) => {
    const followed = runJobs === true ? publisher.follow() : Promise.resolve();
    let refusal: Refusal | undefined;
    while (!stopped.aborted && refusal === undefined) {
      await pause(every * 1000, stopped);
      const again = stopped.aborted ? undefined : await publisher.publish();
      refusal = again?.ok === false ? again.refusal : undefined;
    }
    publisher.stop();
    await followed;
    return refusal;
  });
}
