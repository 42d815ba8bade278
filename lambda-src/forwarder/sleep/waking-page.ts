import type { FailureType, Page } from '../failure';

/** What the page says, by what is the matter. */
const words: Partial<Record<FailureType, { title: string; text: string; refresh: number }>> = {
  host_asleep: {
    title: 'Asleep',
    text: 'Nobody has used this service for a while, so its host was switched off. This visit may not switch it on.',
    refresh: 60,
  },
  host_booting: {
    title: 'Waking up',
    text: 'Nobody has used this service for a while, so its host was switched off. It is starting now, which usually takes about two minutes. This page goes on by itself as soon as it answers.',
    refresh: 5,
  },
  host_start_failed: {
    title: 'It could not be started',
    text: 'The host of this service was to start, but that failed. It is tried again every minute while this page is open.',
    refresh: 60,
  },
  wake_limit_reached: {
    title: 'Asleep until tomorrow',
    text: 'The host of this service was switched on as often today as its operator allows. The operator can start it now; tomorrow a visit will do.',
    refresh: 600,
  },
  host_gone: {
    title: 'There is no host',
    text: 'The machine of this service is gone. Its operator has to deploy one; the data is on a volume of its own.',
    refresh: 600,
  },
};

export interface WakingPageText {
  readonly service: string;
  readonly type: FailureType;
  /** More about what is the matter, in words. */
  readonly detail: string | undefined;
  /** Seconds since it began to start. */
  readonly seconds: number | undefined;
  /** Whether the machine is on already, and what runs on it starts. */
  readonly machineOn: boolean;
}

/**
 * The page for a browser while the host is away; undefined for troubles that waiting does not end. It asks again by itself, for
 * the address that the user wanted, with no script, no asset and nothing that would send a form a second time.
 */
export function wakingPage({ service, type, detail, seconds, machineOn }: WakingPageText): Page | undefined {
  const said = words[type];
  if (said === undefined) return undefined;
  const asked = seconds === undefined ? '' : `Asked ${seconds < 2 ? 'just now' : `${seconds} seconds ago`}. `;
  const stage = machineOn ? 'The machine is on, what runs on it is starting.' : '';
  const progress = asked + stage === '' ? '' : `<p class="time">${(asked + stage).trim()}</p>`;
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${said.refresh}">
<meta name="robots" content="noindex">
<title>${said.title} – ${escaped(service)}</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --ink: #1c2a39; --soft: #52606d; --page: #f5f7fa; --card: #fff; --line: #d5dbe3; --mark: #0b64dd }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf1; --soft: #a9b4c0; --page: #10161d; --card: #18212b; --line: #2f3b49; --mark: #61a2ff } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 30rem; padding: 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; overflow-wrap: anywhere }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.2 }
p { margin: 0 0 .75rem }
.time { color: var(--soft) }
a { color: var(--mark) }
.bar { height: .25rem; margin: 1rem 0; border-radius: 1rem; background: var(--line); overflow: hidden }
.bar::before { content: ""; display: block; width: 35%; height: 100%; background: var(--mark); border-radius: inherit; animation: pass 2s ease-in-out infinite alternate }
@keyframes pass { to { margin-left: 65% } }
@media (prefers-reduced-motion: reduce) { .bar::before { animation: none; width: 100% } }
</style>
</head>
<body>
<main>
<h1>${said.title}</h1>
<div role="status">
<p>${said.text}</p>${detail === undefined ? '' : `\n<p>${escaped(detail)}</p>`}
${progress}</div>
${type === 'host_booting' ? '<div class="bar" aria-hidden="true"></div>\n' : ''}<p><a href="">Try again now</a></p>
</main>
</body>
</html>
`;
  return {
    body,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
