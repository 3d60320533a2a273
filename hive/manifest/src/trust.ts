// Sections about who may do what: [policy] and [tickets]. Bounds from contracts-1 sections 2.2, 3.1, 3.5 and 5.3
// where the product keeps them. No field of this file, or of any other section, can hold a secret.

import { flag, int, list, type Table, TOKEN_PATTERN, table, word } from './field.ts';

/** One rule: lines to files that match `target` need an approval. `*` stands for exactly one component. */
export interface PolicyRule {
  readonly id: string;
  readonly target: string;
}

/** `[policy]`. */
export interface Policy {
  readonly enabled: boolean;
  readonly rules: readonly PolicyRule[];
  readonly approvals_max: number;
  readonly approval_ttl_s: number;
  readonly status_max_bytes: number;
  readonly documents_max: number;
  readonly document_rules_max: number;
  readonly document_grants_max: number;
  readonly document_tests_max: number;
  /** Verifier keys (C2SP signed-note, `<name>+<key ID>+<base64>`) of those who may sign policy documents. */
  readonly signers: readonly string[];
}

/** Limits on failing attaches, per origin: doubling back-off, and a cooldown after too many in a window. */
export interface AttachFailures {
  readonly backoff_base_ms: number;
  readonly backoff_cap_ms: number;
  readonly window_failures: number;
  readonly window_ms: number;
  readonly cooldown_ms: number;
}

/** `[tickets]`. */
export interface Tickets {
  readonly scopes_max: number;
  readonly scope_path_max_bytes: number;
  readonly token_max_bytes: number;
  readonly delegation_depth_max: number;
  readonly attach_failures: AttachFailures;
  readonly accept_v1: boolean;
  readonly v1_secrets_file: string;
}

/** Most rules a manifest may list. */
const RULES_MAX = 256;

/** Most keys that may sign policy documents. */
const SIGNERS_MAX = 8;

const rule: Table<PolicyRule> = table<PolicyRule>('A rule of the policy.', {
  id: word({ pattern: TOKEN_PATTERN, form: '1 to 64 of letters, digits, _ and -' }, 'Name of the rule, unique.'),
  target: word(
    {
      pattern: '^/[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]{0,1023}$',
      form: 'an absolute path of at most 1024 characters, none of them control characters',
    },
    'Path of the control file; `*` stands for exactly one component. Not `/`, and no deeper than a walk.',
  ),
});

const DEFAULT_RULES: readonly PolicyRule[] = [
  { id: 'queen-ctl', target: '/queen/ctl' },
  // Who may change these rules alone could switch them off first.
  { id: 'manifest-ctl', target: '/queen/manifest/ctl' },
  { id: 'systemd-restart', target: '/host/systemd/*/restart' },
];

/** Schema of `[policy]`. */
export const policy: Table<Policy> = table<Policy>('Which lines need the approval of a second person.', {
  enabled: flag({ is: true }, 'Whether the rules hold; off lets every line through that the ticket allows.'),
  rules: list({ is: DEFAULT_RULES, of: rule, max: RULES_MAX }, 'Files whose lines need an approval.'),
  approvals_max: int({ is: 256, min: 1, max: 4096 }, 'Most approvals that may wait to be used.'),
  approval_ttl_s: int({ is: 900, min: 1, max: 604_800 }, 'Seconds after which an unused approval expires.'),
  status_max_bytes: int({ is: 512, min: 128, max: 8192 }, 'Bytes of `/actions/<id>/status`; a longer status says so.'),
  documents_max: int(
    { is: 8, min: 2, max: 8 },
    'Policy documents that are kept to go back to; the oldest is forgotten.',
  ),
  document_rules_max: int({ is: 64, min: 1, max: 256 }, 'Most rules in a policy document.'),
  document_grants_max: int({ is: 64, min: 0, max: 256 }, 'Most standing grants in a policy document.'),
  document_tests_max: int({ is: 64, min: 1, max: 256 }, 'Most tests in a policy document; each load runs them all.'),
  signers: list<string>(
    {
      is: [],
      of: word(
        {
          // 33 bytes in base64, of which the first is the type, 1.
          pattern: '^[!-*,-~]{1,128}\\+[0-9a-f]{8}\\+A[Q-Za-f][A-Za-z0-9+/]{42}$',
          form: 'a verifier key of type 1, as `coh policy sign --print-key` prints it',
        },
        'Verifier key of somebody who may sign policy documents.',
      ),
      max: SIGNERS_MAX,
    },
    'Verifier keys of those who may sign policy documents, beside the key of the hive itself (`keys/policy.json`).',
  ),
});

const attachFailures: Table<AttachFailures> = table<AttachFailures>('What failing attaches cost their origin.', {
  backoff_base_ms: int({ is: 250, min: 1, max: 3_600_000 }, 'Wait after the first failure; doubles with each.'),
  backoff_cap_ms: int({ is: 64_000, min: 1, max: 3_600_000 }, 'Longest such wait; at least `backoff_base_ms`.'),
  window_failures: int({ is: 3, min: 1, max: 1000 }, 'Failures within `window_ms` that start the cooldown.'),
  window_ms: int({ is: 60_000, min: 1, max: 86_400_000 }, 'Length of the window in which failures are counted.'),
  cooldown_ms: int({ is: 90_000, min: 0, max: 86_400_000 }, 'Time in which attaches are refused after that.'),
});

/** Schema of `[tickets]`. */
export const tickets: Table<Tickets> = table<Tickets>('What a ticket may look like, and what a bad one costs.', {
  scopes_max: int({ is: 16, min: 1, max: 16 }, 'Most scopes in one ticket.'),
  scope_path_max_bytes: int({ is: 255, min: 1, max: 255 }, 'Longest path of a scope.'),
  token_max_bytes: int({ is: 4096, min: 256, max: 65_535 }, 'Longest ticket as text.'),
  delegation_depth_max: int({ is: 8, min: 0, max: 32 }, 'How often a ticket may be attenuated; 0 forbids it.'),
  attach_failures: attachFailures,
  accept_v1: flag({ is: false }, 'Also accept tickets of the source system (version 1); needs `v1_secrets_file`.'),
  v1_secrets_file: word(
    {
      is: '',
      pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]{0,1023}$',
      form: 'a file name of at most 1023 characters, or an empty string for none',
    },
    'JSON file of mode 0600, `{"<role>": ["<secret>"]}`: secrets of version 1 tickets; relative to the data directory.',
  ),
});
