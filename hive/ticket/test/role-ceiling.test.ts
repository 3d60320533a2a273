import { describe, expect, test } from 'vitest';
import { compileScopes, parseRole, ROLES, type Role, roleCeiling, type Verbs } from '../src/index.ts';

const OPTIONS = { shardLabel: '13', gpus: ['GPU-0', 'lab/GPU-4', '../GPU-5', 'a/b/c'] };

function may(role: Role, subject: string, path: string, verb: Verbs): boolean {
  return compileScopes(roleCeiling(role, subject, OPTIONS), []).matches(path, verb);
}

describe('ceilings', () => {
  test.each([
    ['queen', 'ann', '/queen/ctl', 'both', true],
    ['worker-heartbeat', 'worker-1', '/proc/boot', 'read', true],
    ['worker-heartbeat', 'worker-1', '/proc/lifecycle', 'read', false],
    ['worker-heartbeat', 'worker-1', '/log/queen.log', 'read', true],
    ['worker-heartbeat', 'worker-1', '/log/queen.log', 'write', false],
    ['worker-heartbeat', 'worker-1', '/shard/13/worker/worker-1/telemetry', 'both', true],
    ['worker-heartbeat', 'worker-1', '/worker/worker-1/telemetry', 'both', true],
    ['worker-heartbeat', 'worker-1', '/worker/worker-10/telemetry', 'read', false],
    ['worker-heartbeat', 'worker-1', '/shard/14/worker/worker-1/telemetry', 'read', false],
    ['worker-heartbeat', 'worker-1', '/host/systemd/ssh.service/status', 'read', true],
    ['worker-heartbeat', 'worker-1', '/host/systemd/ssh.service/restart', 'write', false],
    ['worker-host', 'worker-1', '/worker/worker-1/telemetry', 'both', true],
    ['worker-host', 'worker-1', '/queen/ctl', 'read', false],
    ['worker-gpu', 'worker-2', '/gpu/GPU-0/job', 'both', true],
    ['worker-gpu', 'worker-2', '/gpu/GPU-0/info', 'read', true],
    ['worker-gpu', 'worker-2', '/gpu/GPU-0/ctl', 'write', false],
    ['worker-gpu', 'worker-2', '/gpu/GPU-1/info', 'read', false],
    ['worker-gpu', 'worker-2', '/gpu/lab/GPU-4/job', 'both', true],
    ['worker-gpu', 'worker-2', '/gpu/GPU-4/jobs', 'read', true],
    ['worker-gpu', 'worker-2', '/gpu/lab/info', 'read', false],
    ['worker-gpu', 'worker-2', '/gpu/GPU-5/info', 'read', false],
    ['worker-gpu', 'worker-2', '/gpu/b/info', 'read', false],
    ['worker-gpu', 'worker-2', '/gpu/models/active', 'read', true],
    ['worker-gpu', 'worker-2', '/gpu/models/active', 'write', false],
    ['worker-gpu', 'worker-2', '/gpu/models/ctl', 'read', false],
    ['worker-gpu', 'worker-2', '/worker/worker-2/telemetry', 'write', true],
    ['worker-bus', 'modbus-main', '/bus/modbus-main/ctl', 'both', true],
    ['worker-bus', 'modbus-main', '/bus/other/ctl', 'read', false],
    ['worker-bus', 'modbus-main', '/lora/modbus-main/ctl', 'read', false],
    ['worker-lora', 'eu868', '/lora/eu868/tx', 'both', true],
  ] as const)('%s %s %s %s: %s', (role, subject, path, verb, allowed) => {
    expect(may(role, subject, path, verb)).toBe(allowed);
  });

  test.each(ROLES)('%s reads its own /proc/self', (role) => {
    expect(may(role, 'x', '/proc/self/refusal', 'read')).toBe(true);
  });

  test.each(['', '..', 'a/b', '.'])('the subject %j owns nothing', (subject) => {
    for (const role of ROLES.filter((one) => one !== 'queen')) {
      const writes = roleCeiling(role, subject, { shardLabel: '13' }).filter((scope) => scope.verbs !== 'read');
      expect(writes).toEqual([]);
    }
  });

  test('without a shard label only the alias is granted', () => {
    const matcher = compileScopes(roleCeiling('worker-heartbeat', 'worker-1'), []);
    expect(matcher.matches('/worker/worker-1/telemetry', 'write')).toBe(true);
    expect(matcher.root().child('shard').visible).toBe(false);
  });

  test('other workers are not even visible', () => {
    const root = compileScopes(roleCeiling('worker-heartbeat', 'worker-1', OPTIONS), []).root();
    expect(root.child('worker').visible).toBe(true);
    expect(root.child('worker').child('worker-2').visible).toBe(false);
    expect(root.child('queen').visible).toBe(false);
  });
});

test('roles have words and fixed numbers', () => {
  expect(ROLES).toEqual(['queen', 'worker-heartbeat', 'worker-gpu', 'worker-bus', 'worker-lora', 'worker-host']);
  expect(parseRole('worker-host')).toBe('worker-host');
  expect(parseRole('Queen')).toBeUndefined();
});
