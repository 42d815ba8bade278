import { X509Certificate } from 'node:crypto';
import { GetParametersCommand } from '@aws-sdk/client-ssm';
import { nodeName } from '../constructs/deployment-names';
import { ParameterNames } from '../constructs/parameter-names';
import { type Check, ok, problem } from './check';

/** What the certificates stack has published, by the authorities' numbers. */
export interface PublishedAuthorities {
  readonly trusted: readonly number[];
  /** The one that signed what the hosts show; undefined where that is none of ours. */
  readonly signing: number | undefined;
}

/** Whether the settings take one step of a change of the private authority, and not two: then hosts or doors would meet one that they do not trust. */
const authorityChange: Check = {
  name: 'private authority',
  needsAccount: true,
  async run({ aws, settings: { name, certificates } }) {
    const parameters = new ParameterNames(name);
    const [authority, server] = [parameters.authority, parameters.certificate(nodeName(0))];
    const { Parameters = [] } = await aws.ssm.send(new GetParametersCommand({ Names: [authority, server] }));
    const value = (wanted: string) => Parameters.find(({ Name }) => Name === wanted)?.Value;
    const [bundle, certificate] = [value(authority), value(server)];
    if (bundle === undefined || certificate === undefined) return ok('nothing is signed yet');
    const published = {
      trusted: certificatesOf(bundle).flatMap(({ subject }) => authorityNumber(subject) ?? []),
      signing: authorityNumber(new X509Certificate(certificate).issuer),
    };
    const steps = skippedSteps(published, certificates);
    if (steps.length > 0)
      return problem(
        `the settings take two steps at once: ${steps.join('; ')}`,
        'requests would fail until hosts and doors have caught up: one step a deploy, docs/runbook.md, Certificates',
      );
    return ok(`authority ${certificates.authority} signs, and what is deployed trusts it`);
  },
};

export const authorityChecks: readonly Check[] = [authorityChange];

/** What settings would skip on the way from what is published; empty where it is one step, or none. */
export function skippedSteps(
  published: PublishedAuthorities,
  wanted: { readonly authority: number; readonly trusted: readonly number[] },
): string[] {
  const { authority, trusted } = wanted;
  const { signing } = published;
  return [
    ...(published.trusted.includes(authority)
      ? []
      : [
          `${authority} would sign, and only ${published.trusted.join(', ')} ${published.trusted.length === 1 ? 'is' : 'are'} trusted by what is deployed: first "authority": ${signing ?? published.trusted[0]}, "trusted": [${[...published.trusted, authority].join(', ')}]`,
        ]),
    ...(signing === undefined || trusted.includes(signing)
      ? []
      : [
          `${signing} would no longer be trusted, and it signed what the hosts show: first "authority": ${authority}, "trusted": [${[...new Set([signing, ...trusted])].join(', ')}]`,
        ]),
  ];
}

function certificatesOf(bundle: string): X509Certificate[] {
  const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** The number in an authority's common name, as `Certificates` gives it: the first one's has none. */
function authorityNumber(name: string): number | undefined {
  const found = /^CN=.* private authority(?: (\d+))?$/m.exec(name);
  return found === null ? undefined : Number(found[1] ?? 1);
}
