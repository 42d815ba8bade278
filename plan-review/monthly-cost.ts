import { z } from 'zod';
import { plain } from './markdown';
import { andMore, cutLines, cutText } from './within-length';

const costSchema = z.looseObject({
  total: z.number(),
  prices: z.looseObject({ currency: z.string().regex(/^[A-Z]{3}$/) }),
  bill: z.array(z.looseObject({ item: z.string(), amount: z.number() })),
  months: z.array(z.looseObject({ hours: z.number(), total: z.number() })),
});

/** Characters that the lines of the bill take in a comment. */
const longest = 10_000;

/** What `npm run cost -- --json` writes, as far as a review reads it. */
export type MonthlyCost = z.output<typeof costSchema>;

/** @returns the month's cost, or in words what is wrong with the text */
export function readMonthlyCost(text: string): MonthlyCost | string {
  try {
    return costSchema.parse(JSON.parse(text));
  } catch {
    return 'not what `npm run cost -- --json` writes';
  }
}

/** A Markdown section: the month's cost by hours of use, before and after, and the lines of the bill that differ. */
export function costSection(before: MonthlyCost, after: MonthlyCost): string {
  const { currency } = after.prices;
  const hours = before.months.map((month) => month.hours).filter((each) => totalOf(after, each) !== undefined);
  const rows = hours.map((each) => row(`${each} h`, totalOf(before, each) ?? 0, totalOf(after, each) ?? 0));
  const items = [...new Set([...before.bill, ...after.bill].map(({ item }) => item))];
  const changed = items
    .map((item) => ({ item, old: amountOf(before, item), young: amountOf(after, item) }))
    .filter(({ old, young }) => money(old) !== money(young));
  return [
    '### A month’s cost',
    '',
    `| The host runs | before (${currency}) | after (${currency}) | difference |`,
    '| ---: | ---: | ---: | ---: |',
    ...rows,
    ...(changed.length === 0
      ? []
      : [
          '',
          ...cutLines(
            changed.map(({ item, old, young }) => `- ${plain(cutText(item, 200))}: ${money(old)} → ${money(young)}`),
            longest,
            (left) => `- ${andMore(left)}`,
          ),
        ]),
  ].join('\n');
}

function row(name: string, before: number, after: number): string {
  const difference = after - before;
  const sign =
    money(difference) === '0.00' || money(difference) === '-0.00'
      ? '±0.00'
      : difference > 0
        ? `**+${money(difference)}**`
        : money(difference);
  return `| ${name} | ${money(before)} | ${money(after)} | ${sign} |`;
}

function totalOf(cost: MonthlyCost, hours: number): number | undefined {
  return cost.months.find((month) => month.hours === hours)?.total;
}

function amountOf(cost: MonthlyCost, item: string): number {
  return cost.bill.filter((line) => line.item === item).reduce((sum, { amount }) => sum + amount, 0);
}

function money(amount: number): string {
  return amount.toFixed(2);
}
