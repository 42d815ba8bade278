/** Fields that end at each hop (RFC 9110 7.6.1), whichever way they travel. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A test for the names that end here: hop-by-hop fields, and those that a Connection field names as such. */
export function endsHere(connection: readonly string[]): (lowerCaseName: string) => boolean {
  const named = connection.flatMap((value) => value.toLowerCase().split(',')).map((name) => name.trim());
  return (name) => hopByHop.has(name) || named.includes(name);
}
