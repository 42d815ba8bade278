/** The name of the first node, and of the list that further ones join. */
export function nodeName(index: number): string {
  return `node-${index}`;
}

/** The server that a node is to the other nodes of its cluster. */
export function transportName(node: string): string {
  return `${node}-transport`;
}

/**
 * The name that a service's certificate carries and its forwarder checks. It is fixed, whatever host or address serves it, and
 * no DNS knows it.
 */
export function internalName(server: string, deployment: string): string {
  return `${server}.${deployment}.internal`;
}

/** Where hosts send what they measure of themselves, in CloudWatch. They write it the same way: `status` of cloud-init/files. */
export function metricsNamespace(deployment: string): string {
  return `Searchgate/${deployment}`;
}
