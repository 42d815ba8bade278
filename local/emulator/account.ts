import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { emulatedCredentials } from '../terraform/emulated-environment';

/** How a client of AWS's own SDK is pointed at the emulator. */
export function clientOptions(endpoint: string, region: string) {
  return { endpoint, region, credentials: emulatedCredentials };
}

/**
 * Puts into the empty account what the product expects to find there: the domain's public hosted zone.
 *
 * @returns the hosted zone's id
 */
export async function seedAccount(
  endpoint: string,
  { region, domain }: { region: string; domain: string },
): Promise<string> {
  const route53 = new Route53Client(clientOptions(endpoint, region));
  try {
    const { HostedZone } = await route53.send(new CreateHostedZoneCommand({ Name: domain, CallerReference: domain }));
    if (HostedZone?.Id === undefined) throw new Error('the emulated AWS made no hosted zone');
    return HostedZone.Id.replace('/hostedzone/', '');
  } finally {
    route53.destroy();
  }
}
