/** Wider than this and a block of addresses is the world, whatever it is cut into: 0.0.0.0/1 and 128.0.0.0/1 are everybody too. */
const widest = { ipv4: 8, ipv6: 16 };

/** Whether a block in CIDR notation holds so many addresses that it stands for everybody. */
export function isWorld(cidr: unknown): boolean {
  if (typeof cidr !== 'string') return false;
  const prefix = Number(/\/(\d+)$/.exec(cidr)?.[1] ?? Number.NaN);
  return prefix < (cidr.includes(':') ? widest.ipv6 : widest.ipv4);
}
