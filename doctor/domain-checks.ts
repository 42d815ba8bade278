import { GetHostedZoneCommand, ListHostedZonesByNameCommand } from '@aws-sdk/client-route-53';
import type { AwsAccount } from './aws-account';
import { type Check, type Outcome, ok, problem, type Surroundings, unsure } from './check';

/** Who answers questions about public DNS; `node:dns/promises` and its Resolver do. Both reject where there is no such record. */
export interface NameServers {
  resolveNs(name: string): Promise<string[]>;
  resolveCaa(name: string): Promise<{ critical: number; issue?: string | undefined; issuewild?: string | undefined }[]>;
}

/** Who Amazon's certificates may be issued by, in CAA records. */
const amazonAuthorities = ['amazon.com', 'amazontrust.com', 'awstrust.com', 'amazonaws.com'];

interface Zone {
  id: string;
  name: string;
  nameServers: string[];
}

const hostedZone: Check = {
  name: 'hosted zone',
  needsAccount: true,
  async run({ aws, settings }) {
    const found = await findZone(aws, settings.domain);
    return 'status' in found ? found : ok(`${found.name} is ${found.id}`);
  },
};

const delegation: Check = {
  name: 'delegation',
  needsAccount: true,
  async run({ aws, settings, dns }) {
    if (dns === undefined) return ok('not looked at: an emulated account has nothing to do with public DNS');
    if (await isDeaf(dns)) return unsure(unasked);
    const zone = await findZone(aws, settings.domain);
    if ('status' in zone) return unsure('not checked: there is no hosted zone');
    const wanted = zone.nameServers.map(plainName).sort();
    const answered = (await orNothing(dns.resolveNs(zone.name))).map(plainName).sort();
    const advice = `at the registrar of ${zone.name}, or in the zone above it, set these name servers: ${wanted.join(', ')}`;
    if (answered.length === 0) {
      return problem(
        `${zone.name} is delegated to nobody: the certificate’s validation would hang for 75 minutes`,
        advice,
      );
    }
    const ours = answered.filter((server) => wanted.includes(server));
    if (ours.length === 0) {
      return problem(`${zone.name} is delegated to ${answered.join(', ')}, not to the hosted zone ${zone.id}`, advice);
    }
    return ours.length < answered.length
      ? unsure(`only ${ours.join(', ')} of ${answered.join(', ')} belong to the hosted zone`, advice)
      : ok(`${zone.name} is delegated to the hosted zone`);
  },
};

const certificateAuthorities: Check = {
  name: 'CAA',
  needsAccount: false,
  async run({ settings, dns }) {
    if (dns === undefined) return ok('not looked at: an emulated account has nothing to do with public DNS');
    if (await isDeaf(dns)) return unsure(unasked);
    for (const { subdomain } of settings.services) {
      const host = `${subdomain}.${settings.domain.name}`;
      const ruling = await rulingRecords(dns, host);
      if (ruling === undefined || amazonMayIssue(ruling.issuers)) continue;
      return problem(
        `${ruling.name} lets only ${ruling.issuers.join(', ') || 'nobody'} issue certificates: Amazon would refuse one for ${host}`,
        `add a CAA record to ${ruling.name}: 0 issue "amazon.com"`,
      );
    }
    return ok('Amazon may issue certificates for every service');
  },
};

export const domainChecks: readonly Check[] = [hostedZone, delegation, certificateAuthorities];

/** The one public zone that the settings mean, or what is wrong with them. */
export async function findZone(aws: AwsAccount, domain: Surroundings['settings']['domain']): Promise<Zone | Outcome> {
  const { name, zoneId } = domain;
  if (zoneId === undefined) {
    const { HostedZones = [] } = await aws.route53.send(new ListHostedZonesByNameCommand({ DNSName: `${name}.` }));
    const zones = HostedZones.filter(
      (zone) => plainName(zone.Name ?? '') === name && zone.Config?.PrivateZone !== true,
    );
    const [zone] = zones;
    const ids = zones.map(({ Id = '' }) => shortId(Id));
    if (zone?.Id === undefined) {
      return problem(
        `there is no public hosted zone ${name} in this account`,
        `aws route53 create-hosted-zone --name ${name} --caller-reference 1, and have the domain delegated to it; or name the zone that holds it in domain.zoneId`,
      );
    }
    if (zones.length > 1) {
      return problem(
        `there are ${zones.length} public hosted zones ${name}: ${ids.join(', ')}`,
        'name one in domain.zoneId',
      );
    }
    return zoneById(aws, shortId(zone.Id), name);
  }
  return zoneById(aws, zoneId, name);
}

async function zoneById(aws: AwsAccount, id: string, domain: string): Promise<Zone | Outcome> {
  try {
    const { HostedZone, DelegationSet } = await aws.route53.send(new GetHostedZoneCommand({ Id: id }));
    const name = plainName(HostedZone?.Name ?? '');
    if (HostedZone?.Config?.PrivateZone === true) {
      return problem(
        `${id} is a private zone: nobody outside a VPC would find the doors`,
        'name a public one in domain.zoneId',
      );
    }
    return domain === name || domain.endsWith(`.${name}`)
      ? { id, name, nameServers: DelegationSet?.NameServers ?? [] }
      : problem(
          `${id} is the zone ${name}, which cannot hold ${domain}`,
          'name the zone of the domain in domain.zoneId',
        );
  } catch (error) {
    if (!(error instanceof Error && error.name === 'NoSuchHostedZone')) throw error;
    return problem(`there is no hosted zone ${id} in this account`, 'correct domain.zoneId, or leave it out');
  }
}

/** The CAA records that rule a name: those of the nearest name above it that has any (RFC 8659, section 3). */
async function rulingRecords(dns: NameServers, host: string): Promise<{ name: string; issuers: string[] } | undefined> {
  const labels = host.split('.');
  for (let depth = 0; depth < labels.length; depth++) {
    const name = labels.slice(depth).join('.');
    const records = await orNothing(dns.resolveCaa(name));
    if (records.length === 0) continue;
    const issuers = records.flatMap(({ issue }) => (issue === undefined ? [] : [(issue.split(';')[0] ?? '').trim()]));
    // Records about wildcards or reports alone restrict nobody.
    return records.some(({ issue }) => issue !== undefined)
      ? { name, issuers: issuers.filter((each) => each !== '') }
      : undefined;
  }
  return undefined;
}

function amazonMayIssue(issuers: readonly string[]): boolean {
  return issuers.some((issuer) => amazonAuthorities.includes(issuer.toLowerCase()));
}

const unasked = 'public DNS does not answer from here; --dns-server names a server that does';

/** Some networks answer every question about the outside with "no such name", which would look like a free pass. */
async function isDeaf(dns: NameServers): Promise<boolean> {
  return (await orNothing(dns.resolveNs('com'))).length === 0;
}

/** @throws what is no plain absence, such as a name server that does not answer */
async function orNothing<Value>(question: Promise<Value[]>): Promise<Value[]> {
  try {
    return await question;
  } catch (error) {
    if (['ENODATA', 'ENOTFOUND'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** A name of DNS as people write it. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function shortId(id: string): string {
  return id.replace('/hostedzone/', '');
}
