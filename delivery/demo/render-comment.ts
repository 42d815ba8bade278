import { readFileSync } from 'node:fs';
import chromium from '@sparticuz/chromium';
import { marked } from 'marked';
import { chromium as browserType } from 'playwright-core';

/** Markdown as a page that looks as it does on GitHub, with every folded part open or shut. */
export async function commentPage(markdown: string, open: boolean): Promise<string> {
  const styles = readFileSync(require.resolve('github-markdown-css/github-markdown-light.css'), 'utf8');
  const body = await marked.parse(markdown, { gfm: true });
  const article = open ? body.replaceAll('<details>', '<details open>') : body;
  return [
    '<!doctype html><meta charset="utf-8">',
    `<style>${styles} body { margin: 0; background: #fff } .markdown-body { max-width: 900px; padding: 24px }</style>`,
    `<article class="markdown-body">${article}</article>`,
  ].join('\n');
}

type Browser = Awaited<ReturnType<typeof browserType.launch>>;

/** Takes pictures of comments, one after the other, in a browser that is closed by `close`. */
export class CommentRenderer {
  private constructor(
    private readonly browser: Browser,
    private readonly page: Awaited<ReturnType<Browser['newPage']>>,
  ) {}

  static async launch(): Promise<CommentRenderer> {
    const browser = await browserType.launch({
      executablePath: await chromium.executablePath(),
      args: chromium.args,
      headless: true,
    });
    // One page for all of them: this build of Chromium is a single process, which ends with its page.
    return new CommentRenderer(browser, await browser.newPage({ viewport: { width: 960, height: 600 } }));
  }

  /**
   * Renders a comment and writes a picture of it.
   *
   * @param file a PNG; none is written without it
   * @returns the text that a reader sees
   */
  async render(markdown: string, { file, open = false }: { file?: string; open?: boolean } = {}): Promise<string> {
    await this.page.setContent(await commentPage(markdown, open));
    if (file !== undefined) await this.page.screenshot({ path: file, fullPage: true });
    return this.page.locator('article').innerText();
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}
