import type { Request } from './policy-evaluation';

/** The same request on another deployment's resource; none where nothing tells whose it is. */
export function ofAnother(request: Request, name: string): Request[] {
  const renamed = (text: string) => text.replaceAll(new RegExp(`(?<![\\w.-])${name}(?=$|[^\\w.])`, 'g'), 'another');
  const other = {
    ...request,
    ...(request.resource !== undefined && { resource: renamed(request.resource) }),
    ...(request.context && {
      context: Object.fromEntries(Object.entries(request.context).map(([key, value]) => [key, renamed(value)])),
    }),
  };
  return JSON.stringify(other) === JSON.stringify(request) ? [] : [other];
}
