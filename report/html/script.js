// The page is whole without this: it searches, filters, sorts and copies what is there.
(() => {
  'use strict';
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const form = $('.controls'), matrix = $('#matrix');
  const fields = form ? $$('input, select', form) : [];

  // Leavers: the row, the entry, its verdicts, and what a search looks at. A leaver may be without an entry.
  const leavers = matrix ? [...matrix.tBodies[0].rows].map((row, place) => {
    const entry = row.id[0] === 'm' ? document.getElementById('p' + row.id.slice(1)) : null;
    const about = entry ? $('.about', entry) : null;
    return {
      row, entry, place, open: row.cells[2].textContent !== '0',
      who: (row.cells[0].textContent + ' ' + (about ? about.textContent : '')).toLowerCase(),
      marks: new Set([...row.cells].slice(3).map((cell) => cell.className)),
      verdicts: entry ? $$('.v', entry).map((item) => ({
        item, text: item.textContent.toLowerCase(),
        status: item.dataset.s, severity: item.dataset.v, step: item.dataset.t, change: item.dataset.c || '',
      })) : null,
    };
  }) : [];
  const verdictCount = leavers.reduce((n, l) => n + (l.verdicts ? l.verdicts.length : 0), 0);

  const wanted = () => Object.fromEntries(fields.map((f) => [f.name, f.value.trim()]));

  // A verdict must be all that is asked for; a search may find the leaver or the verdict.
  function filter() {
    const want = wanted(), q = (want.q || '').toLowerCase();
    const picky = want.status || want.severity || want.step || want.change;
    let people = 0, verdicts = 0;
    for (const l of leavers) {
      const named = !q || l.who.includes(q);
      let hits = 0;
      for (const v of l.verdicts || []) {
        const hit = (named || v.text.includes(q)) && want.status !== 'clean' &&
          (!want.status || v.status === want.status) && (!want.severity || v.severity === want.severity) &&
          (!want.step || v.step === want.step) && (!want.change || v.change === want.change);
        v.item.classList.toggle('off', !hit);
        hits += hit ? 1 : 0;
      }
      let show = hits > 0;
      if (want.status === 'clean') {
        show = named && !l.open && !want.severity && !want.step && !want.change;
      } else if (!picky) {
        show = show || named;
      } else if (!l.verdicts) {
        // Only the matrix has this leaver: what it cannot tell is not ruled out.
        show = named && l.open && (!want.status || l.marks.has(want.status));
      }
      l.row.classList.toggle('off', !show);
      if (l.entry) l.entry.classList.toggle('off', !show);
      people += show ? 1 : 0;
      verdicts += show ? hits : 0;
    }
    $('output', form).textContent = `${people} of ${leavers.length} leavers, ${verdicts} of ${verdictCount} verdicts`;
    $('[name=unfold]', form).textContent = 'Open all';
    return picky || q;
  }

  // Sorting. What a cell shows decides, but for the steps of the matrix, which go by what is worst.
  const worst = ['fail', 'unknown', 'pending', 'waived', 'pass', 'na', ''];
  const collator = new Intl.Collator('en', { numeric: true });
  let sorted = '';
  function sort(column, down) {
    const head = $$('thead th', matrix);
    if (!head[column]) return;
    const key = (l) => column > 2 ? worst.indexOf(l.row.cells[column].className) : l.row.cells[column].textContent;
    const by = (a, b) => {
      const x = key(a), y = key(b);
      return (column > 2 ? x - y : collator.compare(x, y)) * (down ? -1 : 1) || a.place - b.place;
    };
    matrix.tBodies[0].append(...[...leavers].sort(by).map((l) => l.row));
    head.forEach((th, i) => i === column ? th.setAttribute('aria-sort', down ? 'descending' : 'ascending') : th.removeAttribute('aria-sort'));
    sorted = column + (down ? '-' : '+');
  }
  function unsort() {
    if (!matrix || !sorted) return;
    matrix.tBodies[0].append(...leavers.map((l) => l.row));
    $$('thead th', matrix).forEach((th) => th.removeAttribute('aria-sort'));
    sorted = '';
  }

  // The address holds what was chosen, so that it can be sent to somebody: #?q=vance&status=fail&sort=1-
  function save() {
    const state = new URLSearchParams(Object.entries(wanted()).filter(([, value]) => value));
    if (sorted) state.set('sort', sorted);
    const text = state.toString();
    try {
      history.replaceState(null, '', text ? '#?' + text : location.pathname + location.search);
    } catch { /* where the page may not change its address, it works all the same */ }
  }
  function load() {
    const state = new URLSearchParams(location.hash.startsWith('#?') ? location.hash.slice(2) : '');
    for (const f of fields) {
      f.value = state.get(f.name) || '';
      if (f.selectedIndex === -1) f.value = '';
    }
    const at = /^(\d+)([+-])$/.exec((state.get('sort') || '').replace(' ', '+'));
    unsort();
    if (at) sort(+at[1], at[2] === '-');
    filter();
  }

  // A link to something that is folded or filtered away shows it.
  function reveal() {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (!target) return;
    for (let at = target; at; at = at.parentElement) {
      if (at.tagName === 'DETAILS') at.open = true;
      at.classList.remove('off');
    }
    target.scrollIntoView();
  }

  if (form && matrix) {
    form.hidden = false;
    $$('thead th', matrix).forEach((th, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...th.childNodes);
      th.append(button);
      button.addEventListener('click', () => {
        sort(column, th.getAttribute('aria-sort') === 'ascending');
        save();
      });
    });
    let waiting = 0;
    form.addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { filter(); save(); }, 120);
    });
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('reset', () => setTimeout(() => { unsort(); filter(); save(); }));
    $('[name=unfold]', form).addEventListener('click', (event) => {
      const fold = event.target.textContent !== 'Open all';
      for (const l of leavers) if (l.entry && !l.entry.classList.contains('off')) l.entry.open = !fold;
      event.target.textContent = fold ? 'Open all' : 'Close all';
    });
  }

  // Copying: a button in each command.
  for (const pre of $$('pre')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copied';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      const text = $('code', pre).textContent;
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        getSelection().selectAllChildren($('code', pre));
        document.execCommand('copy');
      }
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
    pre.prepend(button);
  }

  // On paper everything is open; afterwards it is as it was.
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = $$('details:not([open])');
    for (const d of folded) d.open = true;
  });
  addEventListener('afterprint', () => {
    for (const d of folded) d.open = false;
  });

  addEventListener('hashchange', () => {
    if (location.hash.startsWith('#?') || location.hash === '') load(); else reveal();
  });
  load();
  reveal();
})();
