// A real browser, Debian's Chromium, and all that it says of a page while somebody looks at it.

import { type Browser, chromium, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
/** Also a busy machine shows within it what there is to see. */
const SEEN_MS = 30_000;

export interface Looking extends AsyncDisposable {
  readonly page: Page;
  /** Every URL that the page asked for. */
  readonly requested: string[];
  /** Errors and warnings of its console, among them what its content security policy forbade. */
  readonly complaints: string[];
}

/** Without Chromium's own sandbox, which root may not use: the pages are our own. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM });
}

/** A page that has nothing of what another one saw. */
export async function openPage(browser: Browser): Promise<Looking> {
  const context = await browser.newContext();
  context.setDefaultTimeout(SEEN_MS);
  const requested: string[] = [];
  const complaints: string[] = [];
  context.on("request", (request) => requested.push(request.url()));
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  context.on("weberror", (thrown) => complaints.push(String(thrown.error())));
  return {
    page: await context.newPage(),
    requested,
    complaints,
    [Symbol.asyncDispose]: () => context.close(),
  };
}
