import { blocks, type Change, effectOf, entry, type ResourceChange } from './plan';

/** What is gone for good when a resource of this type is deleted or replaced, as the end of a sentence. */
const losses: Readonly<Record<string, string>> = {
  aws_acmpca_certificate_authority: 'its key, and with it every certificate that it signed',
  aws_ami: 'the image',
  aws_ami_copy: 'the image',
  aws_ami_from_instance: 'the image',
  aws_backup_vault: 'its recovery points',
  aws_cloudhsm_v2_cluster: 'the keys in it',
  aws_cognito_user_pool: 'its users',
  aws_db_cluster_snapshot: 'the snapshot',
  aws_db_instance: 'its databases',
  aws_db_snapshot: 'the snapshot',
  aws_docdb_cluster: 'its documents',
  aws_dynamodb_table: 'its items',
  aws_ebs_snapshot: 'the snapshot',
  aws_ebs_volume: 'everything on it',
  aws_ecr_repository: 'its images',
  aws_efs_file_system: 'its files',
  aws_elasticache_replication_group: 'what it holds in memory',
  aws_elasticsearch_domain: 'its indices',
  aws_fsx_lustre_file_system: 'its files',
  aws_fsx_ontap_file_system: 'its files',
  aws_fsx_openzfs_file_system: 'its files',
  aws_fsx_windows_file_system: 'its files',
  aws_glacier_vault: 'its archives',
  aws_keyspaces_table: 'its rows',
  aws_kinesis_stream: 'the records not read yet',
  aws_kms_external_key: 'everything encrypted with it',
  aws_kms_key: 'everything encrypted with it',
  aws_kms_replica_key: 'everything encrypted with it in its region',
  aws_memorydb_cluster: 'what it holds in memory',
  aws_neptune_cluster: 'its graph',
  aws_opensearch_domain: 'its indices',
  aws_opensearchserverless_collection: 'its indices',
  aws_rds_cluster: 'its databases',
  aws_redshift_cluster: 'its databases',
  aws_redshiftserverless_namespace: 'its databases',
  aws_route53_zone: 'every record in it, also those of others',
  aws_s3_bucket: 'every object in it',
  aws_s3_directory_bucket: 'every object in it',
  aws_secretsmanager_secret: 'the secret',
  aws_sqs_queue: 'the messages not read yet',
  aws_timestreamwrite_table: 'its records',
  azurerm_cosmosdb_account: 'its databases',
  azurerm_key_vault: 'the keys and secrets in it',
  azurerm_key_vault_key: 'everything encrypted with it',
  azurerm_managed_disk: 'everything on it',
  azurerm_mssql_database: 'the database',
  azurerm_storage_account: 'everything stored in it',
  google_bigquery_dataset: 'its tables',
  google_compute_disk: 'everything on it',
  google_kms_crypto_key: 'everything encrypted with it',
  google_spanner_instance: 'its databases',
  google_sql_database_instance: 'its databases',
  google_storage_bucket: 'every object in it',
  tls_private_key: 'the key, and with it every certificate that it signed',
};

/** The same, where its values tell whether anything is lost. */
const lossesByValue: Readonly<Record<string, (change: Change) => string | undefined>> = {
  aws_instance: lostVolumes,
  aws_route53_record: lostRecord,
};

/** Switches that stand between data and a mistake: what they are when they protect. */
const protections: readonly { attribute: string; protects: unknown; types?: RegExp }[] = [
  { attribute: 'force_destroy', protects: false },
  { attribute: 'final_snapshot', protects: true },
  { attribute: 'skip_final_snapshot', protects: false },
  { attribute: 'deletion_protection', protects: true },
  { attribute: 'deletion_protection_enabled', protects: true },
  { attribute: 'encrypted', protects: true },
  { attribute: 'storage_encrypted', protects: true },
  { attribute: 'is_enabled', protects: true, types: /^aws_kms_/ },
];

/** Resources that guard the data of another one; without them it is bare. */
const guards: Readonly<Record<string, string>> = {
  aws_s3_bucket_versioning: 'deleted and overwritten objects could not be had back',
  aws_s3_bucket_public_access_block: 'nothing would keep the bucket from being made public',
  aws_s3_bucket_server_side_encryption_configuration: 'new objects would not be encrypted as was wanted',
};

