// One open widget on the host page: a dialog (or a box in a container) with an
// iframe on our origin, and the messages between them.
import { loaderClose, loaderFailed, loaderLoading, loaderRetry, loaderTitle } from '../../locales/en.json';
import {
  loaderClose as closeRu, loaderFailed as failedRu, loaderLoading as loadingRu, loaderRetry as retryRu, loaderTitle as titleRu,
} from '../../locales/ru.json';
import { unwrap, wrap, type ToLoader, type ToWidget } from '../shared/protocol';
import type { Options } from './config';

const texts = {
  en: { title: loaderTitle, loading: loaderLoading, failed: loaderFailed, retry: loaderRetry, close: loaderClose },
  ru: { title: titleRu, loading: loadingRu, failed: failedRu, retry: retryRu, close: closeRu },
};

/** Longer than this without a sign of life, and the person gets a way on. */
const PATIENCE_MS = 15_000;

export class Instance {
  private readonly nonce = randomText();
  private readonly words;
  private readonly frame = document.createElement('iframe');
  private readonly box: HTMLElement;
  private readonly notice = document.createElement('div');
  private readonly modal: boolean;
  private scroll = '';
  private before: Element | null = null;
  private timer = 0;
  private gone = false;

  constructor(private readonly home: string, private readonly options: Options) {
    this.words = texts[options.language];
    this.modal = !options.container && options.top === '0px' && options.bottom === '0px';
    this.box = options.container ? document.createElement('div') : document.createElement('dialog');
    this.build();
  }

  open(): void {
    this.before = document.activeElement;
    window.addEventListener('message', this.receive);
    (this.options.container ?? document.body).append(this.box);
    if (this.box instanceof HTMLDialogElement) {
      // Over the whole page the rest is inert; with offsets the page's own bars stay usable.
      if (this.modal) this.box.showModal();
      else this.box.show();
      this.scroll = document.documentElement.style.overflow;
      document.documentElement.style.overflow = 'hidden';
    }
    this.load();
  }

  close(): void {
    if (this.gone) return;
    this.gone = true;
    clearTimeout(this.timer);
    window.removeEventListener('message', this.receive);
    if (this.box instanceof HTMLDialogElement) document.documentElement.style.overflow = this.scroll;
    // Removing the iframe ends its document: camera, pictures and DOM go with it.
    this.box.remove();
    if (this.before instanceof HTMLElement) this.before.focus({ preventScroll: true });
    this.options.close();
  }

  private load(): void {
    const address = new URL('/widget/', this.home);
    address.searchParams.set('schemaId', this.options.schemaId);
    // The fragment never reaches a server; it tells the frame whom to answer.
    const fragment = new URLSearchParams({ n: this.nonce, o: location.origin, l: this.options.language, t: this.options.theme });
    address.hash = fragment.toString();
    this.say(this.words.loading, false);
    this.frame.remove();
    this.frame.src = address.href;
    this.frame.style.visibility = 'hidden';
    this.box.append(this.frame);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.say(this.words.failed, true);
      this.options.error({ code: 'unreachable', message: this.words.failed });
    }, PATIENCE_MS);
  }

  private readonly receive = (event: MessageEvent): void => {
    const message = unwrap<ToLoader>(event, this.frame.contentWindow, this.home, this.nonce);
    if (!message || this.gone) return;
    switch (message.type) {
      case 'ready': {
        clearTimeout(this.timer);
        const { clientKey, clientUser, debug } = this.options;
        this.send({ type: 'init', settings: { clientKey, clientUser, debug } });
        this.notice.hidden = true;
        this.notice.style.display = 'none';
        this.frame.style.visibility = 'visible';
        this.frame.focus();
        break;
      }
      case 'success':
        this.options.success(message.payload as never);
        break;
      case 'error':
        this.options.error(message.error);
        break;
      case 'close':
        this.close();
        break;
    }
  };

  private send(message: ToWidget): void {
    this.frame.contentWindow?.postMessage(wrap(this.nonce, message), this.home);
  }

  /** Shows what the frame cannot say while it has not loaded. */
  private say(text: string, stuck: boolean): void {
    const line = document.createElement('p');
    line.textContent = text;
    style(line, { margin: '0', maxWidth: '32ch', textAlign: 'center' });
    this.notice.replaceChildren(line);
    if (stuck) this.notice.append(this.button(this.words.retry, () => this.load()));
    this.notice.append(this.button(this.words.close, () => this.close()));
    this.notice.hidden = false;
    this.notice.style.display = 'flex';
  }

  private button(text: string, act: () => void): HTMLButtonElement {
    const b = document.createElement('button');
    b.type = 'button';
    b.textContent = text;
    style(b, { font: 'inherit', color: 'inherit', background: 'transparent', border: '1px solid currentColor', borderRadius: '10px', padding: '12px 20px', minHeight: '44px', cursor: 'pointer' });
    b.addEventListener('click', act);
    return b;
  }

  // Styles are set through the object model, which a page's strict CSP allows.
  private build(): void {
    const { options, frame, box, notice } = this;
    const dark = options.theme === 'dark' || (options.theme === '' && matchMedia('(prefers-color-scheme: dark)').matches);
    frame.allow = 'camera; fullscreen';
    frame.title = this.words.title;
    frame.referrerPolicy = 'no-referrer';
    style(frame, { position: 'absolute', inset: '0', width: '100%', height: '100%', border: '0', display: 'block', colorScheme: 'normal' });
    style(notice, { position: 'absolute', inset: '0', display: 'flex', flexDirection: 'column', gap: '16px', alignItems: 'center', justifyContent: 'center', padding: '24px', font: '16px/1.5 system-ui, sans-serif' });
    notice.setAttribute('role', 'status');
    style(box, { background: dark ? '#0e1218' : '#f5f6f8', color: dark ? '#eef1f6' : '#151a23', padding: '0', border: '0', overflow: 'hidden', boxSizing: 'border-box' });
    if (options.container) {
      style(box, { position: 'relative', width: '100%', height: '100%', minHeight: 'min(640px, 100vh)' });
    } else {
      style(box, { position: 'fixed', left: '0', right: '0', top: options.top, bottom: options.bottom, width: '100vw', height: 'auto', maxWidth: 'none', maxHeight: 'none', margin: '0', zIndex: '2147483647' });
      box.setAttribute('aria-label', this.words.title);
      box.addEventListener('cancel', (event) => {
        event.preventDefault();
        if (notice.hidden) this.send({ type: 'ask-close' });
        else this.close();
      });
    }
    box.dataset['openkyc'] = 'widget';
    box.append(notice);
  }
}

function style(element: HTMLElement, values: Partial<CSSStyleDeclaration>): void {
  Object.assign(element.style, values);
}

function randomText(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
