import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith } from '../../requirements';
import type { Report } from './endurance-process';

const MB = 1024 * 1024;

describeWith(['openssl'], 'ten thousand requests in one process', () => {
  let report: Report;
  let errors: string;
  beforeAll(async () => {
    const script = join(__dirname, 'endurance-process.ts');
    const flags = ['--expose-gc', '--require', 'tsx/cjs', '--unhandled-rejections=strict', '--trace-warnings'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, script, '10000']);
    report = JSON.parse(stdout);
    errors = stderr;
  }, 60_000);

  it('are all answered, but those whose client leaves or whose origin breaks off', () => {
    const { 0: broken = 0, 200: sound = 0, 502: failed = 0, ...others } = report.statuses;
    expect(others).toEqual({});
    expect(sound).toBeGreaterThan(10_000);
    expect(broken + failed).toBe(Math.round((11_000 / 40) * 3));
  });

  it('leave nothing behind: no memory, no socket, no timer', () => {
    expect(report.heap.late - report.heap.early).toBeLessThan(3 * MB);
    expect(report.external.late - report.external.early).toBeLessThan(3 * MB);
    expect(report.resources.late).toBeLessThanOrEqual(report.resources.early + 1);
  });

  it('give no warning and no unhandled rejection', () => {
    expect(errors).toBe('');
  });
});
