/** What differs between deployments, read once from the function's environment. */
export interface Configuration {
  /** The service's name, for log lines. */
  readonly service: string;
  /** One address per host. */
  readonly addresses: readonly [string, ...string[]];
  readonly port: number;
  /** The fixed name that the origin's certificate has to carry. */
  readonly serverName: string;
  /** CA certificates, PEM. Nothing else is trusted, and there is no way to trust everything. */
  readonly ca: string;
  /** Milliseconds for TCP and TLS together. */
  readonly connectTimeout: number;
  readonly debug: boolean;
  /** How its host sleeps and is woken; undefined where it never does. */
  readonly power?: PowerConfiguration;
}

/** What a forwarder has to know of its host's sleep. */
export interface PowerConfiguration {
  /** Where the published state document is. */
  readonly stateUrl: string;
  /** Which requests may wake the host: none, any that the gateway lets through, or of those only a browser's navigations. */
  readonly wake: 'never' | 'requests' | 'navigations';
  /** SHA-256 of the wake token, hexadecimal. With it only who has the token wakes the host. */
  readonly tokenHash: string | undefined;
  /** Milliseconds for which a safe request is held while the host wakes. */
  readonly hold: number;
  /** Whether only requests with credentials count as use. */
  readonly useNeedsCredentials: boolean;
}

/** @throws an Error that names every variable that is missing or wrong, all at once. */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const mistakes: string[] = [];
  const value = (name: string, allowed: string, valid: (text: string) => boolean, fallback = ''): string => {
    const text = environment[name] ?? fallback;
    if (!valid(text)) mistakes.push(`${name} is ${text === '' ? 'missing' : 'not valid'}: ${allowed}`);
    return text;
  };
  const isWholeNumber = (text: string) => /^[1-9]\d{0,5}$/.test(text);

  const addresses = value('ORIGIN_ADDRESSES', 'addresses, separated by commas', (text) =>
    /^[\w.:-]+(,[\w.:-]+)*$/.test(text),
  );
  const power =
    environment.POWER_STATE_URL === undefined
      ? undefined
      : {
          stateUrl: value('POWER_STATE_URL', 'a URL', (text) => /^https?:\/\/./.test(text)),
          wake: value('WAKE', 'never, requests or navigations', (text) =>
            ['never', 'requests', 'navigations'].includes(text),
          ) as PowerConfiguration['wake'],
          tokenHash:
            value('WAKE_TOKEN_HASH', 'SHA-256, hexadecimal', (text) => /^(?:[0-9a-f]{64})?$/.test(text)) || undefined,
          hold: 1000 * Number(value('HOLD_SECONDS', 'seconds', (text) => /^\d{1,3}$/.test(text), '25')),
          useNeedsCredentials:
            value('USE_NEEDS_CREDENTIALS', 'true or false', (text) => /^(?:true|false)$/.test(text), 'false') ===
            'true',
        };
  const configuration = {
    power,
    service: value('SERVICE', 'the name of the service', (text) => text !== ''),
    port: Number(value('ORIGIN_PORT', '1 to 65535', (text) => isWholeNumber(text) && Number(text) < 65_536)),
    serverName: value('ORIGIN_SERVER_NAME', "the name in the origin's certificate", (text) => /^[\w.:-]+$/.test(text)),
    ca: value('ORIGIN_CA', 'CA certificates, PEM', (text) => text.includes('-----BEGIN CERTIFICATE-----')),
    connectTimeout: Number(value('CONNECT_TIMEOUT_MS', 'milliseconds, at least 1', isWholeNumber, '1000')),
    debug: value('DEBUG', 'true or false', (text) => text === 'true' || text === 'false', 'false') === 'true',
  };
  if (mistakes.length > 0) throw new Error(`The forwarder's environment is wrong. ${mistakes.join('; ')}`);

  const [first = '', ...others] = addresses.split(',');
  return { ...configuration, addresses: [first, ...others] };
}
