import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingTools } from '../local/machine';
import { elapsed, readFlags, runCommand } from './terminal';

const help = `
npm test: lint, types and every suite. What this machine lacks is skipped by name in the closing lines.

  npm test -- PATH…     only the test files whose path holds one of these, without lint and types
`;

/** What jest writes with --json, as far as it is read here. */
interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: {
    name: string;
    message: string;
    assertionResults: { status: string; ancestorTitles: string[]; title: string; fullName: string }[];
    startTime: number;
    endTime: number;
  }[];
}

void runCommand(() => {
  const { positionals } = readFlags(help, {});
  const start = performance.now();
  const checks =
    positionals.length > 0 ? [] : [check('lint and format', 'biome', 'check', '.'), check('types', 'tsc', '--noEmit')];
  const report = runSuites(positionals);
  const unreadable = report.testResults.filter(
    ({ assertionResults, message }) => assertionResults.length === 0 && message !== '',
  );

  console.log('\nSlowest test files');
  const timed = report.testResults.map((file) => ({
    file: file.name,
    seconds: (file.endTime - file.startTime) / 1000,
  }));
  for (const { file, seconds } of timed.sort((a, b) => b.seconds - a.seconds).slice(0, 8)) {
    console.log(`  ${seconds.toFixed(1).padStart(6)} s  ${file.replace(`${process.cwd()}/`, '')}`);
  }
  const skipped = skippedSuites(report);
  console.log(skipped.length === 0 ? '\nNothing was skipped.' : '\nSkipped, since this machine lacks something');
  for (const name of skipped) console.log(`  skipped: ${name}`);
  for (const { tool, advice } of skipped.length === 0 ? [] : missingTools())
    console.log(`  to have ${tool}: ${advice}`);
  console.log(`\nAll of it took ${elapsed(start)}.`);

  const passed = report.numPassedTests + checks.filter(Boolean).length;
  const failed = report.numFailedTests + unreadable.length + checks.filter((ok) => !ok).length;
  console.log(`${passed} passed, ${failed} failed, ${report.numPendingTests} skipped`);
  return failed === 0 ? 0 : 1;
});

function check(name: string, program: string, ...args: string[]): boolean {
  const start = performance.now();
  const { status } = spawnSync(
    process.execPath,
    [require.resolve(`${program === 'tsc' ? 'typescript' : '@biomejs/biome'}/bin/${program}`), ...args],
    {
      stdio: 'inherit',
    },
  );
  console.log(`${status === 0 ? 'PASS' : 'FAIL'} ${name} (${elapsed(start)})`);
  return status === 0;
}

function runSuites(paths: string[]): JestReport {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-test-'));
  const file = join(folder, 'report.json');
  try {
    const jest = join(require.resolve('jest/package.json'), '../bin/jest.js');
    spawnSync(process.execPath, [jest, '--json', '--outputFile', file, ...paths], {
      stdio: ['ignore', 'ignore', 'inherit'],
      // Terraform and its provider read schemas of many megabytes that live for the whole run: collecting garbage less often saves a third
      // of their time. An Elasticsearch of the tests lives for a minute or two: Java's second compiler takes as much of the processor as
      // all the rest of its start.
      env: { GOGC: '400', JDK_JAVA_OPTIONS: '-XX:TieredStopAtLevel=1', ...process.env },
    });
    return JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The names of the suites that were skipped, each once: of nested ones that which says what it needs. */
function skippedSuites(report: JestReport): string[] {
  const names = report.testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'pending')
      .map(
        ({ ancestorTitles, title }) =>
          ancestorTitles.find((name) => name.includes('[needs ')) ?? ancestorTitles[0] ?? title,
      ),
  );
  return [...new Set(names)].sort();
}
