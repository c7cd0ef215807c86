// Opens pages of the HTML report and looks at them as a person would. The folder that is named holds the pages and
// expect.json: what each of them must have. Every line of output is something that is wrong.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [, , browserPath, folder] = process.argv;
const expect = JSON.parse(await readFile(join(folder, 'expect.json'), 'utf8'));
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

let wrong = 0;
const complain = (where, what) => { wrong++; console.log(`${where}: ${what}`); };
const must = (ok, where, what) => { if (!ok) complain(where, what); };

const browser = await chromium.launch({ executablePath: browserPath, args: flags });

// open loads a page and complains of everything that the browser complains of, or fetches.
async function open(name, { scheme = 'light', script = true, withAxe = false, hash = '' } = {}) {
  const context = await browser.newContext({ colorScheme: scheme, javaScriptEnabled: script, viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
  if (withAxe) await context.addInitScript({ path: axe }); // the page itself lets no script in
  const page = await context.newPage();
  const address = pathToFileURL(join(folder, name)).href;
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) complain(name, `console: ${m.text()}`); });
  page.on('pageerror', (e) => complain(name, `error: ${e.message}`));
  page.on('dialog', (d) => { complain(name, `dialog: ${d.message()}`); d.dismiss(); });
  page.on('request', (r) => { if (!r.url().startsWith(address) && !r.url().startsWith('data:')) complain(name, `request: ${r.url()}`); });
  page.on('framenavigated', (f) => { if (!f.url().startsWith(address)) complain(name, `went to ${f.url()}`); });
  await page.goto(address + hash);
  return page;
}

const shown = (page, selector) => page.locator(selector).evaluateAll((all) => all.filter((e) => e.checkVisibility()).length);
const counted = async (page, text, where) => {
  const output = page.locator('.controls output');
  await output.filter({ hasText: text }).waitFor({ timeout: 3000 }).catch(async () => complain(where, `the count says "${await output.textContent()}", not "${text}"`));
};

// What is hostile stays text: the page has the elements that a harmless one has, and does what it does.
async function hostile() {
  for (const name of expect.hostile) {
    const page = await open(name);
    const found = await page.evaluate(() => {
      const names = (e) => e.tagName + [...e.attributes].map((a) => ' ' + a.name).join('');
      return [...document.querySelectorAll('*')].map(names).join('\n');
    });
    if (name === expect.hostile[0]) expect.shape = found;
    if (found !== expect.shape) {
      const a = found.split('\n'), b = expect.shape.split('\n');
      const at = a.findIndex((line, i) => line !== b[i]);
      complain(name, `element ${at} is ${a[at]}, not ${b[at]}`);
    }
    await page.getByRole('button', { name: 'Open all' }).click();
    await page.context().close();
  }
}

async function accessible() {
  for (const [name, ...schemes] of expect.accessible) {
    for (const scheme of schemes) {
      const page = await open(name, { scheme, withAxe: true });
      await page.evaluate(() => { for (const d of document.querySelectorAll('details')) d.open = true; });
      const { violations } = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
      for (const v of violations) {
        complain(`${name}, ${scheme}`, `axe ${v.id}: ${v.help}: ${v.nodes.length} times, as in ${v.nodes[0].html.slice(0, 200)} ${v.nodes[0].failureSummary.replaceAll('\n', ' ')}`);
      }
      await page.context().close();
    }
    // The colours can be chosen against the system's.
    const page = await open(name, { scheme: 'light' });
    const before = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.locator('#theme-dark').check();
    const after = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    must(before !== after, name, 'choosing dark changes nothing');
    await page.context().close();
  }
}

