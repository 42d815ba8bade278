/** One line of a month's bill. */
export interface Line {
  readonly item: string;
  /** How the amount comes about, to be checked with pencil and paper. */
  readonly arithmetic: string;
  /** In the prices' currency, not rounded. */
  readonly amount: number;
}

/** A line as it is. */
export function line(item: string, arithmetic: string, amount: number): Line {
  return { item, arithmetic, amount };
}

/** So many at a price for a million, less what is free. */
export function perMillion(item: string, quantity: number, free: number, price: number): Line {
  const billed = Math.max(0, quantity - free);
  return line(item, `${lessFree(quantity, free)} × ${price} a million`, (billed / 1e6) * price);
}

/** So much at a price for one, less what is free. */
export function counted(item: string, quantity: number, free: number, unit: string, price: number, how = ''): Line {
  const billed = Math.max(0, quantity - free);
  const units = unit === '' ? '' : ` ${unit}`;
  return line(item, `${how}${lessFree(quantity, free)}${units} × ${price}`, billed * price);
}

function lessFree(quantity: number, free: number): string {
  return free === 0 ? number(quantity) : `(${number(quantity)} − ${number(Math.min(free, quantity))} free)`;
}

/** A number for people: thousands with commas, three digits after the point where there are any. */
export function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}
