import { blocks, isRecord } from './plan';

/** Every Terraform address that was ever deployed from `settings/complete.json`, where everything is on that makes resources, so that a rename is noticed before it destroys. */
export interface AddressLedger {
  /** By stack, sorted. */
  readonly stacks: Readonly<Record<string, readonly string[]>>;
  /** Addresses that are meant to be gone, as `STACK:ADDRESS`, each with the reason and what it does to those who have deployed it. */
  readonly retired: Readonly<Record<string, string>>;
}

/** What a ledger and a synth disagree about, as `STACK:ADDRESS`. */
export interface Disagreement {
  /** Deployed somewhere, and now destroyed: no `moved` or `removed` block and no retirement accounts for it. */
  readonly vanished: readonly string[];
  /** Not written down yet. */
  readonly unlisted: readonly string[];
}

/** One stack's Terraform JSON. */
type Configuration = Readonly<Record<string, unknown>>;

/** Compares a ledger with the stacks of a synth, by name. */
export function compareLedger(ledger: AddressLedger, stacks: Readonly<Record<string, Configuration>>): Disagreement {
  const vanished = Object.entries(ledger.stacks).flatMap(([stack, addresses]) => {
    const configuration = stacks[stack] ?? {};
    const present = new Set([...addressesOf(configuration), ...accountedFor(configuration)]);
    return addresses
      .filter((address) => !present.has(address))
      .map((address) => `${stack}:${address}`)
      .filter((each) => !Object.hasOwn(ledger.retired, each));
  });
  const unlisted = Object.entries(stacks).flatMap(([stack, configuration]) =>
    addressesOf(configuration)
      .filter((address) => ledger.stacks[stack]?.includes(address) !== true)
      .map((address) => `${stack}:${address}`),
  );
  return { vanished, unlisted };
}

/** The ledger with what a synth has besides. Nothing is ever taken out: that is a decision, made by hand. */
export function extendLedger(ledger: AddressLedger, stacks: Readonly<Record<string, Configuration>>): AddressLedger {
  const names = [...new Set([...Object.keys(ledger.stacks), ...Object.keys(stacks)])].sort();
  const extended = names.map((name): [string, string[]] => [
    name,
    [...new Set([...(ledger.stacks[name] ?? []), ...addressesOf(stacks[name] ?? {})])].sort(),
  ]);
  return { stacks: Object.fromEntries(extended), retired: ledger.retired };
}

function addressesOf({ resource }: Configuration): string[] {
  return Object.entries(isRecord(resource) ? resource : {})
    .flatMap(([type, named]) => (isRecord(named) ? Object.keys(named).map((name) => `${type}.${name}`) : []))
    .sort();
}

/** Old addresses that Terraform is told about: it moves what is there, or forgets it. */
function accountedFor(configuration: Configuration): string[] {
  const present = addressesOf(configuration);
  return [
    // A move to nowhere would be a deletion after all, and so is a removal that does not say otherwise.
    ...blocks(configuration.moved).filter(({ to }) => present.includes(String(to))),
    ...blocks(configuration.removed).filter(({ lifecycle }) =>
      blocks(lifecycle).some(({ destroy }) => destroy === false),
    ),
  ].map(({ from }) => String(from));
}
