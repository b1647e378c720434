// The dashboard's small script: each custom element makes a part that already
// works without it nicer. It stores nothing and talks to our own origin only.
const say = (key) => document.body.dataset[`t${key[0].toUpperCase()}${key.slice(1)}`] ?? '';
const post = (form, more = {}) => fetch(form.getAttribute('action').split('#')[0], {
  method: 'POST', keepalive: true, headers: { Accept: 'application/json' }, body: new URLSearchParams({ ...Object.fromEntries(new FormData(form)), ...more }),
});
const make = (name, text, properties = {}) => Object.assign(document.createElement(name), { textContent: text, ...properties });

// Copies the text of the code beside its button.
customElements.define('dash-copy', class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector('[data-copy]');
    if (!button || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener('click', async () => {
      const label = button.title;
      await navigator.clipboard.writeText(this.querySelector('code').textContent);
      button.classList.add('done');
      button.title = say('copied');
      button.setAttribute('aria-label', say('copied'));
      setTimeout(() => { button.classList.remove('done'); button.title = label; button.setAttribute('aria-label', label); }, 1600);
    });
  }
});

// Fetches a secret when it is asked for; the page never held it before.
customElements.define('dash-reveal', class extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector('form[action*="/reveal"]');
    form?.addEventListener('submit', async (event) => {
      event.preventDefault();
      const answer = await post(form).catch(() => null);
      if (!answer?.ok) { form.submit(); return; }
      const code = this.querySelector('[data-secret]');
      code.textContent = (await answer.json()).value;
      form.hidden = true;
      const old = code.parentElement;
      const copy = document.createElement('dash-copy');
      copy.append(code, document.querySelector('[data-copy]').cloneNode(true));
      old.replaceWith(copy);
    });
  }
});

// Asks before a form that cannot be undone is sent.
customElements.define('dash-confirm', class extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector('form');
    form.addEventListener('submit', (event) => {
      if (form.elements.confirmed) return;
      event.preventDefault();
      const dialog = document.createElement('dialog');
      const actions = make('div', '', { className: 'actions' });
      const cancel = make('button', say('cancel'), { type: 'button' });
      const go = make('button', this.dataset.label, { type: 'button', className: 'danger' });
      actions.append(cancel, go);
      dialog.append(make('p', this.dataset.question), actions);
      document.body.append(dialog);
      dialog.addEventListener('close', () => dialog.remove());
      cancel.addEventListener('click', () => dialog.close());
      go.addEventListener('click', () => {
        form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: 'confirmed', value: 'yes' }));
        form.requestSubmit();
      });
      dialog.showModal();
      cancel.focus();
    });
  }
});

// Changes the colours at once and remembers the choice.
customElements.define('dash-theme', class extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector('form');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const { value } = event.submitter;
      if (value) document.documentElement.dataset.theme = value;
      else delete document.documentElement.dataset.theme;
      for (const b of form.querySelectorAll('button')) b.setAttribute('aria-pressed', String(b === event.submitter));
      post(form, { theme: value }).catch(() => {});
    });
  }
});

// Shows a time in the reader's own zone; "relative" as long as it is near.
customElements.define('dash-time', class extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector('time');
    const at = new Date(time.dateTime);
    const lang = document.documentElement.lang;
    const full = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'medium' }).format(at);
    const short = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
    this.utc ??= time.textContent;
    const draw = () => {
      const seconds = (at - Date.now()) / 1000;
      const near = this.hasAttribute('relative') && Math.abs(seconds) < 86400;
      const [n, unit] = Math.abs(seconds) < 60 ? [seconds, 'second'] : Math.abs(seconds) < 3600 ? [seconds / 60, 'minute'] : [seconds / 3600, 'hour'];
      time.textContent = near ? new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }).format(Math.trunc(n), unit) : this.hasAttribute('relative') ? short : full;
    };
    time.title = `${full} · ${this.utc}`;
    draw();
    if (this.hasAttribute('relative')) this.timer = setInterval(draw, 30000);
  }

  disconnectedCallback() { clearInterval(this.timer); }
});

