/** What a text that was cut ends with: where the rest is. */
const elsewhere = 'in the summary of the job';

/** A text of at most so many characters. */
export function cutText(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const kept = text.slice(0, Math.max(0, longest - 60));
  return `${kept} … ${text.length - kept.length} more characters, ${elsewhere}`;
}

/** Lines of a list or table that have at most so many characters; then what `more` makes of how many are left out. */
export function cutLines(
  lines: readonly string[],
  longest: number,
  more = (left: number) => `… ${left} more ${left === 1 ? 'line' : 'lines'}, ${elsewhere}`,
): string[] {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length - 1 > longest) break;
    kept.push(line);
  }
  const left = lines.length - kept.length;
  return left === 0 ? kept : [...kept, more(left)];
}

/** What is said at the end of a list that was cut. */
export function andMore(left: number): string {
  return `… and ${left} more, ${elsewhere}`;
}

/** Divides a length among texts: a short one gets what it needs, and leaves the rest of its share to longer ones. */
export function divided(lengths: readonly number[], whole: number): number[] {
  const shares = lengths.map(() => 0);
  let rest = whole;
  const byLength = lengths.map((length, index) => ({ length, index })).sort((a, b) => a.length - b.length);
  for (const [position, { length, index }] of byLength.entries()) {
    shares[index] = Math.min(length, Math.floor(rest / (lengths.length - position)));
    rest -= shares[index];
  }
  return shares;
}
