// Which files are under a rule. A rule matches a path with the same number of components, each equal or `*`.

import type { PolicyRule, Settings } from '@cohesix/manifest';

/** The file approvals themselves are written to; a rule on it would lock everybody out, so none applies there. */
export const QUEUE_PATH = '/actions/queue';

/** The first rule that covers `path`, or undefined: then no approval is needed. */
export function ruleFor({ policy }: Settings, path: string): PolicyRule | undefined {
  if (!policy.enabled || path === QUEUE_PATH) return undefined;
  const components = path.split('/');
  return policy.rules.find(({ target }) => covers(target.split('/'), components));
}

function covers(target: readonly string[], components: readonly string[]): boolean {
  if (target.length !== components.length) return false;
  return target.every((part, index) => part === '*' || part === components[index]);
}
