import type { Proposal } from './repository';

/** A proposal, what its review has to come to, and the allowance with which it passes after all. */
export interface ExpectedReview extends Proposal {
  readonly refused: boolean;
  /** What the comment has to say. */
  readonly says: readonly RegExp[];
  readonly allow?: string;
}

/** What people propose: a change of settings, two that must not pass unnoticed, and another line of code. */
export const proposals: readonly ExpectedReview[] = [
  {
    branch: 'larger-host',
    title: 'A larger host and data volume',
    edits: [
      {
        file: 'settings/example.json',
        from: '"services":',
        to: '"host": { "instanceType": "t4g.large", "dataVolume": { "size": 40 } },\n  "services":',
      },
    ],
    refused: false,
    says: [/size: 20 → 40/, /`aws_instance.node_0_instance` is stopped for the change and started again/],
  },
  {
    branch: 'moved-volume',
    title: 'The data volume in another zone, and no protection in the way',
    edits: [
      { file: 'constructs/data-volume.ts', from: 'availabilityZone: props.zone', to: "availabilityZone: 'us-east-1b'" },
      { file: 'constructs/data-volume.ts', from: 'lifecycle: { preventDestroy: true },', to: '' },
    ],
    refused: true,
    says: [/is replaced, which loses everything on it/],
    allow: 'aws_ebs_volume.node_0_volume',
  },
  {
    branch: 'open-port',
    title: 'Elasticsearch for everybody',
    edits: [
      {
        file: 'constructs/door-security-groups.ts',
        from: 'referencedSecurityGroupId: forwarders.id,',
        to: "cidrIpv4: name === 'search' ? '0.0.0.0/0' : '10.0.0.0/8',",
      },
    ],
    refused: true,
    says: [/opens tcp 9200 to 0\.0\.0\.0\/0/],
    allow: 'aws_vpc_security_group_ingress_rule.security_groups_hosts_from_forwarders_search',
  },
  {
    branch: 'other-code',
    title: 'Another line in the forwarder',
    edits: [{ file: 'lambda-src/forwarder/index.ts', from: /$/, to: "\nexport const revision = 'demo';\n" }],
    refused: false,
    says: [/\| search \| · \| \*\*1\*\* \| · \| · \|/],
  },
];
