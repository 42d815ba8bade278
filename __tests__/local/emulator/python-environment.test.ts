import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonEnvironment } from '../../../local/emulator/python-environment';
import { describeWith } from '../../requirements';

describeWith(['python'], 'the Python environment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-python-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is made once where two ask at the same time, and not again', async () => {
    const requirements = join(folder, 'requirements.txt');
    const hash = '2f6da418d1f1e0fddd844478f41680e794e6051915791a034ff65e5f100525a2';
    writeFileSync(requirements, `sniffio==1.3.1 --hash=sha256:${hash}\n`);
    const told: string[] = [];
    const ask = () => pythonEnvironment(join(folder, 'environment'), (text) => told.push(text), requirements);

    const [one, other] = await Promise.all([ask(), ask()]);
    expect(one).toBe(other);
    expect(existsSync(one)).toBe(true);
    expect(await ask()).toBe(one);
    expect(told.filter((text) => text.startsWith('installing'))).toHaveLength(1);
  }, 120_000);
});
