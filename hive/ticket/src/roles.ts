// The roles a ticket may have. The number is what stands in a root block and, for 0 to 4, in a v1 ticket of the
// source system (contracts-1, 3.1); it never changes once published.

/** Every role, at the index that is its number on the wire. */
export const ROLES = ['queen', 'worker-heartbeat', 'worker-gpu', 'worker-bus', 'worker-lora', 'worker-host'] as const;

/** Who the holder of a ticket is to the hive; gives a ceiling of scopes (`roleCeiling`). */
export type Role = (typeof ROLES)[number];

/** Roles that v1 tickets know: numbers 0 to 4. */
export const V1_ROLE_COUNT = 5;

/** The role of a word, or undefined when there is none such. */
export function parseRole(word: string): Role | undefined {
  return ROLES.find((role) => role === word);
}

/** The number of a role on the wire. */
export function roleNumber(role: Role): number {
  return ROLES.indexOf(role);
}

/** The role of a number on the wire, or undefined. */
export function roleOfNumber(value: number): Role | undefined {
  return ROLES[value];
}
