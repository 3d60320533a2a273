// @cohesix/bridges: what publishes machines beside the hive as files of the hive. See README.md.

export type { GpuJob, JobOutcome } from './gpu-job.ts';
export { GpuPublisher, type GpuPublisherOptions } from './gpu-publisher.ts';
export type { HostOrder } from './host-order.ts';
export type { HostMembers, HostSource, OrderOutcome, StatusLine } from './host-source.ts';
export { type GpuInfo, MOCK_GPUS, runOnCpu } from './mock-gpu.ts';
export { MockHost } from './mock-host.ts';
export { HostPublisher, type PublisherOptions } from './publisher.ts';
export { statusText } from './status-text.ts';
