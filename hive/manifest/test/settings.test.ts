// What can be changed at run time, and what takes a restart.

import { Check } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { nodeOf } from '../src/field.ts';
import {
  defaultManifest,
  isReloadable,
  ManifestSchema,
  redLineProblems,
  reloadDiff,
  SettingsSchema,
  settingsLine,
  settingsOf,
  withSettings,
} from '../src/index.ts';
import { outline } from '../src/outline.ts';
import { accepted, lines } from './manifest-text.ts';

const RELOADABLE = [
  'workers.max',
  'workers.default_budget.ops',
  'workers.default_budget.ttl_s',
  'leases.active_max',
  'leases.waiting_max',
  'leases.preemptions_max',
  'leases.history_max',
  'leases.quotas_max',
  'leases.max_ttl_s',
  'leases.max_total_s',
  'leases.max_wait_s',
  'leases.reserve_after_s',
  'leases.resources',
  'leases.shares',
  'schedule.queue_max',
  'schedule.running_max',
  'schedule.history_max',
  'schedule.ageing_ms',
  'schedule.reserve_after_s',
  'schedule.retries_max',
  'schedule.retry_backoff_ms',
  'schedule.retry_backoff_cap_ms',
  'policy.enabled',
  'policy.rules',
  'policy.approvals_max',
  'policy.approval_ttl_s',
  'policy.status_max_bytes',
  'policy.documents_max',
  'policy.document_rules_max',
  'policy.document_grants_max',
  'policy.document_tests_max',
  'policy.signers',
  'tickets.attach_failures.backoff_base_ms',
  'tickets.attach_failures.backoff_cap_ms',
  'tickets.attach_failures.window_failures',
  'tickets.attach_failures.window_ms',
  'tickets.attach_failures.cooldown_ms',
];

test('the reloadable fields are these', () => {
  const paths = outline(nodeOf(ManifestSchema)).flatMap(({ fields }) => fields.map(({ path }) => path));
  expect(paths.filter(isReloadable)).toEqual(RELOADABLE);
  for (const path of ['', 'policy', 'workers', 'nope', 'policy.rules.length', '__proto__', 'constructor.name']) {
    expect(isReloadable(path), path).toBe(false);
  }
});

describe('settings', () => {
  test('of a manifest match their schema, alone and as JSON', () => {
    const settings = settingsOf(defaultManifest());
    expect(Check(SettingsSchema, settings)).toBe(true);
    expect(Check(SettingsSchema, JSON.parse(JSON.stringify(settings)))).toBe(true);
  });

  test('are whole and nothing else', () => {
    const settings = settingsOf(defaultManifest());
    expect(Check(SettingsSchema, { ...settings, secure9p: {} })).toBe(false);
    expect(Check(SettingsSchema, { policy: settings.policy, workers: settings.workers })).toBe(false);
    expect(Check(SettingsSchema, { ...settings, leases: { active_max: 1 } })).toBe(false);
    expect(Check(SettingsSchema, { ...settings, workers: { ...settings.workers, max: 0 } })).toBe(false);
    expect(Check(SettingsSchema, { ...settings, workers: { ...settings.workers, start: [] } })).toBe(false);
  });

  test('put into a manifest give the manifest that has them', () => {
    const wanted = accepted(
      '[policy]\nenabled = false\nrules = []\n[workers]\nmax = 5\n[tickets.attach_failures]\nwindow_ms = 9',
    );
    expect(withSettings(defaultManifest(), settingsOf(wanted))).toEqual(wanted);
  });

  test('as a line leave out what is long and stays', () => {
    const before = defaultManifest();
    const always = ['policy', 'workers', 'tickets'];
    expect(Object.keys(settingsLine(before, accepted('[policy]\nenabled = false')).set)).toEqual(always);
    const { set } = settingsLine(before, accepted('[schedule]\nqueue_max = 5\n[leases]\nactive_max = 7'));
    expect(set).toMatchObject({ leases: { active_max: 7 }, schedule: { queue_max: 5 } });
    expect(Object.keys(set)).toEqual([...always, 'leases', 'schedule']);
  });

  test('are held to the red lines', () => {
    const settings = settingsOf(defaultManifest());
    const rules = [{ id: 'a', target: '/a/*b' }];
    const next = withSettings(defaultManifest(), { ...settings, policy: { ...settings.policy, rules } });
    expect(lines(redLineProblems(next))).toEqual(['policy.rules[0].target: has a * that is not a whole name']);
    expect(redLineProblems(defaultManifest())).toEqual([]);
  });
});

describe('a reload', () => {
  test('of the same manifest changes nothing', () => {
    expect(reloadDiff(defaultManifest(), accepted('# other bytes'))).toEqual({ reloadable: [], needsRestart: [] });
  });

  test('tells what it can change from what takes a restart', () => {
    const next = accepted(
      '[workers]\nmax = 9\nhost_interval_ms = 50\nstart = []\ndefault_budget.ops = 0\n[policy]\nrules = []\n[tickets]\naccept_v1 = true\nv1_secrets_file = "f"\nattach_failures.cooldown_ms = 0\n[hive]\nname = "b"',
    );
    expect(reloadDiff(defaultManifest(), next)).toEqual({
      reloadable: ['workers.max', 'workers.default_budget.ops', 'policy.rules', 'tickets.attach_failures.cooldown_ms'],
      needsRestart: [
        'hive.name',
        'hive.audience',
        'workers.host_interval_ms',
        'workers.start',
        'tickets.accept_v1',
        'tickets.v1_secrets_file',
      ],
    });
  });
});
