/**
 * EC2 instance types with ARM processors that a host may have, each with its memory in GiB.
 * Source: EC2's instance type pages for T4g, M6g, M7g, R6g, R7g, C6g and C7g.
 */
export const armInstanceMemory = {
  't4g.nano': 0.5,
  't4g.micro': 1,
  't4g.small': 2,
  't4g.medium': 4,
  't4g.large': 8,
  't4g.xlarge': 16,
  't4g.2xlarge': 32,
  'c6g.medium': 2,
  'c6g.large': 4,
  'c6g.xlarge': 8,
  'c6g.2xlarge': 16,
  'c7g.medium': 2,
  'c7g.large': 4,
  'c7g.xlarge': 8,
  'c7g.2xlarge': 16,
  'm6g.medium': 4,
  'm6g.large': 8,
  'm6g.xlarge': 16,
  'm6g.2xlarge': 32,
  'm7g.medium': 4,
  'm7g.large': 8,
  'm7g.xlarge': 16,
  'm7g.2xlarge': 32,
  'r6g.medium': 8,
  'r6g.large': 16,
  'r6g.xlarge': 32,
  'r6g.2xlarge': 64,
  'r7g.medium': 8,
  'r7g.large': 16,
  'r7g.xlarge': 32,
  'r7g.2xlarge': 64,
} as const satisfies Record<string, number>;

export type ArmInstanceType = keyof typeof armInstanceMemory;

/** Elasticsearch and Kibana together need this much memory, in GiB. */
export const leastMemory = 4;

/** The instance types that hold Elasticsearch and Kibana together. */
export const hostInstanceTypes = (Object.keys(armInstanceMemory) as ArmInstanceType[]).filter(
  (type) => armInstanceMemory[type] >= leastMemory,
);

/** Whether a type earns and spends CPU credits (the T family alone). */
export function isBurstable(type: string): boolean {
  return type.startsWith('t');
}

/** What a burstable type may use all the time, in percent of each processor. Source: EC2's "CPU credits and baseline utilization". */
const baselines: Readonly<Record<string, number>> = {
  't4g.nano': 5,
  't4g.micro': 10,
  't4g.small': 20,
  't4g.medium': 20,
  't4g.large': 30,
  't4g.xlarge': 40,
  't4g.2xlarge': 40,
};

/** The baseline of a type in percent of each processor: 100 for types that are not burstable. */
export function baselinePercent(type: string): number {
  return baselines[type] ?? 100;
}

/** How many processors a type has. */
export function processors(type: string): number {
  const [family = '', size = ''] = type.split('.');
  const bySize: Readonly<Record<string, number>> = { medium: 1, large: 2, xlarge: 4, '2xlarge': 8 };
  return isBurstable(family) ? Math.max(2, bySize[size] ?? 2) : (bySize[size] ?? 1);
}
