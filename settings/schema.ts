import { z } from 'zod';
import { armInstanceMemory, hostInstanceTypes, leastMemory } from '../constructs/instance-types';
import {
  cidr,
  group,
  isCidr,
  isTimeZone,
  list,
  networkAllowed,
  oneOf,
  text,
  timeOfDay,
  timeZoneAllowed,
  volumeShape,
  whole,
  yesOrNo,
} from './fields';

const instanceAllowed = `one of ${hostInstanceTypes.join(', ')} (Elasticsearch and Kibana need ${leastMemory} GiB)`;

const service = group(
  {
    name: text(
      /^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$/,
      'lower-case letters, digits and hyphens, 1 to 20, starting with a letter',
      "The service's name: its stack, its function and, unless a subdomain is given, its host name",
    ),
    origin: oneOf(
      ['elasticsearch', 'kibana', 'custom'],
      'What answers behind the door; custom is a server of your own on the host, with the certificate named after the service',
    ),
    port: whole(1_024, 65_535, '', 'The TCP port on the host').optional(),
    subdomain: text(
      /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
      'one label of a host name: lower-case letters, digits and hyphens, 1 to 63',
      "The host name below the domain; the service's name without it",
    ).optional(),
    allowedCidrs: list(
      cidr,
      1,
      100,
      'a list of 1 to 100 blocks; to open the door to everybody write "0.0.0.0/0" (and "::/0")',
      'Who may knock: blocks of IPv4 and IPv6 addresses. Naming IPv6 makes the door dual-stack; 0.0.0.0/0 without any IPv6 stands for ::/0 too',
    ),
    requireAuthorization: yesOrNo(
      'Refuse requests without an Authorization header before anything runs; true for elasticsearch, false for others (Kibana logs in with a cookie)',
    ).optional(),
    allowPreflight: yesOrNo(
      'Let OPTIONS requests through without Authorization, for browsers that call from another site',
    ).default(false),
    wake: yesOrNo(
      'Let requests through this door wake a sleeping host; false leaves that to the other doors, the schedule and people. A door that is open to everybody wakes only by power.wakeTokenHash',
    ).default(true),
    throttle: group(
      {
        rate: whole(1, 10_000, 'requests a second', 'Steady rate').default(100),
        burst: whole(1, 5_000, 'requests', 'Burst; the first page of Kibana asks for some 150 files').default(400),
      },
      'What the door lets through; above it answers 429',
    ).prefault({}),
    response: oneOf(
      ['streaming', 'buffered'],
      'streaming sends each answer on as it comes, up to 200 MB; buffered holds it back, up to 6 MB',
    ).default('streaming'),
    timeout: whole(1, 900, 'seconds', 'How long one request may take; more than 29 needs streaming').default(29),
    memory: whole(128, 10_240, 'MB', "The forwarder's memory, which also sets its share of a processor").default(256),
    reservedConcurrency: whole(
      1,
      1_000,
      'requests at once',
      'Concurrency kept for this forwarder; new accounts have 10 in all and refuse any',
    ).optional(),
    debug: yesOrNo('Log headers and cut bodies, secrets masked').default(false),
    logRetention: z
      .literal(
        [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
        {
          error:
            'a number of days that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, …',
        },
      )
      .meta({ description: 'How long logs are kept, in days' })
      .default(14),
    cache: group(
      {
        size: z
          .literal([0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237], {
            error: 'one of 0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237 (GB)',
          })
          .meta({ description: 'Size in GB, billed by the hour' }),
        paths: list(
          text(
            /^\/(?!\.{1,2}$)[A-Za-z0-9._-]+$/,
            'one path segment with its leading slash, such as /ui',
            'A first path segment',
          ),
          1,
          10,
          'a list of 1 to 10 first path segments, such as ["/ui"]',
          'Only GET requests below these are cached, by path alone: name only what answers the same to everybody whatever the query',
        ),
        ttl: whole(1, 3_600, 'seconds', 'How long an answer is kept').default(300),
      },
      "API Gateway's own cache, for buffered services only; streaming has none",
    ).optional(),
  },
  'A door: a REST API with a forwarder',
);

export const settingsSchema = group(
  {
    $schema: z
      .string({ error: 'the path of the JSON Schema' })
      .meta({ description: 'Lets editors complete and check' })
      .optional(),
    name: text(
      /^(?!aws|ssm)[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$/,
      // Systems Manager keeps parameters that begin with these for itself.
      'lower-case letters, digits and hyphens, 1 to 20, starting with a letter, but not with aws or ssm',
      'The name of this deployment: it stands in the names and tags of everything',
    ),
    region: text(
      /^(?!cn-|us-gov-|us-iso|eusc-)[a-z]{2}(?:-[a-z]+)+-\d$/,
      'an AWS region outside China, GovCloud and the sovereign clouds, such as us-east-1',
      'Where everything lives',
    ),
    tags: z
      .record(
        z.string().regex(/^(?!aws:).{1,128}$/),
        z.string({ error: 'a text of up to 256 characters' }).max(256, { error: 'a text of up to 256 characters' }),
        {
          error: (issue) =>
            issue.code === 'invalid_key'
              ? 'keys of 1 to 128 characters that do not start with aws:'
              : 'an object of texts',
        },
      )
      .meta({ description: 'Tags on everything, beside our own' })
      .default({}),
    domain: group(
      {
        name: text(
          /^(?=.{4,200}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
          'a domain name in lower case, such as example.com',
          'The doors are host names below it',
        ),
        zoneId: text(
          /^Z[A-Z0-9]{4,31}$/,
          'a hosted zone id, such as Z0123456789ABCDEFGHIJ',
          'The Route53 hosted zone, where its name is not the domain or two zones have that name',
        ).optional(),
      },
      'The domain and its public hosted zone in Route53, which has to exist',
    ),
    state: group(
      {
        bucket: text(
          /^(?!xn--)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
          'a bucket name: 3 to 63 lower-case letters, digits, hyphens and dots',
          'The S3 bucket of the Terraform state; NAME-state-DOMAIN without it',
        ).optional(),
        region: text(
          /^[a-z]{2}(?:-[a-z]+)+-\d$/,
          'an AWS region, such as us-east-1',
          "The bucket's region; the deployment's without it",
        ).optional(),
        existing: yesOrNo(
          'The bucket is there already and managed elsewhere: bootstrap only checks that it can be reached',
        ).default(false),
      },
      'Where Terraform keeps its state',
    ).prefault({}),
    network: group(
      {
        cidr: z
          .string({ error: networkAllowed })
          .refine((given) => /^[\d.]+\/(1[6-9]|2[0-4])$/.test(given) && isCidr(given), { error: networkAllowed })
          .meta({ description: 'The addresses of the VPC, with room for three zones' })
          .default('10.42.0.0/16'),
        zones: list(
          text(/^[a-z]{2}(?:-[a-z]+)+-\d[a-z]$/, 'an availability zone, such as us-east-1a', 'An availability zone'),
          2,
          3,
          'a list of 2 or 3 availability zones',
          'The zones used, in order: the host and its data live in the first, and forwarders in all. Only ever append',
        ),
      },
      'The network',
    ),
    host: group(
      {
        instanceType: z
          .enum(hostInstanceTypes as [string, ...string[]], {
            error: (issue) =>
              typeof issue.input === 'string' && Object.hasOwn(armInstanceMemory, issue.input)
                ? `${instanceAllowed}; this one has ${armInstanceMemory[issue.input as keyof typeof armInstanceMemory]} GiB`
                : instanceAllowed,
          })
          .meta({ description: 'The EC2 instance type, ARM' })
          .default('t4g.medium'),
        rootVolume: volumeShape(10, 'The root volume: the system and the programs, nothing to keep'),
        dataVolume: volumeShape(20, 'The data volume: indices, passwords, what has to be kept'),
        ami: text(
          /^(?:newest|ami-[0-9a-f]{8,17})$/,
          '"newest" (the newest Amazon Linux 2023 at the first deploy) or an AMI id such as ami-0123456789abcdef0',
          'The machine image. Changing a pinned one replaces the host',
        ).default('newest'),
        cpuCredits: oneOf(
          ['standard', 'unlimited'],
          'What a burstable host does when its credits are spent: standard slows down, unlimited is billed; unlimited without it, for first boots are busy',
        ).optional(),
        updates: group(
          {
            enabled: yesOrNo('Install them by itself; false leaves them to people').default(true),
            day: oneOf(['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN', 'DAILY'], 'On which day').default('SUN'),
            time: text(timeOfDay, 'a time of day from 00:00 to 23:59', 'When, in UTC').default('04:00'),
          },
          'Security updates of the operating system; Elasticsearch and Kibana are never among them. What was missed asleep is caught up at the next start, and a host that has been on for more than a day is rebooted after them. Of several hosts each follows half an hour after the one before, on the same day',
        ).prefault({}),
        nodes: z
          .literal([1, 3, 5, 7], { error: '1, 3, 5 or 7 (an odd number, so that a majority is left when one goes)' })
          .meta({
            description:
              'How many hosts, each with its own volume. More than one are a cluster over three zones; before the number falls, the hosts that go have to be drained',
          })
          .default(1),
        masters: oneOf(
          ['all', 'dedicated'],
          'Which nodes of a cluster may be elected: all, which also hold data; or the first three alone, which then hold none (from 5 nodes on)',
        ).default('all'),
        kibana: oneOf(
          ['all', 'first'],
          "Which nodes of a cluster run Kibana: all; or the first alone, and the others' memory is Elasticsearch's",
        ).default('all'),
      },
      'The machine that Elasticsearch and Kibana run on',
    ).prefault({}),
    elastic: group(
      {
        version: text(
          /^(?:[89]\.x|[89]\.(?:0|[1-9]\d?)\.(?:0|[1-9]\d?))$/,
          '"9.x", "8.x" or an exact version such as "9.2.1"',
          'The version installed at the first boot of an empty data volume; after that the volume says which it is',
        ).default('9.x'),
        connectorHosts: list(
          text(
            /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
            'a host name in lower case, such as hooks.slack.com',
            'A host name',
          ),
          0,
          50,
          'a list of up to 50 host names, such as ["hooks.slack.com"]',
          "Which hosts Kibana's connectors (webhooks, Slack, e-mail, …) may reach",
        ).default([]),
      },
      'Elasticsearch and Kibana',
    ).prefault({}),
    snapshots: group(
      {
        enabled: yesOrNo('Take snapshots by themselves; false leaves them to people').default(true),
        everyHours: whole(
          1,
          168,
          'hours',
          'How old the newest snapshot gets before the next is taken, while the host is awake or when it wakes or goes to sleep',
        ).default(24),
        keep: whole(2, 500, 'snapshots', 'How many are kept; older ones are deleted').default(14),
      },
      'Snapshots of all that Elasticsearch holds, in an S3 bucket of their own',
    ).prefault({}),
    services: list(service, 1, 20, 'a list of 1 to 20 services', 'The doors'),
    certificates: group(
      {
        authority: whole(
          1,
          99,
          '',
          'The number of the private authority that signs the certificates of the hosts',
        ).default(1),
        trusted: list(
          whole(1, 99, '', 'The number of a private authority'),
          1,
          2,
          'a list of 1 or 2 numbers from 1 to 99',
          'The private authorities that forwarders and hosts trust: two while one follows another, see the runbook',
        ).default([1]),
      },
      'The private authority between the doors and the hosts, which lasts ten years',
    ).prefault({}),
    alarms: group(
      {
        email: z
          .email({ error: 'an e-mail address' })
          .meta({ description: 'Who is told; AWS asks this address once to confirm. Without it there are no alarms' })
          .optional(),
        monthlyBudget: whole(
          1,
          1_000_000,
          'US dollars',
          'What a month may cost: an e-mail at four fifths of it, at all of it, and when it is foreseen',
        ).optional(),
        budgetFor: oneOf(
          ['account', 'deployment'],
          "What the budget counts: the whole account, or what carries this deployment's tag searchgate:name, which has to be a cost allocation tag in the account's billing first",
        ).default('account'),
        monthlyHours: whole(
          1,
          744,
          'hours',
          'How long the host may run in a month (UTC): an e-mail once it has run longer',
        ).optional(),
      },
      'Alarms',
    ).prefault({}),
    power: group(
      {
        enabled: yesOrNo(
          'Stop the host when nobody uses it and start it when somebody asks; without it the host runs until a person stops it',
        ).default(true),
        idleStop: yesOrNo('Stop a host that nobody uses; false leaves stopping to the schedule and people').default(
          true,
        ),
        idleMinutes: whole(20, 1_440, 'minutes', 'How long nobody has to use a host until it is stopped').default(30),
        graceMinutes: whole(10, 240, 'minutes', 'How long after its start a host is left alone in any case').default(
          20,
        ),
        wakesPerDay: whole(
          1,
          1_000,
          'wakes',
          'How often requests may wake the host in a day (UTC); schedule and people are not counted',
        ).default(20),
        wakeTokenHash: text(
          /^[0-9a-f]{64}$/,
          'the SHA-256 of a token, 64 hexadecimal digits: npm run power -- token makes both',
          'Only who has the token wakes the host, through any door: in a header or by a link',
        ).optional(),
        holdSeconds: whole(
          0,
          600,
          'seconds',
          "How long a safe request is held while the host wakes, within the service's timeout",
        ).default(25),
        schedule: group(
          {
            timeZone: z
              .string({ error: timeZoneAllowed })
              .refine(isTimeZone, { error: timeZoneAllowed })
              .meta({ description: 'Whose clock it is' })
              .default('UTC'),
            days: list(
              oneOf(['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'], 'A day of the week'),
              1,
              7,
              'a list of 1 to 7 of MON, TUE, WED, THU, FRI, SAT, SUN',
              'On which days',
            ).default(['MON', 'TUE', 'WED', 'THU', 'FRI']),
            start: text(timeOfDay, 'a time of day from 00:00 to 23:59', 'When the host is started').optional(),
            stop: text(
              timeOfDay,
              'a time of day from 00:00 to 23:59',
              'When the host is stopped, or as soon after that as nobody has used it for ten minutes',
            ).optional(),
          },
          'When the host runs by the clock, beside waking and idling or instead of them',
        ).optional(),
      },
      'How the host sleeps and wakes',
    ).prefault({}),
    account: group(
      {
        apiGatewayLoggingRole: yesOrNo(
          'Set the role with which API Gateway writes access logs, one per account and region; false where your account has one already',
        ).default(true),
      },
      'What an account has once',
    ).prefault({}),
    delivery: group(
      {
        repository: text(
          /^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/,
          'OWNER/REPOSITORY, such as acme/search',
          'The GitHub repository whose workflows plan and deploy',
        ),
        branch: text(/^[A-Za-z0-9._/-]{1,100}$/, 'the name of a branch', 'The branch that is deployed').default('main'),
        environment: text(
          /^[A-Za-z0-9._-]{1,100}$/,
          'letters, digits, dots, hyphens and underscores',
          'The GitHub environment whose approval a deploy needs; bind it to the branch',
        ).default('production'),
        existingProvider: yesOrNo(
          "The account has GitHub's identity provider already, which it can have once; false to make it",
        ).default(false),
      },
      'What workflows on GitHub may do here; without it there are no roles for them',
    ).optional(),
  },
  'Searchgate: the settings of one deployment',
);
