import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ExpectedReview, proposals } from '../delivery/demo/proposals';
import { CommentRenderer } from '../delivery/demo/render-comment';
import { DemoRepository } from '../delivery/demo/repository';
import { type Finished, run } from '../local/process-group';
import { deployEverything, startAccount } from '../local/rehearsal/deployment';
import { Progress } from '../local/rehearsal/progress';
import { emulatedCredentials } from '../local/terraform/emulated-environment';
import { loadSettings } from '../settings';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

const help = `
npm run plan-demo: deploys a copy of this repository into an emulated AWS, plans every stack right afterwards, proposes changes in
branches of it, and reviews each as the workflow does: comments as Markdown and as pictures in dist/plan-demo/. The plans of what is
deployed go through checkov too. Ends with 1 when a review comes to something else than it has to. Takes some minutes; needs git,
Terraform and Python. What checkov takes is installed the first time, as by npm run analyse.

  --output DIR   (default dist/plan-demo)
`;

void runCommand(async () => {
  const { values } = readFlags(help, { output: { type: 'string', default: 'dist/plan-demo' } });
  const output = resolve(values.output ?? 'dist/plan-demo');
  const start = performance.now();
  const place = mkdtempSync(join(tmpdir(), 'searchgate-plan-demo-'));
  const repository = new DemoRepository(join(place, 'repository'), process.cwd());
  const { settings } = loadSettings('settings/example.json');
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const progress = new Progress({ write: (text: string) => void process.stdout.write(text) });
  const account = await startAccount(settings, { venv: resolve('.rehearsal/venv'), progress });
  const browser = await CommentRenderer.launch();
  const command = (name: string, ...parameters: string[]): Promise<Finished> =>
    run(process.execPath, ['--require', 'tsx/cjs', `commands/${name}.ts`, ...parameters], {
      cwd: repository.folder,
      env: {
        ...process.env,
        AWS_ENDPOINT_URL: account.emulator.endpoint,
        AWS_ACCESS_KEY_ID: emulatedCredentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: emulatedCredentials.secretAccessKey,
        SEARCHGATE_SETTINGS: 'settings/example.json',
      },
    });
  const wanted = async (name: string, ...parameters: string[]): Promise<string> => {
    const { code, output: said, errors } = await command(name, ...parameters);
    if (code !== 0) throw new UserError(`npm run ${name} ended with ${code}:\n${said}${errors}`);
    return said;
  };

  /** Every stack, planned right after the deploy: nothing may change, and checkov sees what Terraform makes of each. */
  const deployed = async (): Promise<string[]> => {
    const plans = join(place, 'deployed-plans');
    await wanted('plan', '--synth', join(place, 'base'), '--output', plans);
    const comment = join(output, 'deployed.md');
    await command('plan-review', ...planFiles(plans), '--output', comment);
    const markdown = readFileSync(comment, 'utf8');
    await browser.render(markdown, { file: join(output, 'deployed.png'), open: true });
    const analysed = await run(process.execPath, ['--require', 'tsx/cjs', 'commands/analyse.ts', '--plans', plans]);
    process.stdout.write(analysed.output.replaceAll(/^/gm, '    ').trimEnd().concat('\n'));
    return [
      ...(markdown.includes('nothing changes') ? [] : ['a plan right after the deploy is not empty']),
      ...(analysed.code === 0 ? [] : [`npm run analyse ended with ${analysed.code}: ${analysed.errors}`]),
    ];
  };

  /** What a pull request's workflow does with one proposal. Returns what is wrong with the outcome. */
  const review = async (proposal: ExpectedReview): Promise<string[]> => {
    repository.propose(proposal);
    const [synth, plans] = [join(place, proposal.branch), join(place, `${proposal.branch}-plans`)];
    await wanted('synth', '--output', synth);
    writeFileSync(`${synth}.cost.json`, await wanted('cost', '--json'));
    await wanted('plan', '--distrust', '--synth', synth, '--baseline', join(place, 'base'), '--output', plans);
    const comment = join(output, `${proposal.branch}.md`);
    const costs = ['--cost-before', join(place, 'base.cost.json'), '--cost-after', `${synth}.cost.json`];
    const reviewed = (...more: string[]) => command('plan-review', ...planFiles(plans), ...costs, ...more);
    const { code, errors } = await reviewed('--output', comment);
    const markdown = readFileSync(comment, 'utf8');
    const seen = await browser.render(markdown, { file: join(output, `${proposal.branch}.png`), open: true });
    const allowed = proposal.allow === undefined ? undefined : (await reviewed('--allow', proposal.allow)).code;
    return [
      ...(code === (proposal.refused ? 1 : 0) ? [] : [`ended with ${code}: ${errors}`]),
      ...proposal.says.filter((said) => !said.test(markdown)).map((said) => `does not say ${said}`),
      ...(seen.includes('<') || seen.includes('**') ? ['shows markup'] : []),
      ...(allowed === undefined || allowed === 0 ? [] : [`is refused although ${proposal.allow} is allowed`]),
    ];
  };

  let wrong = 0;
  try {
    await wanted('synth', '--output', join(place, 'base'));
    writeFileSync(join(place, 'base.cost.json'), await wanted('cost', '--json'));
    await deployEverything(settings, account, {
      product: join(place, 'base'),
      folder: join(place, 'rehearsal'),
      progress,
    });
    const tell = (title: string, complaints: readonly string[]) => {
      wrong += complaints.length;
      console.log(`${complaints.length === 0 ? '✓' : '✗'} ${title}`);
      for (const complaint of complaints) console.log(`    ${complaint}`);
    };
    tell('Right after the deploy: no stack would change', await deployed());
    for (const proposal of proposals) {
      const { title, refused, allow } = proposal;
      const passing = allow === undefined ? '' : ', passes when allowed';
      tell(`${title}: ${refused ? 'refused' : 'passes'}${passing}`, await review(proposal));
    }
  } finally {
    await browser.close();
    await account.emulator.stop();
    rmSync(place, { recursive: true, force: true });
  }
  console.log(`Comments and pictures are in ${output}, ${elapsed(start)}.`);
  return wrong === 0 ? 0 : 1;
});

function planFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => join(folder, file));
}
