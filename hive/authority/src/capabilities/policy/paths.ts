// The control files of the policy.

/** The file approvals themselves are written to; a rule on it would lock everybody out, so none applies there. */
export const QUEUE_PATH = '/actions/queue';

/** The file documents are loaded, applied and rolled back at. */
export const POLICY_CTL_PATH = '/policy/ctl';
