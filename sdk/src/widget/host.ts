// Who the widget reports to: the page around the iframe, or nobody when the
// widget is a page of its own.
import type { SessionObject, WidgetError } from '../../types/index';
import { chooseLanguage, unwrap, wrap, type Language, type Settings, type ToLoader, type ToWidget } from '../shared/protocol';

export interface Host {
  readonly language: Language;
  readonly theme: 'light' | 'dark' | '';
  /** The page has no script of an integrator around it. */
  readonly standalone: boolean;
  /** This page was opened by a link from another device. */
  readonly linked: boolean;
  /** Secret of that link; '' when there is none, or none any more because the page was loaded again. */
  readonly link: string;
  /** Waits until it is known what to open. */
  settings(): Promise<Settings>;
  /** Whether a scenario with these allowed origins may be shown here. */
  permits(origins: readonly string[]): boolean;
  onAskClose(act: () => void): void;
  success(payload: SessionObject): void;
  error(error: WidgetError): void;
  close(): void;
}

/** The page around the iframe. It is believed only under the origin and nonce that the loader put into our address. */
export class FrameHost implements Host {
  readonly language: Language;
  readonly theme: 'light' | 'dark' | '';
  readonly standalone = false;
  readonly linked = false;
  readonly link = '';
  private readonly nonce: string;
  private readonly origin: string;
  private askClose: () => void = () => undefined;

  constructor(fragment: string) {
    const values = new URLSearchParams(fragment.replace(/^#/, ''));
    const theme = values.get('t');
    this.nonce = values.get('n') ?? '';
    this.origin = values.get('o') ?? '';
    this.language = chooseLanguage(values.get('l'), navigator.languages);
    this.theme = theme === 'light' || theme === 'dark' ? theme : '';
  }

  settings(): Promise<Settings> {
    return new Promise((resolve) => {
      window.addEventListener('message', (event) => {
        const message = unwrap<ToWidget>(event, window.parent, this.origin, this.nonce);
        if (message?.type === 'init') resolve(message.settings);
        if (message?.type === 'ask-close') this.askClose();
      });
      this.send({ type: 'ready' });
    });
  }

  permits(origins: readonly string[]): boolean {
    return window.parent !== window && (origins.length === 0 || origins.includes(this.origin));
  }

  onAskClose(act: () => void): void {
    this.askClose = act;
  }

  success(payload: SessionObject): void {
    this.send({ type: 'success', payload });
  }

  error(error: WidgetError): void {
    this.send({ type: 'error', error });
  }

  close(): void {
    this.send({ type: 'close' });
  }

  private send(message: ToLoader): void {
    // A page whose origin is not a real one ("null") could not be told from any other.
    if (/^https?:\/\//.test(this.origin)) window.parent.postMessage(wrap(this.nonce, message), this.origin);
  }
}

/** The hosted page. */
export class StandaloneHost implements Host {
  readonly language = chooseLanguage(undefined, navigator.languages);
  readonly theme = '';
  readonly standalone = true;

  constructor(private readonly clientKey: string, readonly linked: boolean, readonly link: string, private readonly ended: () => void) {}

  settings(): Promise<Settings> {
    return Promise.resolve({ clientKey: this.clientKey, clientUser: '', debug: false });
  }

  permits(): boolean {
    return true;
  }

  onAskClose(): void {
    // Nobody can ask.
  }

  success(): void {
    // The success screen says it, and goes to the scenario's address.
  }

  error(): void {
    // The screens say it.
  }

  close(): void {
    this.ended();
  }
}
