/**
 * A filter pattern of CloudWatch Logs for JSON lines, as far as this project uses them: comparisons of fields with texts, numbers,
 * TRUE, FALSE and NULL, joined by && and ||, in parentheses. As in AWS a line that is no JSON matches nothing, and so does a field
 * that is not there.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax-for-JSON.html
 * @throws Error for what it does not know, so that nothing is filtered otherwise than AWS would
 */
export function filterPattern(pattern: string): (message: string) => boolean {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(pattern)?.[1];
  if (inner === undefined) throw new Error(`this is no pattern for JSON: ${pattern}`);
  const parser = new Parser(tokens(inner));
  const test = parser.alternatives();
  parser.end();
  return (message) => {
    try {
      return test(JSON.parse(message));
    } catch {
      return false;
    }
  };
}

type Test = (line: unknown) => boolean;

function tokens(text: string): string[] {
  const found = text.match(/"(?:[^"\\]|\\.)*"|\$[\w.]+|&&|\|\||!=|>=|<=|[=<>()]|[\w.-]+|\S/g) ?? [];
  return found;
}

/** Recursive descent: alternatives of conjunctions of comparisons. */
class Parser {
  private at = 0;

  constructor(private readonly given: readonly string[]) {}

  alternatives(): Test {
    const parts = [this.conjunction()];
    while (this.take('||')) parts.push(this.conjunction());
    return (line) => parts.some((part) => part(line));
  }

  end(): void {
    if (this.at < this.given.length) throw new Error(`not understood in a filter pattern: ${this.given[this.at]}`);
  }

  private conjunction(): Test {
    const parts = [this.comparison()];
    while (this.take('&&')) parts.push(this.comparison());
    return (line) => parts.every((part) => part(line));
  }

  private comparison(): Test {
    if (this.take('(')) {
      const inner = this.alternatives();
      if (!this.take(')')) throw new Error('a parenthesis is not closed in a filter pattern');
      return inner;
    }
    const selector = this.next();
    if (!selector.startsWith('$.')) throw new Error(`no field in a filter pattern: ${selector}`);
    const path = selector.slice(2).split('.');
    const operator = this.next();
    if (operator === 'IS') return is(path, this.next());
    const wanted = constant(this.next());
    if (operator === '=') return (line) => field(line, path) === wanted;
    if (operator === '!=') return (line) => field(line, path) !== undefined && field(line, path) !== wanted;
    throw new Error(`not understood in a filter pattern: ${operator}`);
  }

  private take(token: string): boolean {
    if (this.given[this.at] !== token) return false;
    this.at += 1;
    return true;
  }

  private next(): string {
    const token = this.given[this.at];
    if (token === undefined) throw new Error('a filter pattern ends too early');
    this.at += 1;
    return token;
  }
}

function is(path: readonly string[], what: string): Test {
  const wanted = { TRUE: true, FALSE: false, NULL: null }[what];
  if (wanted === undefined) throw new Error(`not understood in a filter pattern: IS ${what}`);
  return (line) => field(line, path) === wanted;
}

function constant(token: string): string | number {
  if (token.startsWith('"')) return JSON.parse(token) as string;
  const number = Number(token);
  return Number.isNaN(number) ? token : number;
}

function field(line: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined,
    line,
  );
}
