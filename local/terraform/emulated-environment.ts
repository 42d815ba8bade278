import { devNull } from 'node:os';
import type { Installation } from './provider-installation';

/** Credentials that mean something to the emulator alone. */
export const emulatedCredentials = { accessKeyId: 'rehearsal', secretAccessKey: 'rehearsal' };

/**
 * The environment for programs that work against the emulated AWS by its own clients. Whatever the user's own environment says of AWS
 * or Terraform (profiles, roles, workspaces, plugin caches) stays outside: a rehearsal can reach no real account.
 */
export function clientEnvironment(
  { endpoint, region }: { endpoint: string; region: string },
  environment: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !/^(AWS_|TF_|CDKTF_|TERRAFORM_)/.test(name));
  return {
    ...Object.fromEntries(kept),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: emulatedCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: emulatedCredentials.secretAccessKey,
    AWS_REGION: region,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    FORCE_COLOR: '0',
  };
}

/** As {@link clientEnvironment}, for Terraform and CDKTF too. */
export function emulatedEnvironment(
  { installation, ...account }: { endpoint: string; region: string; installation: Installation },
  environment: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  return {
    ...clientEnvironment(account, environment),
    TF_CLI_CONFIG_FILE: installation.cliConfiguration,
    TF_PLUGIN_CACHE_DIR: installation.pluginCache,
    TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: 'true',
    TF_IN_AUTOMATION: '1',
    CDKTF_DISABLE_PLUGIN_CACHE_ENV: '1',
    CHECKPOINT_DISABLE: '1',
    DISABLE_VERSION_CHECK: '1',
  };
}
