// `host-order/v1`: a line of `/host/<host>/orders` and of `orders.snapshot`.

/** An order to a host. */
export interface HostOrder {
  readonly id: string;
  /** Journal entry that gave it; of two orders the later has the greater. */
  readonly entry: number;
  readonly host: string;
  /** `systemd.restart`, `nvidia.power_cap`. */
  readonly control: string;
  /** The unit, node or GPU; undefined for what a host has once. */
  readonly member: string | undefined;
  /** The line that was written. */
  readonly value: string;
}

/** Reads a value of a line; undefined when it is no order. */
export function hostOrderOf(value: unknown): HostOrder | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { schema, id, entry, host, control, member, value: given } = value as Readonly<Record<string, unknown>>;
  if (schema !== 'host-order/v1' || typeof id !== 'string' || typeof entry !== 'number') return undefined;
  if (typeof host !== 'string' || typeof control !== 'string' || typeof given !== 'string') return undefined;
  return { id, entry, host, control, member: typeof member === 'string' ? member : undefined, value: given };
}
