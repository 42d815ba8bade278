import { isRecord } from './plan';

export const hiddenValue = '(sensitive)';

/** How a secret's name ends, of an attribute or an environment variable, even where the provider does not call it sensitive. */
const secretEnding =
  /(?:passwords?|passwd|passphrase|(?:^|[_./-])(?:pass|pwd|secret|token|credentials?|(?:access|account|api|auth|encryption|private|secret|shared|signing)_?key(?:_pem)?))$/i;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Whether something is called like a secret. */
export function isSecretName(name: string): boolean {
  return secretEnding.test(inSnakeCase(name));
}

/** Whether a part of an object is a secret by its name, or is the value beside such a name: `{ name: 'DB_PASSWORD', value: … }`. */
export function isSecretPart(holder: unknown, key: string): boolean {
  if (isSecretName(key)) return true;
  if (!isRecord(holder) || !/(?:^|_)value$/i.test(inSnakeCase(key))) return false;
  return Object.entries(holder).some(
    ([other, name]) =>
      /(?:^|_)(?:name|key)$/i.test(inSnakeCase(other)) && typeof name === 'string' && isSecretName(name),
  );
}

/** Whether a text may not be shown: a private key, or whatever is a secret by its name, but for an ARN that leads to it. */
export function isSecretText(text: string, named: boolean): boolean {
  return privateKey.test(text) || (named && !text.startsWith('arn:'));
}

/** The value of some JSON without the secrets in it. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, isSecretPart(value, key) ? hiddenValue : withoutSecrets(part)]),
  );
}

function inSnakeCase(name: string): string {
  return name.replace(/([a-z\d])(?=[A-Z])/g, '$1_');
}
