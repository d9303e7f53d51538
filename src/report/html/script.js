// The filter, and links into what is closed. Without this everything is there all the same, behind what the browser itself opens.
'use strict';
(() => {
  const main = document.getElementById('main');
  const form = document.getElementById('filter');
  const { words, open, close } = form.elements;
  const shown = form.querySelector('output');
  const kinds = [...form.querySelectorAll('input[type=checkbox]')];
  const cards = [...document.querySelectorAll('#findings .f')].map((element) => ({ element, kind: element.dataset.kind }));
  const ways = [...document.querySelectorAll('#routes .way')].map((element) => ({ element }));
  const number = new Intl.NumberFormat('en');
  /** Of so few matches all are opened. */
  const FEW = 40;

  /** What the filter looks at: read once, and only when somebody filters. */
  const textOf = (card) => {
    if (card.text === undefined) {
      const groups = ['.rule', '.space'].map((group) => card.element.closest(group)?.dataset.name ?? '');
      const lines = [...card.element.querySelectorAll('h5, .at')].map((line) => line.textContent);
      card.text = [...groups, ...lines].join(' ').toLowerCase();
    }
    return card.text;
  };

  /** Hides the groups in which nothing is left, and says how many are left in the others. */
  const regroup = (selector, isFiltered) => {
    for (const group of document.querySelectorAll(selector)) {
      const all = group.getElementsByClassName('f');
      let left = 0;
      for (const card of all) left += card.hidden ? 0 : 1;
      group.hidden = left === 0;
      const count = group.matches('details') && group.querySelector(':scope > summary > .count');
      if (!count) continue;
      count.dataset.all ??= count.textContent;
      count.textContent = isFiltered && left < all.length ? `${number.format(left)} of ${number.format(all.length)}` : count.dataset.all;
    }
  };

  const apply = () => {
    const asked = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(kinds.filter((kind) => kind.checked).map((kind) => kind.value));
    const isFiltered = asked.length > 0 || wanted.size < kinds.length;
    let left = 0;
    for (const card of cards) {
      const matches = wanted.has(card.kind) && asked.every((word) => textOf(card).includes(word));
      if (card.element.hidden === matches) card.element.hidden = !matches;
      left += matches ? 1 : 0;
    }
    for (const selector of ['#findings .block', '#findings .rule', '#findings .space']) regroup(selector, isFiltered);
    let leftWays = 0;
    for (const way of ways) {
      way.text ??= way.element.textContent.toLowerCase();
      way.element.hidden = !asked.every((word) => way.text.includes(word));
      leftWays += way.element.hidden ? 0 : 1;
    }
    for (const [section, isEmpty] of [['findings', cards.length > 0 && left === 0], ['routes', ways.length > 0 && leftWays === 0]]) {
      const none = document.querySelector(`#${section} > .none`);
      if (none) none.hidden = !isEmpty;
    }
    if (asked.length > 0 && left <= FEW) {
      for (const card of cards) if (!card.element.hidden) reveal(card.element);
    }
    const routes = ways.length > 0 ? `, ${number.format(leftWays)} of ${number.format(ways.length)} routes` : '';
    shown.value = isFiltered ? `${number.format(left)} of ${number.format(cards.length)} findings${routes}` : '';
  };

  /** Opens what an element stands in. */
  const reveal = (element) => {
    for (let group = element.closest('details'); group; group = group.parentElement.closest('details')) group.open = true;
  };

  const goTo = (id) => {
    const target = id && document.getElementById(id);
    if (!target) return;
    if (target.closest('[hidden]')) reset();
    reveal(target);
    if (target.classList.contains('f')) {
      target.tabIndex = -1;
      target.focus({ preventScroll: true });
    }
    target.scrollIntoView({ block: 'start' });
  };

  const reset = () => {
    words.value = '';
    for (const kind of kinds) kind.checked = true;
    apply();
  };

  let waiting = 0;
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  };

  words.addEventListener('input', later);
  for (const kind of kinds) kind.addEventListener('change', apply);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    apply();
  });
  const setAll = (isOpen) => {
    for (const group of main.querySelectorAll('details')) group.open = isOpen;
  };
  open.addEventListener('click', () => setAll(true));
  close.addEventListener('click', () => setAll(false));
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link) return;
    if (link.dataset.filter) {
      event.preventDefault();
      reset();
      words.value = link.dataset.filter;
      apply();
      for (const group of document.querySelectorAll('#findings .space:not([hidden])')) group.open = true;
      document.getElementById('findings').scrollIntoView();
      words.focus({ preventScroll: true });
    } else if (link.hash === location.hash) {
      // The address stays, so that nobody else tells.
      goTo(link.hash.slice(1));
    }
  });
  window.addEventListener('hashchange', () => goTo(location.hash.slice(1)));
  form.hidden = false;
  if (location.hash) goTo(location.hash.slice(1));
})();
