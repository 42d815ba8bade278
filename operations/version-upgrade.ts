import type { Client } from '@elastic/elasticsearch';
import { UserError } from '../commands/terminal';
import type { Settings } from '../settings';
import { Host } from './host';
import type { Member } from './members';
import type { NodeChange, Tell } from './rolling-change';
import { upgradeProblems, versionProblems } from './upgrade-checks';

/** Upgrades Elasticsearch and Kibana of each host, by an order that the host obeys when it reboots. */
export class VersionUpgrade implements NodeChange {
  readonly snapshot: string;

  constructor(
    private readonly settings: Settings,
    private readonly client: Client,
    private readonly target: string,
  ) {
    this.snapshot = `before-${target}`;
  }

  get description(): string {
    return `upgrade to ${this.target}`;
  }

  async problems(members: readonly Member[]): Promise<string[]> {
    const behind = members.filter(({ version }) => version !== this.target);
    const each = (behind.length > 0 ? behind : members).flatMap(({ name, version }) => {
      const problems = versionProblems(version, this.target);
      return members.length === 1 ? problems : problems.map((problem) => `${name}: ${problem}`);
    });
    return each.length > 0
      ? each
      : upgradeProblems(
          this.client,
          members.map(({ version }) => version),
          this.target,
        );
  }

  async isDone({ version }: Member): Promise<boolean> {
    return version === this.target;
  }

  versionAfter(): string {
    return this.target;
  }

  async carryOut({ name, version }: Member, tell: Tell): Promise<void> {
    const host = await Host.find(this.settings, name);
    try {
      const before = await host.status();
      await host.orderUpgrade(version, this.target);
      await host.reboot();
      tell(`${name} (${host.instanceId}) reboots`);
      const { version: now, text } = await host.ready(before?.boot);
      if (now !== this.target)
        throw new UserError(
          `${name} is ready in ${now}, not in ${this.target}, and its data is as before: journalctl -u searchgate-setup on it says why`,
        );
      tell(text);
    } finally {
      // left over, it would be obeyed at some later boot: unattended, and with an old snapshot
      await host
        .withdrawUpgrade()
        .catch((error) => tell(`the order to upgrade ${name} could not be deleted: ${(error as Error).message}`));
      host.close();
    }
  }
}
