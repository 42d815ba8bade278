/**
 * Where a deployment keeps what hosts and forwarders need in SSM. Stacks that read a parameter know it by this name alone, never
 * by the state of the stack that wrote it.
 */
export class ParameterNames {
  /** Everything of this deployment lies below it, such as `/searchgate`. */
  readonly prefix: string;

  /** @param deployment the deployment's name */
  constructor(deployment: string) {
    this.prefix = `/${deployment}`;
  }

  /** The private authority's certificate: a plain String, PEM. */
  get authority(): string {
    return `${this.prefix}/certificates/ca`;
  }

  /** A server's certificate: a plain String, PEM. `server` is a node (`node-0`) or a service (`kibana`). */
  certificate(server: string): string {
    return `${this.prefix}/certificates/${server}/certificate`;
  }

  /** A server's private key: a SecureString, PEM, PKCS #8. */
  privateKey(server: string): string {
    return `${this.prefix}/certificates/${server}/key`;
  }

  /** What hosts make and keep: passwords and encryption keys, SecureStrings. */
  get secrets(): string {
    return `${this.prefix}/secrets`;
  }

  /** An operator's order to upgrade a node: a plain String, `VERSION from VERSION on VOLUME`. */
  upgrade(node: string): string {
    return `${this.prefix}/upgrade/${node}`;
  }

  /** What a host reports of itself: plain Strings. */
  host(node: string): string {
    return `${this.prefix}/hosts/${node}`;
  }
}
