/** Pages of the Kibana stand-in. They say on their face that they are no Kibana. */

const frame = (title: string, head: string, body: string) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title} (stand-in)</title>
<style>body { font: 16px/1.5 sans-serif; margin: 4rem auto; max-width: 40rem } .note { background: #fec514; padding: .5rem 1rem }</style>
${head}</head>
<body>
<p class="note" id="stand-in">This is a stand-in: Kibana itself is in no package registry, so none runs here.</p>
${body}
</body>
</html>
`;

/** The login form; it calls the same endpoint as Kibana's, and goes where that says. */
export const loginPage = frame(
  'Log in',
  '',
  `<h1>Log in</h1>
<form id="login">
<p><label>Username <input name="username" autocomplete="username" required></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
<p><button>Log in</button> <span id="failure" role="alert"></span></p>
</form>
<script>
document.getElementById('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const params = Object.fromEntries(new FormData(event.target));
  const answer = await fetch('/internal/security/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'kbn-xsrf': 'stand-in' },
    body: JSON.stringify({ providerType: 'basic', providerName: 'basic', currentURL: location.href, params }),
  });
  if (answer.ok) location.assign((await answer.json()).location);
  else document.getElementById('failure').textContent = 'Username or password is wrong.';
});
</script>`,
);

/** The page behind the login, which loads every asset. */
export function homePage(user: string, assets: readonly string[]): string {
  const tags = assets.map((path) =>
    path.endsWith('.css') ? `<link rel="stylesheet" href="${path}">` : `<script defer src="${path}"></script>`,
  );
  return frame(
    'Home',
    tags.join('\n'),
    `<h1>Home</h1>
<p>Logged in as <b id="user">${escaped(user)}</b>. <a id="logout" href="/logout">Log out</a></p>
<p id="bundles">loading</p>
<script>
addEventListener('load', () => {
  document.getElementById('bundles').textContent = globalThis.standInBundles.size + ' scripts ran';
});
</script>`,
  );
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
