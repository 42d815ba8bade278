import { Closing } from '../../../local/rehearsal/closing';
import { Progress } from '../../../local/rehearsal/progress';

describe('the end of a rehearsal', () => {
  it('ends everything once, last things first, also when one of them can not end', async () => {
    const closing = new Closing();
    const ended: string[] = [];
    const complaints: string[] = [];
    closing.add('emulator', async () => void ended.push('emulator'));
    closing.add('origin', () => Promise.reject(new Error('it hangs')));
    closing.add('door', async () => void ended.push('door'));
    await Promise.all([closing.all((text) => complaints.push(text)), closing.all((text) => complaints.push(text))]);
    expect(ended).toEqual(['door', 'emulator']);
    expect(complaints).toEqual(['origin did not end: it hangs']);
  });
});

describe('what a rehearsal says', () => {
  let text = '';
  const progress = new Progress({ write: (more: string) => (text += more) });
  beforeEach(() => {
    text = '';
  });

  it('has a line for every step with its outcome and time, and no control characters in a log', async () => {
    await expect(
      progress.step(
        'synth',
        () => 7,
        (count) => `${count} stacks`,
      ),
    ).resolves.toBe(7);
    expect(text).toMatch(/^ {2}✓ synth +7 stacks +\d+\.\d s\n$/);
    expect(text).not.toContain('\u001b');
  });

  it('says which step failed and hands the reason on', async () => {
    await expect(progress.step('deploy', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(text).toMatch(/✗ deploy +failed/);
  });

  it('aligns the cells of a table and leaves an empty one out', () => {
    progress.table('Doors', [
      ['search', 'a'],
      ['k', 'b'],
    ]);
    progress.table('Skipped', []);
    expect(text).toBe('\n  Doors\n    search  a\n    k       b\n');
  });
});