/** What a change loses that nothing brings back, or undefined. */
export function lostData({ type, change }: ResourceChange): string | undefined {
  const effect = effectOf(change);
  if (effect !== 'delete' && effect !== 'replace') return undefined;
  const loss = lossesByValue[type]?.(change) ?? losses[type];
  return loss && `is ${effect === 'delete' ? 'deleted' : 'replaced'}, which loses ${loss}`;
}

/** Which protection of data a change takes away, if any. */
export function lostProtections({ type, change }: ResourceChange): string[] {
  const effect = effectOf(change);
  if (effect === 'delete') return guards[type] === undefined ? [] : [`is deleted: ${guards[type]}`];
  if (effect !== 'update' && effect !== 'replace') return [];
  const switched = protections.flatMap(({ attribute, protects, types }) => {
    if (types?.test(type) === false) return [];
    const [before, after] = [entry(change.before, attribute), entry(change.after, attribute)];
    return before === protects && after !== undefined && after !== null && after !== protects
      ? [`sets \`${attribute}\` from ${before} to ${after}`]
      : [];
  });
  const suspended =
    type === 'aws_s3_bucket_versioning' &&
    versioning(change.before) === 'Enabled' &&
    versioning(change.after) !== 'Enabled'
      ? [`ends versioning: ${guards.aws_s3_bucket_versioning}`]
      : [];
  const [kept, keeps] = [change.before, change.after].map((values) => entry(values, 'backup_retention_period'));
  const unsaved = Number(kept) > 0 && keeps === 0 ? ['takes its backups away: `backup_retention_period` is 0'] : [];
  return [...switched, ...suspended, ...unsaved];
}

/** Whether a new record takes the place of one that somebody else has made. */
export function takenOver({ type, change: { actions, after } }: ResourceChange): string | undefined {
  const [name, kind] = ['name', 'type'].map((key) => entry(after, key));
  const overwrites =
    type === 'aws_route53_record' && actions.includes('create') && entry(after, 'allow_overwrite') === true;
  // The name of a certificate's validation is only known after the apply, or begins with an underscore.
  if (!overwrites || typeof name !== 'string' || isValidation(name, kind)) return undefined;
  return `takes over ${name} ${String(kind)}, which others may have made and rely on`;
}

/** A REST API without a policy is open to everybody, other than most that have one. */
export function lostPolicy({ type, change }: ResourceChange): string | undefined {
  const effect = effectOf(change);
  const gone = effect === 'delete' || (effect === 'update' && entry(change.after, 'policy') === '');
  const had = [undefined, null, ''].every((nothing) => entry(change.before, 'policy') !== nothing);
  const applies =
    type === 'aws_api_gateway_rest_api_policy' || (type === 'aws_api_gateway_rest_api' && effect === 'update');
  return applies && gone && had ? 'loses its `policy`: without one a REST API lets everybody in' : undefined;
}

/** Aliases and validations are made by whoever makes what they point to; any other record may be relied on by others. */
function lostRecord({ before }: Change): string | undefined {
  const [name, type, alias] = ['name', 'type', 'alias'].map((key) => entry(before, key));
  const pointer = Array.isArray(alias) && alias.length > 0;
  return pointer || isValidation(name, type)
    ? undefined
    : `the record ${String(name)} ${String(type)}, which others may rely on`;
}

/** EC2 deletes with an instance what was made with it, unless it is told not to. The first disk is the image's, and no news. */
function lostVolumes({ before }: Change): string | undefined {
  const lost = blocks(entry(before, 'ebs_block_device')).filter((each) => each.delete_on_termination === true);
  const names = lost.map((each) => String(each.device_name)).join(', ');
  return lost.length === 0 ? undefined : `everything on its ${lost.length === 1 ? 'volume' : 'volumes'} ${names}`;
}

function versioning(value: unknown): unknown {
  const configuration = entry(value, 'versioning_configuration');
  return entry(Array.isArray(configuration) ? configuration[0] : undefined, 'status');
}

function isValidation(name: unknown, type: unknown): boolean {
  return type === 'CNAME' && typeof name === 'string' && name.startsWith('_');
}
