import type { TerraformResource } from 'cdktf';

/** Checks of a static analysis, such as checkov's `CKV_AWS_18`, each with the reason why its finding stands. */
export type AcceptedFindings = Readonly<Record<string, string>>;

/**
 * Accepts findings of a static analysis for one resource. They stand with it in the synth, as its comment `accepted`, and in modules
 * as the comments that checkov itself reads; `npm run analyse` finds them there.
 */
export function acceptFindings(resource: TerraformResource, findings: AcceptedFindings): void {
  for (const [check, because] of Object.entries(findings)) resource.addOverride(`//.accepted.${check}`, because);
}

/** That no key of one's own encrypts a resource, for the check that asks for one. */
export function underAwsKey(check: string): AcceptedFindings {
  return {
    [check]:
      'AWS’s own key encrypts it. One of one’s own costs 1 USD a month and guards against nobody here: whoever may read the resource may use the key',
  };
}

/** What logs are told that are neither kept for a year nor under a key of one's own. */
export const logFindings: AcceptedFindings = {
  ...underAwsKey('CKV_AWS_158'),
  CKV_AWS_338:
    'logs hold addresses of people and cost by size: the settings say how long they are kept, two weeks unless told otherwise',
};

/** What every function here is told. */
export const functionFindings: AcceptedFindings = {
  ...underAwsKey('CKV_AWS_173'),
  CKV_AWS_272:
    'the zip is held by its SHA-256 in the plan that people review; a signing profile adds a step and no reader',
};

/** That new accounts can reserve nothing. */
export const unreserved: AcceptedFindings = {
  CKV_AWS_115: 'new accounts have a concurrency of 10 in all and refuse any reservation; the settings can set one',
};

/** What topics for alarms are told. */
export const topicFindings: AcceptedFindings = {
  CKV_AWS_26:
    'CloudWatch’s alarms cannot publish to a topic under AWS’s own key; one of one’s own costs 1 USD a month, and what is told goes out as e-mail',
};

/** Why hosts and their subnets are public. */
export const publicHosts =
  'hosts need a public address to fetch packages without a NAT gateway; their security group lets nobody in from there';

/** What buckets are told that have one copy, and nobody who watches them. */
export const bucketFindings: AcceptedFindings = {
  ...underAwsKey('CKV_AWS_145'),
  CKV_AWS_18:
    'access logs need a bucket of their own, whose log needs one in turn; CloudTrail’s data events tell the same where somebody wants it',
  CKV_AWS_144: 'a copy in another region doubles the price of what guards one cheap host',
  CKV2_AWS_62: 'nothing acts when an object is written',
};
