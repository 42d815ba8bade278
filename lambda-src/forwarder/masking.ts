/** Header fields whose values are shown. Any other may hold a secret, whatever it is called. */
const shownHeaders = new Set([
  ...['accept', 'accept-encoding', 'accept-language', 'accept-ranges', 'age', 'allow', 'cache-control'],
  ...['content-disposition', 'content-encoding', 'content-language', 'content-length', 'content-range', 'content-type'],
  ...['date', 'etag', 'host', 'if-match', 'if-modified-since', 'if-none-match', 'kbn-version', 'last-modified'],
  ...['range', 'retry-after', 'user-agent', 'vary', 'warning', 'x-elastic-product', 'x-amzn-trace-id'],
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto'],
]);

/** Query parameters whose values are shown: those that shape an answer, not those that say what is looked for. */
const shownParameters = new Set([
  ...['allow_no_indices', 'bytes', 'error_trace', 'expand_wildcards', 'filter_path', 'flat_settings', 'format', 'from'],
  ...['h', 'help', 'human', 'ignore_unavailable', 'keep_alive', 'level', 'op_type', 'pretty', 'refresh', 's', 'size'],
  ...['sort', 'time', 'timeout', 'v', 'version', 'wait_for_completion', 'wait_for_status'],
]);

/** What the name of a secret has in it, in a body, a form or a header. */
const secretName =
  'passw|passphrase|pwd|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|encoded|authenticat|authoriz|cookie|session|\\bsid\\b';
const secretNamed = new RegExp(secretName, 'i');

const mask = '***';
/** Secrets shorter than this would turn up everywhere by chance. */
const shortestSecret = 4;
/** A value under a name that says nothing is taken for a secret from this length on. */
const longValue = 12;

/** `"password": "…"` where the whole is no JSON, perhaps since it is cut. A list or an object hides all that follows. */
const secretField = new RegExp(
  `("[^"]*(?:${secretName})[^"]*"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*(?:"|\\\\?$)|[[{][^]*|[^\\s,}\\]]+)`,
  'gi',
);
const secretFormField = new RegExp(`([^=&\\s?]*(?:${secretName})[^=&\\s]*=)[^&\\s]*`, 'gi');
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
      this.learn(decodeURIComponent(name), decodeURIComponent(value));
      return `${name}=${mask}`;
    });
    return this.text(pairs ? `${path}?${pairs.join('&')}` : path);
  }

  /** A body's text: JSON, a JSON document a line, a form, or anything. */
  body(text: string): string {
    const shown = this.json(text) ?? this.lines(text);
    return this.text(shown);
  }

  /** Any text: hides what was seen to be secret elsewhere, and what looks like credentials. */
  text(text: string): string {
    let shown = text;
    for (const secret of this.seen) shown = shown.replaceAll(secret, mask);
    return shown.replace(userInformation, `$1${mask}@`).replace(credentials, `$1 ${mask}`).replace(webToken, mask);
  }

  private lines(text: string): string {
    return text
      .split('\n')
      .map((line) => this.json(line) ?? line.replace(secretField, `$1"${mask}"`).replace(secretFormField, `$1${mask}`))
      .join('\n');
  }

  private json(text: string): string | undefined {
    if (!/^\s*[[{]/.test(text)) return undefined;
    try {
      const hide = (key: string, value: unknown) => {
        if (key === '' || !secretNamed.test(key)) return value;
        if (typeof value === 'string') this.learn(key, value);
        return mask;
      };
      return JSON.stringify(JSON.parse(text, hide));
    } catch {
      return undefined;
    }
  }

  /** Remembers a secret in the spellings in which it may turn up again. */
  private learn(name: string, value: string): void {
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
    for (const part of parts) {
      if (part.length < (isNamed ? shortestSecret : longValue) || /^(true|false|null)$/.test(part)) continue;
      for (const spelling of [part, JSON.stringify(part).slice(1, -1), encodeURIComponent(part)])
        this.seen.add(spelling);
    }
  }
}
