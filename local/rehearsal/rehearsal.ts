import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ServiceSettings, Settings } from '../../settings';
import { withLock } from '../elasticsearch/lock';
import { missingTools } from '../machine';
import type { SwitchedServer } from '../power/switched-server';
import { endAllGroups } from '../process-group';
import { readStacks } from '../terraform/configuration';
import { NoProviderError } from '../terraform/workspace';
import { checkHostGone, checkService } from './check';
import { checkSleep } from './check-sleep';
import { Closing } from './closing';
import { closingTable, type Skipped } from './closing-table';
import { type Deployment, deployEverything, startAccount, synthesize } from './deployment';
import { type OpenService, openService } from './doors';
import type { CheckResult } from './expectation';
import { deployedMaterial, type HostMaterial, ownMaterial } from './host-material';
import { LiveHost } from './live-host';
import type { RehearsalOptions } from './options';
import { elasticsearchOrigin, givenOrigin, type ServiceOrigin, standInOrigin } from './origins';
import { Progress } from './progress';

const folder = resolve(__dirname, '../../.rehearsal');

/** One rehearsal, from the synth to the last door closed. */
export class Rehearsal {
  private readonly progress = new Progress();
  private readonly closing = new Closing();
  private readonly skipped: Skipped[] = [];
  private readonly failures: string[] = [];
  /** The product's own synth, for this rehearsal alone: another one in the same checkout may have other settings. */
  private readonly product: string;
  private lastKnock = Date.now();
  private live: LiveHost | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly options: RehearsalOptions,
  ) {
    mkdirSync(folder, { recursive: true });
    this.product = mkdtempSync(join(folder, 'product-'));
    this.closing.add('the synth', async () => rmSync(this.product, { recursive: true, force: true }));
  }

  /**
   * Runs it. Whatever happens, nothing that it started is left running afterwards.
   *
   * @param interrupted resolves when the user wants it to stop
   * @returns the exit code
   */
  async run(interrupted: Promise<void>): Promise<number> {
    let serving = false;
    const work = this.openAll().then(async ({ doors, material }) => {
      serving = true;
      return this.options.check ? this.check(doors, material) : this.serve();
    });
    try {
      return await Promise.race([work, interrupted.then(() => (serving ? 0 : 130))]);
    } finally {
      work.catch(() => undefined);
      this.progress.line('  Stopping …');
      await this.closing.all((text) => this.progress.line(`    ${text}`));
      endAllGroups();
      this.progress.line('  Nothing is left running.');
    }
  }

  private async openAll(): Promise<{ doors: OpenService[]; material: HostMaterial | undefined }> {
    const { progress, settings } = this;
    progress.line(
      `\n  Searchgate, rehearsed on this machine: ${settings.services.map(({ name }) => name).join(', ')}\n`,
    );
    await progress.step(
      'synth',
      () => synthesize(this.product),
      () => `${readStacks(this.product).size} stacks, as npm run synth writes them`,
    );
    const deployment = await this.deploy();
    const material = await this.material(deployment);
    const doors: OpenService[] = [];
    if (material !== undefined) {
      // Kibana waits for its Elasticsearch.
      const elasticsearchFirst = [...settings.services].sort(
        (a, b) => Number(b.origin === 'elasticsearch') - Number(a.origin === 'elasticsearch'),
      );
      for (const service of elasticsearchFirst) doors.push(await this.open(service, material, deployment, doors));
      if (deployment !== undefined && settings.power.enabled) await this.startPower(deployment, doors);
    }
    const elasticPassword = material?.elasticPassword;
    closingTable(progress, { doors, elasticPassword, deployment, skipped: this.skipped });
    return { doors, material };
  }

  /** Everything into the emulated AWS, where this machine can and the user wants it. */
  private async deploy(): Promise<Deployment | undefined> {
    if (!this.options.deploy) {
      this.skip('the deployment into an emulated AWS', '--no-deploy was given');
      return undefined;
    }
    if (this.options.gateway !== undefined) {
      this.skip(
        'the deployment into an emulated AWS',
        `--gateway was given: it is deployed at ${this.options.gateway.origin}`,
      );
      return undefined;
    }
    const missing = missingTools(['terraform', 'python', 'openssl']);
    for (const { tool, advice } of missing)
      this.skip('the deployment into an emulated AWS', `${tool} is missing: ${advice}`);
    if (missing.length > 0) return undefined;
    const { settings, progress } = this;
    try {
      const account = await startAccount(settings, { venv: join(folder, 'venv'), progress });
      this.closing.add('the emulated AWS', () => account.emulator.stop());
      return await withLock(
        join(folder, 'deploy.lock'),
        () => progress.line('    Another rehearsal deploys from this folder; this one waits until it has …'),
        () => deployEverything(settings, account, { product: this.product, folder, progress }),
      );
    } catch (error) {
      if (!(error instanceof NoProviderError)) throw error;
      this.skip('the deployment into an emulated AWS', error.message);
      return undefined;
    }
  }

  /** The emulated AWS with everything in it, ours or another one. */
  private endpoint(deployment: Deployment | undefined): string | undefined {
    return this.options.gateway?.origin ?? deployment?.emulator.endpoint;
  }

  private async material(deployment: Deployment | undefined): Promise<HostMaterial | undefined> {
    const endpoint = this.endpoint(deployment);
    if (endpoint !== undefined) return deployedMaterial(this.settings, endpoint);
    const [missing] = missingTools(['openssl']);
    if (missing === undefined) return ownMaterial(this.settings);
    this.skip('the doors', `openssl is missing, and so certificates: ${missing.advice}`);
    return undefined;
  }

  private async startPower({ emulator: { endpoint } }: Deployment, doors: readonly OpenService[]): Promise<void> {
    const { progress, settings, product, options } = this;
    const servers = doors.flatMap(({ origin }) => origin.server ?? []);
    const tell = (state: string, what: string) =>
      progress.line(`  ${new Date().toTimeString().slice(0, 8)}  ${state.padEnd(9)} ${what}`);
    this.live = await progress.step(
      'power',
      () => LiveHost.start({ settings, endpoint, product, sleepAfter: options.sleepAfter, tell }, servers),
      () => `the host sleeps after ${options.sleepAfter ?? settings.power.idleMinutes} minutes without use`,
    );
    this.closing.add('the power function', async () => this.live?.close());
    progress.line('    The emulator keeps schedules and log subscriptions but carries none out: that is done here, by');
    progress.line("    the power function's real zip, and what stands for the host follows the emulated instance.");
  }

  private async open(
    service: ServiceSettings,
    material: HostMaterial,
    deployment: Deployment | undefined,
    others: readonly OpenService[],
  ): Promise<OpenService> {
    const elasticsearch = others.find(({ origin }) => origin.kind === 'elasticsearch')?.origin.server;
    const origin = await this.origin(service, material, elasticsearch);
    this.closing.add(`what answers behind ${service.name}`, () => origin.stop());
    return this.progress.step(
      `door ${service.name}`,
      async () => {
        const opened = await openService(this.settings, service, origin, {
          product: this.product,
          endpoint: this.endpoint(deployment),
          port: this.options.ports.get(service.name),
          material,
          knocked: () => {
            this.lastKnock = Date.now();
          },
          written: (line) => this.live?.written(service.name, line),
        });
        this.closing.add(`the door ${service.name}`, () => opened.door.close());
        return opened;
      },
      ({ door }) => door.url,
    );
  }

  private async origin(
    service: ServiceSettings,
    material: HostMaterial,
    elasticsearch: SwitchedServer | undefined,
  ): Promise<ServiceOrigin> {
    const given = this.options.origins.get(service.name);
    const name = `origin ${service.name}`;
    const told = ({ description }: ServiceOrigin) => description;
    if (given !== undefined) {
      return this.progress.step(name, () => givenOrigin(given, this.options.originAuthority ?? ''), told);
    }
    if (service.origin === 'elasticsearch') {
      const missing = missingTools(['java', 'maven', 'python']);
      if (missing.length === 0) {
        return this.progress.step(
          name,
          (say) => {
            say('assembling Elasticsearch the first time takes 1 to 4 minutes');
            return elasticsearchOrigin(service, material);
          },
          told,
        );
      }
      for (const { tool, advice } of missing) this.skip('a real Elasticsearch', `${tool} is missing: ${advice}`);
    }
    if (service.origin === 'kibana') {
      this.skip('a real Kibana', `no package registry has it: give one of your own with --origin ${service.name}=URL`);
    }
    return this.progress.step(name, () => standInOrigin(service, material, elasticsearch), told);
  }

  private async check(doors: readonly OpenService[], material: HostMaterial | undefined): Promise<number> {
    const password = material?.elasticPassword ?? '';
    const skip = (text: string) => this.progress.line(`      skipped: ${text}`);
    for (const opened of doors) {
      await this.report(`check ${opened.service.name}`, () => checkService(opened, password, skip));
    }
    const { live } = this;
    if (live !== undefined) await this.report('check sleep', () => checkSleep(live, doors, password));
    else
      await this.report('check host gone', async () =>
        (await Promise.all(doors.map((each) => checkHostGone(each)))).flat(),
      );
    this.progress.line(
      this.failures.length === 0 ? '\n  The check passed.' : `\n  The check failed: ${this.failures.join('; ')}`,
    );
    return this.failures.length === 0 ? 0 : 1;
  }

  private async report(name: string, check: () => Promise<CheckResult[]>): Promise<void> {
    const results = await this.progress.step(
      name,
      check,
      (each) =>
        `${each.filter(({ complaint }) => complaint === undefined).length} of ${each.length} requests as they should be`,
    );
    for (const { name: what, complaint } of results) {
      this.progress.line(
        `      ${complaint === undefined ? 'ok  ' : 'FAIL'} ${what}${complaint === undefined ? '' : `: ${complaint}`}`,
      );
      if (complaint !== undefined) this.failures.push(what);
    }
  }

  /** Serves until nobody has knocked for the idle time. */
  private async serve(): Promise<number> {
    const idle = this.options.idleMinutes * 60_000;
    this.progress.line(
      `  Ctrl-C stops everything.${idle > 0 ? ` So do ${this.options.idleMinutes} minutes without a request.` : ''}\n`,
    );
    this.lastKnock = Date.now();
    while (idle === 0 || Date.now() - this.lastKnock < idle) await wait(1_000);
    this.progress.line(`  Nobody has knocked for ${this.options.idleMinutes} minutes.`);
    return 0;
  }

  private skip(what: string, why: string): void {
    this.skipped.push({ what, why });
  }
}
