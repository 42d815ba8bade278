import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { newestImage } from '../../constructs/search-host';
import { clientOptions } from '../../local/emulator/account';

/** Lets the emulated Amazon publish another of its images for the same kind of machine as its newest. Gives its id. */
export async function publishNewerImage(endpoint: string, region: string, image: string): Promise<string> {
  const ec2 = new EC2Client(clientOptions(endpoint, region));
  const ssm = new SSMClient(clientOptions(endpoint, region));
  try {
    const Filters = [{ Name: 'architecture', Values: ['arm64'] }];
    const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Filters }));
    const found = Images.find(({ ImageId, RootDeviceName }) => ImageId !== image && RootDeviceName === '/dev/xvda');
    if (found?.ImageId === undefined) throw new Error('the emulator has no other image');
    await ssm.send(new PutParameterCommand({ Name: newestImage, Value: found.ImageId, Overwrite: true }));
    return found.ImageId;
  } finally {
    ec2.destroy();
    ssm.destroy();
  }
}