// Search, filters, sorting and the address, with the keyboard alone.
async function keyboard() {
  const { page: name, people, verdicts, search, fail, unknown } = expect.keyboard;
  const page = await open(name);
  const focus = () => page.evaluate(() => document.activeElement.className || document.activeElement.name || document.activeElement.textContent);
  await page.keyboard.press('Tab');
  must(await focus() === 'skip', name, `the first stop is ${await focus()}, not the link that skips to the report`);
  must(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle) === 'solid', name, 'the focus is not to be seen');
  await page.keyboard.press('Enter');
  must(await page.evaluate(() => document.activeElement.id) === 'main', name, 'skipping does not lead to the report');
  await counted(page, `${people} of ${people} leavers, ${verdicts} of ${verdicts} verdicts`, name);

  for (let i = 0; i < 200 && await focus() !== 'q'; i++) await page.keyboard.press('Tab');
  must(await focus() === 'q', name, 'the keyboard does not reach the search');
  await page.keyboard.type(search.text);
  await counted(page, `${search.people} of ${people} leavers`, name);
  must(await shown(page, '#matrix tbody tr') === search.people, name, 'the matrix does not follow the search');
  must(await shown(page, '.p') === search.people, name, 'the entries do not follow the search');
  must(page.url().endsWith('#?q=' + encodeURIComponent(search.text)), name, `the address is ${page.url()}`);

  await page.getByRole('button', { name: 'Reset' }).press('Enter');
  await counted(page, `${people} of ${people} leavers`, name);
  for (const [label, want] of [['fail', fail], ['unknown', unknown]]) {
    await page.locator('[name=status]').selectOption(label);
    await counted(page, `${want.people} of ${people} leavers, ${want.verdicts} of ${verdicts} verdicts`, name);
  }
  await page.locator('[name=severity]').selectOption('critical');
  await counted(page, `${unknown.people} of ${people} leavers`, name);

  const left = page.locator('#matrix thead th').nth(0);
  await left.getByRole('button').press('Enter');
  must(await left.getAttribute('aria-sort') === 'ascending', name, 'sorting does not say that it is ascending');
  await left.getByRole('button').press('Enter');
  must(await left.getAttribute('aria-sort') === 'descending', name, 'sorting does not say that it is descending');
  const names = (p) => p.locator('#matrix tbody th').evaluateAll((all) => all.map((th) => th.firstChild.textContent));
  const sorted = await names(page);
  must(sorted.join() === [...sorted].sort().reverse().join(), name, `sorted down: ${sorted}`);

  // Who is sent the address sees the same.
  const hash = new URL(page.url()).hash;
  const other = await open(name, { hash });
  await counted(other, `${unknown.people} of ${people} leavers`, name + hash);
  must((await names(other)).join() === sorted.join(), name + hash, 'the order is not that of the address');
  must(await other.locator('[name=status]').inputValue() === 'unknown', name + hash, 'the status is not that of the address');
  await other.context().close();

  // A cell leads to its verdict, though the entry is folded and filtered away.
  await page.getByRole('button', { name: 'Reset' }).click();
  await page.locator('[name=status]').selectOption('clean');
  await page.evaluate(() => { location.hash = document.querySelector('#matrix td a').getAttribute('href'); });
  await page.waitForFunction(() => document.querySelector(':target')?.checkVisibility());
  await page.context().close();

  const gibberish = await open(name, { hash: '#?status=%00&sort=99999-&q=%E0%A4%A' });
  await gibberish.locator('.controls output').waitFor();
  await gibberish.context().close();
}

// Without a script everything is there, and nothing that would do nothing.
async function unscripted() {
  const { page: name, people } = expect.keyboard;
  const page = await open(name, { script: false });
  must(await page.locator('.p').count() === people, name, 'without a script leavers are missing');
  must(!await page.locator('.controls').isVisible(), name, 'without a script there are controls');
  must(await page.locator('button:visible').count() === 0, name, 'without a script there are buttons');
  await page.context().close();
}

// On paper there is everybody, whatever was chosen, and everything is open.
async function paper() {
  for (const name of expect.paper) {
    for (const script of name === expect.paper[0] ? [true, false] : [true]) {
      const page = await open(name, { script });
      if (script) {
        await page.locator('[name=q]').fill('nobody is called that');
        await counted(page, '0 of', name);
      }
      const names = await page.locator('.p > summary h3').allTextContents();
      const inside = await page.locator('.p h4').count();
      const pdf = (await page.pdf({ preferCSSPageSize: true, tagged: true, outline: true })).toString('latin1');
      const titles = outline(pdf);
      const missing = names.filter((n) => !titles.includes(n));
      must(missing.length === 0, name, `not on paper${script ? '' : ' without a script'}: ${missing.slice(0, 5)}`);
      const headings = titles.filter((t) => t === 'Verdicts' || t.startsWith('Remediation')).length;
      must(headings === inside, name, `${headings} of ${inside} headings of entries are on paper${script ? '' : ' without a script'}: some stay folded`);
      must(/\/MediaBox \[0 0 84[12][.\d]* 59[456]/.test(pdf), name, 'the paper is not A4 landscape');
      must(await page.locator('details[open]').count() === 0 || script === false, name, 'printing leaves entries open');
      await page.context().close();
    }
  }
}

// outline lists the titles of a PDF's outline, which is made of the headings that are on its pages.
function outline(pdf) {
  return [...pdf.matchAll(/\/Title (?:\(((?:\\.|[^\\)])*)\)|<([0-9A-Fa-f]+)>)/g)].map(([, plain, hex]) => {
    if (plain !== undefined) return plain.replace(/\\(.)/g, '$1');
    const bytes = Buffer.from(hex, 'hex');
    return bytes[0] === 0xfe ? bytes.subarray(2).swap16().toString('utf16le') : bytes.toString('latin1');
  });
}

// A page as large as pages get can be worked with: what a key does shows soon enough. The bound is far above what is
// usual, and far below what makes people give up.
async function large() {
  for (const name of expect.large) {
    const page = await open(name);
    await page.locator('[name=q]').fill('Fairly-Long 17');
    await page.locator('.controls output').filter({ hasNotText: /^(\d+) of \1 / }).waitFor({ timeout: 10000 }).catch(() => complain(name, 'searching takes more than ten seconds'));
    await page.context().close();
  }
}

for (const check of [hostile, accessible, keyboard, unscripted, paper, large]) {
  const began = Date.now();
  try {
    await check();
  } catch (e) {
    complain(check.name, e.message);
  }
  console.error(`${check.name}: ${Date.now() - began} ms`);
}
await browser.close();
process.exit(wrong ? 1 : 0);
