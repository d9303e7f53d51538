// What the page must be, asked of the page itself: a list of what is wrong, empty where nothing is.
(async () => {
  const wrong = [];
  const expect = (holds, what) => holds || wrong.push(what);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility();
  const pause = () => new Promise((resolve) => setTimeout(resolve, 250));

  /** What is not closed. To ask each element whether it is shown would lay out all that is closed. */
  const opened = [];
  const walk = (element) => {
    opened.push(element);
    const isClosed = element.localName === 'details' && !element.open;
    for (const child of isClosed ? [element.firstElementChild] : element.children) if (!child.hidden) walk(child);
  };
  walk(document.body);

  // Nothing is cut off, in whatever is shown.
  const root = document.documentElement;
  expect(root.scrollWidth <= root.clientWidth, `the page is ${root.scrollWidth - root.clientWidth} px too wide`);
  for (const element of opened.filter((own) => own.matches('h1, h2, h3, h4, h5, p, dd, td, summary, .badge, .stop')).slice(0, 2000)) {
    expect(element.scrollWidth <= element.clientWidth + 1 || getComputedStyle(element).display.startsWith('inline'), `cut off: ${element.className} ${element.textContent.slice(0, 60)}`);
  }

  // People who see no colours and people who see nothing find their way.
  expect(document.title && document.documentElement.lang === 'en', 'no title or language');
  for (const landmark of ['header', 'nav[aria-label]', 'main', 'footer', 'form[role=search]']) expect(document.querySelector(landmark), `no ${landmark}`);
  for (const section of all('section')) expect(document.getElementById(section.getAttribute('aria-labelledby')), 'a section without a name');
  for (const control of all('input, button')) {
    expect(control.labels?.[0]?.textContent.trim() || control.textContent.trim(), `no name: ${control.outerHTML}`);
  }
  for (const group of all('details')) expect(group.firstElementChild.localName === 'summary' && group.firstElementChild.textContent.trim(), 'no summary');
  for (const badge of all('.badge').slice(0, 500)) expect(badge.textContent.trim(), 'a badge without words');

  // Words can be read on what is behind them.
  const channel = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * channel(red / 255) + 0.7152 * channel(green / 255) + 0.0722 * channel(blue / 255);
  const parsed = (colour) => colour.match(/[\d.]+/g).map(Number);
  const behind = (element) => {
    for (let own = element; own; own = own.parentElement) {
      const colour = parsed(getComputedStyle(own).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  for (const selector of ['body', '.quiet', '.says', '.of', '.at', '.badge.error', '.badge.warning', '.badge.pending', '.badge.excepted', '.status', 'a', '.numbers dd', '.numbers small', '.steps pre', '.src code', '.src i', '.facts', '.facts th', '.facts td', '.bites', '.bites a', '.fault', '.stop', 'footer']) {
    const element = opened.find((own) => own.matches(selector));
    if (!element) continue;
    const [front, back] = [luminance(parsed(getComputedStyle(element).color)), luminance(behind(element))];
    const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    expect(contrast >= 4.5, `contrast of ${selector}: ${contrast.toFixed(2)}`);
  }

  // The filter finds what it is asked for, says how much, and lets go of it.
  const form = document.getElementById('filter');
  const cards = all('#findings .f');
  const left = () => cards.filter((card) => !card.hidden);
  const type = async (text) => {
    form.elements.words.value = text;
    form.elements.words.dispatchEvent(new Event('input'));
    await pause();
  };
  expect(!form.hidden, 'the filter is hidden');
  if (cards.length > 0) {
    const rule = document.querySelector('#findings .rule').dataset.name;
    const wanted = cards.filter((card) => card.closest('.rule').dataset.name === rule).length;
    await type(rule);
    expect(left().length >= wanted && left().every((card) => `${card.closest('.rule').dataset.name} ${card.textContent}`.includes(rule)), `the filter on ${rule} leaves ${left().length} of ${wanted}`);
    expect(form.querySelector('output').value.startsWith(`${left().length.toLocaleString('en')} of ${cards.length.toLocaleString('en')} findings`), `it says "${form.querySelector('output').value}"`);
    expect(all('#findings .rule:not([hidden])').every((group) => group.querySelector('.f:not([hidden])')), 'an empty group is shown');
    await type('nothing is called like this');
    expect(left().length === 0 && shown(document.querySelector('#findings .none')), 'nothing matches, and nobody says so');
    await type('');
    expect(left().length === cards.length && form.querySelector('output').value === '', 'the filter does not let go');
    const box = form.querySelector('input[type=checkbox]');
    box.click();
    expect(left().every((card) => card.dataset.kind !== box.value) && left().length < cards.length, `without ${box.value} there are ${left().length}`);
    box.click();

    // Links lead to what they name, even where that is closed or left out.
    form.elements.close.click();
    await type('nothing is called like this');
    const link = document.querySelector('#first a[href^="#f-"]:not([data-filter])') ?? document.querySelector('.places a');
    link.click();
    await pause();
    const target = document.getElementById(link.hash.slice(1));
    expect(shown(target) && document.activeElement === target, `the link to ${link.hash} leads nowhere`);
    form.elements.open.click();
    expect(all('main details').every((group) => group.open), 'not all are open');
    expect(root.scrollWidth <= root.clientWidth, `opened, the page is ${root.scrollWidth - root.clientWidth} px too wide`);
    form.elements.close.click();
    expect(all('main details').every((group) => !group.open), 'not all are closed');
  }
  return wrong;
})();
