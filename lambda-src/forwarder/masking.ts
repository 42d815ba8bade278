/** Header fields whose values are shown. Any other may hold a secret, whatever it is called. */
const shownHeaders = new Set([
  ...['accept', 'accept-encoding', 'accept-language', 'accept-ranges', 'age', 'allow', 'cache-control', 'connection'],
  ...['content-disposition', 'content-encoding', 'content-language', 'content-length', 'content-range', 'content-type'],
  ...[
    'date',
    'etag',
    'host',
    'if-match',
    'if-modified-since',
    'if-none-match',
    'keep-alive',
    'kbn-version',
    'last-modified',
  ],
  ...[
    'range',
    'retry-after',
    'transfer-encoding',
    'user-agent',
    'vary',
    'warning',
    'x-elastic-product',
    'x-amzn-trace-id',
  ],
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto'],
]);

/** Query parameters whose values are shown: those that shape an answer, not those that say what is looked for. */
const shownParameters = new Set([
  ...['allow_no_indices', 'bytes', 'error_trace', 'expand_wildcards', 'filter_path', 'flat_settings', 'format', 'from'],
  ...['h', 'help', 'human', 'ignore_unavailable', 'keep_alive', 'level', 'op_type', 'pretty', 'refresh', 's', 'size'],
  ...['sort', 'time', 'timeout', 'v', 'version', 'wait_for_completion', 'wait_for_status'],
]);

/** What the name of a secret has in it, in a body, a form or a field. */
const secretNamed =
  /passw|passphrase|pwd|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|encoded|authenticat|authoriz|cookie|session|\bsid\b/i;

const mask = '***';
/** Secrets shorter than this would turn up everywhere by chance. */
const shortestSecret = 4;
/** A value under a name that says nothing is taken for a secret from this length on. */
const longValue = 12;
/** Spellings of secrets that are looked for at most. A body with more is not shown. */
const mostSecrets = 2_000;
/** Characters behind what is shown that are looked at, so that no secret is cut before it is seen to be one. */
const margin = 64 * 1024;

