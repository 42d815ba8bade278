/** One line of a difference: kept, taken away or added. */
export interface DifferenceLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** Past this many lines on either side the texts are shown one after the other: a table of both would be too large. */
const mostLines = 2_000;

/** The difference of two texts by lines, by their longest common subsequence. */
export function differenceByLine(before: string, after: string): DifferenceLine[] {
  const [left, right] = [before.split('\n'), after.split('\n')];
  if (left.length > mostLines || right.length > mostLines) return [...all('-', left), ...all('+', right)];
  // common[i][j]: length of the longest common subsequence of what follows line i on the left and line j on the right.
  const common = Array.from({ length: left.length + 1 }, () => new Uint16Array(right.length + 1));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--) {
    const row = common[i] ?? new Uint16Array();
    for (let j = right.length - 1; j >= 0; j--) {
      row[j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DifferenceLine[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      lines.push({ sign: ' ', text: left[i] ?? '' });
      i++;
      j++;
    } else if (i < left.length && (j === right.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ sign: '-', text: left[i++] ?? '' });
    } else {
      lines.push({ sign: '+', text: right[j++] ?? '' });
    }
  }
  return lines;
}

/** Leaves `context` kept lines around each change and an ellipsis for the rest. */
export function withContext(lines: readonly DifferenceLine[], context = 2): DifferenceLine[] {
  const near = (index: number) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ sign }) => sign !== ' ');
  return lines.flatMap((line, index) => {
    if (near(index)) return [line];
    return index === 0 || near(index - 1) ? [{ sign: ' ' as const, text: '…' }] : [];
  });
}

function all(sign: '-' | '+', lines: readonly string[]): DifferenceLine[] {
  return lines.map((text) => ({ sign, text }));
}
