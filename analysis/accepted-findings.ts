/** A check whose finding is meant, for some resources or all, with the reason. */
export interface AcceptedFinding {
  /** checkov's, such as `CKV_AWS_18`, or tflint's rule, such as `terraform_documented_outputs`. */
  readonly check: string;
  /** Which resources, as `STACK:NAME` or `MODULE:NAME`, Terraform's name. */
  readonly resources: RegExp;
  readonly because: string;
  /** Only plans of what is deployed show it, so it may be accepted for nothing elsewhere. */
  readonly onlyDeployed?: true;
}

const everywhere = /./;
const ownKeys =
  'AWS’s own keys encrypt it. A key of one’s own costs 1 USD a month and guards against nobody here: whoever may read the resource may use the key';

/** Every finding of checkov and tflint that stands, and why. One that nothing needs any more turns the analysis red. */
export const acceptedFindings: readonly AcceptedFinding[] = [
  { check: 'CKV_AWS_145', resources: everywhere, because: ownKeys },
  { check: 'CKV_AWS_158', resources: everywhere, because: ownKeys },
  { check: 'CKV_AWS_173', resources: everywhere, because: `${ownKeys}; and the environment holds no secret` },
  { check: 'CKV_AWS_189', resources: everywhere, because: ownKeys },
  { check: 'CKV_AWS_297', resources: everywhere, because: ownKeys },
  { check: 'CKV_AWS_337', resources: everywhere, because: ownKeys },
  {
    check: 'CKV_AWS_338',
    resources: everywhere,
    because:
      'logs hold addresses of people and cost by size: the settings say how long they are kept, two weeks unless told otherwise',
  },
  {
    check: 'CKV_AWS_18',
    resources: everywhere,
    because:
      'access logs need a bucket of their own, whose log needs one in turn; CloudTrail’s data events tell the same where somebody wants it',
  },
  {
    check: 'CKV_AWS_144',
    resources: everywhere,
    because: 'a copy in another region doubles the price of snapshots that guard one cheap host',
  },
  { check: 'CKV2_AWS_62', resources: everywhere, because: 'nothing acts when an object is written' },
  {
    check: 'CKV_AWS_21',
    resources: /^power:state_/,
    because: 'it holds one document of a few hundred bytes that is written anew all the time and can be lost',
  },
  { check: 'CKV2_AWS_61', resources: /^power:state_/, because: 'one document, always the same: nothing gathers' },
  {
    check: 'CKV_AWS_70',
    resources: /^power:state_/,
    because: 'forwarders read it without credentials: everybody is let in, but through this VPC’s endpoint only',
  },
  {
    check: 'CKV_AWS_115',
    resources: everywhere,
    because: 'new accounts have a concurrency of 10 in all and refuse any reservation; the settings can set one',
  },
  {
    check: 'CKV_AWS_116',
    resources: everywhere,
    because:
      'forwarders are called synchronously, so nothing is ever queued; the power function is called again ten minutes later',
  },
  {
    check: 'CKV_AWS_117',
    resources: /^power:/,
    because: 'the EC2 API cannot be reached from the VPC without a gateway that costs more than the host',
  },
  { check: 'CKV_AWS_50', resources: /^power:/, because: 'it runs every ten minutes and logs each step' },
  {
    check: 'CKV_AWS_272',
    resources: everywhere,
    because:
      'the zip is held by its SHA-256 in the plan that people review; a signing profile adds a step and no reader',
  },
  {
    check: 'CKV2_AWS_29',
    resources: everywhere,
    because: 'a WAF costs 5 USD a month and more; the resource policy lets named addresses in alone',
  },
  {
    check: 'CKV2_AWS_4',
    resources: everywhere,
    because: 'execution logs hold headers and bodies, secrets included; access logs, which hold none, are on',
  },
  {
    check: 'CKV2_AWS_51',
    resources: everywhere,
    because:
      'the origin is a Lambda function, which is called with a signature; a client certificate is for HTTP origins',
  },
  {
    check: 'CKV2_AWS_53',
    resources: /^(?!search:)/,
    because: 'a request is validated where Authorization is required; Kibana logs in with a cookie',
  },
  {
    check: 'CKV_AWS_59',
    resources: everywhere,
    because: 'who may knock is said by the resource policy and the throttle; who may do what, by Elasticsearch',
  },
  {
    check: 'CKV_AWS_120',
    resources: everywhere,
    because: 'a cache costs 15 USD a month, and streamed answers are never cached',
  },
  {
    check: 'CKV_AWS_225',
    resources: everywhere,
    because: 'a cache costs 15 USD a month, and streamed answers are never cached',
  },
  {
    check: 'CKV_AWS_237',
    resources: everywhere,
    because:
      'the deployment is created before the old one goes, which is what matters; nothing ever replaces the API itself',
  },
  {
    check: 'CKV2_AWS_5',
    resources: /^network:/,
    because: 'they are attached in the stacks host and search, which a look at one stack does not see',
  },
  {
    check: 'CKV2_AWS_11',
    resources: /^(?:network|vpc):/,
    because:
      'flow logs cost by size and show what the security groups say already: forwarders to hosts, hosts to HTTPS, DNS and NTP',
  },
  {
    check: 'CKV_AWS_130',
    resources: /^(?:network|vpc):(?:network_)?host_subnet_\d+$/,
    because:
      'hosts need a public address to fetch packages without a NAT gateway; their security group lets nobody in from there',
  },
  {
    check: 'CKV_AWS_88',
    resources: /^host:node_\d+_instance$/,
    because:
      'hosts need a public address to fetch packages without a NAT gateway; their security group lets nobody in from there',
    onlyDeployed: true,
  },
  {
    check: 'CKV_AWS_126',
    resources: /^host:/,
    because: 'detailed monitoring costs 2 USD a month; five minutes are enough for alarms',
  },
  {
    check: 'CKV_AWS_135',
    resources: /^host:/,
    because: 'the ARM types that the settings allow are EBS-optimized by default and cannot be otherwise',
  },
  {
    check: 'CKV2_AWS_34',
    resources: /^certificates:(?!.*_key_)/,
    because: 'certificates are public; keys are SecureStrings',
  },
  {
    check: 'CKV_AWS_26',
    resources: /:alarms(?:_topic)?$/,
    because:
      'CloudWatch’s alarms cannot publish to a topic under AWS’s own key; one of one’s own costs 1 USD a month, and what is told goes out as e-mail',
  },
  ...['CKV_AWS_290', 'CKV_AWS_355'].flatMap((check): AcceptedFinding[] => [
    {
      check,
      resources: /^host:node_\d+_identity_policy$/,
      because:
        'messages of Session Manager’s agent know no resources. Metrics know none either: their namespace is held by a condition',
    },
    {
      check,
      resources: /^(?:gateway|search|kibana):forwarder_policy$/,
      because:
        'traces know no resources; network interfaces are made by Lambda in the function’s name before they have one, and from the forwarders’ subnets nothing reaches the EC2 API',
    },
    {
      check,
      resources: /^delivery:roles_role_boundary$/,
      because:
        'a boundary gives nothing: it says the most that policies of the deployment’s own roles may give, theirs above among it',
    },
  ]),
  {
    check: 'CKV_AWS_355',
    resources: /^delivery:roles_(?:plan|deploy)_policy$/,
    because:
      'describing knows no resources; what is made has no name yet and is held by conditions on the tags that it is to carry. A simulation holds both roles to the deployment’s own',
  },
  {
    check: 'terraform_documented_outputs',
    resources: /:cross_stack_output_/,
    because: 'CDKTF writes these outputs for other stacks, which name what they read; no person looks them up',
  },
  {
    check: 'terraform_standard_module_structure',
    resources: /^example:Module$/,
    because: 'the example of the modules has no variables: its values are those of the settings that it is made from',
  },
];
