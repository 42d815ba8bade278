import { isWorld } from './address-blocks';
import { namesSomebody } from './condition-values';
import { entry } from './plan';

/** An attribute that puts something before everybody when it has such a value. */
interface Switch {
  readonly attribute: string;
  readonly open: (value: unknown) => boolean;
  /** Attributes that name somebody: while one is set, it is for them alone. */
  readonly unless?: readonly string[];
}

const isTrue = (value: unknown): boolean => value === true;
const isFalse = (value: unknown): boolean => value === false;
const everybody = (value: unknown): boolean => [value].flat().includes('*');
const all = (value: unknown): boolean => [value].flat().some((each) => /^all$/i.test(String(each)));
const publicAcl = (value: unknown): boolean => typeof value === 'string' && /^public-|^authenticated-read$/.test(value);

const publiclyAccessible: readonly Switch[] = [{ attribute: 'publicly_accessible', open: isTrue }];
const acl: readonly Switch[] = [{ attribute: 'acl', open: publicAcl }];
const accessBlock: readonly Switch[] = [
  'block_public_acls',
  'block_public_policy',
  'ignore_public_acls',
  'restrict_public_buckets',
].map((attribute) => ({ attribute, open: isFalse }));

const switches: Readonly<Record<string, readonly Switch[]>> = {
  aws_ami_launch_permission: [{ attribute: 'group', open: all }],
  aws_cloudwatch_event_permission: [{ attribute: 'principal', open: everybody, unless: ['condition'] }],
  aws_db_cluster_snapshot: [{ attribute: 'shared_accounts', open: all }],
  aws_db_instance: publiclyAccessible,
  aws_db_snapshot: [{ attribute: 'shared_accounts', open: all }],
  aws_dms_replication_instance: publiclyAccessible,
  aws_eks_cluster: [{ attribute: 'vpc_config', open: (value) => [value].flat().some(openCluster) }],
  aws_lambda_function_url: [{ attribute: 'authorization_type', open: (value) => value === 'NONE' }],
  aws_lambda_layer_version_permission: [{ attribute: 'principal', open: everybody, unless: ['organization_id'] }],
  aws_lambda_permission: [
    { attribute: 'principal', open: everybody, unless: ['source_arn', 'source_account', 'principal_org_id'] },
  ],
  aws_mq_broker: publiclyAccessible,
  aws_rds_cluster_instance: publiclyAccessible,
  aws_redshift_cluster: publiclyAccessible,
  aws_redshiftserverless_workgroup: publiclyAccessible,
  aws_s3_account_public_access_block: accessBlock,
  aws_s3_bucket: acl,
  aws_s3_bucket_acl: acl,
  aws_s3_bucket_public_access_block: accessBlock,
  aws_s3_object: acl,
  aws_ssm_document: [{ attribute: 'permissions', open: (value) => all(entry(value, 'account_ids')) }],
  aws_vpc_endpoint_service: [{ attribute: 'allowed_principals', open: everybody }],
};

const everybodyAtGoogle = /^all(?:Authenticated)?Users$/;

/** In the words of a review, each attribute among a resource's values that lets everybody in by itself. */
export function openSwitches(type: string, values: unknown): string[] {
  if (/^google_\w+_iam_(?:member|binding)$/.test(type)) return openBindings(values);
  return (switches[type] ?? []).flatMap(({ attribute, open, unless = [] }) => {
    const value = entry(values, attribute);
    return open(value) && unless.every((key) => !restricts(key, entry(values, key)))
      ? [`has \`${attribute}\` ${JSON.stringify(value)}`]
      : [];
  });
}

/** Google's resources have no policy for a reader: each role is given to its members by a resource. */
function openBindings(values: unknown): string[] {
  return [entry(values, 'member'), entry(values, 'members')]
    .flat()
    .filter((member) => everybodyAtGoogle.test(String(member)))
    .map((member) => `gives ${String(member)} ${String(entry(values, 'role'))}`);
}

function openCluster(configuration: unknown): boolean {
  const blocks = entry(configuration, 'public_access_cidrs');
  return entry(configuration, 'endpoint_public_access') === true && [blocks].flat().some(isWorld);
}

function restricts(key: string, value: unknown): boolean {
  if (typeof value === 'string') return value !== '' && namesSomebody(key, value);
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null;
}
