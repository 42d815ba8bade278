import { execFileSync } from 'node:child_process';
import type { Deployment } from './deployment';
import type { OpenService } from './doors';
import type { Progress } from './progress';

/** Something that was not done, and what to do for it. */
export interface Skipped {
  what: string;
  why: string;
}

/** What a rehearsal has at the end: for whoever wants to use it now. */
export interface Outcome {
  doors: readonly OpenService[];
  elasticPassword: string | undefined;
  deployment: Deployment | undefined;
  skipped: readonly Skipped[];
}

export function closingTable(progress: Progress, { doors, elasticPassword, deployment, skipped }: Outcome): void {
  progress.table(
    'Doors',
    doors.map(({ service, door, origin }) => [
      service.name,
      door.url,
      `stands for https://${door.domainName}`,
      `in front of ${origin.description}`,
    ]),
  );
  const own = doors.filter(({ origin }) => origin.kind !== 'yours');
  if (elasticPassword !== undefined && own.length > 0) {
    const search = own.find(({ service }) => service.requireAuthorization);
    progress.table('Credentials', [
      ['user', 'elastic'],
      ['password', elasticPassword],
      ...(search === undefined ? [] : [['try', `curl -u elastic:${elasticPassword} ${search.door.url}/`]]),
    ]);
  }
  if (deployment !== undefined) {
    progress.table(
      'Stacks',
      [...deployment.results].map(([stack, result]) => [stack, result]),
    );
  }
  progress.table('Versions', versions(deployment));
  progress.table(
    'Skipped',
    skipped.map(({ what, why }) => [what, why]),
  );
  progress.line();
}

function versions(deployment: Deployment | undefined): string[][] {
  const providers = (deployment?.workspace.providers ?? []).map(({ source, pinned, actual }) => [
    source,
    actual === undefined
      ? `${pinned} pinned, not to be had here: a stand-in`
      : actual === pinned
        ? actual
        : `${actual}, where ${pinned} is pinned`,
  ]);
  return [
    ['Node.js', process.versions.node],
    ...(deployment === undefined ? [] : [['Terraform', terraformVersion()]]),
    ...providers,
  ];
}

function terraformVersion(): string {
  const told = execFileSync('terraform', ['version', '-json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return (JSON.parse(told) as { terraform_version: string }).terraform_version;
}
