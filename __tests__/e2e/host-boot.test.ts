import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, parse } from 'node:path';
import { type BootReport, setupLine } from '../../local/machine-boot/boot-console';
import { HostBoot, volumeId } from '../../local/machine-boot/host-boot';
import type { Machine } from '../../local/machine-boot/machine';
import { laterRelease } from '../../local/machine-boot/package-repository';
import type { Parameter } from '../../local/machine-boot/parameter-store';
import { run } from '../../local/process-group';
import { describeWith } from '../requirements';
import { aggregate, askAsElastic, crowding, mergeAll, writeBulk } from './booted-host';

const minutes = 60_000;

/** Where Kibana, which a stand-in plays here, would keep a dashboard. */
const savedObject = '/.kibana_analytics_9.5.3_001/_doc/dashboard:a';

describeWith(['machine', 'java', 'maven', 'python', 'openssl', 'curl'], 'a host that boots', () => {
  let place: HostBoot;
  let machine: Machine;
  let setupLines: string[] = [];
  /** One at each of these lines. */
  let crowded: number[] = [];
  const processLists = new Set<string>();

  async function boot(): Promise<BootReport> {
    setupLines = [];
    crowded = [];
    const watch = setInterval(() => watchProcesses(processLists), 100);
    try {
      const report = await machine.boot(place.volume.device, volumeId, (line) => {
        const told = setupLine(line);
        if (told === undefined) return;
        setupLines.push(told);
        crowded.push(crowding());
      });
      process.stdout.write(`${setupLines.join('\n')}\n${report.seconds.toFixed(1)} s from power-on\n\n`);
      return report;
    } finally {
      clearInterval(watch);
    }
  }

  /** The words of a phase's line. */
  const phase = (name: string) => setupLines.filter((line) => line.startsWith(`${name} `)).join('\n');

  /** As a forwarder asks: by the host's address, checked against the private CA and the fixed name. */
  async function ask(service: 'search' | 'kibana', path: string, ...options: string[]) {
    const port = service === 'search' ? 9200 : 5601;
    const name = `${service}.searchgate.internal`;
    const tls = ['--cacert', authority(), '--resolve', `${name}:${port}:10.42.0.10`];
    return place.neighbours.curl(...tls, ...options, `https://${name}:${port}${path}`);
  }
  const authority = () => {
    const file = join(machine.disk, '..', 'ca.pem');
    writeFileSync(file, place.hostAuthority);
    return file;
  };
  /** Seconds of the phases that neither download nor wait for the services, on a machine that nobody else uses. */
  const ownWork = async (which: string) => {
    const status = JSON.parse((await machine.run('cat /var/lib/searchgate/status.json')).output);
    const { packages: _, services: __, ...own } = status.seconds as Record<string, number>;
    const taken = Object.values(own).reduce((sum, seconds) => sum + seconds, 0);
    const times = crowded.reduce((sum, each) => sum + each, 0) / crowded.length;
    process.stdout.write(
      `setup's own work at a ${which}: ${taken} s, on processors ${times.toFixed(2)} times as slow\n`,
    );
    return taken / times;
  };
  const secret = async (name: string) =>
    (await place.neighbours.parameters())[`/searchgate/secrets/${name}`] as Parameter;
  const asElastic = async () => ['--user', `elastic:${(await secret('elastic-password')).value}`];

  beforeAll(async () => {
    place = await HostBoot.prepare((text) => process.stdout.write(`${text}\n`));
    machine = await place.launch();
  }, 10 * minutes);
  afterAll(async () => place?.close(), minutes);

  describe('first boot', () => {
    test(
      'a blank volume is formatted, and Elasticsearch and Kibana become ready',
      async () => {
        const report = await boot();
        expect(report.line).toMatch(
          /^READY: node-0 after \d+ s: Elasticsearch 9\.5\.3 is green .* Kibana 9\.5\.3 is available/,
        );
        expect(phase('volume')).toMatch(/formatted vol-0123456789abcdef0/);
        expect(phase('packages')).toMatch(/installed 9\.5\.3, chosen by 9\.x/);
      },
      8 * minutes,
    );

    test('every phase is timed in one line', () => {
      const phases = [
        'system',
        'volume',
        'packages',
        'parameters',
        'configuration',
        'credentials',
        'services',
        'password',
      ];
      expect(setupLines.map((line) => /^(\w+) +\d+ s {2}\S/.exec(line)?.[1]).filter(Boolean)).toEqual(phases);
    });

    test("setup's own work, without downloads and without waiting for the services, stays below 30 s", async () => {
      expect(await ownWork('first boot')).toBeLessThan(30);
    });

    test('cloud-init has nothing to complain about in the user data', async () => {
      expect((await machine.run('cloud-init status')).output).toMatch(/status: done/);
      expect((await machine.run('cloud-init schema --system')).output).toMatch(/Valid cloud-config/);
    });

    test('both answer under the private CA with the fixed name, and under no other', async () => {
      expect((await ask('search', '/_cluster/health', ...(await asElastic()))).output).toContain('"status":"green"');
      expect((await ask('kibana', '/api/status')).output).toContain('"level": "available"');
      const byAddress = await place.neighbours.curl('--cacert', authority(), 'https://10.42.0.10:9200/');
      expect(byAddress.errors).toMatch(/no alternative certificate subject name matches/);
      const withoutAuthority = await place.neighbours.curl(
        '--resolve',
        'search.searchgate.internal:9200:10.42.0.10',
        'https://search.searchgate.internal:9200/',
      );
      expect(withoutAuthority.code).toBe(60);
    });

    test('the password in Systems Manager is the one of elastic, and there is no other way in', async () => {
      expect((await ask('search', '/_security/_authenticate', ...(await asElastic()))).output).toContain(
        '"username":"elastic"',
      );
      expect(
        (await ask('search', '/', '--user', 'elastic:changeme', '--output', '/dev/null', '--write-out', '%{http_code}'))
          .output,
      ).toBe('401');
      expect((await ask('search', '/', '--output', '/dev/null', '--write-out', '%{http_code}')).output).toBe('401');
      expect((await secret('elastic-password')).type).toBe('SecureString');
    });

    test('the user for health checks may look at the cluster and at nothing else', async () => {
      const asHealth = ['--user', `searchgate-health:${(await secret('health-password')).value}`];
      expect((await ask('search', '/_cluster/health', ...asHealth)).output).toContain('"status"');
      for (const path of ['/_search', '/_security/user'])
        expect(
          (await ask('search', path, ...asHealth, '--output', '/dev/null', '--write-out', '%{http_code}')).output,
        ).toBe('403');
    });

    test('setup installs Elasticsearch and Kibana and nothing beside them, no compiler and no agent', async () => {
      const { output } = await machine.run("rpm --query --all --queryformat '%{NAME}\\n' | sort --unique");
      // `host-base` is in the image: it stands for the system.
      expect(output.trim().split('\n')).toEqual(['elasticsearch', 'gpg-pubkey', 'host-base', 'kibana']);
    });

    test('nothing listens but 9200 and 5601 on the interface and 9300 on the loopback', async () => {
      const { output } = await machine.run("ss --listening --tcp --numeric --no-header | awk '{ print $4 }'");
      const sockets = output
        .trim()
        .split('\n')
        .map((socket) =>
          socket.replace('[::ffff:', '').replace('127.0.0.1]', '127.0.0.1').replace('10.42.0.10]', '10.42.0.10'),
        );
      expect(sockets.sort()).toEqual(['10.42.0.10:5601', '10.42.0.10:9200', '127.0.0.1:9300', '[::1]:9300']);
    });

    test.each(['elasticsearch', 'kibana'])('%s may do little beside its work', async (unit) => {
      const exposure = async (...options: string[]) => {
        const { output } = await machine.run(`systemd-analyze security --no-pager ${options.join(' ')} | tail -n 1`);
        return Number(/: (\d+\.\d)/.exec(output)?.[1]);
      };
      const folder = '/tmp/packaged/usr/lib/systemd/system';
      await machine.run(`mkdir -p ${folder}; cp /usr/lib/systemd/system/*.{service,target,slice} ${folder}`);
      const before = await exposure('--offline=yes', '--root=/tmp/packaged', `${unit}.service`);
      const after = await exposure(`${unit}.service`);
      process.stdout.write(`systemd-analyze security ${unit}: ${before} as packaged, ${after} here\n`);
      expect(after).toBeLessThan(3);
      expect(before).toBeGreaterThan(8);
      const { output } = await machine.run(
        `grep -E '^(NoNewPrivs|Seccomp|CapBnd):' /proc/$(systemctl show --property MainPID --value ${unit})/status`,
      );
      expect(output.replace(/\s+/g, ' ').trim()).toBe('CapBnd: 0000000000000000 NoNewPrivs: 1 Seccomp: 2');
    });

    describeWith(['unified-control-groups'], 'the metadata service', () => {
      test("answers Elasticsearch, and nobody in Kibana's unit", async () => {
        const asked = (unit: string) =>
          machine.run(
            `for place in /sys/fs/cgroup /sys/fs/cgroup/unified; do
              [ ! -e $place/system.slice/${unit}.service/cgroup.procs ] || echo $$ > $place/system.slice/${unit}.service/cgroup.procs
            done
            grep --quiet '^0::.*/${unit}.service$' /proc/self/cgroup || exit 1
            exec curl --silent --max-time 3 --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' --output /dev/null --write-out '%{http_code}' http://169.254.169.254/latest/api/token`,
          );
        expect(await asked('elasticsearch')).toMatchObject({ code: 0, output: '200' });
        expect(await asked('kibana')).toMatchObject({ code: 28, output: '000' });
      });
    });

    test('nobody but root and its service reads a key, and nobody else writes anything', async () => {
      const folders =
        '/etc/searchgate /usr/local/lib/searchgate /etc/elasticsearch /etc/kibana /srv/searchgate /var/lib/searchgate';
      const { output } = await machine.run(`find ${folders} -perm /o+w ! -type l`);
      expect(output).toBe('');
      const readable = await machine.run(
        "find /etc/elasticsearch /etc/kibana -perm /o+r -type f ! -name '*.options' ! -name 'log4j2*'",
      );
      expect(readable.output).toBe('');
    });

    test('logs stay small: one of the server, none of its collections, and what the journal takes is limited', async () => {
      // Java opens the package's log of collections before it reads that there is to be none
      const { output } = await machine.run("cd /var/log/elasticsearch && wc -c * | awk '$1 > 0 { print $2 }'");
      expect(output.trim().split('\n')).toEqual(['server.log', 'total']);
      expect((await machine.run('grep -h -E "size.size|exceeds" /etc/elasticsearch/log4j2.properties')).output).toMatch(
        /size\.size = 32MB\n.*exceeds = 32MB\n/,
      );
      expect((await machine.run('systemd-analyze cat-config systemd/journald.conf')).output).toContain(
        'SystemMaxUse=500M',
      );
    });

    test('the next security updates come at the time that the settings say', async () => {
      expect((await machine.run('systemctl show --property TimersCalendar searchgate-updates.timer')).output).toContain(
        'OnCalendar=Sun *-*-* 04:00:00',
      );
    });

    test('the heap is what the memory of a 4 GiB host leaves', async () => {
      const { output } = await ask(
        'search',
        '/_nodes/jvm?filter_path=**.using_compressed_ordinary_object_pointers,**.heap_init_in_bytes',
        ...(await asElastic()),
      );
      const heap = Number(/"heap_init_in_bytes":(\d+)/.exec(output)?.[1]) / 2 ** 20;
      expect(heap).toBeGreaterThanOrEqual(1024);
      expect(heap).toBeLessThanOrEqual(1280);
    });

    test('an operator can read the outcome without being on the host', async () => {
      const status = (await place.neighbours.parameters())['/searchgate/hosts/node-0/status'];
      expect(JSON.parse(status?.value ?? '')).toMatchObject({ outcome: 'ready', phase: null, version: '9.5.3' });
    });
  });

  describe('reboot', () => {
    let callsBefore = 0;

    test(
      'the host comes back with its documents, under another device name',
      async () => {
        const document = ['-X', 'PUT', '--header', 'content-type: application/json', '--data', '{"name":"Zürich"}'];
        for (const path of ['/cities/_doc/a%2Fb', savedObject])
          expect((await ask('search', `${path}?refresh`, ...document, ...(await asElastic()))).output).toContain(
            '"result":"created"',
          );
        const user = [
          '-X',
          'PUT',
          '--header',
          'content-type: application/json',
          '--data',
          '{"password":"a password of hers","roles":["viewer"]}',
        ];
        expect((await ask('search', '/_security/user/anna', ...user, ...(await asElastic()))).output).toContain(
          '"created":true',
        );
        callsBefore = (await place.neighbours.calls()).length;
        await machine.powerOff();
        expect((await boot()).outcome).toBe('READY');
        expect(phase('volume')).toMatch(/ mounted vol-\S+ \(\/dev\/nvme2n1\)/);
        expect((await ask('search', '/cities/_doc/a%2Fb', ...(await asElastic()))).output).toContain('Zürich');
      },
      8 * minutes,
    );

    test("setup's own work stays below 10 s", async () => {
      expect(await ownWork('reboot')).toBeLessThan(10);
    });

    test('nothing is done again: no format, no installation, no password, no changed file', async () => {
      expect(setupLines.join('\n')).not.toMatch(/formatted|installed 9|made|\bchanged\b(?<!0 files changed)/);
      expect(phase('configuration')).toMatch(/0 files changed/);
      expect(phase('credentials')).toMatch(/as before/);
      const calls = (await place.neighbours.calls()).slice(callsBefore);
      expect(calls).toContain('PutParameter /searchgate/hosts/node-0/status');
      expect(calls.filter((call) => /^PutParameter (?!\/searchgate\/hosts\/node-0\/)/.test(call))).toEqual([]);
    });
  });

  test(
    'its sandbox is in the way of no write, merge or search',
    async () => {
      for (let bulk = 0; bulk < 6; bulk++) expect(await writeBulk(place, bulk)).toBe('{"errors":false}');
      await askAsElastic(place, '/load/_refresh', '-X', 'POST');
      expect(await aggregate(place)).toContain('"buckets":[{');
      await mergeAll(place);
      expect(await aggregate(place)).toContain('"buckets":[{');
      // not red: one host has nowhere to put the copies
      expect(await askAsElastic(place, '/_cluster/health?filter_path=status')).toMatch(/green|yellow/);
      expect(await askAsElastic(place, '/load?filter_path=acknowledged', '-X', 'DELETE')).toBe('{"acknowledged":true}');
    },
    5 * minutes,
  );

  describe('a new instance with the old volume', () => {
    test(
      'it installs the version that the data was last used with, not the newest',
      async () => {
        await machine.powerOff();
        await place.neighbours.publish(place.repository, 'later');
        machine = await place.launch();
        expect((await boot()).outcome).toBe('READY');
        expect(phase('packages')).toMatch(/installed 9\.5\.3, as recorded on the volume/);
        expect(phase('packages')).not.toContain(laterRelease);
        expect(phase('volume')).toMatch(/ mounted vol-/);
      },
      8 * minutes,
    );

    test('security updates are those of the newest release of the system, nothing else, and leave Elasticsearch and Kibana alone', async () => {
      const run = async (command: string) => (await machine.run(command)).output.trim();
      // Amazon Linux's own repository, stood in for: the release that the image is locked to, and the newest, which even offers Elastic's
      await run(
        `printf '[amazonlinux]\nname=system\nbaseurl=https://cdn.amazonlinux.com/al2023/core/$releasever/\ngpgcheck=1\ngpgkey=https://artifacts.elastic.co/GPG-KEY-elasticsearch\n' > /etc/yum.repos.d/amazonlinux.repo`,
      );
      await run('dnf --quiet --assumeyes install host-library host-program');
      const upgrades = 'dnf --quiet check-upgrade --security';
      expect(await run(upgrades)).toBe('');
      expect(await run(`${upgrades} --releasever=latest`)).toContain(laterRelease);
      const versions = "rpm --query --queryformat '%{VERSION} ' host-library host-program elasticsearch kibana";
      expect(await run(versions)).toBe('1 1 9.5.3 9.5.3');
      await run('systemctl start searchgate-updates');
      expect(await run('journalctl --unit searchgate-updates --output cat')).toContain('security updates: 1 packages');
      expect(await run(versions)).toBe('2 1 9.5.3 9.5.3');
    });

    test('the documents, the users and the passwords are the old ones', async () => {
      expect((await ask('search', '/cities/_doc/a%2Fb', ...(await asElastic()))).output).toContain('Zürich');
      const anna = await ask('search', '/_security/_authenticate', '--user', 'anna:a password of hers');
      expect(anna.output).toContain('"username":"anna"');
      for (const name of ['elastic-password', 'health-password', 'snapshots-password', 'kibana-encryption-keys'])
        expect((await secret(name)).version).toBe(1);
    });

    test('Kibana has its saved objects, and the encryption keys that they were written with', async () => {
      expect((await ask('search', savedObject, ...(await asElastic()))).output).toContain('Zürich');
      const keys = (await secret('kibana-encryption-keys')).value.split(' ');
      expect(keys).toHaveLength(3);
      const { output } = await machine.run("grep encryptionKey /etc/kibana/kibana.yml | sed 's/.*: //'");
      expect(output.trim().split('\n').sort()).toEqual([...keys].sort());
    });
  });

  test(
    'no secret is in user data, log, journal, process list, environment, temporary folder or on a disk, but where its service reads it',
    async () => {
      const parameters = Object.entries(await place.neighbours.parameters());
      const secrets = parameters
        .filter(([name]) => name.includes('/secrets/'))
        .flatMap(([, { value }]) => value.split(' '));
      // a line of each private key
      const keys = parameters
        .filter(([name]) => name.endsWith('/key'))
        .map(([, { value }]) => value.split('\n')[1] ?? '');
      const values = [...secrets, ...keys];
      expect(values.length).toBe(3 + 3 + 2);
      for (const value of values) expect(value.length).toBeGreaterThan(40);

      const shown = {
        processes: [...processLists].join('\n'),
        userData: place.userData.text,
        console: readFileSync(machine.console, 'utf8'),
        journal: (await machine.run('journalctl --output=export --all')).output,
      };
      expect(shown.processes).toContain('/usr/local/lib/searchgate/setup');
      expect(shown.processes).toContain('AWS_RETRY_MODE=standard');
      expect(shown.journal).toContain('searchgate-setup.service');
      for (const [place, text] of Object.entries(shown))
        expect([place, values.filter((value) => text.includes(value))]).toEqual([place, []]);

      const inMemory = ['tmp', 'run', 'dev/shm'].map((folder) => ['root', folder].join('/'));
      const living = `/proc/${await machine.leader()}`;
      expect(await filesWith(values, living, inMemory)).toEqual([
        'root/run/searchgate/health.netrc',
        'root/run/searchgate/snapshots.netrc',
      ]);
      await machine.powerOff();
      // that these are found shows that the search finds what is there
      for (const disk of place.rootDisks)
        expect(await filesWith(values, disk, ['.'])).toEqual([
          './etc/elasticsearch/certs/server.key',
          './etc/kibana/certs/server.key',
          './etc/kibana/kibana.yml',
        ]);
      const { dir, base } = parse(place.volume.file);
      expect(await filesWith(values, dir, [base])).toEqual([]);
    },
    4 * minutes,
  );
});

/** Every command line and environment that is seen, of all processes on this machine: those inside are among them. */
function watchProcesses(seen: Set<string>): void {
  for (const id of readdirSync('/proc')) {
    if (!/^\d+$/.test(id)) continue;
    try {
      for (const file of ['cmdline', 'environ'])
        seen.add(readFileSync(`/proc/${id}/${file}`, 'utf8').replaceAll('\0', ' '));
    } catch {
      // it has ended in the meantime
    }
  }
}

/** Files that hold one of the values, as paths from the folder. The values are no argument of a program. */
async function filesWith(values: readonly string[], folder: string, paths: readonly string[]): Promise<string[]> {
  const patterns = join(mkdtempSync(join(tmpdir(), 'secrets-')), 'patterns');
  writeFileSync(patterns, values.join('\n'));
  const options = ['--recursive', '--files-with-matches', '--text', '--fixed-strings', '--devices=skip'];
  const { output } = await run('grep', [...options, '--file', patterns, ...paths], { cwd: folder });
  rmSync(dirname(patterns), { recursive: true });
  return output.split('\n').filter(Boolean).sort();
}
