import type { Client } from '@elastic/elasticsearch';

/** Documents by index, of those that people made; a data stream's backing indices are among them. */
export type DocumentCounts = ReadonlyMap<string, number>;

/** Counts what can be searched once everything written so far can be. */
export async function countDocuments(client: Client): Promise<DocumentCounts> {
  await client.indices.refresh({ index: '*', expand_wildcards: ['open', 'hidden'] });
  const indices = await client.cat.indices({
    format: 'json',
    h: ['index', 'docs.count'],
    expand_wildcards: ['open', 'hidden'],
  });
  return new Map(
    indices
      .filter(({ index = '' }) => !index.startsWith('.') || index.startsWith('.ds-'))
      .map(({ index = '', 'docs.count': count }) => [index, Number(count ?? 0)]),
  );
}

/** What is there no more. Documents that came are no loss; closed indices have no count and are left out. */
export function losses(before: DocumentCounts, after: DocumentCounts): string[] {
  return [...before].flatMap(([index, count]) => {
    const now = after.get(index);
    if (now === undefined) return [`${index}, with ${count} documents, is gone`];
    return now < count ? [`${index} has ${now} documents, before it had ${count}`] : [];
  });
}
