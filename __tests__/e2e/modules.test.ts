import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seedAccount } from '../../local/emulator/account';
import { type Emulator, startEmulator } from '../../local/emulator/emulator';
import { pythonEnvironment } from '../../local/emulator/python-environment';
import { readStacks } from '../../local/terraform/configuration';
import { emulatedEnvironment } from '../../local/terraform/emulated-environment';
import { copyModules } from '../../local/terraform/module-copy';
import { chooseProviders, writeInstallation } from '../../local/terraform/provider-installation';
import { terraform } from '../../local/terraform/terraform';
import { writeModules } from '../../modules/write';
import { readSettings } from '../../settings';
import example from '../../settings/example.json';
import { runScript } from '../command-line';
import { describeWith } from '../requirements';
import { type Block, services, synthesized } from '../synthesized';
import { deployWithCdktf, exitSuite, type Leaving } from './exit-suite';

const minutes = 60_000;

/** A request to a host that is gone is held; here it need not be held for long. */
const soon: Block = { power: { holdSeconds: 1 } };

/** Everything that is fixed when modules are written, the other way than the example has it. */
const otherShape: Block = {
  ...soon,
  name: 'other',
  domain: { name: 'example.org' },
  network: { zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'] },
  host: { nodes: 3 },
  alarms: { email: 'operations@example.org' },
  ...services({ search: { response: 'buffered' }, kibana: { response: 'buffered' } }),
};

/** What a team has already: VPC, zone, certificates and bucket, none of which has an id yet when Terraform plans. */
const existing = `
resource "aws_vpc" "ours" {
  cidr_block = "10.7.0.0/16"
}
resource "aws_subnet" "hosts" {
  count                   = 3
  vpc_id                  = aws_vpc.ours.id
  cidr_block              = "10.7.\${count.index}.0/24"
  availability_zone       = local.zones[count.index]
  map_public_ip_on_launch = true
}
resource "aws_subnet" "forwarders" {
  count             = 3
  vpc_id            = aws_vpc.ours.id
  cidr_block        = "10.7.\${10 + count.index}.0/24"
  availability_zone = local.zones[count.index]
}
resource "aws_route_table" "forwarders" {
  vpc_id = aws_vpc.ours.id
}
resource "aws_vpc_endpoint" "s3" {
  vpc_id          = aws_vpc.ours.id
  service_name    = "com.amazonaws.us-east-1.s3"
  route_table_ids = [aws_route_table.forwarders.id]
}
resource "aws_s3_bucket" "ours" {
  bucket_prefix = "ours-"
}
resource "aws_route53_zone" "ours" {
  name = "example.org"
}
resource "aws_acm_certificate" "ours" {
  domain_name       = "*.example.org"
  validation_method = "DNS"
}
`;

/** The example's calls with that passed in, as Terraform's own override files do it. */
const passedIn = `
module "network" {
  existing_vpc = {
    vpc_id               = aws_vpc.ours.id
    host_subnet_ids      = aws_subnet.hosts[*].id
    forwarder_subnet_ids = aws_subnet.forwarders[*].id
    s3_endpoint_id       = aws_vpc_endpoint.s3.id
    node_addresses       = ["10.7.0.10", "10.7.1.10", "10.7.2.10"]
  }
}
module "storage" {
  existing_snapshot_bucket = { name = aws_s3_bucket.ours.id }
}
module "search" {
  existing_zone        = { id = aws_route53_zone.ours.zone_id }
  existing_certificate = { arn = aws_acm_certificate.ours.arn }
}
module "kibana" {
  existing_zone        = { id = aws_route53_zone.ours.zone_id }
  existing_certificate = { arn = aws_acm_certificate.ours.arn }
}
`;

describeWith(['terraform', 'aws-provider', 'python', 'openssl'], 'the modules, with Terraform alone', () => {
  let folder: string;
  /** A folder with OpenSSL and nothing else. */
  let openssl: string;
  let emulator: Emulator;
  let environment: NodeJS.ProcessEnv;
  /** What `terraform plan` says after the example was applied, in the one shape and the other. */
  const plans = new Map<string, Promise<string>>();
  let leaving: Promise<Leaving>;

  const at = (path: string) => ({ folder: join(folder, path), environment, log: join(folder, 'log') });

  /** Writes the modules from settings, with the copy that runs here. */
  const write = (shape: string, changes: Block): void => {
    writeFileSync(join(folder, `${shape}.json`), JSON.stringify({ ...example, ...changes }));
    const { settings } = readSettings({ ...example, ...changes });
    writeModules(settings, join(folder, shape, 'modules'));
    copyModules(join(folder, shape, 'modules'), join(folder, shape, 'copy'), {
      certificates: readStacks(synthesized(changes).folder).get('certificates') ?? {},
      folder: join(folder, shape, 'certificates'),
    });
  };

  const deploy = async (path: string): Promise<string> => {
    await terraform(['apply', '-auto-approve', '-input=false'], at(path));
    return (await terraform(['plan', '-detailed-exitcode', '-input=false'], at(path), [0, 2])).output;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'searchgate-modules-'));
    openssl = join(folder, 'path');
    mkdirSync(openssl);
    symlinkSync(
      execFileSync('sh', ['-c', 'command -v openssl'], { encoding: 'utf8' }).trim(),
      join(openssl, 'openssl'),
    );
    write('first', soon);
    write('other', otherShape);
    writeFileSync(join(folder, 'other/copy/example/existing.tf'), existing);
    writeFileSync(join(folder, 'other/copy/example/existing_override.tf'), passedIn);
    emulator = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
    const { region, domain } = example;
    await seedAccount(emulator.endpoint, { region, domain: domain.name });
    const providers = chooseProviders({ 'hashicorp/aws': '6.25.0' }, { registry: false });
    const installation = writeInstallation(join(folder, 'installation'), providers);
    environment = emulatedEnvironment({ endpoint: emulator.endpoint, region, installation });
    // Both deployments mostly wait, so they go on beside each other and beside what needs none.
    for (const shape of ['first', 'other']) {
      const path = `${shape}/copy/example`;
      await terraform(['init', '-input=false'], at(path));
      const plan = deploy(path);
      plan.catch(() => undefined);
      plans.set(shape, plan);
    }
    leaving = deployWithCdktf({
      folder: join(folder, 'leaving'),
      endpoint: emulator.endpoint,
      modules: join(folder, 'first/copy'),
    });
    leaving.catch(() => undefined);
  }, 3 * minutes);
  afterAll(async () => {
    await Promise.allSettled([...plans.values(), leaving]);
    await emulator?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 5 * minutes);

  it.each(['first', 'other'])('are formatted as terraform fmt does it: %s', async (shape) => {
    expect((await terraform(['fmt', '-check', '-recursive', '-diff'], at(`${shape}/modules`))).output).toBe('');
  });

  it(
    'pass the tests that come with them',
    async () => {
      const modules = readdirSync(join(folder, 'first/copy')).filter((name) => !['example', 'moved'].includes(name));
      expect(modules).toEqual(['certificates', 'gateway', 'host', 'network', 'power', 'storage']);
      for (const module of modules) {
        await terraform(['init', '-input=false'], at(`first/copy/${module}`));
        const tested = await terraform(['test'], at(`first/copy/${module}`));
        expect([module, tested.output]).toEqual([module, expect.stringMatching(/Success! [2-9] passed, 0 failed/)]);
      }
    },
    6 * minutes,
  );

  it('say what is allowed where a value is wrong', async () => {
    const given = ['-var', 'name=Not A Name', '-var', 'node_addresses=["10.42.0.10"]'];
    await expect(terraform(['plan', '-input=false', ...given], at('first/copy/certificates'))).rejects.toThrow(
      /name is "Not A Name"; allowed:\s+lower-case letters/,
    );
  }, 60_000);

  const shapes = [
    ['the example', 'first'],
    [
      'three zones, three nodes, alarms, buffered doors, with a VPC, a zone, a certificate and a bucket passed in',
      'other',
    ],
  ];

  it.each(shapes)(
    'are valid, and make a deployment whose plan then is empty: %s',
    async (_, shape) => {
      const { output } = await terraform(['validate', '-json'], at(`${shape}/copy/example`));
      expect(JSON.parse(output).diagnostics).toEqual([]);
      expect(await plans.get(shape)).toContain('No changes. Your infrastructure matches the configuration.');
    },
    6 * minutes,
  );

  it('make none of what was passed in', () => {
    const addresses = (shape: string): string[] =>
      JSON.parse(readFileSync(join(folder, shape, 'copy/example/terraform.tfstate'), 'utf8')).resources.map(
        ({ module = 'root', mode, type, name }: Block) => `${module} ${mode} ${type}.${name}`,
      );
    const made = [
      'module.network.module.vpc[0] managed aws_vpc.vpc',
      'module.storage.module.bucket[0] managed aws_s3_bucket.bucket',
      'module.search.module.certificate[0] managed aws_acm_certificate.certificate',
      'module.search data aws_route53_zone.zone',
    ];
    expect(addresses('first')).toEqual(expect.arrayContaining(made));
    expect(addresses('other').filter((address) => /\[0\]|aws_route53_zone\.zone/.test(address))).toEqual([]);
    expect(addresses('other')).toContain('module.search managed aws_api_gateway_rest_api.gateway_api');
  });

  it.each(shapes)(
    'have doors that npm start -- --gateway serves: %s',
    async (_, shape) => {
      const { stdout, stderr } = await runScript(
        'commands/start.ts',
        ['--check', '--gateway', emulator.endpoint],
        // Without Java an echo answers behind the door, at once.
        { env: { PATH: openssl, SEARCHGATE_SETTINGS: join(folder, `${shape}.json`) } },
      );
      expect(`${stdout}${stderr}`).toContain('The check passed.');
      expect(stdout).toContain('ok   search: path and query arrive as they were sent');
    },
    3 * minutes,
  );

  describe('ways out of CDKTF', () => exitSuite(() => leaving));
});