// Follows what the page shows: the server says by one stream that something has
// changed, and the parts of the page that differ are replaced in place. Only a
// tab that is in sight holds a stream.
customElements.define('dash-live', class extends HTMLElement {
  connectedCallback() {
    this.look = () => { if (document.hidden) this.stop(); else this.start(); };
    document.addEventListener('visibilitychange', this.look);
    this.querySelector('.news button')?.addEventListener('click', () => this.replaceWith(this.fresh));
    this.look();
  }

  disconnectedCallback() {
    document.removeEventListener('visibilitychange', this.look);
    this.stop();
  }

  start() {
    if (this.source) return;
    this.source = new EventSource(`${this.dataset.from}?since=${this.dataset.since}`);
    this.source.addEventListener('changed', (event) => { this.dataset.since = event.lastEventId; this.refresh(); });
    this.source.addEventListener('error', () => {
      if (this.source?.readyState !== EventSource.CLOSED) return; // it connects again by itself
      this.stop();
      this.refresh(); // tells whether the sign-in has ended
      this.later = setTimeout(this.look, 30000);
    });
  }

  stop() {
    this.source?.close();
    this.source = undefined;
    clearTimeout(this.later);
  }

  async refresh() {
    if (document.querySelector('dialog[open]')) { setTimeout(() => this.refresh(), 1000); return; } // it asks about a form that must not go away under it
    this.again = this.busy;
    if (this.busy) return;
    this.busy = true;
    const form = this.querySelector('form[data-again]');
    const answer = await fetch(this.dataset.page, { headers: { 'Dash-Refresh': '1' }, ...form && { method: 'POST', body: new URLSearchParams(new FormData(form)) } }).catch(() => null);
    if (answer?.redirected) { location.assign(this.dataset.page); return; } // to the sign-in
    if (answer?.ok && this.isConnected) this.take(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    this.busy = false;
    if (this.again) this.refresh();
  }

  take(fresh) {
    const known = new Map([...document.querySelectorAll('[data-part]')].map((part) => [part.dataset.part, part]));
    let [changed, added] = [false, 0];
    for (const part of [...fresh.querySelectorAll('[data-part]')]) {
      const old = known.get(part.dataset.part);
      if (!old) added += part.matches('tr');
      else if (old.dataset.mark !== part.dataset.mark) { swap(old, part.cloneNode(true)); changed = true; }
    }
    const news = this.querySelector('.news');
    if (news && added) {
      this.fresh = document.adoptNode(fresh.querySelector('dash-live'));
      news.querySelector('span').textContent = news.dataset.news.replace('{n}', added);
      news.hidden = false;
    } else if (changed) {
      const said = this.querySelector(':scope > .sr');
      said.textContent = '';
      setTimeout(() => { said.textContent = said.dataset.said; }, 50);
    }
  }
});

// Puts a new part in the place of an old one and keeps what the reader had
// unfolded and where the focus was.
function swap(old, part) {
  const controls = (node) => [...node.querySelectorAll('a[href], button, input, select, textarea, summary')];
  const focus = controls(old).indexOf(document.activeElement);
  const unfolded = [...old.querySelectorAll('details[open][id]')].map((details) => details.id);
  old.replaceWith(part);
  for (const details of part.querySelectorAll('details[id]')) details.open = unfolded.includes(details.id);
  if (focus >= 0) controls(part)[focus]?.focus();
}

// Opens pictures large, in place, with the arrow keys leading on.
customElements.define('dash-zoom', class extends HTMLElement {
  connectedCallback() {
    this.addEventListener('click', (event) => {
      const link = event.target.closest('a.thumb');
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.open([...this.querySelectorAll('a.thumb')], link);
    });
  }

  open(links, link) {
    const dialog = make('dialog', '', { className: 'zoom' });
    const image = document.createElement('img');
    const label = make('span', '');
    const [before, after, close] = [make('button', '‹', { title: say('previous') }), make('button', '›', { title: say('next') }), make('button', say('close'), { className: 'primary' })];
    const actions = make('div', '', { className: 'actions' });
    const show = (i) => {
      this.at = (i + links.length) % links.length;
      image.src = links[this.at].href;
      image.alt = label.textContent = links[this.at].dataset.label;
    };
    actions.append(before, label, after, close);
    dialog.append(image, actions);
    document.body.append(dialog);
    before.addEventListener('click', () => show(this.at - 1));
    after.addEventListener('click', () => show(this.at + 1));
    close.addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowLeft') show(this.at - 1);
      if (event.key === 'ArrowRight') show(this.at + 1);
    });
    dialog.addEventListener('close', () => { dialog.remove(); link.focus(); });
    show(links.indexOf(link));
    dialog.showModal();
  }
});

// Lights a field's box on the picture and its row in the table together.
customElements.define('dash-fields', class extends HTMLElement {
  connectedCallback() {
    const card = this.closest('.result');
    if (!card) return;
    this.stop = new AbortController();
    const light = (event, on) => {
      const field = event.target.closest('[data-field]')?.dataset.field;
      if (field) for (const other of card.querySelectorAll('[data-field]')) if (other.dataset.field === field) other.classList.toggle('lit', on);
    };
    for (const [on, kinds] of [[true, ['mouseover', 'focusin']], [false, ['mouseout', 'focusout']]])
      for (const kind of kinds) card.addEventListener(kind, (event) => light(event, on), { signal: this.stop.signal });
  }

  disconnectedCallback() { this.stop?.abort(); }
});

// Adds, removes and moves steps without a round trip.
customElements.define('dash-steps', class extends HTMLElement {
  connectedCallback() {
    const list = this.querySelector('ol');
    this.addEventListener('click', (event) => {
      const button = event.target.closest('button[name="do"]');
      if (!button) return;
      event.preventDefault();
      const row = button.closest('li');
      const verb = button.value.split(':')[0];
      if (verb === 'add') list.append(this.querySelector('template').content.cloneNode(true));
      if (verb === 'remove') row.remove();
      if (verb === 'up') row.previousElementSibling?.before(row);
      if (verb === 'down') row.nextElementSibling?.after(row);
      if (verb === 'add') list.lastElementChild.querySelector('select').focus();
      else if (verb === 'remove') this.querySelector(':scope > button').focus();
      else button.focus();
    });
  }
});

// Moves the one-time code out of the address, where it would stay in sight.
customElements.define('dash-welcome', class extends HTMLElement {
  connectedCallback() {
    const secret = location.hash.slice(1);
    if (!secret) return;
    const input = this.querySelector('[name="secret"]');
    input.value = decodeURIComponent(secret);
    input.closest('.field').hidden = true;
    history.replaceState(null, '', location.pathname);
    this.querySelector('[name="account"]').focus();
  }
});
