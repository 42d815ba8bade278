import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { Fn, TerraformLocal, Token } from 'cdktf';
import { Construct } from 'constructs';

/** What differs between hosts: the whole of `/etc/searchgate/host.env`. Every value may be a token; none is secret. */
export interface HostEnvironment {
  /** The deployment's name; the data volume is marked with it. */
  readonly name: string;
  /** AWS region. */
  readonly region: string;
  /** The node's name, as in `node-0`. */
  readonly node: string;
  /** Fixed private IPv4 address of the host's interface. */
  readonly privateAddress: string;
  /** Addresses at which the nodes of a cluster find each other, separated by commas; empty for a single node. */
  readonly seedAddresses: string;
  /** What the node is in its cluster, as `node.roles` of elasticsearch.yml; empty for everything. */
  readonly nodeRoles: string;
  /** Whether it runs Kibana. Fixed at synth. */
  readonly runsKibana: boolean;
  /** Availability zone: copies of a shard are kept in different ones. */
  readonly zone: string;
  /** Id of the EBS volume that holds the data; its NVMe serial number is this without the dash. */
  readonly dataVolumeId: string;
  /** `9.x`, `8.x` or an exact version; counts for a new volume only. */
  readonly elasticVersion: string;
  /** Path below which all SSM parameters of the deployment lie, without a slash at its end. */
  readonly parameterPrefix: string;
  /** TCP port that Elasticsearch serves HTTPS on. */
  readonly elasticsearchPort: number;
  /** Name that Elasticsearch's certificate carries. */
  readonly elasticsearchServerName: string;
  /** TCP port that Kibana serves HTTPS on. */
  readonly kibanaPort: number;
  /** Name that Kibana's certificate carries. */
  readonly kibanaServerName: string;
  /** Address that users see Kibana under, without a slash at its end. */
  readonly kibanaPublicUrl: string;
  /** Bucket for snapshots. */
  readonly snapshotBucket: string;
  /** Hours between two snapshots; 0 for none. */
  readonly snapshotHours: number;
  /** How many snapshots are kept. */
  readonly snapshotKeep: number;
  /** Whether there are alarms that watch this host's metrics; without them it sends none. Fixed at synth. */
  readonly alarms: boolean;
  /** Host names that Kibana's connectors may reach, separated by commas; none where it is empty. */
  readonly connectorHosts: string;
  /** When the operating system gets its security updates, as systemd's OnCalendar in UTC; empty for never. */
  readonly updatesAt: string;
}

export interface HostUserDataProps {
  readonly environment: HostEnvironment;
}

const folder = join(__dirname, '..', 'cloud-init');

/**
 * The user data of a host: a `#cloud-config` that carries the files of `cloud-init/files/` (scripts without most comments) and the host's environment,
 * and starts the setup unit. It lies in a Terraform local as plain text, so that a plan's reader sees it, and is sent gzipped:
 * EC2 takes 16 KB before base64.
 */
export class HostUserData extends Construct {
  /** Terraform expression for an instance's `user_data_base64`. */
  readonly base64gzip: string;

  constructor(scope: Construct, id: string, props: HostUserDataProps) {
    super(scope, id);
    const text = cloudConfig(hostEnvironmentVariables(props.environment));
    const local = new TerraformLocal(this, 'cloud-config', escapeTemplate(text));
    this.base64gzip = Fn.base64gzip(local.asString);
  }
}

/** The environment as the keys of `host.env`. */
export function hostEnvironmentVariables(environment: HostEnvironment): Record<string, string> {
  return {
    NAME: environment.name,
    REGION: environment.region,
    NODE: environment.node,
    PRIVATE_ADDRESS: environment.privateAddress,
    SEED_ADDRESSES: environment.seedAddresses,
    NODE_ROLES: environment.nodeRoles,
    KIBANA: String(environment.runsKibana),
    ZONE: environment.zone,
    DATA_VOLUME_ID: environment.dataVolumeId,
    ELASTIC_VERSION: environment.elasticVersion,
    PARAMETER_PREFIX: environment.parameterPrefix,
    ELASTICSEARCH_PORT: text(environment.elasticsearchPort),
    ELASTICSEARCH_SERVER_NAME: environment.elasticsearchServerName,
    KIBANA_PORT: text(environment.kibanaPort),
    KIBANA_SERVER_NAME: environment.kibanaServerName,
    KIBANA_PUBLIC_URL: environment.kibanaPublicUrl,
    SNAPSHOT_BUCKET: environment.snapshotBucket,
    SNAPSHOT_HOURS: text(environment.snapshotHours),
    SNAPSHOT_KEEP: text(environment.snapshotKeep),
    ALARMS: String(environment.alarms),
    CONNECTOR_HOSTS: environment.connectorHosts,
    UPDATES_AT: environment.updatesAt,
  };
}

function text(value: number): string {
  return Token.isUnresolved(value) ? Token.asString(value) : String(value);
}

/**
 * The cloud-config for a host with the given `host.env`, without any Terraform escaping. Values may hold tokens.
 * @throws Error where a value cannot stand in single quotes on one line.
 */
export function cloudConfig(environment: Record<string, string>): string {
  const lines = Object.entries(environment).map(([key, value]) => {
    if (/['\n]/.test(value)) throw new Error(`${key} of host.env has a quote or a line break in it: ${value}`);
    return `${key}='${value}'\n`;
  });
  const carried = [
    { path: '/etc/searchgate/host.env', mode: '0644', content: lines.join('') },
    ...carriedFiles(join(folder, 'files'), '/'),
  ];
  // a function, since a replacement text would give $ a meaning
  return readFileSync(join(folder, 'user-data.yaml'), 'utf8').replace('# FILES\n', () => carried.map(entry).join(''));
}

interface CarriedFile {
  path: string;
  mode: string;
  content: string;
}

/** The files below a folder, sorted by path; what starts with `#!` can be executed on the host. */
function carriedFiles(source: string, target: string): CarriedFile[] {
  return readdirSync(source)
    .sort()
    .flatMap((name) => {
      const file = join(source, name);
      const path = posix.join(target, name);
      if (statSync(file).isDirectory()) return carriedFiles(file, path);
      const content = readFileSync(file, 'utf8');
      return [{ path, mode: content.startsWith('#!') ? '0755' : '0644', content: withoutComments(content) }];
    });
}

/**
 * A file without its comments, a third of what would be sent. Each leaves an empty line,
 * so that a line number in a message is the repository's too. What a here-document holds is no comment.
 */
function withoutComments(content: string): string {
  let hereDocument: string | undefined;
  const lines = content.split('\n').map((line, number) => {
    const comment = line.trimStart().startsWith('#');
    if (hereDocument !== undefined) {
      if (line === hereDocument) hereDocument = undefined;
      return line;
    }
    hereDocument = / << '?([A-Z]+)'?$/.exec(line)?.[1];
    return comment && number > 0 ? '' : line;
  });
  return lines.join('\n');
}

/** A block of YAML that keeps the content as it is, so that an operator reads the same text in user data and on the host. */
function entry({ path, mode, content }: CarriedFile): string {
  if (!/^\S/.test(content) || !content.endsWith('\n'))
    throw new Error(`${path} has to begin in the first column and to end with a line break`);
  const block = content.replace(/^(?=.)/gm, '      ');
  return `  - path: ${path}\n    permissions: '${mode}'\n    content: |\n${block}`;
}

/** Terraform reads the local as a template: what the scripts mean literally is doubled, tokens stay. */
function escapeTemplate(text: string): string {
  return text.replace(/([$%])\{(?!TfToken\[)/g, '$1$1{');
}