/** A key and the beginning of its value in JSON that is cut, or none after all. No longer keys: each quote begins a search. */
const member = /"((?:[^"\\]|\\[\s\S]){0,100})"\s*:\s*(?:"([^"\\]*(?:\\[\s\S][^"\\]*)*)\\?"?|([[{])|([^\s,}\]"]+))/g;
const userInformation = /(:\/\/)[^/?#\s"]*@/g;
const credentials = /\b(Basic|Bearer|ApiKey|Negotiate|Digest)(\s+|%20|\+)[^\s"',;&]+/gi;
const webToken = /\beyJ[\w-]+\.[\w-]*(\.[\w-]*)?/g;

/** Hides secrets: by where they stand and, once seen there, wherever else in the same exchange they turn up. */
export class Masking {
  private readonly seen = new Set<string>();

  /** Header fields, each a name and a value, with the values of all but known harmless ones hidden. */
  headers(fields: readonly (readonly [string, string])[]): [string, string][] {
    const isHidden = (name: string) => !shownHeaders.has(name.toLowerCase());
    for (const [name, value] of fields) if (isHidden(name)) this.learn(name, value);
    return fields.map(([name, value]) => [name, isHidden(name) ? mask : this.text(value)]);
  }

  /** A request target, with the values of all but known harmless parameters hidden. */
  target(target: string): string {
    const [path = '', query] = target.split('?', 2);
    const pairs = query?.split('&').map((pair) => {
      const [name = '', value] = pair.split('=', 2);
      if (value === undefined || shownParameters.has(name)) return pair;
      this.learn(decoded(name), decoded(value));
      return `${name}=${mask}`;
    });
    return this.text(pairs ? `${path}?${pairs.join('&')}` : path);
  }

  /**
   * The beginning of a body's text: JSON, a JSON document a line, a form, or anything, perhaps cut.
   *
   * @param length how many characters of it are wanted. The rest is read too, for what it says about the beginning.
   */
  body(text: string, length = text.length): string {
    const masked = this.json(text) ?? this.lines(text);
    if (this.seen.size >= mostSecrets) return '[hidden: too many secrets]';
    return this.text(masked.slice(0, length + margin)).slice(0, length);
  }

  /** Any text: hides what was seen to be secret elsewhere, and what looks like credentials. */
  text(text: string): string {
    let shown = text;
    // Longer ones first: one may begin as another does.
    for (const secret of [...this.seen].sort((a, b) => b.length - a.length)) shown = shown.replaceAll(secret, mask);
    return shown.replace(userInformation, `$1${mask}@`).replace(credentials, `$1 ${mask}`).replace(webToken, mask);
  }

  /** Lines that are JSON each; from the first that is not on, it is one text. */
  private lines(text: string): string {
    const lines = text.split('\n');
    const masked: string[] = [];
    for (const line of lines) {
      const json = this.json(line);
      if (json === undefined) break;
      masked.push(json);
    }
    const rest = lines.slice(masked.length).join('\n');
    return [...masked, this.form(this.fragment(rest))].join('\n');
  }

  private json(text: string): string | undefined {
    if (!/^\s*[[{]/.test(text)) return undefined;
    try {
      return JSON.stringify(JSON.parse(text, (key, value) => this.member(key, value)));
    } catch {
      return undefined;
    }
  }

  private member(key: string, value: unknown): unknown {
    if (!secretNamed.test(key)) return typeof value === 'string' ? (this.json(value) ?? this.form(value)) : value;
    this.learnAll(key, value);
    return mask;
  }

  /** A piece of JSON. Where the value of a secret is a list or an object, nobody knows where it ends: all that follows is hidden. */
  private fragment(text: string): string {
    let end = text.length;
    const shown = text.replace(
      member,
      (whole: string, key: string, string?: string, opening?: string, bare?: string, at = 0) => {
        if (!secretNamed.test(key)) return whole;
        if (opening) end = Math.min(end, at);
        if (string !== undefined) this.learn(key, string);
        return `"${key}":"${bare || string !== undefined ? mask : ''}"`;
      },
    );
    return end === text.length ? shown : `${this.fragment(text.slice(0, end))}${mask}`;
  }

  private form(text: string): string {
    return text.replace(/[^&\s?]+/g, (pair) => {
      const equals = pair.indexOf('=');
      const name = pair.slice(0, Math.max(0, equals));
      if (!secretNamed.test(name)) return pair;
      this.learn(name, pair.slice(equals + 1));
      return `${name}=${mask}`;
    });
  }

  private learnAll(name: string, value: unknown): void {
    if (typeof value === 'string') this.learn(name, value);
    else if (typeof value === 'object' && value !== null)
      for (const part of Object.values(value)) this.learnAll(name, part);
  }

  /** Remembers a secret in the spellings in which it may turn up again. */
  private learn(name: string, value: string): void {
    if (this.seen.size >= mostSecrets) return;
    const isNamed = secretNamed.test(name);
    const [, scheme, token] = /^(\w+)\s+(\S.*)$/.exec(value) ?? [];
    const parts = [value];
    if (token) parts.push(token);
    if (token && scheme?.toLowerCase() === 'basic') {
      const pair = Buffer.from(token, 'base64').toString();
      parts.push(pair, pair.slice(pair.indexOf(':') + 1));
    }
    if (/cookie/i.test(name)) {
      for (const pair of value.split(';')) parts.push(pair.slice(pair.indexOf('=') + 1).trim());
    }
    for (const part of parts.flatMap((one) => [one, decoded(one)])) {
      if (part.length < (isNamed ? shortestSecret : longValue) || /^(true|false|null|\**)$/.test(part)) continue;
      const escaped = JSON.stringify(part).slice(1, -1);
      const twice = JSON.stringify(escaped).slice(1, -1);
      for (const spelling of [part, escaped, twice, encodeURIComponent(Buffer.from(part).toString())])
        this.seen.add(spelling);
    }
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
