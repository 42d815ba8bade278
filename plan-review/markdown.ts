/** A block of code with a fence longer than any in the text, or a value could end the block and be read as Markdown. */
export function fenced(language: string, text: string): string {
  const fence = '`'.repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((run) => run.length + 1)));
  return [`${fence}${language}`, text, fence].join('\n');
}

/** A name as code, whatever is in it. */
export function code(text: string): string {
  return text.includes('`') ? html(text) : `\`${text}\``;
}

/** Text of ours with names from outside: nothing in it becomes Markdown that mentions, links or embeds. */
export function plain(text: string): string {
  return text
    .replaceAll('<', '&lt;')
    .replaceAll('@', '&#64;')
    .replace(/[\r\n]/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('[', '\\[');
}

/** A text between tags of HTML. */
export function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('@', '&#64;');
}
