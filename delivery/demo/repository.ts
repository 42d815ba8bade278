import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const author = ['-c', 'user.name=Demo', '-c', 'user.email=demo@example.com', '-c', 'commit.gpgsign=false'];

/** A change that somebody proposes in a branch. */
export interface Proposal {
  readonly branch: string;
  readonly title: string;
  /** Files of the repository, each with what is replaced by what. A text that is not there is a mistake. */
  readonly edits: readonly { readonly file: string; readonly from: string | RegExp; readonly to: string }[];
}

/** A repository of its own with the project's tracked files, in which branches can be made without touching the project. */
export class DemoRepository {
  /** @param folder made here; has to be empty or absent */
  constructor(
    readonly folder: string,
    project: string,
  ) {
    mkdirSync(folder, { recursive: true });
    const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: project, encoding: 'utf8' }).split('\0');
    for (const file of tracked.filter((each) => each !== '')) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(project, file), join(folder, file));
    }
    symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
    this.git('init', '--quiet', '--initial-branch=main');
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', 'What is deployed');
  }

  /** Makes a branch from main with a proposal's edits, committed. */
  propose({ branch, title, edits }: Proposal): void {
    this.git('checkout', '--quiet', '-b', branch, 'main');
    for (const { file, from, to } of edits) {
      const path = join(this.folder, file);
      const before = readFileSync(path, 'utf8');
      const after = before.replace(from, to);
      if (after === before) throw new Error(`${file} has no ${String(from)} to replace`);
      writeFileSync(path, after);
    }
    this.git('commit', '--quiet', '--all', '--message', title);
  }

  private git(...parameters: string[]): void {
    execFileSync('git', [...author, ...parameters], { cwd: this.folder, stdio: ['ignore', 'ignore', 'inherit'] });
  }
}
