import { isIP } from 'node:net';
import { z } from 'zod';

/** A string of one form. `allowed` completes "allowed: …" in an error. */
export function text(pattern: RegExp, allowed: string, description: string) {
  return z
    .string({ error: allowed })
    .regex(pattern, { error: allowed })
    .meta({ description: `${description}. Allowed: ${allowed}` });
}

/** A whole number within bounds, both allowed. */
export function whole(least: number, most: number, unit: string, description: string) {
  const allowed = `a whole number from ${least} to ${most}${unit === '' ? '' : ` (${unit})`}`;
  return z
    .int({ error: allowed })
    .min(least, { error: allowed })
    .max(most, { error: allowed })
    .meta({ description: `${description}${unit === '' ? '' : `, in ${unit}`}` });
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values, description: string) {
  return z.enum(values, { error: `one of ${values.join(', ')}` }).meta({ description });
}

export function yesOrNo(description: string) {
  return z.boolean({ error: 'true or false' }).meta({ description });
}

export function list<Item extends z.ZodType>(
  item: Item,
  least: number,
  most: number,
  allowed: string,
  description: string,
) {
  return z
    .array(item, { error: allowed })
    .min(least, { error: allowed })
    .max(most, { error: allowed })
    .meta({ description });
}

export function group<Shape extends z.ZodRawShape>(shape: Shape, description: string) {
  return z.strictObject(shape, { error: (issue) => (issue.code === 'invalid_type' ? 'an object' : undefined) }).meta({
    description,
  });
}

const cidrAllowed =
  'a block of addresses in CIDR notation without host bits, such as 203.0.113.7/32 or 2001:db8::/48; 0.0.0.0/0 and ::/0 open the door to everybody';

/** Whether a text is an IPv4 or IPv6 block in CIDR notation whose bits after the prefix are zero. */
export function isCidr(given: string): boolean {
  const match = /^([0-9a-fA-F.:]+)\/(0|[1-9]\d{0,2})$/.exec(given);
  const [, address = '', prefix = ''] = match ?? [];
  const version = isIP(address);
  if (version === 0 || Number(prefix) > (version === 4 ? 32 : 128)) return false;
  const bits = version === 4 ? ipv4Bits(address) : ipv6Bits(address);
  return !bits.slice(Number(prefix)).includes('1');
}

function ipv4Bits(address: string): string {
  return address
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
}

function ipv6Bits(address: string): string {
  const mapped = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((part) => part.toString(16)).join(':'),
  );
  const [left = [], right = []] = mapped.split('::').map((half) => half.split(':').filter((part) => part !== ''));
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map((part) => Number.parseInt(part, 16).toString(2).padStart(16, '0')).join('');
}

export const cidr = z
  .string({ error: cidrAllowed })
  .refine(isCidr, { error: cidrAllowed })
  .meta({ description: 'A block of IPv4 or IPv6 addresses' });

export const networkAllowed = 'an IPv4 block from /16 to /24 without host bits, such as 10.42.0.0/16';

export const volumeShape = (size: number, description: string) =>
  group(
    {
      size: whole(8, 16_384, 'GiB', 'Size; it can grow later, never shrink').default(size),
      type: oneOf(['gp3', 'gp2', 'io2'], 'EBS volume type').default('gp3'),
      iops: whole(
        100,
        64_000,
        'operations a second',
        'Provisioned IOPS (gp3 has 3000 without; io2 needs it)',
      ).optional(),
      throughput: whole(125, 1_000, 'MiB/s', 'Provisioned throughput (gp3 only, which has 125 without)').optional(),
    },
    description,
  ).prefault({});

export const timeOfDay = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
export const timeZoneAllowed = 'an IANA time zone, such as Europe/Berlin';

export function isTimeZone(given: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: given });
    return /^[A-Z]/.test(given);
  } catch {
    return false;
  }
}
