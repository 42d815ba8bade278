import { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter';
import { Instance } from '@cdktf/provider-aws/lib/instance';
import { VolumeAttachment } from '@cdktf/provider-aws/lib/volume-attachment';
import { Construct } from 'constructs';
import { acceptFindings, publicHosts } from './accepted-findings';
import type { VolumeSpecification } from './data-volume';

/** Amazon's own pointer to the newest Amazon Linux 2023 for ARM. */
export const newestImage = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64';

export interface SearchHostProps {
  /** The Name tag. */
  readonly name: string;
  /** Tags by which the host is found. */
  readonly tags: Readonly<Record<string, string>>;
  /** An ARM instance type, such as `t4g.medium`. */
  readonly instanceType: string;
  /** An AMI id to pin. @default the newest Amazon Linux 2023 at the first deploy, left alone from then on */
  readonly imageId?: string;
  /** `standard` or `unlimited`, for burstable types only. @default the type has none */
  readonly cpuCredits?: string;
  readonly rootVolume: VolumeSpecification;
  readonly subnetId: string;
  readonly securityGroupIds: string[];
  /** A fixed IPv4 address of the subnet: a host that is replaced has the same. */
  readonly privateIp: string;
  readonly instanceProfileName: string;
  /** User data, gzipped and base64. Another text replaces the host. */
  readonly userDataBase64: string;
  /** The volume that outlives the host, in the subnet's zone. */
  readonly dataVolumeId: string;
}

/**
 * An EC2 instance that can be replaced at any time and loses nothing: what has to be kept lies on the data volume and in SSM.
 * Nobody has a key to it; its metadata service takes session tokens only, and not from containers or proxies (hop limit 1).
 */
export class SearchHost extends Construct {
  readonly instanceId: string;

  constructor(scope: Construct, id: string, props: SearchHostProps) {
    super(scope, id);
    const image = props.imageId ?? new DataAwsSsmParameter(this, 'newest-image', { name: newestImage }).insecureValue;
    const instance = new Instance(this, 'instance', {
      ami: image,
      instanceType: props.instanceType,
      subnetId: props.subnetId,
      privateIp: props.privateIp,
      vpcSecurityGroupIds: props.securityGroupIds,
      iamInstanceProfile: props.instanceProfileName,
      userDataBase64: props.userDataBase64,
      userDataReplaceOnChange: true,
      creditSpecification: props.cpuCredits === undefined ? undefined : { cpuCredits: props.cpuCredits },
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      rootBlockDevice: {
        encrypted: true,
        volumeSize: props.rootVolume.size,
        volumeType: props.rootVolume.type,
        iops: props.rootVolume.iops,
        throughput: props.rootVolume.throughput,
        deleteOnTermination: true,
        tags: { Name: `${props.name}-root` },
      },
      tags: { ...props.tags, Name: props.name },
      lifecycle: {
        // The newest image moves often, and a stopped instance reads back as having no public address: without this every plan
        // would replace the host. A pinned image is the operator's own word and stays watched.
        ignoreChanges: [...(props.imageId === undefined ? ['ami'] : []), 'associate_public_ip_address'],
      },
    });
    acceptFindings(instance, {
      CKV_AWS_88: publicHosts,
      CKV_AWS_126: 'detailed monitoring costs 2 USD a month; five minutes are enough for alarms',
      CKV_AWS_135: 'the ARM types that the settings allow are EBS-optimized by default and cannot be otherwise',
    });
    this.instanceId = instance.id;
    new VolumeAttachment(this, 'data-volume', {
      instanceId: instance.id,
      volumeId: props.dataVolumeId,
      deviceName: '/dev/sdf',
      stopInstanceBeforeDetaching: true,
    });
  }
}
