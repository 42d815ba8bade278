import { CommentRenderer } from '../../delivery/demo/render-comment';
import { reviewComment } from '../../plan-review/comment';
import { judge } from '../../plan-review/gate';
import { changed, planOf } from '../plan-review/plans';

describe('A review, rendered in a browser as GitHub renders it', () => {
  let renderer: CommentRenderer;

  beforeAll(async () => {
    renderer = await CommentRenderer.launch();
  }, 60_000);

  afterAll(() => renderer.close());

  const plans = [
    planOf('storage', [
      changed('aws_ebs_volume.data', { size: 20, zone: 'a' }, { size: 20, zone: 'b' }, { replacePaths: [['zone']] }),
    ]),
    planOf('search', [changed('aws_x.y', { text: 'a' }, { text: '```\n</details><h1>Approved</h1>' })]),
  ];

  test('shows what is refused first, the counts as a table, and plans folded until they are opened', async () => {
    const markdown = reviewComment({ plans, verdict: judge(plans), waits: [{ stack: 'kibana', upstream: 'network' }] });
    const shut = await renderer.render(markdown);
    expect(shut.split('\n')[0]).toContain('Plan refused');
    expect(shut).toMatch(/storage\s+·\s+·\s+1\s+·/);
    expect(shut).toContain('waits for network');
    expect(shut).not.toContain('REPLACE');
    const open = await renderer.render(markdown, { open: true });
    expect(open).toContain('aws_ebs_volume.data: REPLACE, because of zone');
    expect(open).toContain('</details><h1>Approved</h1>');
    expect(open).not.toContain('**');
  });
});
