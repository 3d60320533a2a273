// A vitest reporter that writes what `npm test` needs to its closing lines: counts, failures, and every skipped test
// with its reason, as JSON into the file named by COHESIX_TEST_REPORT.

import { writeFileSync } from 'node:fs';

export default class Report {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandled errors outside any test
   */
  onTestRunEnd(modules, unhandled) {
    const file = process.env.COHESIX_TEST_REPORT;
    if (file === undefined) throw new Error('COHESIX_TEST_REPORT does not name the file for the report');
    writeFileSync(file, JSON.stringify(summary(modules, unhandled)));
  }
}

function summary(modules, unhandled) {
  /** @type {{passed: number, failed: string[], skipped: {name: string, reason?: string}[]}} */
  const report = { passed: 0, failed: [], skipped: [] };
  for (const testModule of modules) {
    addBroken(report, testModule, testModule.relativeModuleId);
    for (const suite of testModule.children.allSuites()) addBroken(report, suite, nameOf(suite));
    for (const test of testModule.children.allTests()) addTest(report, test);
  }
  for (const error of unhandled) report.failed.push(`outside any test: ${error?.message ?? error}`);
  return report;
}

/** A file that does not load or a hook that fails: its tests never ran, so it counts as one failure itself. */
function addBroken(report, suite, name) {
  for (const error of suite.errors()) report.failed.push(`${name}: ${error.message}`);
}

function addTest(report, test) {
  const { state, note } = test.result();
  if (state === 'passed') report.passed++;
  else if (state === 'failed') report.failed.push(nameOf(test));
  else report.skipped.push({ name: nameOf(test), reason: note });
}

function nameOf(test) {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}
