import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { clientOptions } from '../emulator/account';

export interface Followed {
  readonly endpoint: string;
  readonly region: string;
  /** The deployment: what the tag `searchgate:name` of its host says. */
  readonly name: string;
}

/**
 * Tells when the emulated host starts and stops, so that what stands for it on this machine can do the same. The first word comes
 * at once.
 *
 * @param changed gets whether the host runs; the next word waits until it is done
 * @param every milliseconds between two looks
 */
export function followHost(
  { endpoint, region, name }: Followed,
  changed: (running: boolean) => Promise<void> | void,
  every = 500,
): { stop(): Promise<void> } {
  const client = new EC2Client(clientOptions(endpoint, region));
  let known: boolean | undefined;
  let over = false;
  let wake = () => {};
  const look = async () => {
    const { Reservations = [] } = await client.send(
      new DescribeInstancesCommand({ Filters: [{ Name: 'tag:searchgate:name', Values: [name] }] }),
    );
    const running = Reservations.flatMap(({ Instances = [] }) => Instances).some(
      ({ State }) => State?.Name === 'running',
    );
    if (running === known || over) return;
    known = running;
    await changed(running);
  };
  const following = (async () => {
    while (!over) {
      await look();
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, every);
      });
    }
  })();
  following.catch(() => undefined);
  return {
    stop: async () => {
      over = true;
      wake();
      await following.finally(() => client.destroy());
    },
  };
}
